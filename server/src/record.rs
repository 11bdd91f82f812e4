//! The deployment record: what a script keeps of a deployment. Pure, from its journal alone; published as
//! `docs/schema/deployment-record.json`.

/// Attempts and their evidence, from events.
mod stages;

pub use self::stages::{Evidence, StageRecord, StageResult};

use crate::rolling::fold::{Impossible, Job, fold};
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    ids::*,
    journal::{Event, Fact, VisitorReport},
    name::Name,
    stage::Work,
    trouble::{FailureClass, Trouble},
};
use serde::{Deserialize, Serialize};

/// Raised when a field changes its meaning or goes; a new field does not raise it.
pub const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeploymentRecord {
    pub format: u32,
    pub id: DeploymentId,
    /// Counts from 1 within the pool.
    pub number: u32,
    pub environment: Name,
    pub application: Name,
    pub release: ReleaseRecord,
    pub asked_by: String,
    pub reason: Option<String>,
    /// The number of the deployment that it rolls back.
    #[serde(default)]
    pub undoes: Option<u32>,
    pub state: DeploymentState,
    /// One sentence.
    pub why: String,
    /// As `pitlane deploy --follow` ends: 0 succeeded, 1 undone or aborted, 3 halted; `null` while it runs.
    pub exit_code: Option<u8>,
    /// RFC 3339.
    pub started_at: String,
    /// When it ended or halted.
    pub ended_at: Option<String>,
    pub seconds: Option<f64>,
    /// For which no further node was touched.
    pub failure: Option<FailureRecord>,
    /// In the order they are rolled.
    pub nodes: Vec<NodeRecord>,
    /// Times a balancer's state was not what it must be while a node was out.
    pub reasserted: u32,
    /// What visitors felt, where the pool has a prober.
    pub visitors: Option<VisitorReport>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    pub version: Name,
    pub sha256: String,
    pub commit: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureRecord {
    pub node: Name,
    pub stage: Work,
    pub class: FailureClass,
    pub trouble: Trouble,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    pub name: Name,
    pub state: NodeRunState,
    /// What it ran before, where that was known.
    pub before: Option<Name>,
    /// It may be out of service because of this deployment.
    pub out: bool,
    /// From the order to isolate to the proof of its return; `null`: never isolated, or still out.
    pub isolated_seconds: Option<f64>,
    pub stages: Vec<StageRecord>,
}

/// The record of a whole journal. `visitors` is the latest report, if the journal's own is older.
pub fn record(
    events: &[Event],
    visitors: Option<VisitorReport>,
) -> Result<DeploymentRecord, Impossible> {
    let job = fold(events)?;
    let plan = &job.plan;
    let started = events.first().map(|event| event.at).unwrap_or_default();
    let rests = job.state.is_over() || job.state == DeploymentState::Halted;
    let ended = rests.then(|| rested_at(events)).flatten();
    let reported = events.iter().rev().find_map(|event| match &event.fact {
        Fact::Visited { report } => Some(*report),
        _ => None,
    });
    let reasserted = events
        .iter()
        .filter(|event| matches!(event.fact, Fact::Reasserted { .. }));
    Ok(DeploymentRecord {
        format: FORMAT,
        id: plan.deployment,
        number: plan.number,
        environment: plan.environment.clone(),
        application: plan.application.clone(),
        release: ReleaseRecord {
            version: plan.release.version.clone(),
            sha256: plan.release.sha256.clone(),
            commit: plan.release.commit.clone(),
        },
        asked_by: plan.asked_by.clone(),
        reason: plan.reason.clone(),
        undoes: plan.undoes.as_ref().map(|undoes| undoes.number),
        state: job.state,
        why: job.why.clone(),
        exit_code: rests.then(|| job.state.exit_code()),
        started_at: started.rfc3339(),
        ended_at: ended.map(|at| at.rfc3339()),
        seconds: ended.map(|at| stages::seconds(started, at)),
        failure: failure(&job),
        nodes: nodes(&job, events),
        reasserted: u32::try_from(reasserted.count()).unwrap_or(u32::MAX),
        visitors: visitors.or(reported),
    })
}

/// When the deployment took the state it rests in.
fn rested_at(events: &[Event]) -> Option<app::model::time::Timestamp> {
    let became = |event: &&Event| matches!(event.fact, Fact::Became { .. });
    events.iter().rev().find(became).map(|event| event.at)
}

fn failure(job: &Job) -> Option<FailureRecord> {
    let cause = job.cause.as_ref()?;
    Some(FailureRecord {
        node: job.plan.node(cause.node)?.node.name.clone(),
        stage: cause.attempt.work,
        class: cause.failure.class,
        trouble: cause.failure.trouble.clone(),
    })
}

fn nodes(job: &Job, events: &[Event]) -> Vec<NodeRecord> {
    let record = |run: &crate::rolling::fold::NodeRun| {
        let planned = job.planned(run);
        let before = planned
            .before
            .as_ref()
            .and_then(|before| before.version.clone());
        let stages = stages::of_node(run.node, events);
        NodeRecord {
            name: planned.node.name.clone(),
            state: run.state,
            before,
            out: run.out,
            isolated_seconds: if run.out {
                None
            } else {
                stages::isolated_seconds(run.node, events)
            },
            stages,
        }
    };
    job.nodes.iter().map(record).collect()
}

#[cfg(test)]
mod tests;
