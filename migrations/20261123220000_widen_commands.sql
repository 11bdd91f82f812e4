-- Commands about one node, made for one moment, asked once; and which engine may take a deployment over.

ALTER TABLE commands
    ADD COLUMN node_id  uuid REFERENCES nodes,
    -- the `seq` of the state the person saw; NULL: whatever it is by then
    ADD COLUMN turn     bigint,
    -- the same key again is the same wish
    ADD COLUMN key      text,
    ADD CONSTRAINT one_command_per_key UNIQUE (deployment_id, key);

-- The version of the newest engine that wrote this deployment's journal: an older one cannot read it.
ALTER TABLE leases ADD COLUMN engine_version integer NOT NULL DEFAULT 1;

-- Epochs only grow, also on the nodes. A database restored from before may be behind them; then it catches up.
CREATE FUNCTION raise_epoch(p_seen bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT setval('epoch', greatest(p_seen, (SELECT last_value FROM epoch)))
$$;
REVOKE EXECUTE ON FUNCTION raise_epoch FROM PUBLIC;
