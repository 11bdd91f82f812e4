INSERT INTO adoptions (node_id, release_dir, version, answers, in_service, adopted_by) VALUES
    ('01930000-0000-7000-8000-000000000006', '20261123140211', '1.1', '1.1', true, 'ann');
INSERT INTO adopted_admissions (node_id, balancer_id, worker, placed, adopted_by)
    SELECT node_id, balancer_id, worker, 'isolated', 'ann' FROM members;
INSERT INTO drift_checks (pool_id) VALUES ('01930000-0000-7000-8000-000000000004');
INSERT INTO drift_states (node_id, state, changed_at, seen_at) VALUES ('01930000-0000-7000-8000-000000000006',
    '{"differences": [{"kind": "unadopted", "found": {"release_dir": "20261123140211", "version": null}, "answers": "1.1"}],
    "unread": [{"part": {"part": "current"}, "why": "it did not answer"}], "running": null}',
    clock_timestamp(), clock_timestamp());
