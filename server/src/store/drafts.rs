//! Flows being edited: one draft per person and flow.

use super::row::{Row, clean, json_of, timestamp};
use app::model::{
    editor::Draft,
    ids::{PoolId, SuiteRevisionId},
    name::Name,
    time::Timestamp,
};
use sqlx::PgExecutor;

/// A draft as it was last kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The suite it was begun with.
    pub base: Option<SuiteRevisionId>,
    pub draft: Draft,
    pub at: Timestamp,
}

/// `flow`: the one it changes; `None`: a new one.
pub async fn get(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
    author: &str,
    flow: Option<&Name>,
) -> sqlx::Result<Option<Kept>> {
    let row = sqlx::query!(
        "SELECT id, base, draft, updated_at FROM suite_drafts WHERE pool_id = $1 AND author = $2 AND flow = $3",
        pool.0,
        clean(author),
        flow.map_or("", Name::as_str)
    )
    .fetch_optional(executor)
    .await?;
    row.map(|row| {
        Ok(Kept {
            base: row.base.map(SuiteRevisionId),
            draft: Row::new("suite_drafts", &row.id).json("draft", row.draft)?,
            at: timestamp(row.updated_at),
        })
    })
    .transpose()
}

pub async fn keep(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
    author: &str,
    flow: Option<&Name>,
    base: Option<SuiteRevisionId>,
    draft: &Draft,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO suite_drafts (id, pool_id, author, flow, base, draft) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (pool_id, author, flow)
        DO UPDATE SET base = excluded.base, draft = excluded.draft, updated_at = clock_timestamp()",
        uuid::Uuid::now_v7(),
        pool.0,
        clean(author),
        flow.map_or("", Name::as_str),
        base.map(|base| base.0) as Option<uuid::Uuid>,
        json_of(draft)
    )
    .execute(executor)
    .await
    .map(drop)
}

/// One that is gone already is no mistake.
pub async fn discard(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
    author: &str,
    flow: Option<&Name>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "DELETE FROM suite_drafts WHERE pool_id = $1 AND author = $2 AND flow = $3",
        pool.0,
        clean(author),
        flow.map_or("", Name::as_str)
    )
    .execute(executor)
    .await
    .map(drop)
}
