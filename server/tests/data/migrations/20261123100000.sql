INSERT INTO environments (id, name) VALUES ('01930000-0000-7000-8000-000000000001', 'production');
INSERT INTO applications (id, name, recipe) VALUES ('01930000-0000-7000-8000-000000000002', 'shop',
    '{"shared": ["config"], "restart": "restart shop", "output": null, "keep": 5, "command_limit_ms": 60000,
      "prepare_at_once": 2}');
INSERT INTO balancers (id, name, product) VALUES ('01930000-0000-7000-8000-000000000003', 'front',
    '{"product": "apache", "manager_url": "http://10.0.0.10/balancer-manager", "balancer": "shop"}');
INSERT INTO pools (id, environment_id, application_id, policy, probe) VALUES ('01930000-0000-7000-8000-000000000004',
    '01930000-0000-7000-8000-000000000001', '01930000-0000-7000-8000-000000000002',
    '{"batch": 1, "floor": 0, "drain_limit_ms": 10000, "at_drain_limit": "put_back", "isolation_limit_ms": 60000}',
    '{"path": "/health", "status": 200, "good": 3, "interval_ms": 100, "limit_ms": 10000, "fingerprint": "none"}');
INSERT INTO suite_revisions (id, pool_id, sha256, text, suite) VALUES ('01930000-0000-7000-8000-000000000005',
    '01930000-0000-7000-8000-000000000004', sha256('the suite'), 'the suite',
    '{"public_url": "http://shop.example.test", "flows": [{"name": "home", "title": "Open the shop", "writes": "none",
      "steps": [{"do": "open", "path": "/"}], "step_limit_ms": 5000}]}');
UPDATE pools SET suite_revision_id = '01930000-0000-7000-8000-000000000005';
INSERT INTO nodes (id, pool_id, ordinal, name, group_name, ssh_user, ssh_host, ssh_port, host_key,
    host_key_fingerprint, app_url, deploy_root) VALUES ('01930000-0000-7000-8000-000000000006',
    '01930000-0000-7000-8000-000000000004', 0, 'red', 'red', 'deploy', '10.0.0.11', 22, 'ssh-ed25519 AAAA',
    'SHA256:AAAA', 'http://10.0.0.11:9000', '/srv/shop');
INSERT INTO members (node_id, balancer_id, worker) VALUES ('01930000-0000-7000-8000-000000000006',
    '01930000-0000-7000-8000-000000000003', 'http://10.0.0.11:9000');
INSERT INTO releases (id, application_id, version, sha256, size, created_at, created_by) VALUES
    ('01930000-0000-7000-8000-000000000007', '01930000-0000-7000-8000-000000000002', '1.1', repeat('5a', 32), 1234,
    '2026-11-23 14:02:11Z', 'ann');
