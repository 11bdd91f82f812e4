-- How things stood in the tables when each event was committed, whoever wrote it.
CREATE TABLE standings (
    deployment_id uuid, seq bigint, state text, why text, done integer, nodes text[],
    PRIMARY KEY (deployment_id, seq)
);
CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.standings VALUES (NEW.id, NEW.next_seq - 1, NEW.state, NEW.why, NEW.nodes_done,
        ARRAY(SELECT state FROM public.node_runs WHERE deployment_id = NEW.id ORDER BY ordinal));
    RETURN NULL;
END $$;
-- deferred to the commit: by then everything that belongs to the event is written
CREATE CONSTRAINT TRIGGER witness AFTER UPDATE ON deployments
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION witness();

-- No event after `last` can be written, nor the result of `work`. A sequence counts the tries: it is not rolled back.
CREATE SEQUENCE refusals;
CREATE TABLE gate (last bigint, work text);
CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF EXISTS (SELECT FROM public.gate WHERE NEW.seq > last OR
        (NEW.canon::jsonb ->> 'kind' = 'finished' AND NEW.canon::jsonb -> 'attempt' ->> 'work' = work))
    THEN
        PERFORM nextval('public.refusals');
        RAISE EXCEPTION 'the test does not let event % be written', NEW.seq;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gate BEFORE INSERT ON deployment_events FOR EACH ROW EXECUTE FUNCTION gate();
