//! Have the balancer send this node no new request.
//!
//! - Before: the node was looked at, so what we change is known; enough *other* nodes are usable.
//! - Changes: our one flag, in every balancer that lists the node.
//! - Twice is safe: the order is absolute, and it is read back.
//! - If it fails: the node is put back as it was.
//! - A person: mends the balancer, or aborts.

use crate::{
    balancer::Observation,
    mutation::{Guard, stands},
};
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

/// Read as out of every balancer that lists it.
pub fn is_out(node: &Node, seen: &Observations) -> bool {
    let admissions = admissions(node, seen);
    admissions
        .iter()
        .all(|(_, admission)| *admission == Admission::Isolated)
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
    if usable >= needed || !stands(Guard::Floor) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{balancer::WorkerState, remote::artefact::sample};
    use Admission::*;

    /// red is to be taken out; blue is in the plan, green beside it; all in two balancers.
    fn plan(floor: u32) -> Plan {
        let balancers = [BalancerId::generate(), BalancerId::generate()];
        let node = |name: &str| {
            let mut node = crate::remote::fake::node_at("/srv/shop");
            node.id = NodeId::generate();
            node.name = name.parse().unwrap();
            node.members = balancers
                .map(|balancer| app::model::environment::Member {
                    balancer,
                    worker: name.into(),
                })
                .to_vec();
            node
        };
        let mut plan = sample::plan(&node("red"));
        let mut blue = plan.nodes[0].clone();
        blue.node = node("blue");
        plan.nodes.push(blue);
        plan.others = vec![node("green")];
        plan.policy.floor = floor;
        plan
    }

    /// Each node with its admission in both balancers; `None`: the second does not list it.
    fn seen(plan: &Plan, nodes: [(&str, Admission, Option<Admission>); 3]) -> Observations {
        let balancer = |second: bool| {
            let workers = nodes.iter().filter_map(|(name, one, two)| {
                Some(WorkerState {
                    worker: (*name).into(),
                    admission: if second { (*two)? } else { *one },
                    open_work: None,
                    served: None,
                    words: String::new(),
                })
            });
            Observation {
                workers: workers.collect(),
                incarnation: String::new(),
            }
        };
        let members = &plan.nodes[0].node.members;
        HashMap::from([
            (members[0].balancer, balancer(false)),
            (members[1].balancer, balancer(true)),
        ])
    }

    #[test]
    fn a_node_may_go_while_enough_others_are_usable_everywhere() {
        let all = Some(InService);
        for (floor, blue, green, may) in [
            (2, (InService, all), (InService, all), true),
            (3, (InService, all), (InService, all), false),
            (1, (InService, all), (Isolated, Some(Isolated)), true),
            (2, (InService, all), (Isolated, Some(Isolated)), false),
            // half out is not usable, nor is failing, nor unknown to one balancer
            (2, (InService, all), (InService, Some(Isolated)), false),
            (2, (InService, all), (Failing, all), false),
            (2, (InService, all), (InService, None), false),
            // the last one never goes, whatever the floor says
            (0, (Failing, all), (Isolated, all), false),
        ] {
            for red in [InService, Isolated] {
                let plan = plan(floor);
                let seen = seen(
                    &plan,
                    [
                        ("red", red, all),
                        ("blue", blue.0, blue.1),
                        ("green", green.0, green.1),
                    ],
                );
                let said = may_isolate(&plan, plan.nodes[0].node.id, &seen);
                assert_eq!(said.is_ok(), may, "{floor} {blue:?} {green:?} {red:?}");
            }
        }
    }

    #[test]
    fn balancers_that_cannot_be_read_count_for_nobody() {
        let plan = plan(1);
        let trouble = may_isolate(&plan, plan.nodes[0].node.id, &Observations::new()).unwrap_err();
        insta::assert_snapshot!(trouble, @"Taking red out would leave 0 usable nodes in production/shop; the floor is 1. red was not taken out. Bring another node into service, or lower the floor.");
    }
}
