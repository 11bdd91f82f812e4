-- Flows being edited, one draft per person and flow; and trials of them, which are rehearsals of something that is no
-- pool's suite yet.

CREATE TABLE suite_drafts (
    id          uuid PRIMARY KEY,
    pool_id     uuid NOT NULL REFERENCES pools ON DELETE CASCADE,
    -- by name: the owner of the local socket is nobody's row
    author      text NOT NULL,
    -- the flow it changes; empty: a new one
    flow        text NOT NULL DEFAULT '',
    -- the suite it was begun with; NULL: there was none
    base        uuid REFERENCES suite_revisions,
    draft       jsonb NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (pool_id, author, flow)
);

-- the suite of a trial, and the flow (empty: a new one) whose editor asked for it
ALTER TABLE rehearsals
    ADD COLUMN draft jsonb,
    ADD COLUMN edits text,
    ADD CHECK ((draft IS NULL) = (edits IS NULL));
