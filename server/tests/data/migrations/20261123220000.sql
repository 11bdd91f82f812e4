INSERT INTO commands (deployment_id, kind, actor, node_id, turn, key) VALUES
    ('01930000-0000-7000-8000-000000000021', 'skip', 'ann', '01930000-0000-7000-8000-000000000006', 2, 'k1');
SELECT raise_epoch(3);
