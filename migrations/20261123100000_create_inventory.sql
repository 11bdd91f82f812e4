-- What there is: environments, applications, balancers, pools, nodes, suites, releases.

-- Rows of some tables are for ever. Statement level, so that it also holds for TRUNCATE and for the owner.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'RD009';
END $$;

-- One row: which installation this database is. Part of the folder names on the nodes.
CREATE TABLE installation (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    one_row     boolean NOT NULL DEFAULT true UNIQUE CHECK (one_row)
);
INSERT INTO installation DEFAULT VALUES;

CREATE TABLE environments (
    id    uuid PRIMARY KEY,
    name  text NOT NULL UNIQUE
);

CREATE TABLE applications (
    id      uuid PRIMARY KEY,
    name    text NOT NULL UNIQUE,
    recipe  jsonb NOT NULL
);

CREATE TABLE balancers (
    id       uuid PRIMARY KEY,
    name     text NOT NULL UNIQUE,
    product  jsonb NOT NULL
);

CREATE TABLE pools (
    id                 uuid PRIMARY KEY,
    environment_id     uuid NOT NULL REFERENCES environments,
    application_id     uuid NOT NULL REFERENCES applications,
    policy             jsonb NOT NULL,
    probe              jsonb NOT NULL,
    visitors_url       text,
    suite_revision_id  uuid,
    UNIQUE (environment_id, application_id)
);

-- One immutable text of a suite each.
CREATE TABLE suite_revisions (
    id          uuid PRIMARY KEY,
    pool_id     uuid NOT NULL REFERENCES pools,
    sha256      bytea NOT NULL,
    text        text NOT NULL,
    suite       jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (pool_id, sha256)
);
ALTER TABLE pools ADD FOREIGN KEY (suite_revision_id) REFERENCES suite_revisions;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON suite_revisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE nodes (
    id                    uuid PRIMARY KEY,
    pool_id               uuid NOT NULL REFERENCES pools,
    ordinal               integer NOT NULL,
    name                  text NOT NULL,
    group_name            text,
    ssh_user              text NOT NULL,
    ssh_host              text NOT NULL,
    ssh_port              integer NOT NULL CHECK (ssh_port BETWEEN 1 AND 65535),
    host_key              text NOT NULL,
    host_key_fingerprint  text NOT NULL,
    app_url               text NOT NULL,
    deploy_root           text NOT NULL,
    UNIQUE (pool_id, name),
    CONSTRAINT one_owner_per_deploy_root UNIQUE (ssh_host, ssh_port, deploy_root)
);

CREATE TABLE members (
    node_id      uuid NOT NULL REFERENCES nodes ON DELETE CASCADE,
    balancer_id  uuid NOT NULL REFERENCES balancers,
    worker       text NOT NULL,
    PRIMARY KEY (node_id, balancer_id, worker),
    CONSTRAINT one_node_per_worker UNIQUE (balancer_id, worker)
);

CREATE TABLE releases (
    id              uuid PRIMARY KEY,
    application_id  uuid NOT NULL REFERENCES applications,
    version         text NOT NULL,
    sha256          text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size            bigint NOT NULL CHECK (size >= 0),
    commit          text,
    created_at      timestamptz NOT NULL,
    created_by      text NOT NULL,
    UNIQUE (application_id, version)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON releases
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
