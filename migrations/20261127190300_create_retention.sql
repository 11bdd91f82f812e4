-- What becomes of pictures and pages that nobody needs any more. Journals stay for ever.

-- One row: whose turn it is to look, and what came of the last look. `owner` is one turn of one server.
CREATE TABLE retention (
    one_row     boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    next_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    owner       text,
    busy_until  timestamptz,
    outcome     jsonb,
    CHECK ((owner IS NULL) = (busy_until IS NULL))
);
INSERT INTO retention DEFAULT VALUES;

-- Blobs that nobody needs: first set aside, where they are still found, and removed much later. A row stays when its
-- blob is gone, so that a page can say when that was.
CREATE TABLE blobs_aside (
    sha256      text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size        bigint NOT NULL CHECK (size >= 0),
    aside_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_at  timestamptz
);
CREATE INDEX blobs_aside_kept ON blobs_aside (sha256) WHERE removed_at IS NULL;
