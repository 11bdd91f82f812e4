//! Have the balancer send this node no new request.
//!
//! - Before: the node was looked at, so what we change is known; enough *other* nodes are usable.
//! - Changes: our one flag, in every balancer that lists the node.
//! - Twice is safe: the order is absolute, and it is read back.
//! - If it fails: the node is put back as it was.
//! - A person: mends the balancer, or aborts.

use crate::balancer::Observation;
use app::model::{
    deployment::Plan,
    environment::{Admission, Node},
    ids::{BalancerId, NodeId},
    trouble::Trouble,
};
use std::collections::HashMap;

/// All balancers of a pool at one moment.
pub type Observations = HashMap<BalancerId, Observation>;

/// How `node` stands in each balancer that lists it.
pub fn admissions(node: &Node, seen: &Observations) -> Vec<(BalancerId, Admission)> {
    node.members
        .iter()
        .map(|member| {
            (
                member.balancer,
                admission(member.balancer, &member.worker, seen),
            )
        })
        .collect()
}

fn admission(balancer: BalancerId, worker: &str, seen: &Observations) -> Admission {
    seen.get(&balancer)
        .and_then(|observation| observation.worker(worker))
        .map_or(Admission::Unknown, |state| state.admission)
}

/// In service in every balancer that lists it.
pub fn is_usable(node: &Node, seen: &Observations) -> bool {
    let admissions = admissions(node, seen);
    !admissions.is_empty()
        && admissions
            .iter()
            .all(|(_, admission)| *admission == Admission::InService)
}

/// Whether `node` may be taken out: others must be usable, and no fewer than the floor.
pub fn may_isolate(plan: &Plan, node: NodeId, seen: &Observations) -> Result<(), Trouble> {
    let others = plan
        .nodes
        .iter()
        .map(|planned| &planned.node)
        .chain(&plan.others)
        .filter(|other| other.id != node);
    let usable = others.filter(|other| is_usable(other, seen)).count();
    let needed = usize::try_from(plan.policy.floor.max(1)).unwrap_or(usize::MAX);
    if usable >= needed {
        return Ok(());
    }
    let name = plan
        .node(node)
        .map_or("the node", |planned| planned.node.name.as_str());
    Err(Trouble::new(format!(
        "Taking {name} out would leave {usable} usable node{} in {}; the floor is {needed}.",
        if usable == 1 { "" } else { "s" },
        plan.pool_name()
    ))
    .stands(format!("{name} was not taken out."))
    .remedy("Bring another node into service, or lower the floor."))
}
