//! People. Passwords are hashed before they come here.

use super::row::{Row, clean, timestamp, word_of};
use app::model::{access::Role, ids::UserId, time::Timestamp};
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
    pub disabled_at: Option<Timestamp>,
}

pub(super) struct UserRow {
    pub id: Uuid,
    pub name: String,
    pub role: String,
    pub created_at: DateTime<Utc>,
    pub disabled_at: Option<DateTime<Utc>>,
}

impl TryFrom<UserRow> for User {
    type Error = sqlx::Error;
    fn try_from(row: UserRow) -> sqlx::Result<Self> {
        Ok(Self {
            role: Row::new("users", &row.id).word("role", row.role)?,
            id: UserId(row.id),
            name: row.name,
            created_at: timestamp(row.created_at),
            disabled_at: row.disabled_at.map(timestamp),
        })
    }
}

/// `None`: somebody has this name already, in whatever case.
pub async fn add(
    executor: impl PgExecutor<'_>,
    name: &str,
    role: Role,
    password_hash: &str,
) -> sqlx::Result<Option<User>> {
    sqlx::query_as!(
        UserRow,
        "INSERT INTO users (id, name, role, password_hash) VALUES ($1, $2, $3, $4)
        ON CONFLICT (lower(name)) DO NOTHING RETURNING id, name, role, created_at, disabled_at",
        UserId::generate().0,
        clean(name),
        word_of(&role),
        password_hash
    )
    .fetch_optional(executor)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// Somebody by name, in whatever case, with the password's hash.
pub async fn by_name(
    executor: impl PgExecutor<'_>,
    name: &str,
) -> sqlx::Result<Option<(User, String)>> {
    sqlx::query!(
        "SELECT * FROM users WHERE lower(name) = lower($1)",
        clean(name)
    )
    .fetch_optional(executor)
    .await?
    .map(|row| {
        let user = UserRow {
            id: row.id,
            name: row.name,
            role: row.role,
            created_at: row.created_at,
            disabled_at: row.disabled_at,
        };
        Ok((user.try_into()?, row.password_hash))
    })
    .transpose()
}

/// All, by name.
pub async fn list(executor: impl PgExecutor<'_>) -> sqlx::Result<Vec<User>> {
    sqlx::query_as!(
        UserRow,
        "SELECT id, name, role, created_at, disabled_at FROM users ORDER BY lower(name)"
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(TryInto::try_into)
    .collect()
}

/// How many there are, disabled ones too; 0: nobody has set this installation up.
pub async fn count(executor: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM users"#)
        .fetch_one(executor)
        .await
        .map(i64::unsigned_abs)
}
