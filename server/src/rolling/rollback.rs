//! Pure: what it takes to bring the nodes that a deployment has done back to what they ran before it; or, in words,
//! why not. The result is an order for a deployment of its own, which goes through planner and stages as any other.

use super::fold::{Job, NodeRun};
use crate::store::proofs::NodeProof;
use app::model::{
    deployment::{NodeRunState, PlannedSuite, Undoes},
    name::Name,
    trouble::Trouble,
};
use std::collections::BTreeMap;

/// The release to bring back, and onto which nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    pub undoes: Undoes,
    pub version: Name,
    pub nodes: Vec<Name>,
    /// The suite that last proved that release there; a newer one may ask for what it cannot do yet.
    pub suite: Option<PlannedSuite>,
}

/// `chosen`: these nodes only; empty: all that are done. `latest`: what was last proven on each node of the pool.
/// `registered`: the releases there are.
pub fn decide(
    job: &Job,
    chosen: &[Name],
    latest: &[NodeProof],
    registered: &[Name],
) -> Result<Rollback, Trouble> {
    let (number, title) = (job.plan.number, job.plan.pool_name());
    let refuse = |what: String| Trouble::new(what).stands("Nothing was changed.");
    if !job.state.is_over() {
        return Err(refuse(format!(
            "Deployment #{number} of {title} has not ended; it is {}.",
            job.state
        ))
        .remedy("Abort it first, or wait for its end."));
    }
    let name = |run: &NodeRun| job.planned(run).node.name.clone();
    let done: Vec<&NodeRun> = job
        .nodes
        .iter()
        .filter(|run| run.state == NodeRunState::Rejoined)
        .collect();
    if let Some(other) = chosen
        .iter()
        .find(|chosen| !done.iter().any(|run| name(run) == **chosen))
    {
        return Err(refuse(format!(
            "Deployment #{number} did not bring {other} to {}.",
            job.plan.release.version
        )));
    }
    let nodes: Vec<&NodeRun> = done
        .into_iter()
        .filter(|run| chosen.is_empty() || chosen.contains(&name(run)))
        .collect();
    if nodes.is_empty() {
        return Err(refuse(format!(
            "Deployment #{number} left no node of {title} on {}: there is nothing to roll back.",
            job.plan.release.version
        )));
    }
    // what lies in this deployment's folder is what it brought
    let later = nodes.iter().find_map(|run| {
        let proof = latest.iter().find(|proof| proof.node == run.node)?;
        (proof.release_dir != job.plan.release_dir).then_some((run, proof))
    });
    if let Some((run, proof)) = later {
        return Err(refuse(format!(
            "Deployment #{} has changed {} since.",
            proof.number,
            name(run)
        ))
        .remedy("Roll that one back first, or deploy the release you want."));
    }
    let version =
        one_version(job, &nodes).map_err(|trouble| trouble.stands("Nothing was changed."))?;
    if !registered.contains(&version) {
        return Err(refuse(format!(
            "{version}, which ran before deployment #{number}, is not registered."
        ))
        .remedy(format!(
            "Register it: pitlane releases add {} {version} FILE.",
            job.plan.application
        )));
    }
    let suite = nodes
        .iter()
        .find_map(|run| job.planned(run).before.as_ref()?.suite.clone());
    Ok(Rollback {
        undoes: Undoes {
            number,
            version: job.plan.release.version.clone(),
        },
        version,
        nodes: nodes.into_iter().map(name).collect(),
        suite,
    })
}

/// What all of them ran before.
fn one_version(job: &Job, nodes: &[&NodeRun]) -> Result<Name, Trouble> {
    let mut by_version: BTreeMap<Option<Name>, Vec<&str>> = BTreeMap::new();
    for run in nodes {
        let planned = job.planned(run);
        let before = planned
            .before
            .as_ref()
            .and_then(|before| before.version.clone());
        by_version
            .entry(before)
            .or_default()
            .push(planned.node.name.as_str());
    }
    if let Some(unknown) = by_version.get(&None) {
        return Err(Trouble::new(format!(
            "What {} ran before is not known.",
            unknown.join(", ")
        ))
        .remedy("Deploy the release you want, or choose other nodes (`--nodes`)."));
    }
    let known: Vec<_> = by_version
        .into_iter()
        .filter_map(|(version, nodes)| Some((version?, nodes)))
        .collect();
    match known.as_slice() {
        [(version, _)] => Ok(version.clone()),
        many => {
            let said = many
                .iter()
                .map(|(version, nodes)| format!("{} ran {version}", nodes.join(", ")));
            Err(Trouble::new(format!(
                "The nodes ran different releases before: {}.",
                said.collect::<Vec<_>>().join("; ")
            ))
            .remedy("Roll back those of one release at a time: choose these nodes (`--nodes`)."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        remote::{artefact::sample, fake::node_at},
        rolling::fold::fold,
    };
    use app::model::{
        deployment::{Before, DeploymentState},
        ids::NodeId,
        journal::{Event, Fact},
        time::Timestamp,
    };

    fn named(text: &str) -> Name {
        text.parse().unwrap()
    }

    /// #7 of 1.1 over red, blue and green has ended; what each ran before, `?` for unknown.
    fn job(before: [&str; 3], done: usize) -> Job {
        let mut plan = sample::plan(&node_at("/srv/shop"));
        plan.number = 7;
        plan.release.version = named("1.1");
        let first = plan.nodes[0].clone();
        let node = |(called, before): (&str, &str)| {
            let mut planned = first.clone();
            (planned.node.id, planned.node.name) = (NodeId::generate(), named(called));
            planned.before = (before != "?").then(|| Before {
                release_dir: named("20261001000000"),
                version: Some(named(before)),
                suite: None,
            });
            planned
        };
        plan.nodes = ["red", "blue", "green"]
            .into_iter()
            .zip(before)
            .map(node)
            .collect();
        let planned = Event {
            seq: 1,
            epoch: 1,
            at: Timestamp(0),
            node: None,
            fact: Fact::Planned {
                plan: Box::new(plan),
            },
        };
        let mut job = fold([&planned]).unwrap();
        job.state = DeploymentState::Succeeded;
        for run in job.nodes.iter_mut().take(done) {
            run.state = NodeRunState::Rejoined;
        }
        job
    }

    fn said(job: &Job, chosen: &[&str], latest: &[NodeProof], registered: &[&str]) -> String {
        let names = |texts: &[&str]| texts.iter().map(|text| named(text)).collect::<Vec<_>>();
        match decide(job, &names(chosen), latest, &names(registered)) {
            Ok(Rollback { version, nodes, .. }) => {
                let nodes: Vec<_> = nodes.iter().map(Name::as_str).collect();
                format!("{version} on {}", nodes.join(", "))
            }
            Err(trouble) => trouble.to_string(),
        }
    }

    #[test]
    fn the_nodes_that_are_done_get_back_what_they_ran() {
        let all = job(["1.0"; 3], 3);
        assert_eq!(
            said(&all, &[], &[], &["1.0", "1.1"]),
            "1.0 on red, blue, green"
        );
        assert_eq!(said(&all, &["green"], &[], &["1.0"]), "1.0 on green");
        let some = job(["1.0", "1.0", "0.9"], 2);
        assert_eq!(said(&some, &[], &[], &["1.0"]), "1.0 on red, blue");
    }

    #[test]
    fn what_cannot_be_rolled_back_is_refused_in_words() {
        let mixed = job(["1.0", "0.9", "1.0"], 3);
        let mut running = job(["1.0"; 3], 1);
        running.state = DeploymentState::Rolling;
        let all = job(["1.0"; 3], 3);
        let later = NodeProof {
            node: all.nodes[1].node,
            release: None,
            version: Some(named("1.2")),
            release_dir: named("20271001000000"),
            suite: None,
            deployment: all.plan.deployment,
            number: 8,
            at: Timestamp(0),
        };
        let cases = [
            (
                said(&job(["1.0"; 3], 0), &[], &[], &["1.0"]),
                "Deployment #7 left no node of production/shop on 1.1: there is nothing to roll back.",
            ),
            (
                said(&all, &[], &[], &["1.1"]),
                "1.0, which ran before deployment #7, is not registered.",
            ),
            (
                said(&mixed, &[], &[], &["1.0", "0.9"]),
                "The nodes ran different releases before: blue ran 0.9; red, green ran 1.0.",
            ),
            (
                said(&job(["1.0", "?", "1.0"], 3), &[], &[], &["1.0"]),
                "What blue ran before is not known.",
            ),
            (
                said(&all, &[], &[later], &["1.0"]),
                "Deployment #8 has changed blue since.",
            ),
            (
                said(&running, &[], &[], &["1.0"]),
                "Deployment #7 of production/shop has not ended; it is rolling.",
            ),
            (
                said(&job(["1.0"; 3], 1), &["blue"], &[], &["1.0"]),
                "Deployment #7 did not bring blue to 1.1.",
            ),
        ];
        for (said, expected) in cases {
            assert!(
                said.starts_with(expected),
                "wanted {expected}, found {said}"
            );
            assert!(said.contains("Nothing was changed."), "{said}");
        }
        // the way out is said: those of one release at a time
        assert_eq!(
            said(&mixed, &["red", "green"], &[], &["1.0"]),
            "1.0 on red, green"
        );
    }
}
