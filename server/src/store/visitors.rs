//! What a pool's prober counted during a deployment: the latest report.

use super::{
    leases::stored,
    row::{Row, date, json_of, timestamp},
};
use app::model::{ids::DeploymentId, journal::VisitorReport, time::Timestamp};
use sqlx::PgExecutor;

/// `false`: another owner has the deployment now.
pub async fn set(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
    epoch: u64,
    report: &VisitorReport,
    at: Timestamp,
) -> sqlx::Result<bool> {
    let row = sqlx::query!(
        "WITH written AS (
            INSERT INTO visitor_reports (deployment_id, report, at)
            SELECT deployment_id, $3, $4 FROM leases WHERE deployment_id = $1 AND epoch = $2
            ON CONFLICT (deployment_id) DO UPDATE SET report = excluded.report, at = excluded.at
            RETURNING deployment_id)
        SELECT pg_notify('pitlane', 'visitors:' || deployment_id) FROM written",
        deployment.0,
        stored(epoch),
        json_of(report),
        date(at)
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.is_some())
}

pub async fn get(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
) -> sqlx::Result<Option<(VisitorReport, Timestamp)>> {
    sqlx::query!(
        "SELECT report, at FROM visitor_reports WHERE deployment_id = $1",
        deployment.0
    )
    .fetch_optional(executor)
    .await?
    .map(|row| {
        let report = Row::new("visitor_reports", &deployment).json("report", row.report)?;
        Ok((report, timestamp(row.at)))
    })
    .transpose()
}
