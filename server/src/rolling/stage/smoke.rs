//! Run the smoke suite at the node's own address, keep the evidence.
//!
//! - Before: the node is out of service, and checked.
//! - Changes: what the flows write, marked with the run id.
//! - Twice is safe: flows that write say so, and each run marks its own data; the timeline shows both runs.
//! - If it fails: the release's fault undoes the node; a dead browser is ours, and tried once more on a fresh one.
//! - A person: looks at the pictures.

use crate::rolling::fold::{Job, NodeRun};
use app::model::{
    deployment::{DeploymentState, NodeRunState, Plan, PlannedNode, PlannedSuite},
    environment::Admission,
    stage::{Pass, Stage, Work},
};

/// The suite that proves this pass. On the way back it is the one that last proved the old release on this node;
/// `None`: there is none, and the check alone proves it.
pub fn suite<'a>(plan: &'a Plan, planned: &'a PlannedNode, pass: Pass) -> Option<&'a PlannedSuite> {
    match pass {
        Pass::Forward | Pass::Rehearsal => plan.suite.as_ref(),
        Pass::Undo => planned
            .before
            .as_ref()
            .and_then(|before| before.suite.as_ref()),
    }
}

/// Whose smoke test comes next, as far as can be seen: browsers for them are started before they are needed.
pub fn ahead(job: &Job) -> Vec<(&PlannedNode, Pass)> {
    if job.hold.is_some() || job.abort_asked.is_some() {
        return Vec::new();
    }
    match job.state {
        DeploymentState::Preparing if is_rehearsed_next(job) => {
            let serves = |before: &Vec<(_, Admission)>| {
                before.iter().all(|(_, how)| *how == Admission::InService)
            };
            let may = |node: &&NodeRun| {
                is_to_be_tested(node)
                    && job.planned(node).before.is_some()
                    && node.before.as_ref().is_none_or(serves)
            };
            let first = job.nodes.iter().find(may);
            first
                .map(|node| (job.planned(node), Pass::Rehearsal))
                .into_iter()
                .collect()
        }
        DeploymentState::Preparing | DeploymentState::Rolling => {
            let batch = usize::try_from(job.plan.policy.batch.max(1)).unwrap_or(1);
            let next = job.nodes.iter().filter(|node| is_to_be_tested(node));
            next.take(batch)
                .filter(|_| is_nearly_prepared(job))
                .map(|node| (job.planned(node), Pass::Forward))
                .collect()
        }
        // on the way back the switch starts it
        DeploymentState::Undoing | DeploymentState::Aborting => Vec::new(),
        DeploymentState::Queued
        | DeploymentState::Held
        | DeploymentState::Halted
        | DeploymentState::Succeeded
        | DeploymentState::Undone
        | DeploymentState::Aborted => Vec::new(),
    }
}

/// The last nodes are being prepared; before that it would wait for long.
fn is_nearly_prepared(job: &Job) -> bool {
    job.nodes
        .iter()
        .all(|node| node.prepared || node.open.is_some() || node.state == NodeRunState::Skipped)
}

fn is_rehearsed_next(job: &Job) -> bool {
    job.plan.policy.rehearse
        && !job.nodes.iter().any(|node| node.rehearsed)
        && is_nearly_prepared(job)
}

/// Its smoke test is neither done nor under way.
fn is_to_be_tested(node: &NodeRun) -> bool {
    let under_way = node
        .open
        .as_ref()
        .is_some_and(|open| open.attempt.work == Work::Stage(Stage::Smoke));
    match node.state {
        NodeRunState::Pending
        | NodeRunState::Isolated
        | NodeRunState::Drained
        | NodeRunState::Deployed
        | NodeRunState::Checked => !under_way,
        NodeRunState::Smoked
        | NodeRunState::Rejoined
        | NodeRunState::Undoing
        | NodeRunState::Undone
        | NodeRunState::Skipped => false,
    }
}
