//! Signed-in browsers. A cookie's value never comes here, only its SHA-256.

use super::{
    row::clean,
    users::{User, UserRow},
};
use app::model::ids::UserId;
use sqlx::PgExecutor;
use std::time::Duration;

/// SHA-256 of a session's or token's secret.
pub type SecretHash = [u8; 32];

/// `lives`: at most so long, however busy.
pub async fn open(
    executor: impl PgExecutor<'_>,
    secret: &SecretHash,
    user: UserId,
    lives: Duration,
    user_agent: &str,
) -> sqlx::Result<()> {
    let agent: String = clean(user_agent).chars().take(300).collect();
    sqlx::query!(
        "INSERT INTO sessions (token_sha256, user_id, expires_at, user_agent)
        VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3), $4)",
        &secret[..],
        user.0,
        lives.as_secs_f64(),
        agent
    )
    .execute(executor)
    .await
    .map(drop)
}

/// Whose session this is, unless it ended, lay idle for `idle`, or its user is disabled. Notes that it was seen, to
/// the minute.
pub async fn find(
    executor: impl PgExecutor<'_>,
    secret: &SecretHash,
    idle: Duration,
) -> sqlx::Result<Option<User>> {
    sqlx::query_as!(
        UserRow,
        "WITH live AS (
            SELECT s.token_sha256, s.seen_at, u.* FROM sessions s JOIN users u ON u.id = s.user_id
            WHERE s.token_sha256 = $1 AND s.expires_at > clock_timestamp() AND u.disabled_at IS NULL
                AND s.seen_at > clock_timestamp() - make_interval(secs => $2)
        ), touched AS (
            UPDATE sessions SET seen_at = clock_timestamp() WHERE token_sha256 IN
                (SELECT token_sha256 FROM live WHERE seen_at < clock_timestamp() - interval '1 minute')
        )
        SELECT id, name, role, created_at, disabled_at FROM live",
        &secret[..],
        idle.as_secs_f64()
    )
    .fetch_optional(executor)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

pub async fn close(executor: impl PgExecutor<'_>, secret: &SecretHash) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM sessions WHERE token_sha256 = $1", &secret[..])
        .execute(executor)
        .await
        .map(drop)
}

/// Signs somebody out everywhere; returns how many sessions that ended.
pub async fn close_all(executor: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<u64> {
    sqlx::query!("DELETE FROM sessions WHERE user_id = $1", user.0)
        .execute(executor)
        .await
        .map(|done| done.rows_affected())
}

/// Forgets sessions that ended by themselves.
pub async fn sweep(executor: impl PgExecutor<'_>, idle: Duration) -> sqlx::Result<u64> {
    sqlx::query!(
        "DELETE FROM sessions WHERE expires_at < clock_timestamp()
            OR seen_at < clock_timestamp() - make_interval(secs => $1)",
        idle.as_secs_f64()
    )
    .execute(executor)
    .await
    .map(|done| done.rows_affected())
}
