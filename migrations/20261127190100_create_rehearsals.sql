-- Suites tried on nodes in service, outside of any deployment: the queue of those to come, and what came of the others.

CREATE TABLE rehearsals (
    id                 uuid PRIMARY KEY,
    pool_id            uuid NOT NULL REFERENCES pools ON DELETE CASCADE,
    cause              text NOT NULL CHECK (cause IN ('by_hand', 'scheduled')),
    asked_by           text NOT NULL,
    asked_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- who wants which one; NULL: any in service
    wanted             text,
    -- the server that runs it, and until when at the latest
    owner              text,
    busy_until         timestamptz,
    node               text,
    version            text,
    suite_revision_id  uuid REFERENCES suite_revisions,
    ended_at           timestamptz,
    verdict            jsonb,
    steps              jsonb NOT NULL DEFAULT '[]',
    CHECK ((ended_at IS NULL) = (verdict IS NULL)),
    CHECK ((owner IS NULL) = (busy_until IS NULL))
);
CREATE UNIQUE INDEX one_rehearsal_per_pool ON rehearsals (pool_id) WHERE ended_at IS NULL;
CREATE INDEX rehearsals_of_pool ON rehearsals (pool_id, asked_at);
