//! Who owns a deployment, and under which epoch. Only the database's clock decides.

use app::model::ids::DeploymentId;
use sqlx::PgExecutor;
use std::time::Duration;

/// A deployment somebody now owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub deployment: DeploymentId,
    /// Higher than any before it in this installation.
    pub epoch: u64,
}

/// What this engine can read and writes. A deployment that a newer one has had in hand is left to newer ones; raise it
/// with every fact that an older fold does not know.
pub const ENGINE_VERSION: i32 = 4;

/// Takes over one deployment that nobody owns and that needs an owner: it runs, or a node of it is out of service,
/// or somebody asked something of it, or what was accepted was not begun when its owner died. `owner` must be unique per process start.
pub async fn claim(
    executor: impl PgExecutor<'_>,
    owner: &str,
    ttl: Duration,
) -> sqlx::Result<Option<Claim>> {
    let row = sqlx::query!(
        "UPDATE leases SET owner = $1, epoch = nextval('epoch'),
            lease_until = clock_timestamp() + make_interval(secs => $2), engine_version = $3
        WHERE deployment_id = (
            SELECT l.deployment_id FROM leases l JOIN deployments d ON d.id = l.deployment_id
            WHERE d.ended_at IS NULL
                AND l.engine_version <= $3
                AND (l.lease_until IS NULL OR l.lease_until < clock_timestamp())
                AND (d.state NOT IN ('held', 'halted')
                    OR EXISTS (SELECT FROM node_runs n WHERE n.deployment_id = d.id
                        AND n.state IN ('isolated', 'drained', 'deployed', 'checked', 'smoked', 'undoing'))
                    OR EXISTS (SELECT FROM deployment_events e WHERE e.deployment_id = d.id
                        AND e.kind = 'commanded' AND e.payload ->> 'refused' IS NULL
                        AND e.payload ->> 'command' IN ('resume', 'retry', 'continue', 'abort')
                        AND e.seq > (SELECT max(b.seq) FROM deployment_events b
                            WHERE b.deployment_id = d.id AND b.kind = 'became'))
                    OR EXISTS (SELECT FROM commands c WHERE c.deployment_id = d.id AND c.handled_seq IS NULL))
            ORDER BY l.deployment_id FOR UPDATE OF l SKIP LOCKED LIMIT 1)
        RETURNING deployment_id, epoch",
        owner,
        ttl.as_secs_f64(),
        ENGINE_VERSION
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| Claim {
        deployment: DeploymentId(row.deployment_id),
        epoch: row.epoch.unsigned_abs(),
    }))
}

/// `false`: the lease is lost; stop everything. An expired lease is never revived, even if nobody took it yet.
pub async fn heartbeat(
    executor: impl PgExecutor<'_>,
    claim: Claim,
    owner: &str,
    ttl: Duration,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE leases SET lease_until = clock_timestamp() + make_interval(secs => $4)
        WHERE deployment_id = $1 AND epoch = $2 AND owner = $3 AND lease_until > clock_timestamp()",
        claim.deployment.0,
        stored(claim.epoch),
        owner,
        ttl.as_secs_f64()
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the lease back, so that the next owner need not wait for its end. Nothing happens if it is lost already.
pub async fn release(executor: impl PgExecutor<'_>, claim: Claim) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE leases SET owner = NULL, lease_until = NULL WHERE deployment_id = $1 AND epoch = $2",
        claim.deployment.0,
        stored(claim.epoch)
    )
    .execute(executor)
    .await
    .map(drop)
}

/// A number for an order outside any deployment, higher than all before it.
pub async fn draw_epoch(executor: impl PgExecutor<'_>) -> sqlx::Result<u64> {
    sqlx::query_scalar!(r#"SELECT nextval('epoch') AS "epoch!""#)
        .fetch_one(executor)
        .await
        .map(i64::unsigned_abs)
}

/// A node has seen epoch `seen`, which this database has not given out: it was restored from before. From now on
/// epochs are higher again. Safe to repeat.
pub async fn raise_epoch(executor: impl PgExecutor<'_>, seen: u64) -> sqlx::Result<()> {
    sqlx::query_scalar!("SELECT raise_epoch($1)", stored(seen))
        .fetch_one(executor)
        .await
        .map(drop)
}

/// Whether `claim` is still the lease's own, as the database sees it.
pub async fn holds(executor: impl PgExecutor<'_>, claim: Claim) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "SELECT epoch FROM leases WHERE deployment_id = $1 AND epoch = $2",
        claim.deployment.0,
        stored(claim.epoch)
    )
    .fetch_optional(executor)
    .await?;
    Ok(found.is_some())
}

/// The owner of a deployment, while its lease lasts.
pub async fn owner(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
) -> sqlx::Result<Option<String>> {
    let owner = sqlx::query_scalar!(
        "SELECT owner FROM leases WHERE deployment_id = $1 AND lease_until > clock_timestamp()",
        deployment.0
    )
    .fetch_optional(executor)
    .await?;
    Ok(owner.flatten())
}

pub(super) fn stored(epoch: u64) -> i64 {
    i64::try_from(epoch).unwrap_or(i64::MAX)
}
