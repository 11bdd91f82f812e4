//! Environments, applications, balancers, pools and nodes as `apply` writes them. Applying the same twice changes
//! nothing, and each function says what it did.

use super::row::{Row, json_of};
use app::model::{
    deployment::{Policy, ProbeSettings, Recipe},
    environment::{BalancerProduct, Member, Node},
    ids::*,
    name::Name,
};
use sqlx::PgConnection;

/// What an order to make something so did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    Created,
    Changed,
    Same,
}

/// Two at once would trip over each other: the second waits until the transaction of the first ends.
pub async fn lock(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock(7205759403)")
        .execute(conn)
        .await
        .map(drop)
}

pub async fn upsert_environment(
    conn: &mut PgConnection,
    name: &Name,
) -> sqlx::Result<(EnvironmentId, Change)> {
    let found = sqlx::query_scalar!("SELECT id FROM environments WHERE name = $1", name.as_str())
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(id) = found {
        return Ok((EnvironmentId(id), Change::Same));
    }
    let id = EnvironmentId::generate();
    sqlx::query!(
        "INSERT INTO environments (id, name) VALUES ($1, $2)",
        id.0,
        name.as_str()
    )
    .execute(conn)
    .await?;
    Ok((id, Change::Created))
}

pub async fn upsert_application(
    conn: &mut PgConnection,
    name: &Name,
    recipe: &Recipe,
) -> sqlx::Result<(ApplicationId, Change)> {
    let recipe = json_of(recipe);
    let found = sqlx::query!(
        "SELECT id, recipe = $2 AS \"same!\" FROM applications WHERE name = $1",
        name.as_str(),
        recipe
    )
    .fetch_optional(&mut *conn)
    .await?;
    match found {
        Some(row) if row.same => Ok((ApplicationId(row.id), Change::Same)),
        Some(row) => {
            sqlx::query!(
                "UPDATE applications SET recipe = $2 WHERE id = $1",
                row.id,
                recipe
            )
            .execute(conn)
            .await?;
            Ok((ApplicationId(row.id), Change::Changed))
        }
        None => {
            let id = ApplicationId::generate();
            sqlx::query!(
                "INSERT INTO applications (id, name, recipe) VALUES ($1, $2, $3)",
                id.0,
                name.as_str(),
                recipe
            )
            .execute(conn)
            .await?;
            Ok((id, Change::Created))
        }
    }
}

pub async fn upsert_balancer(
    conn: &mut PgConnection,
    name: &Name,
    product: &BalancerProduct,
) -> sqlx::Result<(BalancerId, Change)> {
    let product = json_of(product);
    let found = sqlx::query!(
        "SELECT id, product = $2 AS \"same!\" FROM balancers WHERE name = $1",
        name.as_str(),
        product
    )
    .fetch_optional(&mut *conn)
    .await?;
    match found {
        Some(row) if row.same => Ok((BalancerId(row.id), Change::Same)),
        Some(row) => {
            sqlx::query!(
                "UPDATE balancers SET product = $2 WHERE id = $1",
                row.id,
                product
            )
            .execute(conn)
            .await?;
            Ok((BalancerId(row.id), Change::Changed))
        }
        None => {
            let id = BalancerId::generate();
            sqlx::query!(
                "INSERT INTO balancers (id, name, product) VALUES ($1, $2, $3)",
                id.0,
                name.as_str(),
                product
            )
            .execute(conn)
            .await?;
            Ok((id, Change::Created))
        }
    }
}

/// What a pool is beside its nodes and its suite.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolSettings {
    pub environment: EnvironmentId,
    pub application: ApplicationId,
    pub policy: Policy,
    pub probe: ProbeSettings,
    pub visitors_url: Option<String>,
}

pub async fn upsert_pool(
    conn: &mut PgConnection,
    pool: &PoolSettings,
) -> sqlx::Result<(PoolId, Change)> {
    let (policy, probe) = (json_of(&pool.policy), json_of(&pool.probe));
    let found = sqlx::query!(
        r#"SELECT id, policy = $3 AND probe = $4 AND visitors_url IS NOT DISTINCT FROM $5 AS "same!"
        FROM pools WHERE environment_id = $1 AND application_id = $2"#,
        pool.environment.0,
        pool.application.0,
        policy,
        probe,
        pool.visitors_url
    )
    .fetch_optional(&mut *conn)
    .await?;
    match found {
        Some(row) if row.same => Ok((PoolId(row.id), Change::Same)),
        Some(row) => {
            sqlx::query!(
                "UPDATE pools SET policy = $2, probe = $3, visitors_url = $4 WHERE id = $1",
                row.id,
                policy,
                probe,
                pool.visitors_url
            )
            .execute(conn)
            .await?;
            Ok((PoolId(row.id), Change::Changed))
        }
        None => {
            let id = PoolId::generate();
            sqlx::query!(
                "INSERT INTO pools (id, environment_id, application_id, policy, probe, visitors_url)
                VALUES ($1, $2, $3, $4, $5, $6)",
                id.0,
                pool.environment.0,
                pool.application.0,
                policy,
                probe,
                pool.visitors_url
            )
            .execute(conn)
            .await?;
            Ok((id, Change::Created))
        }
    }
}

/// Makes the node called `node.name` of this pool be as given, memberships too. Its id is the stored one, or
/// `node.id` when it is new. Another pool's node at the same SSH address and deploy root violates
/// `one_owner_per_deploy_root`; another node at the same worker, `one_node_per_worker`.
pub async fn upsert_node(
    conn: &mut PgConnection,
    pool: PoolId,
    ordinal: u32,
    node: &Node,
) -> sqlx::Result<(NodeId, Change)> {
    let ordinal = i32::try_from(ordinal).unwrap_or(i32::MAX);
    let old = sqlx::query!(
        "SELECT id, ordinal FROM nodes WHERE pool_id = $1 AND name = $2",
        pool.0,
        node.name.as_str()
    )
    .fetch_optional(&mut *conn)
    .await?;
    let (id, change) = match old {
        None => (node.id, Change::Created),
        Some(row) => {
            let id = NodeId(row.id);
            let stored = super::pools::nodes(conn, pool).await?;
            let wanted = Node { id, ..node.clone() };
            let same =
                row.ordinal == ordinal && stored.iter().any(|stored| same_node(stored, &wanted));
            (id, if same { Change::Same } else { Change::Changed })
        }
    };
    if change == Change::Same {
        return Ok((id, change));
    }
    sqlx::query!(
        "INSERT INTO nodes (id, pool_id, ordinal, name, group_name, ssh_user, ssh_host, ssh_port,
            host_key, host_key_fingerprint, app_url, deploy_root)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (id) DO UPDATE SET ordinal = excluded.ordinal, group_name = excluded.group_name,
            ssh_user = excluded.ssh_user, ssh_host = excluded.ssh_host, ssh_port = excluded.ssh_port,
            host_key = excluded.host_key, host_key_fingerprint = excluded.host_key_fingerprint,
            app_url = excluded.app_url, deploy_root = excluded.deploy_root",
        id.0,
        pool.0,
        ordinal,
        node.name.as_str(),
        node.group.as_ref().map(Name::as_str),
        node.ssh.user,
        node.ssh.host,
        i32::from(node.ssh.port),
        node.ssh.host_key,
        node.ssh.host_key_fingerprint,
        node.app_url,
        node.deploy_root
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM members WHERE node_id = $1", id.0)
        .execute(&mut *conn)
        .await?;
    for member in &node.members {
        sqlx::query!(
            "INSERT INTO members (node_id, balancer_id, worker) VALUES ($1, $2, $3)",
            id.0,
            member.balancer.0,
            member.worker
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok((id, change))
}

/// Equal, whatever the order of the memberships.
fn same_node(left: &Node, right: &Node) -> bool {
    let sorted = |node: &Node| {
        let mut node = node.clone();
        node.members
            .sort_by(|a: &Member, b| (a.balancer, &a.worker).cmp(&(b.balancer, &b.worker)));
        node
    };
    sorted(left) == sorted(right)
}

/// The recipe of the application `name`, and its id.
pub async fn application(
    conn: &mut PgConnection,
    name: &Name,
) -> sqlx::Result<Option<(ApplicationId, Recipe)>> {
    sqlx::query!(
        "SELECT id, recipe FROM applications WHERE name = $1",
        name.as_str()
    )
    .fetch_optional(conn)
    .await?
    .map(|row| {
        let recipe = Row::new("applications", &row.id).json("recipe", row.recipe)?;
        Ok((ApplicationId(row.id), recipe))
    })
    .transpose()
}

/// How to speak to the balancer `name`.
pub async fn balancer(
    conn: &mut PgConnection,
    name: &Name,
) -> sqlx::Result<Option<BalancerProduct>> {
    sqlx::query!(
        "SELECT id, product FROM balancers WHERE name = $1",
        name.as_str()
    )
    .fetch_optional(conn)
    .await?
    .map(|row| Row::new("balancers", &row.id).json("product", row.product))
    .transpose()
}

/// Something configured, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Environment(Name),
    Application(Name),
    Balancer(Name),
    /// `production/shop`.
    Pool(String),
    Node {
        pool: String,
        node: Name,
    },
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Application(name) => write!(f, "application {name}"),
            Self::Balancer(name) => write!(f, "balancer {name}"),
            Self::Pool(title) => write!(f, "pool {title}"),
            Self::Node { pool, node } => write!(f, "node {node} of {pool}"),
        }
    }
}

/// Everything that is configured.
pub async fn names(conn: &mut PgConnection) -> sqlx::Result<Vec<Named>> {
    let rows = sqlx::query!(
        r#"SELECT 1 AS "kind!", name AS "name!", '' AS "pool!" FROM environments
        UNION ALL SELECT 2, name, '' FROM applications
        UNION ALL SELECT 3, name, '' FROM balancers
        UNION ALL SELECT 4, '', e.name || '/' || a.name FROM pools p
            JOIN environments e ON e.id = p.environment_id JOIN applications a ON a.id = p.application_id
        UNION ALL SELECT 5, n.name, e.name || '/' || a.name FROM nodes n JOIN pools p ON p.id = n.pool_id
            JOIN environments e ON e.id = p.environment_id JOIN applications a ON a.id = p.application_id
        ORDER BY 1, 3, 2"#
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let name = || Row::new("inventory", &row.pool).text("name", &row.name);
            Ok(match row.kind {
                1 => Named::Environment(name()?),
                2 => Named::Application(name()?),
                3 => Named::Balancer(name()?),
                4 => Named::Pool(row.pool),
                _ => Named::Node {
                    node: name()?,
                    pool: row.pool,
                },
            })
        })
        .collect()
}
