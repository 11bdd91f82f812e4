//! What was proven on which node: by check, and by the smoke suite where there was one.

use super::row::{Row, timestamp};
use app::model::{ids::*, name::Name, time::Timestamp};
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

/// A release that was proven on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeProof {
    pub node: NodeId,
    /// `None`: an undo proved what the node ran before, which was never registered here.
    pub release: Option<ReleaseId>,
    pub version: Option<Name>,
    pub release_dir: Name,
    /// `None`: proven by check alone.
    pub suite: Option<SuiteRevisionId>,
    pub deployment: DeploymentId,
    /// That deployment's number.
    pub number: u32,
    pub at: Timestamp,
}

struct ProofRow {
    node_id: Uuid,
    release_id: Option<Uuid>,
    version: Option<String>,
    release_dir: String,
    suite_revision_id: Option<Uuid>,
    deployment_id: Uuid,
    number: i32,
    at: DateTime<Utc>,
}

impl TryFrom<ProofRow> for NodeProof {
    type Error = sqlx::Error;
    fn try_from(row: ProofRow) -> sqlx::Result<Self> {
        let at = Row::new("proofs", &row.node_id);
        Ok(Self {
            node: NodeId(row.node_id),
            release: row.release_id.map(ReleaseId),
            version: row
                .version
                .map(|version| at.text("version", &version))
                .transpose()?,
            release_dir: at.text("release_dir", &row.release_dir)?,
            suite: row.suite_revision_id.map(SuiteRevisionId),
            deployment: DeploymentId(row.deployment_id),
            number: at.number("number", row.number.into())?,
            at: timestamp(row.at),
        })
    }
}

/// Belongs into the transaction of the event that proves it. `version` finds the release, if it is registered.
pub async fn record(
    executor: impl PgExecutor<'_>,
    deployment: DeploymentId,
    node: NodeId,
    version: Option<&Name>,
    release_dir: &Name,
    suite: Option<SuiteRevisionId>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO proofs (node_id, release_id, version, release_dir, suite_revision_id, deployment_id)
        SELECT $1, (SELECT r.id FROM releases r JOIN pools p ON p.application_id = r.application_id
            WHERE p.id = d.pool_id AND r.version = $2), $2, $3, $4, d.id
        FROM deployments d WHERE d.id = $5",
        node.0,
        version.map(Name::as_str),
        release_dir.as_str(),
        suite.map(|suite| suite.0),
        deployment.0
    )
    .execute(executor)
    .await
    .map(drop)
}

/// The last proof of each node that has one: of one pool, or of all.
pub async fn latest(
    executor: impl PgExecutor<'_>,
    pool: Option<PoolId>,
) -> sqlx::Result<Vec<NodeProof>> {
    sqlx::query_as!(
        ProofRow,
        r#"SELECT p.node_id, p.release_id, p.version, p.release_dir, p.suite_revision_id,
            p.deployment_id, d.number, p.at
        FROM nodes n CROSS JOIN LATERAL
            (SELECT * FROM proofs WHERE node_id = n.id ORDER BY id DESC LIMIT 1) p
        JOIN deployments d ON d.id = p.deployment_id
        WHERE $1::uuid IS NULL OR n.pool_id = $1"#,
        pool.map(|pool| pool.0) as Option<Uuid>
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(TryInto::try_into)
    .collect()
}

/// The last proof of what lies in `release_dir` on this node.
pub async fn proof_for(
    executor: impl PgExecutor<'_>,
    node: NodeId,
    release_dir: &Name,
) -> sqlx::Result<Option<NodeProof>> {
    sqlx::query_as!(
        ProofRow,
        "SELECT p.node_id, p.release_id, p.version, p.release_dir, p.suite_revision_id,
            p.deployment_id, d.number, p.at
        FROM proofs p JOIN deployments d ON d.id = p.deployment_id
        WHERE p.node_id = $1 AND p.release_dir = $2 ORDER BY p.id DESC LIMIT 1",
        node.0,
        release_dir.as_str()
    )
    .fetch_optional(executor)
    .await?
    .map(TryInto::try_into)
    .transpose()
}
