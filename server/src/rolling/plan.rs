//! Pure: what a pool has, and what each node runs, to a plan; or the reason why not.

use crate::store::{pools::PoolInventory, proofs::NodeProof};
use app::model::{
    deployment::{Before, Fingerprint, Plan, PlannedNode, PlannedSuite},
    environment::Node,
    ids::DeploymentId,
    name::Name,
    release::Release,
    time::Timestamp,
    trouble::Trouble,
    view::{PlanLine, PlanView},
};

/// What a node was seen to run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// Where `current` points; `None`: nowhere.
    pub current: Option<Name>,
    /// The registered release whose checksum lies there.
    pub version: Option<Name>,
    pub proof: Option<NodeProof>,
    /// The suite of that proof.
    pub suite: Option<PlannedSuite>,
}

/// Who wants what.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    pub deployment: DeploymentId,
    pub release: Release,
    /// Empty: all.
    pub nodes: Vec<Name>,
    pub asked_by: String,
    pub reason: Option<String>,
    pub now: Timestamp,
}

/// The nodes a wish is about, in the pool's order.
pub fn chosen<'a>(pool: &'a PoolInventory, names: &[Name]) -> Result<Vec<&'a Node>, Trouble> {
    let pool_name = format!("{}/{}", pool.environment, pool.application);
    if pool.nodes.is_empty() {
        return Err(Trouble::new(format!("{pool_name} has no nodes."))
            .remedy("Add some to its configuration and apply it."));
    }
    if let Some(unknown) = names
        .iter()
        .find(|name| !pool.nodes.iter().any(|node| node.name == **name))
    {
        let known: Vec<_> = pool.nodes.iter().map(|node| node.name.as_str()).collect();
        return Err(Trouble::new(format!(
            "{pool_name} has no node {unknown}; it has {}.",
            known.join(", ")
        )));
    }
    Ok(pool
        .nodes
        .iter()
        .filter(|node| names.is_empty() || names.contains(&node.name))
        .collect())
}

/// The plan, its number yet to be given. `seen` is parallel to [`chosen`].
pub fn make(pool: PoolInventory, wish: Wish, seen: Vec<Seen>) -> Result<Plan, Trouble> {
    let chosen: Vec<Node> = chosen(&pool, &wish.nodes)?.into_iter().cloned().collect();
    has_room(&pool)?;
    let others = pool
        .nodes
        .iter()
        .filter(|node| !chosen.iter().any(|chosen| chosen.id == node.id))
        .cloned()
        .collect();
    let nodes = chosen
        .into_iter()
        .zip(seen)
        .map(|(node, seen)| PlannedNode {
            node,
            before: before(seen),
        })
        .collect();
    Ok(Plan {
        deployment: wish.deployment,
        number: 0,
        pool: pool.id,
        environment: pool.environment,
        application: pool.application,
        release: wish.release,
        release_dir: release_dir(wish.now),
        nodes,
        others,
        balancers: pool.balancers,
        recipe: pool.recipe,
        probe: pool.probe,
        suite: pool.suite,
        policy: pool.policy,
        visitors_url: pool.visitors_url,
        asked_by: wish.asked_by,
        reason: wish.reason,
    })
}

fn before(seen: Seen) -> Option<Before> {
    let release_dir = seen.current?;
    let proven = seen.proof.and_then(|proof| proof.version);
    Some(Before {
        release_dir,
        version: seen.version.or(proven),
        suite: seen.suite,
    })
}

/// Whether the pool's own rules leave room to take a node out at all.
fn has_room(pool: &PoolInventory) -> Result<(), Trouble> {
    let (nodes, floor) = (pool.nodes.len(), pool.policy.floor.max(1));
    let batch = pool.policy.batch.max(1);
    if nodes >= usize::try_from(floor + batch).unwrap_or(usize::MAX) {
        return Ok(());
    }
    Err(Trouble::new(format!(
        "{}/{} has {nodes} node{}; with {batch} out of service fewer than {floor} would be left.",
        pool.environment,
        pool.application,
        if nodes == 1 { "" } else { "s" }
    ))
    .remedy("Add a node, or lower the floor."))
}

/// Capistrano's folder name, to the second: `20261123140211`.
fn release_dir(now: Timestamp) -> Name {
    let digits: String = now
        .rfc3339()
        .chars()
        .take(19)
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().expect("digits make a name")
}

/// The plan as people read it before they click.
pub fn view(plan: &Plan, refused: Option<Trouble>) -> PlanView {
    let mut warnings = Vec::new();
    if plan.suite.is_none() {
        warnings.push(format!(
            "{} has no smoke suite: the check alone proves a node.",
            plan.pool_name()
        ));
    }
    if plan.probe.fingerprint == Fingerprint::None {
        warnings.push("The application does not say which release answers: an old process that kept the port would go unnoticed.".into());
    }
    for planned in &plan.nodes {
        let name = &planned.node.name;
        match &planned.before {
            None => warnings.push(format!("What {name} runs is not known: if the release fails there, it cannot be undone and stays out of service.")),
            Some(before) if before.suite.is_none() => {
                warnings.push(format!("No suite has proven what {name} runs: an undo is proven by the check alone."));
            }
            Some(_) => {}
        }
    }
    let version = &plan.release.version;
    let line = |(position, planned): (usize, &PlannedNode)| {
        let before = planned
            .before
            .as_ref()
            .and_then(|before| before.version.clone());
        let from = before
            .as_ref()
            .map_or("an unknown release".to_owned(), Name::to_string);
        let batch = position / usize::try_from(plan.policy.batch.max(1)).unwrap_or(1) + 1;
        PlanLine {
            node: planned.node.name.clone(),
            before,
            words: format!("batch {batch}: from {from} to {version}"),
        }
    };
    PlanView {
        version: version.clone(),
        nodes: plan.nodes.iter().enumerate().map(line).collect(),
        warnings,
        refused,
    }
}
