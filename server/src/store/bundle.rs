//! Everything that was written down about one deployment, piece by piece: a journal may be long.

use app::model::ids::*;
use futures::{Stream, TryStreamExt};
use sqlx::{PgExecutor, PgPool};

/// How many events there are, and the hash of the last.
pub async fn head(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
) -> sqlx::Result<(u64, Vec<u8>)> {
    let row = sqlx::query!(
        "SELECT next_seq - 1 AS \"events!\", head_hash FROM deployments WHERE id = $1",
        deployment.0
    )
    .fetch_one(executor)
    .await?;
    Ok((u64::try_from(row.events).unwrap_or(0), row.head_hash))
}

/// An exact text and its hash.
pub struct Canon {
    pub canon: String,
    pub hash: Vec<u8>,
}

/// The first `events` of a journal.
pub fn journal(
    pool: &PgPool,
    deployment: DeploymentId,
    events: u64,
) -> impl Stream<Item = sqlx::Result<Canon>> + '_ {
    sqlx::query_as!(
        Canon,
        "SELECT canon, hash FROM deployment_events WHERE deployment_id = $1 AND seq <= $2 ORDER BY seq",
        deployment.0,
        i64::try_from(events).unwrap_or(i64::MAX)
    )
    .fetch(pool)
}

/// The audit history's last entry.
pub async fn audit_head(executor: impl PgExecutor<'_>) -> sqlx::Result<(u64, Vec<u8>)> {
    let row = sqlx::query!("SELECT seq, hash FROM audit_head")
        .fetch_one(executor)
        .await?;
    Ok((u64::try_from(row.seq).unwrap_or(0), row.hash))
}

/// The audit entries about a deployment, each with the hash of the entry before it.
pub fn audit<'a>(
    pool: &'a PgPool,
    subject: &str,
    deployment: DeploymentId,
    number: u32,
    until: u64,
) -> impl Stream<Item = sqlx::Result<(Vec<u8>, Canon)>> + use<'a> {
    sqlx::query!(
        r#"SELECT a.canon, a.hash, coalesce(b.hash, ''::bytea) AS "before!"
        FROM audit_entries a LEFT JOIN audit_entries b ON b.seq = a.seq - 1
        WHERE a.subject = $1 AND a.seq <= $4
            AND a.canon::jsonb -> 'detail' ->> 'deployment' IN ($2, $3)
        ORDER BY a.seq"#,
        subject.to_owned(),
        deployment.to_string(),
        number.to_string(),
        i64::try_from(until).unwrap_or(i64::MAX)
    )
    .fetch(pool)
    .map_ok(|row| {
        let canon = Canon {
            canon: row.canon,
            hash: row.hash,
        };
        (row.before, canon)
    })
}

/// A suite as it was written.
pub async fn suite_text(
    executor: impl PgExecutor<'_>,
    revision: SuiteRevisionId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT text FROM suite_revisions WHERE id = $1", revision.0)
        .fetch_optional(executor)
        .await
}
