//! Where it stands still, and how it goes on from there.

use super::{Next, back, became, stop};
use crate::rolling::fold::Job;
use app::model::{
    deployment::DeploymentState,
    live::words::count,
    time::{Timestamp, spoken},
};

/// Nodes that are out while it is held or halted.
pub(super) fn stays_out(job: &Job) -> String {
    let names: Vec<_> = job
        .nodes
        .iter()
        .filter(|node| node.out)
        .map(|node| job.planned(node).node.name.as_str())
        .collect();
    match names.len() {
        0 => " Every node is in service.".into(),
        1 => format!(" {} stays out of service and is watched.", names[0]),
        _ => format!(" {} stay out of service and are watched.", names.join(", ")),
    }
}

pub(super) fn held(job: &Job, now: Timestamp) -> Next {
    if let Some(by) = &job.abort_asked {
        let why = format!("{by} asked for it; nodes that are out are put back");
        return became(DeploymentState::Aborting, why);
    }
    // nothing runs while it is held: somebody rejected what a node shows
    if let Some(rejected) = stop(job) {
        return rejected;
    }
    if let (Some(why), true) = (back::to_skip(job), job.go_on) {
        return became(DeploymentState::Undoing, why);
    }
    if job.go_on {
        let why = match job.accepted {
            true => "every difference was accepted",
            false => "it was resumed",
        };
        return became(DeploymentState::Rolling, why);
    }
    if !job.any_out() {
        return Next::Rest;
    }
    let until = job.held_until();
    if now < until {
        return Next::Watch { until: Some(until) };
    }
    let limit = spoken(job.hold_limit());
    became(
        DeploymentState::Undoing,
        match &job.review {
            Some(review) => format!(
                "Nobody accepted {} within {limit}, the limit for a review; the node is put back.",
                count(review.open(), "difference")
            ),
            None => format!(
                "It was held for {limit} with a node out, the limit of this pool; the node is put back."
            ),
        },
    )
}

pub(super) fn halted(job: &Job) -> Next {
    if job.abort_asked.is_some() {
        return became(
            DeploymentState::Aborting,
            "nodes that are out are put back on their old release",
        );
    }
    if let (Some(why), true) = (back::to_skip(job), job.go_on) {
        return became(DeploymentState::Undoing, why);
    }
    if let (Some(both), true) = (&job.contradiction, job.go_on) {
        return became(DeploymentState::Halted, both);
    }
    if job.go_on {
        return became(goes_on_as(job.halted_from), "a person asked it to go on");
    }
    if job.any_out() {
        Next::Watch { until: None }
    } else {
        Next::Rest
    }
}

/// What a halted deployment does when it goes on.
pub(super) fn goes_on_as(halted_from: DeploymentState) -> DeploymentState {
    match halted_from {
        DeploymentState::Queued | DeploymentState::Preparing => DeploymentState::Preparing,
        DeploymentState::Undoing => DeploymentState::Undoing,
        DeploymentState::Aborting => DeploymentState::Aborting,
        DeploymentState::Rolling
        | DeploymentState::Held
        | DeploymentState::Halted
        | DeploymentState::Succeeded
        | DeploymentState::Undone
        | DeploymentState::Aborted => DeploymentState::Rolling,
    }
}

/// What has begun is let end first.
pub(super) fn once_idle(job: &Job, then: Next) -> Next {
    if job.any_open() {
        Next::Wait { until: None }
    } else {
        then
    }
}
