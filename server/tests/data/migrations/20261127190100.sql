INSERT INTO rehearsals (id, pool_id, cause, asked_by, node, version, suite_revision_id, ended_at, verdict, steps) VALUES
    ('01930000-0000-7000-8000-000000000031', '01930000-0000-7000-8000-000000000004', 'scheduled', 'Pitlane', 'red', '1.1',
    '01930000-0000-7000-8000-000000000005', clock_timestamp(), '{"verdict": "passed", "flows": 1, "steps": 1}',
    '[{"flow": "home", "flow_title": "Open the shop", "step": 1, "of": 1, "words": "open /", "started_at": 1795442531000,
       "took_ms": 12, "verdict": {"verdict": "passed"}, "url": "http://shop.example.test/", "status": 200, "picture": null}]');
