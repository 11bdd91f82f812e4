//! Deployments: queue one, list them. Their state follows from their journal and is written with it.

use super::{
    journal::{self, JournalError},
    row::{Row, clean, timestamp},
};
use app::model::{
    deployment::{NodeRunState, Plan},
    ids::*,
    journal::{Fact, VERSION},
    name::Name,
    view::DeploymentLine,
};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Another deployment of this pool has not ended.
    #[error("pool {}/{} is busy with deployment #{}", .0.environment, .0.application, .0.number)]
    Busy(Box<DeploymentLine>),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

struct LineRow {
    id: Uuid,
    environment: String,
    application: String,
    number: i32,
    version: String,
    state: String,
    why: String,
    asked_by: String,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    nodes_done: i32,
    nodes_total: i32,
}

impl TryFrom<LineRow> for DeploymentLine {
    type Error = sqlx::Error;
    fn try_from(row: LineRow) -> sqlx::Result<Self> {
        let at = Row::new("deployments", &row.id);
        Ok(Self {
            id: DeploymentId(row.id),
            environment: at.text("environment", &row.environment)?,
            application: at.text("application", &row.application)?,
            number: at.number("number", row.number.into())?,
            version: at.text("version", &row.version)?,
            state: at.word("state", row.state)?,
            why: row.why,
            asked_by: row.asked_by,
            started_at: timestamp(row.created_at),
            ended_at: row.ended_at.map(timestamp),
            done: at.number("nodes_done", row.nodes_done.into())?,
            of: at.number("nodes_total", row.nodes_total.into())?,
        })
    }
}

/// The lines for which `$tail` holds.
macro_rules! lines {
    ($tail:literal, $($argument:expr),*) => {
        sqlx::query_as!(
            LineRow,
            "SELECT d.id, e.name AS environment, a.name AS application, d.number, d.version, d.state, d.why,
                d.asked_by, d.created_at, d.ended_at, d.nodes_done, d.nodes_total
            FROM deployments d JOIN pools p ON p.id = d.pool_id
            JOIN environments e ON e.id = p.environment_id JOIN applications a ON a.id = p.application_id "
            + $tail,
            $($argument),*
        )
    };
}

/// Why a deployment that nobody claimed yet stands still.
pub const QUEUED: &str = "Waiting for a server to begin.";

/// Queues `plan`: gives it the pool's next number and writes it as its journal's first event. The pool's row is
/// locked until the transaction ends, so of two at once the second finds the first.
pub async fn create(conn: &mut PgConnection, plan: &mut Plan) -> Result<(), CreateError> {
    sqlx::query!("SELECT id FROM pools WHERE id = $1 FOR UPDATE", plan.pool.0)
        .fetch_one(&mut *conn)
        .await?;
    if let Some(line) = active(&mut *conn, plan.pool).await? {
        return Err(CreateError::Busy(Box::new(line)));
    }
    let number = sqlx::query_scalar!(
        r#"SELECT coalesce(max(number), 0) + 1 AS "number!" FROM deployments WHERE pool_id = $1"#,
        plan.pool.0
    )
    .fetch_one(&mut *conn)
    .await?;
    plan.number = Row::new("deployments", &plan.deployment).number("number", number.into())?;

    let nodes: Vec<Uuid> = plan.nodes.iter().map(|planned| planned.node.id.0).collect();
    let fact = journal::text_of(&Fact::Planned {
        plan: Box::new(plan.clone()),
    });
    sqlx::query!(
        "SELECT create_deployment($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        plan.deployment.0,
        number,
        plan.pool.0,
        plan.release.id.0,
        plan.release.version.as_str(),
        clean(&plan.asked_by),
        QUEUED,
        &nodes,
        i32::from(VERSION),
        fact
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

pub async fn line(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
) -> sqlx::Result<Option<DeploymentLine>> {
    lines!("WHERE d.id = $1", deployment.0)
        .fetch_optional(executor)
        .await?
        .map(TryInto::try_into)
        .transpose()
}

/// Newest first, over all pools.
pub async fn lines(executor: impl PgExecutor<'_>, limit: u32) -> sqlx::Result<Vec<DeploymentLine>> {
    collect(
        lines!("ORDER BY d.id DESC LIMIT $1", i64::from(limit))
            .fetch_all(executor)
            .await?,
    )
}

/// Newest first, of one pool.
pub async fn lines_of_pool(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
    limit: u32,
) -> sqlx::Result<Vec<DeploymentLine>> {
    collect(
        lines!(
            "WHERE d.pool_id = $1 ORDER BY d.number DESC LIMIT $2",
            pool.0,
            i64::from(limit)
        )
        .fetch_all(executor)
        .await?,
    )
}

pub async fn by_number(
    executor: impl PgExecutor<'_>,
    environment: &Name,
    application: &Name,
    number: u32,
) -> sqlx::Result<Option<DeploymentLine>> {
    lines!(
        "WHERE e.name = $1 AND a.name = $2 AND d.number = $3",
        environment.as_str(),
        application.as_str(),
        i32::try_from(number).unwrap_or(i32::MAX)
    )
    .fetch_optional(executor)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// The unfinished deployment of a pool: at most one.
pub async fn active(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
) -> sqlx::Result<Option<DeploymentLine>> {
    lines!("WHERE d.pool_id = $1 AND d.ended_at IS NULL", pool.0)
        .fetch_optional(executor)
        .await?
        .map(TryInto::try_into)
        .transpose()
}

/// Every unfinished deployment, oldest first.
pub async fn unfinished(executor: impl PgExecutor<'_>) -> sqlx::Result<Vec<DeploymentLine>> {
    collect(
        lines!("WHERE d.ended_at IS NULL ORDER BY d.id",)
            .fetch_all(executor)
            .await?,
    )
}

fn collect(rows: Vec<LineRow>) -> sqlx::Result<Vec<DeploymentLine>> {
    rows.into_iter().map(TryInto::try_into).collect()
}

/// How far each node got, in the order they are rolled.
pub async fn node_runs(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
) -> sqlx::Result<Vec<(NodeId, NodeRunState)>> {
    sqlx::query!(
        "SELECT node_id, state FROM node_runs WHERE deployment_id = $1 ORDER BY ordinal",
        deployment.0
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        let state = Row::new("node_runs", &row.node_id).word("state", row.state)?;
        Ok((NodeId(row.node_id), state))
    })
    .collect()
}

/// What is said of nodes that are out of service now for longer than their pool allows.
pub async fn alarms(executor: impl PgExecutor<'_>) -> sqlx::Result<Vec<(DeploymentId, String)>> {
    let rows = sqlx::query!(
        r#"SELECT e.deployment_id, e.payload ->> 'words' AS "words!"
        FROM deployments d
        JOIN deployment_events e ON e.deployment_id = d.id AND e.kind = 'alarmed'
        JOIN node_runs r ON r.deployment_id = d.id AND r.node_id = e.node_id
        WHERE d.ended_at IS NULL
            AND r.state IN ('isolated', 'drained', 'deployed', 'checked', 'smoked', 'undoing')
            AND NOT EXISTS (SELECT FROM deployment_events back WHERE back.deployment_id = d.id
                AND back.node_id = e.node_id AND back.seq > e.seq AND back.kind IN ('requeued', 'alarmed'))
        ORDER BY e.deployment_id, e.seq"#
    )
    .fetch_all(executor)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (DeploymentId(row.deployment_id), row.words))
        .collect())
}

/// A deployment's plan: its journal's first event.
pub async fn plan(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
) -> Result<Option<Plan>, JournalError> {
    let first = journal::events(executor, deployment, 0, 1).await?;
    Ok(first.into_iter().find_map(|event| match event.fact {
        Fact::Planned { plan } => Some(*plan),
        _ => None,
    }))
}
