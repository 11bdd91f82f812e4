//! What people said is right although we did not bring it about: releases on nodes, and flags of balancers.

use super::row::{Row, clean, timestamp, word_of};
use app::model::{
    drift::{Placed, Running},
    environment::Member,
    ids::*,
    name::Name,
    time::Timestamp,
};
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

/// Somebody said that what a node runs is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    pub node: NodeId,
    pub running: Running,
    /// How it calls itself there, where it was asked.
    pub answers: Option<String>,
    /// It served visitors on it already.
    pub in_service: bool,
    pub by: String,
    pub at: Timestamp,
}

struct AdoptionRow {
    node_id: Uuid,
    release_dir: String,
    version: Option<String>,
    answers: Option<String>,
    in_service: bool,
    adopted_by: String,
    at: DateTime<Utc>,
}

impl TryFrom<AdoptionRow> for Adoption {
    type Error = sqlx::Error;
    fn try_from(row: AdoptionRow) -> sqlx::Result<Self> {
        let at = Row::new("adoptions", &row.node_id);
        Ok(Self {
            node: NodeId(row.node_id),
            running: Running {
                release_dir: at.text("release_dir", &row.release_dir)?,
                version: row
                    .version
                    .map(|version| at.text("version", &version))
                    .transpose()?,
            },
            answers: row.answers,
            in_service: row.in_service,
            by: row.adopted_by,
            at: timestamp(row.at),
        })
    }
}

/// Its time is the database's own.
pub async fn release(executor: impl PgExecutor<'_>, adoption: &Adoption) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO adoptions (node_id, release_dir, version, answers, in_service, adopted_by)
        VALUES ($1, $2, $3, $4, $5, $6)",
        adoption.node.0,
        adoption.running.release_dir.as_str(),
        adoption.running.version.as_ref().map(Name::as_str),
        adoption.answers.as_deref().map(clean) as Option<String>,
        adoption.in_service,
        clean(&adoption.by)
    )
    .execute(executor)
    .await
    .map(drop)
}

/// The last adoption of each node that has one: of one pool, or of all.
pub async fn latest(
    executor: impl PgExecutor<'_>,
    pool: Option<PoolId>,
) -> sqlx::Result<Vec<Adoption>> {
    sqlx::query_as!(
        AdoptionRow,
        "SELECT a.node_id, a.release_dir, a.version, a.answers, a.in_service, a.adopted_by, a.at
        FROM nodes n CROSS JOIN LATERAL
            (SELECT * FROM adoptions WHERE node_id = n.id ORDER BY id DESC LIMIT 1) a
        WHERE $1::uuid IS NULL OR n.pool_id = $1",
        pool.map(|pool| pool.0) as Option<Uuid>
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(TryInto::try_into)
    .collect()
}

/// The last adoption of what lies in `release_dir` on this node.
pub async fn of_release(
    executor: impl PgExecutor<'_>,
    node: NodeId,
    release_dir: &Name,
) -> sqlx::Result<Option<Adoption>> {
    sqlx::query_as!(
        AdoptionRow,
        "SELECT node_id, release_dir, version, answers, in_service, adopted_by, at
        FROM adoptions WHERE node_id = $1 AND release_dir = $2 ORDER BY id DESC LIMIT 1",
        node.0,
        release_dir.as_str()
    )
    .fetch_optional(executor)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// From now on this is how `member` is expected to be treated.
pub async fn admission(
    executor: impl PgExecutor<'_>,
    node: NodeId,
    member: &Member,
    placed: Placed,
    by: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO adopted_admissions (node_id, balancer_id, worker, placed, adopted_by)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (node_id, balancer_id, worker) DO UPDATE SET placed = excluded.placed,
            adopted_by = excluded.adopted_by, at = excluded.at",
        node.0,
        member.balancer.0,
        member.worker,
        word_of(&placed),
        clean(by)
    )
    .execute(executor)
    .await
    .map(drop)
}

/// What was said of the members of a pool.
pub async fn admissions(
    executor: impl PgExecutor<'_>,
    pool: PoolId,
) -> sqlx::Result<Vec<(NodeId, Member, Placed)>> {
    sqlx::query!(
        "SELECT a.node_id, a.balancer_id, a.worker, a.placed
        FROM adopted_admissions a JOIN nodes n ON n.id = a.node_id WHERE n.pool_id = $1",
        pool.0
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        let placed = Row::new("adopted_admissions", &row.node_id).word("placed", row.placed)?;
        let member = Member {
            balancer: BalancerId(row.balancer_id),
            worker: row.worker,
        };
        Ok((NodeId(row.node_id), member, placed))
    })
    .collect()
}
