-- Pictures compared, what of them is not looked at, and what people said about them.

-- What came of comparing two pictures: computed again with the same outcome whenever a row is missing.
CREATE TABLE comparisons (
    old_sha   text NOT NULL,
    new_sha   text NOT NULL,
    -- of the masked rectangles; empty where there are none
    masks     text NOT NULL,
    -- an older method's outcome is void
    method    smallint NOT NULL,
    likeness  jsonb NOT NULL,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (new_sha, old_sha, masks, method)
);

-- Parts of a step's picture that no comparison looks at: clocks, adverts, random names.
CREATE TABLE picture_masks (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id     uuid NOT NULL REFERENCES pools ON DELETE CASCADE,
    flow        text NOT NULL,
    step        integer NOT NULL CHECK (step > 0),
    x           integer NOT NULL CHECK (x >= 0),
    y           integer NOT NULL CHECK (y >= 0),
    width       integer NOT NULL CHECK (width > 0),
    height      integer NOT NULL CHECK (height > 0),
    reason      text NOT NULL,
    made_by     text NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_by  text,
    removed_at  timestamptz,
    CHECK ((removed_by IS NULL) = (removed_at IS NULL))
);
CREATE INDEX picture_masks_of_pool ON picture_masks (pool_id) WHERE removed_at IS NULL;

-- What somebody said about a step's new picture. The last accepted one is what later pictures are compared with.
CREATE TABLE reviews (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id        uuid NOT NULL REFERENCES pools,
    deployment_id  uuid NOT NULL REFERENCES deployments,
    number         integer NOT NULL,
    version        text NOT NULL,
    node           text NOT NULL,
    flow           text NOT NULL,
    step           integer NOT NULL CHECK (step > 0),
    -- the step in words: after a change of the suite it may be another step
    words          text NOT NULL,
    verdict        text NOT NULL CHECK (verdict IN ('accepted', 'rejected')),
    old_sha        text,
    new_sha        text NOT NULL,
    reason         text NOT NULL,
    said_by        text NOT NULL,
    at             timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX reviews_of_step ON reviews (pool_id, flow, step, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reviews
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
