INSERT INTO comparisons (old_sha, new_sha, masks, method, likeness) VALUES (repeat('0a', 32), repeat('0b', 32), '', 1,
    '{"likeness": "differs", "changed": 21504, "of": 1024000, "size": {"width": 1280, "height": 800},
      "regions": [{"x": 0, "y": 0, "width": 1280, "height": 96}], "more_regions": 0}'),
    (repeat('0a', 32), repeat('0c', 32), '', 1, '{"likeness": "equal"}');
INSERT INTO picture_masks (pool_id, flow, step, x, y, width, height, reason, made_by) VALUES
    ('01930000-0000-7000-8000-000000000004', 'home', 1, 1100, 20, 160, 40, 'the clock', 'ann');
INSERT INTO reviews (pool_id, deployment_id, number, version, node, flow, step, words, verdict, old_sha, new_sha,
    reason, said_by) VALUES ('01930000-0000-7000-8000-000000000004', '01930000-0000-7000-8000-000000000021', 1, '1.1',
    'red', 'home', 1, 'open /', 'accepted', repeat('0a', 32), repeat('0b', 32), 'the new mugs', 'ann');
