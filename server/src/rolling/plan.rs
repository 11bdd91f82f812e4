//! Pure: what a pool has, and what each node runs, to a plan; or the reason why not.

use crate::store::{adoptions::Adoption, pools::PoolInventory, proofs::NodeProof};
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
    /// Somebody said that what lies there is right.
    pub adopted: Option<Adoption>,
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
        undoes: None,
    })
}

fn before(seen: Seen) -> Option<Before> {
    let release_dir = seen.current?;
    let proven_at = seen.proof.as_ref().map(|proof| proof.at);
    let proven = seen.proof.and_then(|proof| proof.version);
    let adopted = seen
        .adopted
        .filter(|adoption| proven_at.is_none_or(|at| adoption.at > at));
    // an undo expects the answer that was adopted, also where the release calls itself otherwise
    let answers = adopted
        .as_ref()
        .and_then(|adoption| adoption.answers.as_ref()?.parse().ok());
    let adopted = adopted.and_then(|adoption| adoption.running.version);
    Some(Before {
        release_dir,
        version: answers.or(seen.version).or(adopted).or(proven),
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
    let named = |which: fn(&Option<Before>) -> bool| {
        let nodes = plan.nodes.iter().filter(|planned| which(&planned.before));
        let names: Vec<_> = nodes.map(|planned| planned.node.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if let Some(names) = named(Option::is_none) {
        warnings.push(format!("What runs on {names} is not known: if the release fails there, it cannot be undone and stays out of service."));
    }
    if let Some(names) =
        named(|before| before.as_ref().is_some_and(|before| before.suite.is_none()))
    {
        warnings.push(format!(
            "No suite has proven what runs on {names}: an undo is proven by the check alone."
        ));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::{artefact::sample, fake::node_at};
    use app::model::{
        deployment::Policy,
        ids::{ApplicationId, NodeId, PoolId},
    };

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn pool(nodes: &[&str], floor: u32, batch: u32) -> PoolInventory {
        let plan = sample::plan(&node_at("/srv/shop"));
        let node = |text: &&str| Node {
            id: NodeId::generate(),
            name: name(text),
            ..node_at("/srv/shop")
        };
        PoolInventory {
            id: PoolId::generate(),
            environment: plan.environment,
            application: plan.application,
            application_id: ApplicationId::generate(),
            nodes: nodes.iter().map(node).collect(),
            balancers: Vec::new(),
            recipe: plan.recipe,
            probe: plan.probe,
            policy: Policy {
                floor,
                batch,
                ..plan.policy
            },
            suite: None,
            visitors_url: None,
        }
    }

    fn wish(nodes: &[&str]) -> Wish {
        Wish {
            deployment: DeploymentId::generate(),
            release: sample::plan(&node_at("/srv/shop")).release,
            nodes: nodes.iter().map(|text| name(text)).collect(),
            asked_by: "ann".into(),
            reason: None,
            now: Timestamp(1_795_442_531_123),
        }
    }

    #[test]
    fn nodes_are_taken_in_the_pools_order_whatever_the_order_asked() {
        let pool = pool(&["red", "blue", "green"], 1, 1);
        let chosen = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|text| name(text)).collect();
            let nodes = chosen(&pool, &names)?;
            Ok::<_, Trouble>(nodes.iter().map(|node| node.name.to_string()).collect())
        };
        let found: Vec<String> = chosen(&["green", "red"]).unwrap();
        assert_eq!(found, ["red", "green"]);
        let all: Vec<String> = chosen(&[]).unwrap();
        assert_eq!(all, ["red", "blue", "green"]);
        insta::assert_snapshot!(chosen(&["pink"]).unwrap_err(), @"production/shop has no node pink; it has red, blue, green.");
    }

    #[test]
    fn a_plan_needs_room_for_a_batch_above_the_floor() {
        let names = ["red", "blue", "green"];
        for (nodes, floor, batch, fits) in [
            (3, 2, 1, true),
            (3, 3, 1, false),
            (3, 1, 2, true),
            (3, 2, 2, false),
            (2, 1, 1, true),
            (1, 1, 1, false),
            // nothing less than one of each
            (1, 0, 0, false),
            (2, 0, 0, true),
        ] {
            let made = make(pool(&names[..nodes], floor, batch), wish(&[]), Vec::new());
            assert_eq!(made.is_ok(), fits, "{nodes} nodes, {floor}, {batch}");
        }
        let refused = make(pool(&["red"], 1, 1), wish(&[]), Vec::new()).unwrap_err();
        insta::assert_snapshot!(refused, @"production/shop has 1 node; with 1 out of service fewer than 1 would be left. Add a node, or lower the floor.");
        let empty = make(pool(&[], 1, 1), wish(&[]), Vec::new()).unwrap_err();
        insta::assert_snapshot!(empty, @"production/shop has no nodes. Add some to its configuration and apply it.");
    }

    #[test]
    fn what_a_node_runs_is_taken_from_itself_and_the_rest_of_the_pool_is_left_alone() {
        let seen = vec![
            Seen {
                current: Some(name("20261001000000")),
                version: Some(name("1.0")),
                ..Seen::default()
            },
            Seen::default(),
        ];
        let plan = make(
            pool(&["red", "blue", "green"], 1, 1),
            wish(&["red", "green"]),
            seen,
        )
        .unwrap();
        assert_eq!(plan.release_dir.as_str(), "20261123140211");
        let before = plan.nodes[0].before.as_ref().unwrap();
        assert_eq!(before.release_dir.as_str(), "20261001000000");
        assert_eq!(before.version, Some(name("1.0")));
        assert_eq!(plan.nodes[1].before, None);
        assert_eq!(plan.others.len(), 1);
        assert_eq!(plan.others[0].name.as_str(), "blue");
    }

    #[test]
    fn what_was_adopted_is_what_an_undo_goes_back_to() {
        use app::model::drift::Running;
        let adoption = |version: Option<&str>, answers: Option<&str>| Adoption {
            node: NodeId::generate(),
            running: Running {
                release_dir: name("20261001000000"),
                version: version.map(name),
            },
            answers: answers.map(str::to_owned),
            in_service: true,
            by: "ann".into(),
            at: Timestamp(1),
        };
        for (registered, adopted, expected) in [
            (None, adoption(Some("1.0"), None), Some("1.0")),
            (None, adoption(Some("1.0"), Some("1.0")), Some("1.0")),
            (Some("1.1"), adoption(None, None), Some("1.1")),
            // the release calls itself otherwise, and somebody said that this is right
            (Some("1.6"), adoption(Some("1.6"), Some("1.0")), Some("1.0")),
            (None, adoption(None, Some("not a name")), None),
        ] {
            let before = before(Seen {
                current: Some(name("20261001000000")),
                version: registered.map(name),
                adopted: Some(adopted.clone()),
                ..Seen::default()
            });
            let version = before.unwrap().version;
            assert_eq!(version, expected.map(name), "{registered:?} {adopted:?}");
        }
    }

    #[test]
    fn a_person_reads_what_will_happen_and_what_could_go_wrong() {
        let seen = vec![
            Seen {
                current: Some(name("20261001000000")),
                version: Some(name("1.0")),
                ..Seen::default()
            },
            Seen::default(),
        ];
        let mut plan = make(pool(&["red", "blue"], 1, 1), wish(&[]), seen).unwrap();
        plan.probe.fingerprint = Fingerprint::None;
        let view = view(&plan, None);
        let lines: Vec<_> = view
            .nodes
            .iter()
            .map(|line| format!("{}: {}", line.node, line.words))
            .chain(view.warnings)
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        red: batch 1: from 1.0 to 1.1
        blue: batch 2: from an unknown release to 1.1
        production/shop has no smoke suite: the check alone proves a node.
        The application does not say which release answers: an old process that kept the port would go unnoticed.
        What runs on blue is not known: if the release fails there, it cannot be undone and stays out of service.
        No suite has proven what runs on red: an undo is proven by the check alone.
        ");
    }
}
