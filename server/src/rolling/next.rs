//! Pure: what is to be done now. The driver asks after every event; whatever it remembers besides the journal
//! plays no part.

use super::{
    fold::{Cause, Finished, Job, NodeRun},
    stage,
};
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    ids::NodeId,
    journal::Fact,
    stage::{Attempt, Pass, Stage, Work},
    time::Timestamp,
    trouble::FailureClass,
};
use std::time::Duration;

/// What the driver does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Write this fact, then ask again.
    Record(Fact),
    /// Read how the balancers treat this node and write it down, then ask again.
    Look(NodeId),
    /// Begin these at once; each on a node that has nothing open.
    Perform(Vec<Effect>),
    /// Nothing to begin before `until`, or before an open attempt ends.
    Wait { until: Option<Timestamp> },
    /// A person must decide; nodes that are out are kept out meanwhile.
    Watch,
    /// Nothing is out and nothing is to be done: no owner is needed.
    Rest,
}

/// One attempt at one work on one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    pub node: NodeId,
    pub attempt: Attempt,
    pub limit: Duration,
}

pub fn next(job: &Job, now: Timestamp) -> Next {
    match job.state {
        _ if job.taken_over => became(DeploymentState::Halted, taken_over(job)),
        DeploymentState::Queued => became(
            DeploymentState::Preparing,
            "putting the release on the nodes, beside what runs",
        ),
        DeploymentState::Preparing => preparing(job, now),
        DeploymentState::Rolling => rolling(job, now),
        DeploymentState::Undoing => putting_back(job, now),
        DeploymentState::Aborting => putting_back(job, now),
        DeploymentState::Halted => halted(job),
        DeploymentState::Held => Next::Rest,
        DeploymentState::Succeeded | DeploymentState::Undone | DeploymentState::Aborted => {
            Next::Rest
        }
    }
}

fn became(state: DeploymentState, why: impl Into<String>) -> Next {
    Next::Record(Fact::Became {
        state,
        why: why.into(),
    })
}

/// All nodes are prepared before the first is isolated; a failure here has touched nothing.
fn preparing(job: &Job, now: Timestamp) -> Next {
    let stop = match (job.final_failures().next(), &job.abort_asked) {
        (Some((_, _, failure)), _) => Some(format!(
            "stopped before any node was touched: {}",
            failure.trouble.what
        )),
        (None, Some(by)) => Some(format!("{by} aborted it before any node was touched")),
        (None, None) => None,
    };
    if let Some(why) = stop {
        return once_idle(job, became(DeploymentState::Aborted, why));
    }
    if job.nodes.iter().all(|node| node.prepared) {
        return became(DeploymentState::Rolling, "every node is prepared");
    }
    let open = job.nodes.iter().filter(|node| node.open.is_some()).count();
    let free = usize::try_from(job.plan.recipe.prepare_at_once.max(1))
        .unwrap_or(1)
        .saturating_sub(open);
    let waiting = job
        .nodes
        .iter()
        .filter(|node| !node.prepared && node.open.is_none());
    begin(
        job,
        waiting.map(|node| (node, Pass::Forward, Work::Prepare)),
        now,
        free,
    )
}

/// One batch after the other; within a batch each node goes through its stages.
fn rolling(job: &Job, now: Timestamp) -> Next {
    if let Some(stop) = stop(job) {
        return once_idle(job, stop);
    }
    if job.nodes.iter().all(NodeRun::is_done) {
        return became(
            DeploymentState::Succeeded,
            format!("every node runs {} and is proven", job.plan.release.version),
        );
    }
    let batch = usize::try_from(job.plan.policy.batch.max(1)).unwrap_or(1);
    let current = job
        .nodes
        .chunks(batch)
        .find(|nodes| !nodes.iter().all(NodeRun::is_done))
        .unwrap_or_default();
    if let Some(node) = current.iter().find(|node| node.before.is_none()) {
        return Next::Look(node.node);
    }
    let ready = current
        .iter()
        .filter(|node| node.open.is_none())
        .filter_map(|node| Some((node, Pass::Forward, Work::Stage(forward(node)?))));
    begin(job, ready, now, batch)
}

/// The stage a node needs next on its way forward.
fn forward(node: &NodeRun) -> Option<Stage> {
    if !node.out && node.state == NodeRunState::Pending {
        return Some(Stage::Isolate);
    }
    match node.state {
        // from the intent on it counts as isolated; only the proof lets it go on
        NodeRunState::Isolated => Some(if passed(node, Stage::Isolate) {
            Stage::Drain
        } else {
            Stage::Isolate
        }),
        NodeRunState::Drained => Some(Stage::Deploy),
        NodeRunState::Deployed => Some(Stage::Check),
        NodeRunState::Checked => Some(Stage::Smoke),
        NodeRunState::Smoked => Some(Stage::Rejoin),
        NodeRunState::Pending
        | NodeRunState::Rejoined
        | NodeRunState::Undoing
        | NodeRunState::Undone
        | NodeRunState::Skipped => None,
    }
}

/// Whether `stage` is behind the node: it passed, or a later one was tried.
fn passed(node: &NodeRun, stage: Stage) -> bool {
    node.last
        .as_ref()
        .is_some_and(|last| match last.attempt.work {
            Work::Stage(at) if at == stage => last.failure.is_none(),
            Work::Stage(at) => at > stage,
            Work::Prepare => false,
        })
}

/// Why a rolling deployment must not touch another node, as the fact that says so.
fn stop(job: &Job) -> Option<Next> {
    if let Some(by) = &job.abort_asked {
        return Some(became(
            DeploymentState::Aborting,
            format!("{by} asked for it; the node at hand is put back"),
        ));
    }
    let (node, attempt, failure) = job.final_failures().next()?;
    let name = &job.planned(node).node.name;
    Some(match (attempt.work, failure.class) {
        (Work::Stage(Stage::Isolate | Stage::Drain), _) => became(
            DeploymentState::Undoing,
            format!("{name} is put back untouched: {}", failure.trouble.what),
        ),
        (Work::Stage(Stage::Deploy | Stage::Check | Stage::Smoke), FailureClass::Release) => {
            match job.planned(node).before {
                Some(_) => became(
                    DeploymentState::Undoing,
                    format!("{} {}", failure.trouble.what, gets_back(job, node)),
                ),
                None => became(
                    DeploymentState::Halted,
                    format!(
                        "{} What {name} ran before is not known, so it cannot be undone; it stays out of service.",
                        failure.trouble.what
                    ),
                ),
            }
        }
        (Work::Stage(Stage::Rejoin), FailureClass::Release)
        | (_, FailureClass::Ours | FailureClass::Unsure)
        | (Work::Prepare, FailureClass::Release) => became(
            DeploymentState::Halted,
            format!(
                "{} {name} stays out of service and is watched.",
                failure.trouble.what
            ),
        ),
    })
}

fn gets_back(job: &Job, node: &NodeRun) -> String {
    let planned = job.planned(node);
    let version = planned
        .before
        .as_ref()
        .and_then(|before| before.version.as_ref())
        .map_or("its old release", |version| version.as_str());
    format!("{} gets {version} back.", planned.node.name)
}

fn taken_over(job: &Job) -> String {
    let names: Vec<_> = job
        .nodes
        .iter()
        .filter(|node| node.out)
        .map(|node| job.planned(node).node.name.as_str())
        .collect();
    let names = names.join(", ");
    if job.nodes.iter().any(|node| node.isolated) {
        format!(
            "The server that rolled this deployment ended while {names} was out of service. It is kept out of rotation and watched. Abort to put it back on its old release, proven."
        )
    } else {
        format!(
            "The server that rolled this deployment ended as it was taking {names} out of service. Whether it did is not known; what runs there was not touched. Abort to put it back as it was."
        )
    }
}

/// Undoing and aborting: every node that is out goes back, nothing else is touched.
fn putting_back(job: &Job, now: Timestamp) -> Next {
    let failed = job
        .final_failures()
        .find(|(_, attempt, _)| attempt.pass == Pass::Undo);
    if let Some((node, _, failure)) = failed {
        let name = &job.planned(node).node.name;
        let why = format!(
            "{name} could not be put back: {} It stays out of service and is watched.",
            failure.trouble.what
        );
        return once_idle(job, became(DeploymentState::Halted, why));
    }
    if let Some(node) = unknown_before(job) {
        let name = &job.planned(node).node.name;
        return became(
            DeploymentState::Halted,
            format!(
                "What {name} ran before is not known, so it cannot be put back. It stays out of service and is watched."
            ),
        );
    }
    if !job.any_out() {
        return once_idle(job, ended(job));
    }
    let out = job
        .nodes
        .iter()
        .filter(|node| node.out && node.open.is_none());
    begin(
        job,
        out.map(|node| (node, Pass::Undo, Work::Stage(backward(node)))),
        now,
        job.nodes.len(),
    )
}

/// A node that cannot be put back: it was switched, and nobody knows from what.
fn unknown_before(job: &Job) -> Option<&NodeRun> {
    job.nodes
        .iter()
        .find(|node| node.out && node.touched && job.planned(node).before.is_none())
}

/// The stage a node needs next on its way back. A node whose code was never switched only rejoins.
fn backward(node: &NodeRun) -> Stage {
    if !node.touched {
        return Stage::Rejoin;
    }
    let undone = node
        .last
        .as_ref()
        .filter(|last| last.attempt.pass == Pass::Undo && last.failure.is_none());
    match undone.map(|last| last.attempt.work) {
        Some(Work::Stage(Stage::Deploy)) => Stage::Check,
        Some(Work::Stage(Stage::Check)) => Stage::Smoke,
        Some(Work::Stage(Stage::Smoke)) => Stage::Rejoin,
        Some(Work::Prepare | Work::Stage(Stage::Isolate | Stage::Drain | Stage::Rejoin)) | None => {
            match &node.last {
                // a retry of a stage on the way back stays at that stage
                Some(Finished {
                    attempt:
                        Attempt {
                            pass: Pass::Undo,
                            work: Work::Stage(stage),
                            ..
                        },
                    failure: Some(_),
                    ..
                }) => *stage,
                _ => Stage::Deploy,
            }
        }
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
        Some(Cause {
            node,
            attempt,
            failure,
        }) if failure.class == FailureClass::Release
            && attempt.work > Work::Stage(Stage::Drain) =>
        {
            let planned = job.plan.node(*node);
            let name = planned.map_or("the node", |planned| planned.node.name.as_str());
            let version = planned
                .and_then(|planned| planned.before.as_ref()?.version.as_ref())
                .map_or("its old release", |version| version.as_str());
            let why = format!(
                "{} {name} is back on {version}, proven and in service; no further node was touched.",
                failure.trouble.what
            );
            became(DeploymentState::Undone, why)
        }
        Some(Cause { failure, .. }) => became(
            DeploymentState::Halted,
            format!(
                "{} The node is back in service as it was. Abort to end this deployment.",
                failure.trouble.what
            ),
        ),
        None => became(
            DeploymentState::Halted,
            "every node is in service; abort to end this deployment",
        ),
    }
}

fn halted(job: &Job) -> Next {
    if job.abort_asked.is_some() {
        return became(
            DeploymentState::Aborting,
            "nodes that are out are put back on their old release",
        );
    }
    if job.any_out() {
        Next::Watch
    } else {
        Next::Rest
    }
}

/// What has begun is let end first.
fn once_idle(job: &Job, then: Next) -> Next {
    if job.nodes.iter().any(|node| node.open.is_some()) {
        Next::Wait { until: None }
    } else {
        then
    }
}

/// Turns wishes into effects: right attempt number, back-off respected, at most `at_once`.
fn begin<'a>(
    job: &Job,
    wishes: impl Iterator<Item = (&'a NodeRun, Pass, Work)>,
    now: Timestamp,
    at_once: usize,
) -> Next {
    let mut effects = Vec::new();
    let mut until: Option<Timestamp> = None;
    for (node, pass, work) in wishes {
        let number = node.tries.get(&(pass, work)).map_or(1, |tried| tried + 1);
        let failed = node.last.as_ref().filter(|last| {
            last.failure.is_some() && last.attempt.pass == pass && last.attempt.work == work
        });
        let ready_at = failed.map_or(now, |last| last.at + stage::back_off(node.failed_in_a_row));
        if ready_at > now {
            until = Some(until.map_or(ready_at, |at| at.min(ready_at)));
        } else if effects.len() < at_once {
            effects.push(Effect {
                node: node.node,
                attempt: Attempt { pass, work, number },
                limit: stage::limit(&job.plan, work),
            });
        }
    }
    if effects.is_empty() {
        Next::Wait { until }
    } else {
        Next::Perform(effects)
    }
}

/// Whether a person may abort now; the error is the reason why not.
pub fn may_abort(job: &Job) -> Result<(), String> {
    if job.state == DeploymentState::Halted && unknown_before(job).is_some() {
        return Err(
            "it is not known what the node that is out ran before, so there is nothing to put back"
                .into(),
        );
    }
    if let Some(why) = job.state.abort_refused() {
        return Err(why.into());
    }
    match &job.abort_asked {
        Some(by) => Err(format!("{by} asked for it already")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
