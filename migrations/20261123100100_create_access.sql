-- Who may come in, and what people did.

CREATE TABLE users (
    id             uuid PRIMARY KEY,
    name           text NOT NULL,
    role           text NOT NULL CHECK (role IN ('viewer', 'deployer', 'admin')),
    password_hash  text NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    disabled_at    timestamptz
);
CREATE UNIQUE INDEX one_user_per_name ON users (lower(name));

-- The cookie's value is never stored, only its hash.
CREATE TABLE sessions (
    token_sha256  bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
    user_id       uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at    timestamptz NOT NULL,
    user_agent    text NOT NULL
);
CREATE INDEX ON sessions (user_id);

CREATE TABLE tokens (
    token_sha256  bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
    user_id       uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name          text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at       timestamptz,
    UNIQUE (user_id, name)
);

CREATE TABLE sign_in_attempts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    from_addr  text NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    succeeded  boolean NOT NULL DEFAULT false
);
CREATE INDEX ON sign_in_attempts (from_addr, at);
CREATE INDEX ON sign_in_attempts (at);

-- The audit history. `canon` is the entry's exact text; everything else in the row is derived from it,
-- so that no column can say what the hash does not cover.
CREATE TABLE audit_entries (
    seq        bigint PRIMARY KEY,
    canon      text NOT NULL,
    hash       bytea NOT NULL,
    actor      text NOT NULL GENERATED ALWAYS AS (canon::jsonb ->> 'actor') STORED,
    action     text NOT NULL GENERATED ALWAYS AS (canon::jsonb ->> 'action') STORED,
    subject    text NOT NULL GENERATED ALWAYS AS (canon::jsonb ->> 'subject') STORED,
    CHECK ((canon::jsonb ->> 'seq')::bigint = seq)
);
CREATE INDEX ON audit_entries (actor, seq);
CREATE INDEX ON audit_entries (action, seq);
CREATE INDEX ON audit_entries (subject, seq);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE audit_head (
    one_row  boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    seq   bigint NOT NULL DEFAULT 0,
    hash  bytea NOT NULL DEFAULT ''
);
INSERT INTO audit_head DEFAULT VALUES;

-- The only writer of audit entries. The head's row lock comes first: it puts concurrent writers in a row,
-- so that there are no gaps and no forks.
CREATE FUNCTION append_audit(
    p_actor text, p_from text, p_action text, p_subject text, p_words text, p_reason text, p_detail jsonb
) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_seq    bigint;
    v_hash   bytea;
    v_canon  text;
BEGIN
    UPDATE audit_head SET seq = seq + 1 RETURNING seq, hash INTO STRICT v_seq, v_hash;
    v_canon := jsonb_build_object(
        'seq', v_seq,
        'at', floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint,
        'actor', p_actor, 'from', p_from, 'action', p_action, 'subject', p_subject,
        'words', p_words, 'reason', p_reason, 'detail', p_detail)::text;
    v_hash := sha256(v_hash || convert_to(v_canon, 'UTF8'));
    INSERT INTO audit_entries (seq, canon, hash) VALUES (v_seq, v_canon, v_hash);
    UPDATE audit_head SET hash = v_hash;
    RETURN v_canon;
END $$;
REVOKE EXECUTE ON FUNCTION append_audit FROM PUBLIC;
