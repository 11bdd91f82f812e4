SELECT create_deployment('01930000-0000-7000-8000-000000000021', 1, '01930000-0000-7000-8000-000000000004',
    '01930000-0000-7000-8000-000000000007', '1.1', 'ann', 'Waiting.',
    '{01930000-0000-7000-8000-000000000006}', 1, '{"kind":"became","state":"queued","why":"Waiting."}');
SELECT journal('01930000-0000-7000-8000-000000000021', 0, NULL, 1,
    '{"kind":"became","state":"aborted","why":"ann aborted it."}', 'aborted', 'ann aborted it.', NULL, 0, NULL);
INSERT INTO commands (deployment_id, kind, actor) VALUES ('01930000-0000-7000-8000-000000000021', 'abort', 'ann');
INSERT INTO log_heads (deployment_id, last_id) VALUES ('01930000-0000-7000-8000-000000000021', 1);
INSERT INTO log_chunks (deployment_id, id, node_id, work, text) VALUES ('01930000-0000-7000-8000-000000000021', 1,
    '01930000-0000-7000-8000-000000000006', 'prepare', 'unpacked');
INSERT INTO visitor_reports (deployment_id, report, at) VALUES ('01930000-0000-7000-8000-000000000021',
    '{"requests": 10, "failed": 0, "longest_gap_ms": 12}', clock_timestamp());
INSERT INTO proofs (node_id, release_id, version, release_dir, deployment_id) VALUES
    ('01930000-0000-7000-8000-000000000006', '01930000-0000-7000-8000-000000000007', '1.1', '20261123140211',
    '01930000-0000-7000-8000-000000000021');
