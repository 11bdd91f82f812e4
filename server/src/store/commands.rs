//! What people ask of a running deployment. Its owner answers each by one event
//! (`journal::append_handling`); nobody else touches it.

use super::row::{Row, clean, timestamp, word_of};
use app::model::{ids::DeploymentId, journal::Command, time::Timestamp};
use sqlx::PgExecutor;

/// Grows with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub i64);

/// Asked, and not yet answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCommand {
    pub id: CommandId,
    pub command: Command,
    pub by: String,
    pub at: Timestamp,
}

pub async fn add(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
    command: Command,
    by: &str,
) -> sqlx::Result<CommandId> {
    let row = sqlx::query!(
        r#"WITH added AS (
            INSERT INTO commands (deployment_id, kind, actor) VALUES ($1, $2, $3) RETURNING id)
        SELECT id AS "id!", pg_notify('pitlane', 'command:' || $1::uuid) FROM added"#,
        deployment.0,
        word_of(&command),
        clean(by)
    )
    .fetch_one(executor)
    .await?;
    Ok(CommandId(row.id))
}

/// The open commands of a deployment, oldest first.
pub async fn open(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
) -> sqlx::Result<Vec<OpenCommand>> {
    sqlx::query!(
        "SELECT id, kind, actor, created_at FROM commands
        WHERE deployment_id = $1 AND handled_seq IS NULL ORDER BY id",
        deployment.0
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        Ok(OpenCommand {
            id: CommandId(row.id),
            command: Row::new("commands", &row.id).word("kind", row.kind)?,
            by: row.actor,
            at: timestamp(row.created_at),
        })
    })
    .collect()
}
