//! Secrets of scripts. A token's value never comes here, only its SHA-256.

use super::{
    row::clean,
    sessions::SecretHash,
    users::{User, UserRow},
};
use app::model::ids::UserId;
use sqlx::PgExecutor;

/// `false`: the user has a token of this name already.
pub async fn add(
    executor: impl PgExecutor<'_>,
    secret: &SecretHash,
    user: UserId,
    name: &str,
) -> sqlx::Result<bool> {
    sqlx::query!(
        "INSERT INTO tokens (token_sha256, user_id, name) VALUES ($1, $2, $3)
        ON CONFLICT (user_id, name) DO NOTHING",
        &secret[..],
        user.0,
        clean(name)
    )
    .execute(executor)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Whose token this is, unless its user is disabled. Notes that it was seen, to the minute.
pub async fn find(
    executor: impl PgExecutor<'_>,
    secret: &SecretHash,
) -> sqlx::Result<Option<User>> {
    sqlx::query_as!(
        UserRow,
        "WITH live AS (
            SELECT t.token_sha256, t.seen_at, u.* FROM tokens t JOIN users u ON u.id = t.user_id
            WHERE t.token_sha256 = $1 AND u.disabled_at IS NULL
        ), touched AS (
            UPDATE tokens SET seen_at = clock_timestamp() WHERE token_sha256 IN
                (SELECT token_sha256 FROM live
                WHERE seen_at IS NULL OR seen_at < clock_timestamp() - interval '1 minute')
        )
        SELECT id, name, role, created_at, disabled_at FROM live",
        &secret[..]
    )
    .fetch_optional(executor)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// `false`: there is no such token.
pub async fn revoke(executor: impl PgExecutor<'_>, user: UserId, name: &str) -> sqlx::Result<bool> {
    sqlx::query!(
        "DELETE FROM tokens WHERE user_id = $1 AND name = $2",
        user.0,
        clean(name)
    )
    .execute(executor)
    .await
    .map(|done| done.rows_affected() == 1)
}
