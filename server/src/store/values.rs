//! Variables and sealed secrets of environments.

use super::row::{Row, clean, timestamp};
use crate::vault::{KeyId, Sealed};
use app::model::{
    ids::{EnvironmentId, PoolId},
    name::Name,
    time::Timestamp,
    values::{ValueName, VariableLine},
};
use sqlx::{PgConnection, PgExecutor};

/// A secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    pub environment: EnvironmentId,
    pub name: ValueName,
    pub sealed: Sealed,
    pub set_by: String,
    pub at: Timestamp,
}

pub async fn environment(
    executor: impl PgExecutor<'_>,
    name: &Name,
) -> sqlx::Result<Option<EnvironmentId>> {
    let id = sqlx::query_scalar!("SELECT id FROM environments WHERE name = $1", name.as_str())
        .fetch_optional(executor)
        .await?;
    Ok(id.map(EnvironmentId))
}

/// Where a pool is; `None`: there is no such pool any more.
pub async fn environment_of_pool(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
) -> sqlx::Result<Option<(EnvironmentId, Name)>> {
    let row = sqlx::query!(
        "SELECT e.id, e.name FROM pools p JOIN environments e ON e.id = p.environment_id WHERE p.id = $1",
        pool.0
    )
    .fetch_optional(executor)
    .await?;
    row.map(|row| {
        let name = Row::new("environments", &row.id).text("name", &row.name)?;
        Ok((EnvironmentId(row.id), name))
    })
    .transpose()
}

/// By name.
pub async fn variables(
    executor: impl PgExecutor<'_>,
    environment: EnvironmentId,
) -> sqlx::Result<Vec<VariableLine>> {
    sqlx::query!(
        "SELECT name, value, set_by, at FROM environment_variables WHERE environment_id = $1 ORDER BY name",
        environment.0
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        Ok(VariableLine {
            name: Row::new("environment_variables", &environment).text("name", &row.name)?,
            value: row.value,
            set_by: row.set_by,
            at: timestamp(row.at),
        })
    })
    .collect()
}

/// `None`: it had this value already. Else whether there was another one.
pub async fn set_variable(
    executor: impl PgExecutor<'_>,
    environment: EnvironmentId,
    name: &ValueName,
    value: &str,
    by: &str,
) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar!(
        r#"WITH old AS (SELECT FROM environment_variables WHERE environment_id = $1 AND name = $2)
        INSERT INTO environment_variables AS v (environment_id, name, value, set_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (environment_id, name) DO UPDATE
            SET value = excluded.value, set_by = excluded.set_by, at = clock_timestamp()
            WHERE v.value <> excluded.value
        RETURNING EXISTS (SELECT FROM old) AS "replaced!""#,
        environment.0,
        name.as_str(),
        clean(value),
        clean(by)
    )
    .fetch_optional(executor)
    .await
}

/// `false`: there was none.
pub async fn remove_variable(
    executor: impl PgExecutor<'_>,
    environment: EnvironmentId,
    name: &ValueName,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "DELETE FROM environment_variables WHERE environment_id = $1 AND name = $2",
        environment.0,
        name.as_str()
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Of one environment, or of all; by name.
pub async fn secrets(
    executor: impl PgExecutor<'_>,
    environment: Option<EnvironmentId>,
) -> sqlx::Result<Vec<SecretRow>> {
    sqlx::query!(
        "SELECT environment_id, name, ciphertext, nonce, key_id, set_by, at FROM secrets
        WHERE $1::uuid IS NULL OR environment_id = $1 ORDER BY environment_id, name",
        environment.map(|environment| environment.0) as Option<uuid::Uuid>
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        let at = Row::new("secrets", &row.name);
        Ok(SecretRow {
            environment: EnvironmentId(row.environment_id),
            name: at.text("name", &row.name)?,
            sealed: Sealed {
                key: KeyId::stored(row.key_id),
                nonce: at.bytes("nonce", &row.nonce)?,
                ciphertext: row.ciphertext,
            },
            set_by: row.set_by,
            at: timestamp(row.at),
        })
    })
    .collect()
}

/// Until the transaction ends nobody else seals anything: secrets are not to be sealed with one key while all are
/// being sealed with another.
pub async fn lock_secrets(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(7205759405)")
        .execute(conn)
        .await
        .map(drop)
}

/// Whether there was one.
pub async fn set_secret(
    executor: impl PgExecutor<'_>,
    environment: EnvironmentId,
    name: &ValueName,
    sealed: &Sealed,
    by: &str,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"WITH old AS (SELECT FROM secrets WHERE environment_id = $1 AND name = $2)
        INSERT INTO secrets (environment_id, name, ciphertext, nonce, key_id, set_by) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (environment_id, name) DO UPDATE SET ciphertext = excluded.ciphertext, nonce = excluded.nonce,
            key_id = excluded.key_id, set_by = excluded.set_by, at = clock_timestamp()
        RETURNING EXISTS (SELECT FROM old) AS "replaced!""#,
        environment.0,
        name.as_str(),
        sealed.ciphertext,
        &sealed.nonce[..],
        sealed.key.as_str(),
        clean(by)
    )
    .fetch_one(executor)
    .await
}

/// The same value under another key: who set it and when stays.
pub async fn reseal(
    executor: impl PgExecutor<'_>,
    environment: EnvironmentId,
    name: &ValueName,
    sealed: &Sealed,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE secrets SET ciphertext = $3, nonce = $4, key_id = $5 WHERE environment_id = $1 AND name = $2",
        environment.0,
        name.as_str(),
        sealed.ciphertext,
        &sealed.nonce[..],
        sealed.key.as_str()
    )
    .execute(executor)
    .await
    .map(drop)
}

/// `false`: there was none.
pub async fn remove_secret(
    executor: impl PgExecutor<'_>,
    environment: EnvironmentId,
    name: &ValueName,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "DELETE FROM secrets WHERE environment_id = $1 AND name = $2",
        environment.0,
        name.as_str()
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() > 0)
}
