//! Rehearsals: those to come, and what came of the others. Only the database's clock decides.

use super::row::{Row, clean, json_of, timestamp, word_of};
use app::model::{
    ids::{PoolId, RehearsalId, SuiteRevisionId},
    name::Name,
    rehearsal::{Cause, DraftOf, PlannedFlow, RehearsalLine, RehearsalView, Verdict},
    smoke::{StepReport, Suite},
};
use sqlx::{PgConnection, PgExecutor};
use std::time::Duration;

/// One that a server has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub id: RehearsalId,
    pub pool: PoolId,
    pub environment: Name,
    pub application: Name,
    /// The node somebody asked for.
    pub wanted: Option<Name>,
    /// What is tried instead of the pool's suite.
    pub draft: Option<Suite>,
    pub owner: String,
}

/// `None`: there is one of this pool that has not ended.
pub async fn ask(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
    cause: Cause,
    by: &str,
    wanted: Option<&Name>,
) -> sqlx::Result<Option<RehearsalId>> {
    let id = RehearsalId::generate();
    let done = sqlx::query!(
        "INSERT INTO rehearsals (id, pool_id, cause, asked_by, wanted) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (pool_id) WHERE ended_at IS NULL DO NOTHING",
        id.0,
        pool.0,
        word_of(&cause),
        clean(by),
        wanted.map(Name::as_str)
    )
    .execute(executor)
    .await?;
    Ok((done.rows_affected() > 0).then_some(id))
}

/// Asks for a trial of `suite`, which is no pool's, on `node`. What the same person asked for before and has not ended is
/// given up, with `instead`. `None`: there is another one of this pool that has not ended.
pub async fn ask_trial(
    conn: &mut PgConnection,
    pool: PoolId,
    by: &str,
    node: &Name,
    suite: &Suite,
    edits: Option<&Name>,
    instead: &Verdict,
) -> sqlx::Result<Option<RehearsalId>> {
    sqlx::query!(
        "UPDATE rehearsals SET ended_at = clock_timestamp(), verdict = $3
        WHERE pool_id = $1 AND asked_by = $2 AND draft IS NOT NULL AND ended_at IS NULL",
        pool.0,
        clean(by),
        json_of(instead)
    )
    .execute(&mut *conn)
    .await?;
    // nobody comes back to these, and their pictures are kept as long as they are
    sqlx::query!(
        "DELETE FROM rehearsals WHERE draft IS NOT NULL AND ended_at < clock_timestamp() - interval '7 days'"
    )
    .execute(&mut *conn)
    .await?;
    let id = RehearsalId::generate();
    let done = sqlx::query!(
        "INSERT INTO rehearsals (id, pool_id, cause, asked_by, wanted, draft, edits)
        VALUES ($1, $2, 'by_hand', $3, $4, $5, $6)
        ON CONFLICT (pool_id) WHERE ended_at IS NULL DO NOTHING",
        id.0,
        pool.0,
        clean(by),
        node.as_str(),
        json_of(suite),
        edits.map_or("", Name::as_str)
    )
    .execute(conn)
    .await?;
    Ok((done.rows_affected() > 0).then_some(id))
}

/// Asks for those that are due by their pool's `rehearse_every`: nobody deploys there, and none was tried for so long.
pub async fn ask_due(executor: impl PgExecutor<'_>, by: &str) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "INSERT INTO rehearsals (id, pool_id, cause, asked_by)
        SELECT gen_random_uuid(), p.id, 'scheduled', $1 FROM pools p
        WHERE coalesce((p.policy->>'rehearse_every_ms')::bigint, 0) > 0 AND p.suite_revision_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM deployments d WHERE d.pool_id = p.id AND d.ended_at IS NULL)
            AND NOT EXISTS (SELECT FROM rehearsals r WHERE r.pool_id = p.id AND (r.ended_at IS NULL OR r.draft IS NULL
                AND r.asked_at > clock_timestamp() - (p.policy->>'rehearse_every_ms')::bigint * interval '1 ms'))
        ON CONFLICT (pool_id) WHERE ended_at IS NULL DO NOTHING",
        by
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected())
}

/// Takes the oldest that nobody has. `owner` must be unique per turn; after `limit` it is anybody's to end, unless it
/// was kept.
pub async fn take(
    executor: impl PgExecutor<'_>,
    owner: &str,
    limit: Duration,
) -> sqlx::Result<Option<Taken>> {
    let row = sqlx::query!(
        r#"WITH taken AS (
            UPDATE rehearsals SET owner = $1, busy_until = clock_timestamp() + make_interval(secs => $2)
            WHERE id = (SELECT id FROM rehearsals WHERE ended_at IS NULL AND owner IS NULL
                ORDER BY asked_at FOR UPDATE SKIP LOCKED LIMIT 1)
            RETURNING id, pool_id, wanted, draft)
        SELECT t.id AS "id!", t.pool_id AS "pool_id!", t.wanted, t.draft, e.name AS environment, a.name AS application
        FROM taken t JOIN pools p ON p.id = t.pool_id
        JOIN environments e ON e.id = p.environment_id JOIN applications a ON a.id = p.application_id"#,
        owner,
        limit.as_secs_f64()
    )
    .fetch_optional(executor)
    .await?;
    row.map(|row| {
        let at = Row::new("rehearsals", &row.id);
        Ok(Taken {
            id: RehearsalId(row.id),
            pool: PoolId(row.pool_id),
            environment: at.text("environment", &row.environment)?,
            application: at.text("application", &row.application)?,
            wanted: row
                .wanted
                .map(|node| at.text("wanted", &node))
                .transpose()?,
            draft: row.draft.map(|draft| at.json("draft", draft)).transpose()?,
            owner: owner.to_owned(),
        })
    })
    .transpose()
}

/// On which node, and what it runs.
pub async fn begin(
    executor: impl PgExecutor<'_>,
    taken: &Taken,
    node: &Name,
    version: Option<&Name>,
    suite: Option<SuiteRevisionId>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE rehearsals SET node = $3, version = $4, suite_revision_id = $5
        WHERE id = $1 AND owner = $2 AND ended_at IS NULL",
        taken.id.0,
        taken.owner,
        node.as_str(),
        version.map(Name::as_str),
        suite.map(|suite| suite.0) as Option<uuid::Uuid>
    )
    .execute(executor)
    .await
    .map(drop)
}

/// How far it is.
pub async fn note(
    executor: impl PgExecutor<'_>,
    taken: &Taken,
    steps: &[StepReport],
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE rehearsals SET steps = $3 WHERE id = $1 AND owner = $2 AND ended_at IS NULL",
        taken.id.0,
        taken.owner,
        json_of(&steps)
    )
    .execute(executor)
    .await
    .map(drop)
}

/// `false`: it was not this server's any more. The log lies beside the verdict's own fields.
pub async fn end(
    executor: impl PgExecutor<'_>,
    taken: &Taken,
    verdict: &Verdict,
    proxy_log: Option<&str>,
    steps: &[StepReport],
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE rehearsals SET ended_at = clock_timestamp(), steps = $4,
            verdict = $3::jsonb || jsonb_strip_nulls(jsonb_build_object('proxy_log', $5::text))
        WHERE id = $1 AND owner = $2 AND ended_at IS NULL",
        taken.id.0,
        taken.owner,
        json_of(verdict),
        json_of(&steps),
        proxy_log
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Those that nobody kept: their server is gone.
pub async fn end_forgotten(executor: impl PgExecutor<'_>, verdict: &Verdict) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "UPDATE rehearsals SET ended_at = clock_timestamp(), verdict = $1
        WHERE ended_at IS NULL AND busy_until < clock_timestamp()",
        json_of(verdict)
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected())
}

/// Whether somebody deploys to the pool.
pub async fn is_deployed_to(executor: impl PgExecutor<'_>, pool: PoolId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM deployments WHERE pool_id = $1 AND ended_at IS NULL) AS "deployed!""#,
        pool.0
    )
    .fetch_one(executor)
    .await
}

/// Has it for `limit` from now on; `false`: it is this server's no more, or was given up.
pub async fn keep(
    executor: impl PgExecutor<'_>,
    taken: &Taken,
    limit: Duration,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE rehearsals SET busy_until = clock_timestamp() + make_interval(secs => $3)
        WHERE id = $1 AND owner = $2 AND ended_at IS NULL",
        taken.id.0,
        taken.owner,
        limit.as_secs_f64()
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether a deployment of the pool is on its way, and does not wait for somebody.
pub async fn is_rolling(executor: impl PgExecutor<'_>, pool: PoolId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM deployments
            WHERE pool_id = $1 AND ended_at IS NULL AND state NOT IN ('held', 'halted')) AS "rolling!""#,
        pool.0
    )
    .fetch_one(executor)
    .await
}

/// The last of each pool, or of one; trials of drafts are none.
pub async fn latest(
    conn: &mut PgConnection,
    pool: Option<PoolId>,
) -> sqlx::Result<Vec<(PoolId, RehearsalView)>> {
    let ids = sqlx::query!(
        "SELECT DISTINCT ON (pool_id) id, pool_id FROM rehearsals
        WHERE draft IS NULL AND ($1::uuid IS NULL OR pool_id = $1) ORDER BY pool_id, asked_at DESC, id DESC",
        pool.map(|pool| pool.0) as Option<uuid::Uuid>
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut found = Vec::new();
    for row in ids {
        if let Some(view) = get(&mut *conn, RehearsalId(row.id)).await? {
            found.push((PoolId(row.pool_id), view));
        }
    }
    Ok(found)
}

pub async fn get(
    executor: impl PgExecutor<'_>,
    id: RehearsalId,
) -> sqlx::Result<Option<RehearsalView>> {
    let row = sqlx::query!(
        "SELECT r.cause, r.asked_by, r.asked_at, r.node, r.version, r.suite_revision_id, r.ended_at, r.verdict, r.steps,
            r.edits, coalesce(r.draft, s.suite) AS suite, e.name AS environment, a.name AS application,
            r.verdict ->> 'proxy_log' AS proxy_log
        FROM rehearsals r JOIN pools p ON p.id = r.pool_id LEFT JOIN suite_revisions s ON s.id = r.suite_revision_id
        JOIN environments e ON e.id = p.environment_id JOIN applications a ON a.id = p.application_id
        WHERE r.id = $1",
        id.0
    )
    .fetch_optional(executor)
    .await?;
    row.map(|row| {
        let at = Row::new("rehearsals", &id);
        let name = |column, text: Option<String>| text.map(|text| at.text(column, &text));
        Ok(RehearsalView {
            line: RehearsalLine {
                id,
                environment: at.text("environment", &row.environment)?,
                application: at.text("application", &row.application)?,
                cause: at.word("cause", row.cause)?,
                asked_by: row.asked_by,
                asked_at: timestamp(row.asked_at),
                node: name("node", row.node).transpose()?,
                version: name("version", row.version).transpose()?,
                suite: row.suite_revision_id.map(SuiteRevisionId),
                ended_at: row.ended_at.map(timestamp),
                verdict: row
                    .verdict
                    .map(|verdict| at.json("verdict", verdict))
                    .transpose()?,
                draft: row
                    .edits
                    .map(|flow| match flow.as_str() {
                        "" => Ok(DraftOf { flow: None }),
                        flow => at
                            .text("edits", flow)
                            .map(|flow| DraftOf { flow: Some(flow) }),
                    })
                    .transpose()?,
            },
            steps: at.json("steps", row.steps)?,
            planned: match row.suite {
                Some(suite) => PlannedFlow::all(&at.json("draft", suite)?),
                None => Vec::new(),
            },
            proxy_log: row.proxy_log,
        })
    })
    .transpose()
}
