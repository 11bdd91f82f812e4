-- What the role `pitlane` may do at run time, where there is one. Run after every migration; safe to repeat.
-- No right to write deployments, node_runs, deployment_events, audit_entries, audit_head: only functions do.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pitlane') OR current_user = 'pitlane' THEN
        RETURN;
    END IF;
    -- two servers that start together would change the same catalogue rows
    PERFORM pg_advisory_xact_lock(7205759404);
    GRANT USAGE ON SCHEMA public TO pitlane;
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO pitlane;
    GRANT INSERT, UPDATE, DELETE ON
        environments, applications, balancers, pools, nodes, members, users, sessions, tokens, sign_in_attempts
        TO pitlane;
    GRANT INSERT ON suite_revisions, releases, proofs, adoptions, commands, comparisons, reviews
        TO pitlane;
    GRANT INSERT, UPDATE, DELETE ON adopted_admissions, drift_checks, drift_states TO pitlane;
    GRANT INSERT, UPDATE ON picture_masks TO pitlane;
    GRANT UPDATE ON retention TO pitlane;
    GRANT INSERT, UPDATE, DELETE ON blobs_aside TO pitlane;
    GRANT INSERT, UPDATE, DELETE ON environment_variables, secrets TO pitlane;
    GRANT INSERT, UPDATE, DELETE ON rehearsals, suite_drafts TO pitlane;
    GRANT UPDATE ON leases TO pitlane;
    GRANT USAGE ON SEQUENCE epoch TO pitlane;
    GRANT INSERT, UPDATE ON log_heads, visitor_reports TO pitlane;
    GRANT INSERT ON log_chunks TO pitlane;
    GRANT EXECUTE ON FUNCTION journal, create_deployment, append_audit, raise_epoch TO pitlane;
END $$;
