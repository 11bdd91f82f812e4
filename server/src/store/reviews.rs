//! What people said about pictures; append-only.

use super::row::{Row, clean, timestamp, word_of};
use app::model::{
    evidence::{Review, StepKey},
    ids::{DeploymentId, PoolId},
};
use sqlx::PgExecutor;

/// A review as its row has it.
macro_rules! read {
    ($rows:expr) => {
        $rows
            .into_iter()
            .map(|row| {
                let at = Row::new("reviews", &row.id);
                Ok(Review {
                    id: row.id,
                    at_step: StepKey {
                        flow: at.text("flow", &row.flow)?,
                        step: at.number("step", i64::from(row.step))?,
                    },
                    words: row.words,
                    verdict: at.word("verdict", row.verdict)?,
                    old: row.old_sha,
                    new: row.new_sha,
                    deployment: at.number("number", i64::from(row.number))?,
                    version: at.text("version", &row.version)?,
                    node: at.text("node", &row.node)?,
                    reason: row.reason,
                    by: row.said_by,
                    at: timestamp(row.at),
                })
            })
            .collect()
    };
}

/// Of each step of a pool: what was said of these pictures, and the last that was accepted. The oldest first.
pub async fn about(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
    pictures: &[String],
) -> sqlx::Result<Vec<Review>> {
    let rows = sqlx::query!(
        "SELECT id, number, version, node, flow, step, words, verdict, old_sha, new_sha, reason, said_by, at
        FROM reviews r WHERE pool_id = $1 AND (new_sha = ANY ($2)
            OR id = (SELECT max(l.id) FROM reviews l
                WHERE l.pool_id = $1 AND l.flow = r.flow AND l.step = r.step AND l.verdict = 'accepted'))
        ORDER BY id",
        pool.0,
        pictures
    )
    .fetch_all(executor)
    .await?;
    read!(rows)
}

/// What was said in a pool after the review `after`, the oldest first.
pub async fn since(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
    after: i64,
) -> sqlx::Result<Vec<Review>> {
    let rows = sqlx::query!(
        "SELECT id, number, version, node, flow, step, words, verdict, old_sha, new_sha, reason, said_by, at
        FROM reviews WHERE pool_id = $1 AND id > $2 ORDER BY id",
        pool.0,
        after
    )
    .fetch_all(executor)
    .await?;
    read!(rows)
}

/// The last one said in a pool; 0: none.
pub async fn latest(executor: impl PgExecutor<'_>, pool: PoolId) -> sqlx::Result<i64> {
    let row = sqlx::query!(
        r#"SELECT coalesce(max(id), 0) AS "id!" FROM reviews WHERE pool_id = $1"#,
        pool.0
    )
    .fetch_one(executor)
    .await?;
    Ok(row.id)
}

/// Adds what was said, and calls the deployment's owner, who may wait for it; id and time are the database's.
pub async fn add(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
    deployment: DeploymentId,
    review: &Review,
) -> sqlx::Result<()> {
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    sqlx::query!(
        "WITH said AS (
            INSERT INTO reviews (pool_id, deployment_id, number, version, node, flow, step, words, verdict,
                old_sha, new_sha, reason, said_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING deployment_id)
        SELECT pg_notify('pitlane', 'command:' || deployment_id) FROM said",
        pool.0,
        deployment.0,
        number(review.deployment),
        review.version.as_str(),
        review.node.as_str(),
        review.at_step.flow.as_str(),
        number(review.at_step.step),
        clean(&review.words),
        word_of(&review.verdict),
        review.old,
        review.new,
        clean(&review.reason),
        clean(&review.by)
    )
    .execute(executor)
    .await
    .map(drop)
}
