-- What is expected of nodes between deployments beside their proofs, and what they were last found to be.

-- Somebody said that what a node runs is right, although we did not bring it there.
CREATE TABLE adoptions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node_id      uuid NOT NULL REFERENCES nodes,
    release_dir  text NOT NULL,
    version      text,
    -- how the application calls itself there, where it was asked
    answers      text,
    -- it served visitors on it when it was adopted
    in_service   boolean NOT NULL,
    adopted_by   text NOT NULL,
    at           timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX adoptions_of_node ON adoptions (node_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON adoptions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How a balancer is expected to treat a node, where somebody said so; where nobody did, in service.
CREATE TABLE adopted_admissions (
    node_id      uuid NOT NULL REFERENCES nodes ON DELETE CASCADE,
    balancer_id  uuid NOT NULL REFERENCES balancers ON DELETE CASCADE,
    worker       text NOT NULL,
    placed       text NOT NULL CHECK (placed IN ('in_service', 'isolated')),
    adopted_by   text NOT NULL,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (node_id, balancer_id, worker)
);

-- Whose turn it is to look at a pool. `owner` is one turn of one server; nobody else looks until it is done or
-- `busy_until` is over.
CREATE TABLE drift_checks (
    pool_id     uuid PRIMARY KEY REFERENCES pools ON DELETE CASCADE,
    next_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    owner       text,
    busy_until  timestamptz,
    CHECK ((owner IS NULL) = (busy_until IS NULL))
) WITH (fillfactor = 50);

-- Each node as it was last compared; `state` is rewritten only when it changed.
CREATE TABLE drift_states (
    node_id     uuid PRIMARY KEY REFERENCES nodes ON DELETE CASCADE,
    state       jsonb NOT NULL,
    changed_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL
) WITH (fillfactor = 50);
