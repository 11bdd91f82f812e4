//! What of a step's pictures no comparison looks at.

use super::row::{Row, clean, timestamp};
use app::model::{
    evidence::{Mask, Rect, StepKey},
    ids::PoolId,
};
use sqlx::PgExecutor;

/// Of one pool, the oldest first.
pub async fn of_pool(executor: impl PgExecutor<'_>, pool: PoolId) -> sqlx::Result<Vec<Mask>> {
    sqlx::query!(
        "SELECT id, flow, step, x, y, width, height, reason, made_by, at FROM picture_masks
        WHERE pool_id = $1 AND removed_at IS NULL ORDER BY id",
        pool.0
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        let at = Row::new("picture_masks", &row.id);
        let number = |column, value: i32| at.number(column, i64::from(value));
        Ok(Mask {
            id: row.id,
            at_step: StepKey {
                flow: at.text("flow", &row.flow)?,
                step: number("step", row.step)?,
            },
            rect: Rect {
                x: number("x", row.x)?,
                y: number("y", row.y)?,
                width: number("width", row.width)?,
                height: number("height", row.height)?,
            },
            reason: row.reason,
            by: row.made_by,
            at: timestamp(row.at),
        })
    })
    .collect()
}

/// `rect` lies within what a picture can be.
pub async fn add(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
    at_step: &StepKey,
    rect: Rect,
    reason: &str,
    by: &str,
) -> sqlx::Result<()> {
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    sqlx::query!(
        "INSERT INTO picture_masks (pool_id, flow, step, x, y, width, height, reason, made_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        pool.0,
        at_step.flow.as_str(),
        number(at_step.step),
        number(rect.x),
        number(rect.y),
        number(rect.width),
        number(rect.height),
        clean(reason),
        clean(by)
    )
    .execute(executor)
    .await
    .map(drop)
}

/// `false`: it is gone already, or another pool's.
pub async fn remove(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
    id: i64,
    by: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE picture_masks SET removed_by = $3, removed_at = clock_timestamp()
        WHERE id = $1 AND pool_id = $2 AND removed_at IS NULL",
        id,
        pool.0,
        clean(by)
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() > 0)
}
