//! Which blobs are named by whom, and what became of those that are not. Only the database's clock decides.
//!
//! Whoever adds a column that names blobs adds it to [`named_elsewhere`]; a test looks at all there are.

use super::row::{Row, json_of, timestamp};
use app::model::{evidence::Swept, ids::*, time::Timestamp};
use chrono::{DateTime, Utc};
use futures::{Stream, TryStreamExt};
use sqlx::{PgExecutor, PgPool};
use std::{collections::HashMap, time::Duration};

/// Takes the turn to look, if it is due (or at once, if `now`) and nobody has it; after `limit` it is anybody's again.
pub async fn claim(
    executor: impl PgExecutor<'_>,
    owner: &str,
    period: Duration,
    limit: Duration,
    now: bool,
) -> sqlx::Result<bool> {
    let taken = sqlx::query!(
        "UPDATE retention SET owner = $1, next_at = clock_timestamp() + make_interval(secs => $2),
            busy_until = clock_timestamp() + make_interval(secs => $3)
        WHERE ($4 OR next_at <= clock_timestamp()) AND (busy_until IS NULL OR busy_until < clock_timestamp())",
        owner,
        period.as_secs_f64(),
        limit.as_secs_f64(),
        now
    )
    .execute(executor)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Ends the turn, with what came of it, if it came to its end.
pub async fn end(
    executor: impl PgExecutor<'_>,
    owner: &str,
    outcome: Option<&Swept>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE retention SET owner = NULL, busy_until = NULL, outcome = coalesce($2, outcome) WHERE owner = $1",
        owner,
        outcome.map(json_of) as Option<serde_json::Value>
    )
    .execute(executor)
    .await
    .map(drop)
}

/// What came of the last turn.
pub async fn last(executor: impl PgExecutor<'_>) -> sqlx::Result<Option<Swept>> {
    let outcome = sqlx::query_scalar!("SELECT outcome FROM retention")
        .fetch_one(executor)
        .await?;
    outcome
        .map(|outcome| Row::new("retention", &"the only row").json("outcome", outcome))
        .transpose()
}

/// A deployment as far as it matters for how long its evidence is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    pub id: DeploymentId,
    pub pool: PoolId,
    pub number: u32,
    pub succeeded: bool,
    /// `None`: it runs, is held or halted.
    pub ended_at: Option<Timestamp>,
}

/// Every deployment there is.
pub async fn deployments(executor: impl PgExecutor<'_>) -> sqlx::Result<Vec<Past>> {
    sqlx::query!(
        r#"SELECT id, pool_id, number, state = 'succeeded' AS "succeeded!", ended_at FROM deployments"#
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        Ok(Past {
            id: DeploymentId(row.id),
            pool: PoolId(row.pool_id),
            number: Row::new("deployments", &row.id).number("number", row.number.into())?,
            succeeded: row.succeeded,
            ended_at: row.ended_at.map(timestamp),
        })
    })
    .collect()
}

/// Every hash in a deployment's journal, whatever field of whatever event it is in: a later version's are kept too.
pub fn named_in(
    pool: &PgPool,
    deployment: DeploymentId,
) -> impl Stream<Item = sqlx::Result<String>> + '_ {
    sqlx::query_scalar!(
        r#"SELECT named[1] AS "sha!" FROM deployment_events,
            LATERAL regexp_matches(canon, '"([0-9a-f]{64})"', 'g') AS named
        WHERE deployment_id = $1"#,
        deployment.0
    )
    .fetch(pool)
}

/// Named whatever becomes of deployments: artefacts, the pictures somebody spoke of, and those of rehearsals.
pub fn named_elsewhere(pool: &PgPool) -> impl Stream<Item = sqlx::Result<String>> + '_ {
    sqlx::query_scalar!(
        r#"SELECT sha256 AS "sha!" FROM releases UNION SELECT new_sha FROM reviews
        UNION SELECT old_sha FROM reviews WHERE old_sha IS NOT NULL
        UNION SELECT named.sha FROM rehearsals, jsonb_array_elements(steps) AS step,
            LATERAL (VALUES (step ->> 'picture'), (step ->> 'full_page'), (step ->> 'source'), (step ->> 'archive'))
                AS named (sha)
            WHERE named.sha IS NOT NULL
        UNION SELECT verdict ->> 'proxy_log' FROM rehearsals WHERE verdict ->> 'proxy_log' IS NOT NULL"#
    )
    .fetch(pool)
}

/// Pictures of what differs, with the two they were made of.
pub fn heats(pool: &PgPool) -> impl Stream<Item = sqlx::Result<[String; 3]>> + '_ {
    sqlx::query!(
        r#"SELECT old_sha, new_sha, likeness ->> 'heat' AS "heat!" FROM comparisons
        WHERE likeness ->> 'heat' IS NOT NULL"#
    )
    .fetch(pool)
    .map_ok(|row| [row.old_sha, row.new_sha, row.heat])
}

/// What is set aside and not removed, and since when.
pub async fn aside(executor: impl PgExecutor<'_>) -> sqlx::Result<HashMap<String, DateTime<Utc>>> {
    let rows = sqlx::query!("SELECT sha256, aside_at FROM blobs_aside WHERE removed_at IS NULL")
        .fetch_all(executor)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.sha256, row.aside_at))
        .collect())
}

/// Whether it is aside since then and no later.
pub async fn is_aside_since(
    executor: impl PgExecutor<'_>,
    sha: &str,
    since: Option<DateTime<Utc>>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM blobs_aside
            WHERE sha256 = $1 AND removed_at IS NULL AND aside_at = $2) AS "aside!""#,
        sha,
        since as Option<DateTime<Utc>>
    )
    .fetch_one(executor)
    .await
}

/// From now on it is set aside. Before it is moved, so that whatever lies aside has a row.
pub async fn note_aside(executor: impl PgExecutor<'_>, sha: &str, size: u64) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO blobs_aside (sha256, size) VALUES ($1, $2) ON CONFLICT (sha256)
        DO UPDATE SET size = excluded.size, aside_at = clock_timestamp(), removed_at = NULL",
        sha,
        i64::try_from(size).unwrap_or(i64::MAX)
    )
    .execute(executor)
    .await
    .map(drop)
}

/// It is back.
pub async fn note_back(executor: impl PgExecutor<'_>, sha: &str) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM blobs_aside WHERE sha256 = $1", sha)
        .execute(executor)
        .await
        .map(drop)
}

/// It is gone for ever.
pub async fn note_removed(executor: impl PgExecutor<'_>, sha: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE blobs_aside SET removed_at = clock_timestamp() WHERE sha256 = $1",
        sha
    )
    .execute(executor)
    .await
    .map(drop)
}

/// When a blob was removed for ever, if it was.
pub async fn removed_at(
    executor: impl PgExecutor<'_>,
    sha: &str,
) -> sqlx::Result<Option<Timestamp>> {
    let at = sqlx::query_scalar!(
        r#"SELECT removed_at AS "at!" FROM blobs_aside WHERE sha256 = $1 AND removed_at IS NOT NULL"#,
        sha
    )
    .fetch_optional(executor)
    .await?;
    Ok(at.map(timestamp))
}
