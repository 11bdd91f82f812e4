INSERT INTO suite_drafts (id, pool_id, author, flow, base, draft) VALUES
    ('01930000-0000-7000-8000-000000000041', '01930000-0000-7000-8000-000000000004', 'ann', 'home',
    '01930000-0000-7000-8000-000000000005', '{"name": "home", "rows": [
        {"act": "open", "by": "usual", "on": "", "with": "/", "also": ""},
        {"act": "click", "by": "css", "on": "#go", "with": "", "also": "limit = \"30 s\""}]}');
INSERT INTO rehearsals (id, pool_id, cause, asked_by, wanted, node, ended_at, verdict, draft, edits) VALUES
    ('01930000-0000-7000-8000-000000000042', '01930000-0000-7000-8000-000000000004', 'by_hand', 'ann', 'red', 'red',
    clock_timestamp(), '{"verdict": "passed", "flows": 1, "steps": 1}',
    '{"public_url": "http://shop.example.test", "flows": [{"name": "home", "title": "Home", "writes": "none",
      "step_limit_ms": 10000, "steps": [{"do": "open", "path": "/"}]}]}', 'home');
