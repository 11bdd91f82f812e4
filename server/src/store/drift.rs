//! How nodes were last found to be, and whose turn it is to look. Only the database's clock decides.

use super::row::{Row, date, json_of, timestamp};
use app::model::{drift::Compared, ids::*, name::Name, time::Timestamp};
use sqlx::{PgConnection, PgExecutor};
use std::{collections::HashMap, time::Duration};
use uuid::Uuid;

/// A server's turn to look at a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub pool: PoolId,
    pub environment: Name,
    pub application: Name,
    /// When it began.
    pub at: Timestamp,
    pub owner: String,
}

/// Pools that were never looked at have their turn at once.
pub async fn enrol(executor: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO drift_checks (pool_id) SELECT id FROM pools p
        WHERE NOT EXISTS (SELECT FROM drift_checks c WHERE c.pool_id = p.id) ON CONFLICT DO NOTHING"
    )
    .execute(executor)
    .await
    .map(drop)
}

/// Takes the turn at one pool that is due, nobody looks at and nobody deploys to. `owner` must be unique per turn;
/// after `limit` the turn is anybody's again.
pub async fn claim(
    executor: impl PgExecutor<'_>,
    owner: &str,
    period: Duration,
    limit: Duration,
) -> sqlx::Result<Option<Turn>> {
    let row = sqlx::query!(
        r#"WITH taken AS (
            UPDATE drift_checks SET owner = $1, next_at = clock_timestamp() + make_interval(secs => $2),
                busy_until = clock_timestamp() + make_interval(secs => $3)
            WHERE pool_id = (
                SELECT c.pool_id FROM drift_checks c
                WHERE c.next_at <= clock_timestamp()
                    AND (c.busy_until IS NULL OR c.busy_until < clock_timestamp())
                    AND NOT EXISTS (SELECT FROM deployments d WHERE d.pool_id = c.pool_id AND d.ended_at IS NULL)
                ORDER BY c.next_at FOR UPDATE OF c SKIP LOCKED LIMIT 1)
            RETURNING pool_id)
        SELECT t.pool_id AS "pool_id!", e.name AS environment, a.name AS application,
            clock_timestamp() AS "at!"
        FROM taken t JOIN pools p ON p.id = t.pool_id
        JOIN environments e ON e.id = p.environment_id JOIN applications a ON a.id = p.application_id"#,
        owner,
        period.as_secs_f64(),
        limit.as_secs_f64()
    )
    .fetch_optional(executor)
    .await?;
    row.map(|row| {
        let at = Row::new("pools", &row.pool_id);
        Ok(Turn {
            pool: PoolId(row.pool_id),
            environment: at.text("environment", &row.environment)?,
            application: at.text("application", &row.application)?,
            at: timestamp(row.at),
            owner: owner.to_owned(),
        })
    })
    .transpose()
}

/// Ends the turn, so that nobody waits for its limit.
pub async fn end(executor: impl PgExecutor<'_>, turn: &Turn) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE drift_checks SET owner = NULL, busy_until = NULL WHERE pool_id = $1 AND owner = $2",
        turn.pool.0,
        turn.owner
    )
    .execute(executor)
    .await
    .map(drop)
}

/// What is being read of this pool is void, for somebody has just changed it; it is looked at again at once.
pub async fn look_again(executor: impl PgExecutor<'_>, pool: PoolId) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE drift_checks SET owner = NULL, busy_until = NULL, next_at = clock_timestamp() WHERE pool_id = $1",
        pool.0
    )
    .execute(executor)
    .await
    .map(drop)
}

/// Whether what was read in this turn may still be stored. From here to the end of the transaction no deployment of
/// the pool begins.
pub async fn holds(conn: &mut PgConnection, turn: &Turn) -> sqlx::Result<bool> {
    hold(conn, turn.pool).await?;
    let ours = sqlx::query_scalar!(
        r#"SELECT owner IS NOT DISTINCT FROM $2 AND busy_until > clock_timestamp() AS "ours!"
        FROM drift_checks WHERE pool_id = $1 FOR UPDATE"#,
        turn.pool.0,
        turn.owner
    )
    .fetch_optional(&mut *conn)
    .await?;
    Ok(ours == Some(true) && !is_deployed_since(conn, turn.pool, turn.at).await?)
}

/// Until the transaction ends, no deployment of this pool begins, and nobody else holds it.
pub async fn hold(conn: &mut PgConnection, pool: PoolId) -> sqlx::Result<()> {
    sqlx::query!(
        "SELECT id FROM pools WHERE id = $1 FOR NO KEY UPDATE",
        pool.0
    )
    .fetch_one(conn)
    .await
    .map(drop)
}

/// Whether a deployment of the pool runs, or ended after `since`.
pub async fn is_deployed_since(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
    since: Timestamp,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM deployments
            WHERE pool_id = $1 AND (ended_at IS NULL OR ended_at > $2)) AS "deployed!""#,
        pool.0,
        date(since)
    )
    .fetch_one(executor)
    .await
}

/// Stores how nodes were found at `seen_at`, and returns those that changed. Whoever looks at one is told. A look that
/// began before the one that is stored, and was slow, changes nothing.
pub async fn save(
    conn: &mut PgConnection,
    pool: PoolId,
    nodes: &[(NodeId, Compared)],
    seen_at: Timestamp,
) -> sqlx::Result<Vec<NodeId>> {
    let ids: Vec<Uuid> = nodes.iter().map(|(node, _)| node.0).collect();
    let states: Vec<_> = nodes.iter().map(|(_, state)| json_of(state)).collect();
    // a node that was removed meanwhile is nobody's
    let changed: Vec<Uuid> = sqlx::query_scalar!(
        r#"WITH new AS (
            SELECT u.node_id, u.state FROM unnest($1::uuid[], $2::jsonb[]) AS u (node_id, state)
            JOIN nodes n ON n.id = u.node_id),
        changed AS (
            SELECT n.node_id FROM new n LEFT JOIN drift_states s ON s.node_id = n.node_id
            WHERE s.state IS DISTINCT FROM n.state AND (s.seen_at IS NULL OR s.seen_at <= $3)),
        stored AS (
            INSERT INTO drift_states AS s (node_id, state, changed_at, seen_at)
            SELECT node_id, state, $3, $3 FROM new
            ON CONFLICT (node_id) DO UPDATE SET seen_at = excluded.seen_at, state = excluded.state,
                changed_at = CASE WHEN s.state = excluded.state THEN s.changed_at ELSE excluded.changed_at END
                WHERE s.seen_at <= excluded.seen_at)
        SELECT node_id AS "node_id!" FROM changed"#,
        &ids,
        &states,
        date(seen_at)
    )
    .fetch_all(&mut *conn)
    .await?;
    if !changed.is_empty() {
        sqlx::query!(
            "SELECT pg_notify('pitlane', 'drift:' || $1::text)",
            pool.to_string()
        )
        .fetch_one(conn)
        .await?;
    }
    Ok(changed.into_iter().map(NodeId).collect())
}

/// A node as last found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub compared: Compared,
    pub changed_at: Timestamp,
    pub seen_at: Timestamp,
}

/// Of one pool, or of all. What was found before or during a deployment says nothing about now.
pub async fn states(
    executor: impl PgExecutor<'_>,
    pool: Option<PoolId>,
) -> sqlx::Result<HashMap<NodeId, State>> {
    sqlx::query!(
        "SELECT s.node_id, s.state, s.changed_at, s.seen_at
        FROM drift_states s JOIN nodes n ON n.id = s.node_id
        WHERE ($1::uuid IS NULL OR n.pool_id = $1) AND NOT EXISTS (SELECT FROM deployments d
            WHERE d.pool_id = n.pool_id AND (d.ended_at IS NULL OR d.ended_at > s.seen_at))",
        pool.map(|pool| pool.0) as Option<Uuid>
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        let state = State {
            compared: Row::new("drift_states", &row.node_id).json("state", row.state)?,
            changed_at: timestamp(row.changed_at),
            seen_at: timestamp(row.seen_at),
        };
        Ok((NodeId(row.node_id), state))
    })
    .collect()
}

/// The database's clock.
pub async fn now(executor: impl PgExecutor<'_>) -> sqlx::Result<Timestamp> {
    sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#)
        .fetch_one(executor)
        .await
        .map(timestamp)
}
