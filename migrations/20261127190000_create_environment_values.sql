-- What environments give to suites.

CREATE TABLE environment_variables (
    environment_id  uuid NOT NULL REFERENCES environments ON DELETE CASCADE,
    name            text NOT NULL,
    value           text NOT NULL,
    set_by          text NOT NULL,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (environment_id, name)
);

-- Encrypted with a key that is not in the database; bound to environment and name, so that no row can stand for another.
CREATE TABLE secrets (
    environment_id  uuid NOT NULL REFERENCES environments ON DELETE CASCADE,
    name            text NOT NULL,
    ciphertext      bytea NOT NULL,
    nonce           bytea NOT NULL CHECK (length(nonce) = 24),
    -- the beginning of a hash of the key
    key_id          text NOT NULL,
    set_by          text NOT NULL,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (environment_id, name)
);
