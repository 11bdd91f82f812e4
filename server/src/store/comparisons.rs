//! What came of comparing pictures. A cache: a missing row is computed again, with the same outcome.

use super::row::{Row, json_of};
use app::model::evidence::Likeness;
use sqlx::PgExecutor;

/// Two pictures, and what of them is masked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub old: String,
    pub new: String,
    /// A hash of the masks; empty where there are none.
    pub masks: String,
}

/// Those of `keys` that are known by this method.
pub async fn known(
    executor: impl PgExecutor<'_>,
    keys: &[Key],
    method: i16,
) -> sqlx::Result<Vec<(Key, Likeness)>> {
    let column = |part: fn(&Key) -> &String| keys.iter().map(part).cloned().collect::<Vec<_>>();
    sqlx::query!(
        r#"SELECT c.old_sha, c.new_sha, c.masks, c.likeness
        FROM unnest($1::text[], $2::text[], $3::text[]) AS k (old_sha, new_sha, masks)
        JOIN comparisons c ON c.old_sha = k.old_sha AND c.new_sha = k.new_sha AND c.masks = k.masks
            AND c.method = $4"#,
        &column(|key| &key.old),
        &column(|key| &key.new),
        &column(|key| &key.masks),
        method
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        let likeness = Row::new("comparisons", &row.new_sha).json("likeness", row.likeness)?;
        let key = Key {
            old: row.old_sha,
            new: row.new_sha,
            masks: row.masks,
        };
        Ok((key, likeness))
    })
    .collect()
}

/// Safe to repeat: whoever computed it first is kept.
pub async fn keep(
    executor: impl PgExecutor<'_>,
    key: &Key,
    method: i16,
    likeness: &Likeness,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO comparisons (old_sha, new_sha, masks, method, likeness)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        key.old,
        key.new,
        key.masks,
        method,
        json_of(likeness)
    )
    .execute(executor)
    .await
    .map(drop)
}
