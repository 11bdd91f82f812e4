//! Undoing and aborting: nodes get back what they ran before, are proven again and rejoin; nothing else is touched.

use super::{Next, became, begin, once_idle};
use crate::rolling::fold::{Cause, Finished, Job, NodeRun};
use app::model::{
    deployment::{DeploymentState, NodeRunState, OnFailure},
    stage::{Attempt, Pass, Stage, Work},
    time::Timestamp,
    trouble::FailureClass,
};

pub fn putting_back(job: &Job, now: Timestamp) -> Next {
    let failed = job.final_failures().find(|(_, attempt, _)| {
        attempt.pass == Pass::Undo || attempt.work == Work::Stage(Stage::Rejoin)
    });
    if let Some((node, _, failure)) = failed {
        let name = &job.planned(node).node.name;
        let stands = match node.isolated {
            true => "It stays out of service and is watched.",
            false => "It was not taken out.",
        };
        let what = &failure.trouble.what;
        let why = format!("{name} could not be put back: {what} {stands}");
        return once_idle(job, became(DeploymentState::Halted, why));
    }
    if let Some(node) = unknown_before(job) {
        let name = &job.planned(node).node.name;
        let why = format!(
            "What {name} ran before is not known, so it cannot be put back. It stays out of service and is watched."
        );
        return once_idle(job, became(DeploymentState::Halted, why));
    }
    let out = job.nodes.iter().filter(|node| node.out).count();
    let batch = usize::try_from(job.plan.policy.batch.max(1)).unwrap_or(1);
    // those that serve the failed release leave only as far as the batch allows, the last first
    let serving = job
        .nodes
        .iter()
        .rev()
        .filter(|node| serves_what_failed(job, node))
        .take(batch.saturating_sub(out));
    let mut wishes = job
        .nodes
        .iter()
        .filter(|node| node.out && node.open.is_none())
        .chain(serving)
        .peekable();
    if wishes.peek().is_none() && !job.any_out() {
        return once_idle(job, ended(job));
    }
    begin(
        job,
        wishes.map(|node| match keeps_new(job, node) {
            true => (node, Pass::Forward, Work::Stage(Stage::Rejoin)),
            false => (node, Pass::Undo, Work::Stage(backward(node))),
        }),
        now,
        job.nodes.len(),
    )
}

/// In rotation on the release that failed, and to be put back nevertheless: it failed there while it was watched, or
/// the pool's policy undoes every node.
fn serves_what_failed(job: &Job, node: &NodeRun) -> bool {
    let Some(cause) = job
        .cause
        .as_ref()
        .filter(|_| job.state == DeploymentState::Undoing)
    else {
        return false;
    };
    let on_it = node.state == NodeRunState::Rejoined && !node.out && node.open.is_none();
    let known = job.planned(node).before.is_some();
    let watched = cause.node == node.node && cause.attempt.work == Work::Soak;
    let all = job.plan.policy.on_failure == OnFailure::UndoAll;
    on_it && known && is_of_release(cause) && (watched || all)
}

/// Done, and about to leave for an undo that an abort came before: it keeps the new release.
fn keeps_new(job: &Job, node: &NodeRun) -> bool {
    job.state == DeploymentState::Aborting && node.out && node.through && !node.isolated
}

fn is_of_release(cause: &Cause) -> bool {
    cause.failure.class == FailureClass::Release && cause.attempt.work > Work::Stage(Stage::Drain)
}

/// A node that cannot be put back: it was switched, and nobody knows from what.
fn unknown_before(job: &Job) -> Option<&NodeRun> {
    job.nodes
        .iter()
        .find(|node| node.out && node.may_be_touched() && job.planned(node).before.is_none())
}

/// The stage a node needs next on its way back. One that may serve (it was only meant to be taken out, or somebody let
/// it in) is out and drained before its code is touched.
fn backward(node: &NodeRun) -> Stage {
    if !node.out {
        return Stage::Isolate;
    }
    if !node.may_be_touched() {
        return untouched(node);
    }
    let out = node.isolated && !node.may_serve;
    match undone_so_far(node) {
        Stage::Rejoin => Stage::Rejoin,
        stage if out => stage,
        _ => Stage::Isolate,
    }
}

/// One whose code was never switched only rejoins, if that is certain; if not, it is proven first, where it stands:
/// that hurts no visitor, and the floor may not let it out.
fn untouched(node: &NodeRun) -> Stage {
    if !node.found_out {
        return Stage::Rejoin;
    }
    undone_so_far(node).max(Stage::Check)
}

/// Where its way back goes on.
fn undone_so_far(node: &NodeRun) -> Stage {
    let Some(Finished {
        attempt:
            Attempt {
                pass: Pass::Undo,
                work: Work::Stage(stage),
                ..
            },
        failure,
        ..
    }) = &node.last
    else {
        // it served when its undo began
        return if node.isolated_for_undo() {
            Stage::Isolate
        } else {
            Stage::Deploy
        };
    };
    match (stage, failure) {
        // a retry of a stage on the way back stays at that stage
        (stage, Some(_)) => *stage,
        (Stage::Isolate, None) => Stage::Drain,
        (Stage::Drain, None) => Stage::Deploy,
        (Stage::Deploy, None) => Stage::Check,
        (Stage::Check, None) => Stage::Smoke,
        (Stage::Smoke | Stage::Rejoin, None) => Stage::Rejoin,
    }
}

/// All nodes are back: what that makes of the deployment.
fn ended(job: &Job) -> Next {
    if job.state == DeploymentState::Aborting {
        return became(
            DeploymentState::Aborted,
            "every node is in service; no further one was touched",
        );
    }
    match &job.cause {
        Some(cause) if is_of_release(cause) => became(DeploymentState::Undone, undone(job, cause)),
        Some(Cause { failure, .. }) => became(
            DeploymentState::Halted,
            format!(
                "{} The node is back in service as it was. Continue to try it again, skip it, or abort to end this deployment.",
                failure.trouble.what
            ),
        ),
        // a person skipped it: that was all
        None if job.skips => became(
            DeploymentState::Rolling,
            "the skipped node is in service as it was before",
        ),
        None => became(
            DeploymentState::Halted,
            "every node is in service; continue, or abort to end this deployment",
        ),
    }
}

fn undone(job: &Job, cause: &Cause) -> String {
    let what = &cause.failure.trouble.what;
    let kept: Vec<_> = job
        .nodes
        .iter()
        .filter(|node| node.state == NodeRunState::Rejoined)
        .map(|node| job.planned(node).node.name.as_str())
        .collect();
    let planned = job.plan.node(cause.node);
    let name = planned.map_or("the node", |planned| planned.node.name.as_str());
    let version = planned
        .and_then(|planned| planned.before.as_ref()?.version.as_ref())
        .map_or("its old release", |version| version.as_str());
    match (job.plan.policy.on_failure, kept.is_empty()) {
        (OnFailure::UndoAll, true) => format!(
            "{what} Every node that had {} is back on what it ran before, proven and in service.",
            job.plan.release.version
        ),
        (OnFailure::UndoAll, false) => format!(
            "{what} {name} is back on {version}; what {} ran before is not known, so it keeps {}.",
            kept.join(", "),
            job.plan.release.version
        ),
        (OnFailure::UndoNode | OnFailure::Leave, _) => format!(
            "{what} {name} is back on {version}, proven and in service; no further node was touched."
        ),
    }
}

pub fn gets_back(job: &Job, node: &NodeRun) -> String {
    let planned = job.planned(node);
    let version = planned
        .before
        .as_ref()
        .and_then(|before| before.version.as_ref())
        .map_or("its old release", |version| version.as_str());
    match job.plan.policy.on_failure {
        OnFailure::UndoAll => format!(
            "{} gets {version} back, and so does every node that is done.",
            planned.node.name
        ),
        OnFailure::UndoNode | OnFailure::Leave => {
            format!("{} gets {version} back.", planned.node.name)
        }
    }
}

/// Why nodes that a person skipped while they were out are put back now; `None`: there is none.
pub fn to_skip(job: &Job) -> Option<String> {
    let names: Vec<_> = job
        .nodes
        .iter()
        .filter(|node| node.skip && node.out)
        .map(|node| job.planned(node).node.name.as_str())
        .collect();
    (!names.is_empty()).then(|| format!("{} is skipped and put back.", names.join(", ")))
}
