INSERT INTO users (id, name, role, password_hash) VALUES ('01930000-0000-7000-8000-000000000011', 'ann', 'admin', '$argon2id$');
INSERT INTO sessions (token_sha256, user_id, expires_at, user_agent) VALUES
    (sha256('cookie'), '01930000-0000-7000-8000-000000000011', '2126-01-01', 'Firefox');
INSERT INTO tokens (token_sha256, user_id, name) VALUES
    (sha256('token'), '01930000-0000-7000-8000-000000000011', 'ci');
INSERT INTO sign_in_attempts (name, from_addr) VALUES ('ann', '10.0.0.1');
SELECT append_audit('ann', '10.0.0.1', 'session.opened', 'user ann', 'ann signed in.', NULL, NULL);
