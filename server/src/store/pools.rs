//! One pool with everything a plan needs.

use super::row::Row;
use app::model::{
    deployment::{PlannedSuite, Policy, ProbeSettings, Recipe},
    environment::{Balancer, Member, Node, SshAddress},
    ids::*,
    name::Name,
};
use sqlx::{PgConnection, PgExecutor};
use std::collections::HashMap;

/// A pool as it is configured now.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolInventory {
    pub id: PoolId,
    pub environment: Name,
    pub application: Name,
    pub application_id: ApplicationId,
    /// In their order, with their memberships.
    pub nodes: Vec<Node>,
    /// Those its nodes are members of.
    pub balancers: Vec<Balancer>,
    pub recipe: Recipe,
    pub probe: ProbeSettings,
    pub policy: Policy,
    pub suite: Option<PlannedSuite>,
    pub visitors_url: Option<String>,
}

/// A pool by its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolLine {
    pub id: PoolId,
    pub environment: Name,
    pub application: Name,
}

/// All pools, by environment and application.
pub async fn list(executor: impl PgExecutor<'_>) -> sqlx::Result<Vec<PoolLine>> {
    sqlx::query!(
        "SELECT p.id, e.name AS environment, a.name AS application FROM pools p
        JOIN environments e ON e.id = p.environment_id JOIN applications a ON a.id = p.application_id
        ORDER BY a.name, e.name"
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        let at = Row::new("pools", &row.id);
        Ok(PoolLine {
            id: PoolId(row.id),
            environment: at.text("environment", &row.environment)?,
            application: at.text("application", &row.application)?,
        })
    })
    .collect()
}

/// The whole inventory of one pool. Run it in a transaction where the parts must be of one moment.
pub async fn find(
    conn: &mut PgConnection,
    environment: &Name,
    application: &Name,
) -> sqlx::Result<Option<PoolInventory>> {
    let Some(row) = sqlx::query!(
        "SELECT p.id, a.id AS application_id, a.recipe, p.policy, p.probe, p.visitors_url, p.suite_revision_id
        FROM pools p JOIN environments e ON e.id = p.environment_id JOIN applications a ON a.id = p.application_id
        WHERE e.name = $1 AND a.name = $2",
        environment.as_str(),
        application.as_str()
    )
    .fetch_optional(&mut *conn)
    .await?
    else {
        return Ok(None);
    };
    let at = Row::new("pools", &row.id);
    let id = PoolId(row.id);
    let suite = match row.suite_revision_id {
        Some(revision) => super::suites::get(&mut *conn, SuiteRevisionId(revision)).await?,
        None => None,
    };
    Ok(Some(PoolInventory {
        id,
        environment: environment.clone(),
        application: application.clone(),
        application_id: ApplicationId(row.application_id),
        nodes: nodes(conn, id).await?,
        balancers: balancers(conn, id).await?,
        recipe: at.json("recipe", row.recipe)?,
        probe: at.json("probe", row.probe)?,
        policy: at.json("policy", row.policy)?,
        suite,
        visitors_url: row.visitors_url,
    }))
}

/// A pool's nodes in their order, with their memberships.
pub async fn nodes(conn: &mut PgConnection, pool: PoolId) -> sqlx::Result<Vec<Node>> {
    let mut members: HashMap<_, Vec<Member>> = HashMap::new();
    for row in sqlx::query!(
        "SELECT m.node_id, m.balancer_id, m.worker FROM members m JOIN nodes n ON n.id = m.node_id
        WHERE n.pool_id = $1 ORDER BY m.balancer_id, m.worker",
        pool.0
    )
    .fetch_all(&mut *conn)
    .await?
    {
        members.entry(row.node_id).or_default().push(Member {
            balancer: BalancerId(row.balancer_id),
            worker: row.worker,
        });
    }
    sqlx::query!(
        "SELECT * FROM nodes WHERE pool_id = $1 ORDER BY ordinal, name",
        pool.0
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| {
        let at = Row::new("nodes", &row.id);
        Ok(Node {
            id: NodeId(row.id),
            name: at.text("name", &row.name)?,
            group: row
                .group_name
                .map(|group| at.text("group_name", &group))
                .transpose()?,
            ssh: SshAddress {
                user: row.ssh_user,
                host: row.ssh_host,
                port: at.number("ssh_port", row.ssh_port.into())?,
                host_key_fingerprint: row.host_key_fingerprint,
                host_key: row.host_key,
            },
            app_url: row.app_url,
            deploy_root: row.deploy_root,
            members: members.remove(&row.id).unwrap_or_default(),
        })
    })
    .collect()
}

/// The balancers that have a node of this pool as a member.
pub async fn balancers(executor: impl PgExecutor<'_>, pool: PoolId) -> sqlx::Result<Vec<Balancer>> {
    sqlx::query!(
        "SELECT id, name, product FROM balancers WHERE id IN
            (SELECT m.balancer_id FROM members m JOIN nodes n ON n.id = m.node_id WHERE n.pool_id = $1)
        ORDER BY name",
        pool.0
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        let at = Row::new("balancers", &row.id);
        Ok(Balancer {
            id: BalancerId(row.id),
            name: at.text("name", &row.name)?,
            product: at.json("product", row.product)?,
        })
    })
    .collect()
}
