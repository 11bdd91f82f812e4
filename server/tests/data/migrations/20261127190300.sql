UPDATE retention SET outcome = '{"at": 1795806000000, "kept": {"objects": 12, "bytes": 900000},
    "aside": {"objects": 3, "bytes": 120000}, "set_aside": {"objects": 1, "bytes": 40000},
    "removed": {"objects": 2, "bytes": 80000}, "brought_back": 0}';
INSERT INTO blobs_aside (sha256, size, removed_at) VALUES (repeat('0d', 32), 40000, NULL),
    (repeat('0e', 32), 40000, '2026-11-27 12:00:00+00');
