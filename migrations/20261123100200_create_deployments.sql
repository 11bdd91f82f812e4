-- Deployments, their journal and the lease that says who may write it.

-- Drawn at every claim, for all deployments together: on a node it can only grow.
CREATE SEQUENCE epoch;

CREATE TABLE deployments (
    id           uuid PRIMARY KEY,
    number       integer NOT NULL CHECK (number > 0),
    pool_id      uuid NOT NULL REFERENCES pools,
    release_id   uuid NOT NULL REFERENCES releases,
    version      text NOT NULL,
    state        text NOT NULL,
    why          text NOT NULL,
    asked_by     text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at     timestamptz,
    nodes_done   integer NOT NULL DEFAULT 0,
    nodes_total  integer NOT NULL,
    next_seq     bigint NOT NULL DEFAULT 1,
    head_hash    bytea NOT NULL,
    UNIQUE (pool_id, number),
    CHECK ((state IN ('succeeded', 'undone', 'aborted')) = (ended_at IS NOT NULL))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX one_active_per_pool ON deployments (pool_id) WHERE ended_at IS NULL;

-- Apart from the deployment, because it is rewritten every few seconds.
CREATE TABLE leases (
    deployment_id  uuid PRIMARY KEY REFERENCES deployments,
    owner          text,
    epoch          bigint NOT NULL DEFAULT 0,
    lease_until    timestamptz
) WITH (fillfactor = 50);

CREATE TABLE node_runs (
    deployment_id  uuid NOT NULL REFERENCES deployments,
    node_id        uuid NOT NULL REFERENCES nodes,
    ordinal        integer NOT NULL,
    state          text NOT NULL DEFAULT 'pending',
    PRIMARY KEY (deployment_id, node_id)
);

-- The journal. `canon` is the event's exact text; everything else in the row is derived from it.
CREATE TABLE deployment_events (
    deployment_id  uuid NOT NULL REFERENCES deployments,
    seq            bigint NOT NULL,
    canon          text NOT NULL,
    hash           bytea NOT NULL,
    payload        jsonb NOT NULL GENERATED ALWAYS AS (canon::jsonb) STORED,
    epoch          bigint NOT NULL GENERATED ALWAYS AS ((canon::jsonb ->> 'epoch')::bigint) STORED,
    at             timestamptz NOT NULL
        GENERATED ALWAYS AS (to_timestamp((canon::jsonb ->> 'at')::bigint / 1000.0)) STORED,
    node_id        uuid GENERATED ALWAYS AS ((canon::jsonb ->> 'node')::uuid) STORED,
    kind           text NOT NULL GENERATED ALWAYS AS (canon::jsonb ->> 'kind') STORED,
    v              integer NOT NULL GENERATED ALWAYS AS ((canon::jsonb ->> 'v')::integer) STORED,
    PRIMARY KEY (deployment_id, seq),
    CHECK ((payload ->> 'seq')::bigint = seq)
);
CREATE UNIQUE INDEX one_result_per_attempt
    ON deployment_events (deployment_id, node_id, (payload -> 'attempt')) WHERE kind = 'finished';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deployment_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What people asked of a running deployment.
CREATE TABLE commands (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deployment_id  uuid NOT NULL REFERENCES deployments,
    kind           text NOT NULL,
    actor          text NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    handled_seq    bigint
);
CREATE INDEX commands_open ON commands (deployment_id) WHERE handled_seq IS NULL;

-- Bulk, apart from the journal. Ids count per deployment under a row lock: a reader at a cursor misses none.
CREATE TABLE log_heads (
    deployment_id  uuid PRIMARY KEY REFERENCES deployments,
    last_id        bigint NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE log_chunks (
    deployment_id  uuid NOT NULL REFERENCES deployments,
    id             bigint NOT NULL,
    node_id        uuid NOT NULL,
    work           text NOT NULL,
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    text           text NOT NULL CHECK (octet_length(text) <= 65536),
    PRIMARY KEY (deployment_id, id)
);

CREATE TABLE visitor_reports (
    deployment_id  uuid PRIMARY KEY REFERENCES deployments,
    report         jsonb NOT NULL,
    at             timestamptz NOT NULL
);

-- What was proven on which node: its release, by check, and by the smoke suite where there was one.
CREATE TABLE proofs (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node_id            uuid NOT NULL REFERENCES nodes,
    release_id         uuid REFERENCES releases,
    version            text,
    release_dir        text NOT NULL,
    suite_revision_id  uuid REFERENCES suite_revisions,
    deployment_id      uuid NOT NULL REFERENCES deployments,
    at                 timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX proofs_of_node ON proofs (node_id, id);

-- The only writer of events, and of everything that follows from them. A caller whose epoch is not the
-- lease's is refused (RD001), so a stale owner can change nothing. Returns the event's exact text.
CREATE FUNCTION journal(
    p_deployment uuid, p_epoch bigint, p_node uuid, p_v integer, p_fact text,
    p_state text, p_why text, p_node_state text, p_done integer, p_command bigint
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_current  bigint;
    v_row      deployments%ROWTYPE;
    v_over     boolean := p_state IN ('succeeded', 'undone', 'aborted');
    v_canon    text;
    v_hash     bytea;
    v_subject  text;
BEGIN
    -- shared with other writers of this owner, against a claim: nobody takes over in mid-write
    SELECT epoch INTO v_current FROM leases WHERE deployment_id = p_deployment FOR SHARE;
    IF v_current IS DISTINCT FROM p_epoch THEN
        RAISE EXCEPTION 'fenced: epoch % is not current (%)', p_epoch, v_current USING ERRCODE = 'RD001';
    END IF;
    SELECT * INTO STRICT v_row FROM deployments WHERE id = p_deployment FOR UPDATE;
    IF v_row.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'deployment is over: %', v_row.state USING ERRCODE = 'RD002';
    END IF;

    v_canon := '{"seq":' || v_row.next_seq
        || ',"epoch":' || p_epoch
        || ',"at":' || floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
        || coalesce(',"node":"' || p_node || '"', '')
        || ',"v":' || p_v
        || ',' || substr(p_fact, 2);
    v_hash := sha256(v_row.head_hash || convert_to(v_canon, 'UTF8'));
    INSERT INTO deployment_events (deployment_id, seq, canon, hash)
        VALUES (p_deployment, v_row.next_seq, v_canon, v_hash);
    UPDATE deployments SET next_seq = next_seq + 1, head_hash = v_hash, state = p_state, why = p_why,
        nodes_done = p_done, ended_at = CASE WHEN v_over THEN clock_timestamp() END
        WHERE id = p_deployment;

    IF p_node_state IS NOT NULL THEN
        UPDATE node_runs SET state = p_node_state WHERE deployment_id = p_deployment AND node_id = p_node;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'node % is not in deployment %', p_node, p_deployment USING ERRCODE = 'RD003';
        END IF;
    END IF;
    IF p_command IS NOT NULL THEN
        UPDATE commands SET handled_seq = v_row.next_seq
            WHERE id = p_command AND deployment_id = p_deployment AND handled_seq IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'command % is not open', p_command USING ERRCODE = 'RD003';
        END IF;
    END IF;
    -- a whole deployment cannot vanish unseen: its last hash is part of the audit history's chain
    IF v_over THEN
        UPDATE leases SET owner = NULL, lease_until = NULL WHERE deployment_id = p_deployment;
        SELECT e.name || '/' || a.name INTO STRICT v_subject
            FROM pools p JOIN environments e ON e.id = p.environment_id
                JOIN applications a ON a.id = p.application_id WHERE p.id = v_row.pool_id;
        PERFORM append_audit('pitlane', 'engine', 'deployment.ended', v_subject,
            format('Deployment %s #%s of %s ended: %s.', v_subject, v_row.number, v_row.version, p_state), NULL,
            jsonb_build_object('deployment', p_deployment, 'events', v_row.next_seq,
                'journal_hash', encode(v_hash, 'hex')));
    END IF;

    PERFORM pg_notify('pitlane', 'journal:' || p_deployment || ':' || v_row.next_seq);
    RETURN v_canon;
END $$;
REVOKE EXECUTE ON FUNCTION journal FROM PUBLIC;

-- Queues a deployment: its row, its node runs, its lease and its first event.
CREATE FUNCTION create_deployment(
    p_deployment uuid, p_number integer, p_pool uuid, p_release uuid, p_version text, p_asked_by text,
    p_why text, p_nodes uuid[], p_v integer, p_fact text
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_canon text;
BEGIN
    INSERT INTO deployments (id, number, pool_id, release_id, version, state, why, asked_by, nodes_total, head_hash)
        VALUES (p_deployment, p_number, p_pool, p_release, p_version, 'queued', p_why, p_asked_by,
            cardinality(p_nodes), sha256(convert_to(p_deployment::text, 'UTF8')));
    INSERT INTO node_runs (deployment_id, node_id, ordinal)
        SELECT p_deployment, node, ordinal FROM unnest(p_nodes) WITH ORDINALITY AS n (node, ordinal);
    INSERT INTO leases (deployment_id) VALUES (p_deployment);
    v_canon := journal(p_deployment, 0, NULL, p_v, p_fact, 'queued', p_why, NULL, 0, NULL);
    PERFORM pg_notify('pitlane', 'queued:' || p_deployment);
    RETURN v_canon;
END $$;
REVOKE EXECUTE ON FUNCTION create_deployment FROM PUBLIC;
