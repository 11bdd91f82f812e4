//! Sign-in attempts and their limit: per name and address, and per address alone.

use super::row::clean;
use sqlx::PgExecutor;

/// Failures of one name from one address within the window.
const OF_ONE_NAME: i64 = 10;
/// Failures from one address, whatever the name.
const FROM_ONE_ADDRESS: i64 = 50;

/// An attempt that was let through to the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptId(i64);

/// Notes an attempt before its password is looked at, so that attempts at the same time count each other. `None`:
/// too many failures in the last 15 minutes; refuse without looking.
pub async fn begin(
    executor: impl PgExecutor<'_> + Copy,
    name: &str,
    from: &str,
) -> sqlx::Result<Option<AttemptId>> {
    let id = sqlx::query_scalar!(
        "INSERT INTO sign_in_attempts (name, from_addr) VALUES (lower($1), $2) RETURNING id",
        clean(name),
        clean(from)
    )
    .fetch_one(executor)
    .await?;
    let failed = sqlx::query!(
        r#"SELECT count(*) AS "all!", count(*) FILTER (WHERE a.name = this.name) AS "same!"
        FROM sign_in_attempts this JOIN sign_in_attempts a ON a.from_addr = this.from_addr
        WHERE this.id = $1 AND NOT a.succeeded AND a.at > clock_timestamp() - interval '15 minutes'"#,
        id
    )
    .fetch_one(executor)
    .await?;
    let allowed = failed.same <= OF_ONE_NAME && failed.all <= FROM_ONE_ADDRESS;
    Ok(allowed.then_some(AttemptId(id)))
}

/// The password was right: forgets this name's failures from there.
pub async fn succeeded(executor: impl PgExecutor<'_>, attempt: AttemptId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE sign_in_attempts a SET succeeded = true FROM sign_in_attempts this
        WHERE this.id = $1 AND a.name = this.name AND a.from_addr = this.from_addr",
        attempt.0
    )
    .execute(executor)
    .await
    .map(drop)
}

/// Forgets attempts that no longer count.
pub async fn sweep(executor: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    sqlx::query!("DELETE FROM sign_in_attempts WHERE at < clock_timestamp() - interval '1 day'")
        .execute(executor)
        .await
        .map(|done| done.rows_affected())
}
