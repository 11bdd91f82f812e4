//! What people ask of a running deployment. Its owner answers each by one event
//! (`journal::append_handling`); nobody else touches it.

use super::row::{Row, clean, timestamp, word_of};
use app::model::{
    command::Command,
    ids::{DeploymentId, NodeId},
    time::Timestamp,
};
use sqlx::PgExecutor;

/// Grows with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub i64);

/// What is asked, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub command: Command,
    /// The node it is about.
    pub node: Option<NodeId>,
    /// `seq` of the state the person saw; `None`: whatever it is by then.
    pub turn: Option<u64>,
    /// The same key again is the same wish.
    pub key: Option<String>,
    pub by: String,
}

impl Asked {
    /// About the deployment as a whole, whatever state it is in.
    pub fn plain(command: Command, by: &str) -> Self {
        Self {
            command,
            node: None,
            turn: None,
            key: None,
            by: by.to_owned(),
        }
    }
}

/// Asked, and not yet answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCommand {
    pub id: CommandId,
    pub asked: Asked,
    pub at: Timestamp,
}

/// Puts a wish into the inbox and calls the owner; `None`: the same key was there before, and nothing is added.
pub async fn add(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
    asked: &Asked,
) -> sqlx::Result<Option<CommandId>> {
    let key = asked.key.as_deref().map(clean);
    let row = sqlx::query!(
        r#"WITH added AS (
            INSERT INTO commands (deployment_id, kind, actor, node_id, turn, key) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT ON CONSTRAINT one_command_per_key DO NOTHING RETURNING id)
        SELECT id AS "id!", pg_notify('pitlane', 'command:' || $1::uuid) FROM added"#,
        deployment.0,
        word_of(&asked.command),
        clean(&asked.by),
        asked.node.map(|node| node.0) as Option<uuid::Uuid>,
        asked.turn.map(|turn| i64::try_from(turn).unwrap_or(i64::MAX)) as Option<i64>,
        key.as_deref() as Option<&str>
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| CommandId(row.id)))
}

/// Whether a wish with this key is in the inbox, answered or not.
pub async fn is_known(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
    key: &str,
) -> sqlx::Result<bool> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM commands WHERE deployment_id = $1 AND key = $2) AS "known!""#,
        deployment.0,
        &*clean(key)
    )
    .fetch_one(executor)
    .await?;
    Ok(row.known)
}

/// The open commands of a deployment, oldest first.
pub async fn open(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
) -> sqlx::Result<Vec<OpenCommand>> {
    sqlx::query!(
        "SELECT id, kind, actor, node_id, turn, key, created_at FROM commands
        WHERE deployment_id = $1 AND handled_seq IS NULL ORDER BY id",
        deployment.0
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        Ok(OpenCommand {
            id: CommandId(row.id),
            asked: Asked {
                command: Row::new("commands", &row.id).word("kind", row.kind)?,
                node: row.node_id.map(NodeId),
                turn: row.turn.map(i64::unsigned_abs),
                key: row.key,
                by: row.actor,
            },
            at: timestamp(row.created_at),
        })
    })
    .collect()
}
