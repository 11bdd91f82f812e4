INSERT INTO environment_variables (environment_id, name, value, set_by) VALUES
    ('01930000-0000-7000-8000-000000000001', 'LANG', 'de', 'ann');
INSERT INTO secrets (environment_id, name, ciphertext, nonce, key_id, set_by) VALUES
    ('01930000-0000-7000-8000-000000000001', 'shop_password', '\x0102', decode(repeat('ab', 24), 'hex'),
    '0a0b0c0d0e0f0a0b', 'ann');
