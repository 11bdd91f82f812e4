//! A node has been out for too long.

use super::Next;
use crate::rolling::fold::{Job, NodeRun};
use app::model::{
    deployment::DeploymentState,
    journal::Fact,
    time::{Timestamp, spoken},
};

/// When the next node will have been out for longer than its pool allows.
pub(super) fn alarm_at(job: &Job) -> Option<(&NodeRun, Timestamp)> {
    let limit = job.plan.policy.isolation_limit();
    job.nodes
        .iter()
        .filter(|node| node.out && !node.alarmed)
        .filter_map(|node| Some((node, node.isolated_at? + limit)))
        .min_by_key(|(_, at)| *at)
}

pub(super) fn alarm(job: &Job, now: Timestamp) -> Option<Next> {
    let (node, _) = alarm_at(job).filter(|(_, at)| *at <= now)?;
    let name = &job.planned(node).node.name;
    let limit = spoken(job.plan.policy.isolation_limit());
    let words = format!(
        "{name} has been out of service for {limit}, the limit of {}. {} serves with one node fewer meanwhile. {}",
        job.plan.pool_name(),
        job.plan.application,
        match job.state {
            DeploymentState::Halted => "Retry the stage, skip the node, or abort to put it back.",
            DeploymentState::Held if job.review.is_some() =>
                "Accept its pictures or reject one, skip the node, or abort to put it back.",
            DeploymentState::Held => "Resume, skip the node, or abort to put it back.",
            _ => "Wait if its stage is nearly done, or abort to put it back.",
        }
    );
    Some(Next::Record(Some(node.node), Fact::Alarmed { words }))
}

/// A wait ends in time for an alarm.
pub(super) fn or_alarm(job: &Job, next: Next) -> Next {
    let alarm = alarm_at(job).map(|(_, at)| at);
    let sooner = |until: Option<Timestamp>| until.into_iter().chain(alarm).min();
    match next {
        Next::Wait { until } => Next::Wait {
            until: sooner(until),
        },
        Next::Watch { until } => Next::Watch {
            until: sooner(until),
        },
        other => other,
    }
}
