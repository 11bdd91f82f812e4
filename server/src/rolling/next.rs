//! Pure: what is to be done now. The driver asks after every event; whatever it remembers besides the journal
//! plays no part.

use super::{
    fold::{Job, NodeRun},
    stage,
};
use crate::mutation::{Guard, stands};
use alarm::{alarm, or_alarm};
use app::model::{
    deployment::{DeploymentState, NodeRunState, OnFailure},
    environment::Admission,
    evidence::Gate,
    ids::NodeId,
    journal::Fact,
    stage::{Attempt, Pass, Stage, Work},
    time::Timestamp,
    trouble::FailureClass,
};
use std::time::Duration;
use still::{halted, held, once_idle, stays_out};

/// A node has been out for too long.
mod alarm;

/// Where it stands still.
mod still;

/// Undoing and aborting: nodes get back what they ran before.
mod back;

/// What a former owner left open.
mod orphan;

pub use orphan::is_adopted;

/// What the driver does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Write this fact, about this node if it names one, then ask again.
    Record(Option<NodeId>, Fact),
    /// Read the world (balancers, nodes) and write down what was found, then ask again.
    Reconcile,
    /// Read how the balancers treat this node and write it down, then ask again.
    Look(NodeId),
    /// Go on with an attempt that a former owner left open, under the same run.
    Adopt(Effect),
    /// Begin these at once; each on a node that has nothing open.
    Perform(Vec<Effect>),
    /// Nothing to begin before `until`, or before an open attempt ends.
    Wait { until: Option<Timestamp> },
    /// A person must decide; nodes that are out are kept out meanwhile. Ask again at `until` at the latest.
    Watch { until: Option<Timestamp> },
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
    if job.state.is_over() {
        return Next::Rest;
    }
    if let Some(alarm) = alarm(job, now) {
        return alarm;
    }
    if job.unreconciled {
        return Next::Reconcile;
    }
    if let Some(next) = orphan::next(job, now) {
        return next;
    }
    if let (Some(both), true) = (&job.contradiction, job.state != DeploymentState::Halted) {
        return once_idle(job, became(DeploymentState::Halted, both));
    }
    let next = match job.state {
        DeploymentState::Queued => became(
            DeploymentState::Preparing,
            "putting the release on the nodes, beside what runs",
        ),
        DeploymentState::Preparing => preparing(job, now),
        DeploymentState::Rolling => rolling(job, now),
        DeploymentState::Undoing | DeploymentState::Aborting => back::putting_back(job, now),
        DeploymentState::Halted => halted(job),
        DeploymentState::Held => held(job, now),
        DeploymentState::Succeeded | DeploymentState::Undone | DeploymentState::Aborted => {
            Next::Rest
        }
    };
    or_alarm(job, next)
}

fn became(state: DeploymentState, why: impl Into<String>) -> Next {
    let why = why.into();
    Next::Record(None, Fact::Became { state, why })
}

/// All nodes are prepared before the first is isolated; a failure here has touched nothing.
fn preparing(job: &Job, now: Timestamp) -> Next {
    let stop = match (job.final_failures().next(), &job.abort_asked) {
        (Some((node, attempt, failure)), _) if attempt.pass == Pass::Rehearsal => {
            let planned = job.planned(node);
            let version = planned.before.as_ref().and_then(|old| old.version.as_ref());
            let old = version.map_or("what it runs", |version| version.as_str());
            Some(format!(
                "stopped before any node was touched: the suite's rehearsal failed on {}, in service with {old}. {}",
                planned.node.name, failure.trouble.what
            ))
        }
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
    let unprepared = || {
        job.nodes
            .iter()
            .filter(|node| !node.prepared && node.state != NodeRunState::Skipped)
    };
    if unprepared().next().is_none() {
        return rehearsal(job, now)
            .unwrap_or_else(|| became(DeploymentState::Rolling, "every node is prepared"));
    }
    let open = job.nodes.iter().filter(|node| node.open.is_some()).count();
    let free = usize::try_from(job.plan.recipe.prepare_at_once.max(1))
        .unwrap_or(1)
        .saturating_sub(open);
    let waiting = unprepared().filter(|node| node.open.is_none());
    begin(
        job,
        waiting.map(|node| (node, Pass::Forward, Work::Prepare)),
        now,
        free,
    )
}

/// Tests the test: the suite must pass on a node that is in service on a release we know, or its verdict on the new
/// one would say nothing. `None`: it passed, or it is not asked for, or no node can show it.
fn rehearsal(job: &Job, now: Timestamp) -> Option<Next> {
    let wanted = job.plan.policy.rehearse && job.plan.suite.is_some();
    if !wanted || job.nodes.iter().any(|node| node.rehearsed) {
        return None;
    }
    if job.any_open() {
        return Some(Next::Wait { until: None });
    }
    let known =
        |node: &&NodeRun| node.state != NodeRunState::Skipped && job.planned(node).before.is_some();
    let serves = |before: &[(_, Admission)]| {
        !before.is_empty() && before.iter().all(|(_, how)| *how == Admission::InService)
    };
    for node in job.nodes.iter().filter(known) {
        match &node.before {
            None => return Some(Next::Look(node.node)),
            Some(before) if serves(before) => {
                let wish = (node, Pass::Rehearsal, Work::Stage(Stage::Smoke));
                return Some(begin(job, std::iter::once(wish), now, 1));
            }
            Some(_) => {}
        }
    }
    None
}

/// One batch after the other; within a batch each node goes through its stages.
fn rolling(job: &Job, now: Timestamp) -> Next {
    if let Some(stop) = stop(job) {
        return once_idle(job, stop);
    }
    if let Some(gate) = job.gate() {
        return once_idle(job, became(DeploymentState::Held, for_review(&gate)));
    }
    if let Some(hold) = job.hold.as_ref().filter(|hold| hold.now) {
        let why = format!("{} asked to hold at once.{}", hold.by, stays_out(job));
        return once_idle(job, became(DeploymentState::Held, why));
    }
    if let Some(node) = job
        .nodes
        .iter()
        .find(|node| node.state == NodeRunState::Undone)
    {
        return Next::Record(Some(node.node), Fact::Requeued {});
    }
    let batch = usize::try_from(job.plan.policy.batch.max(1)).unwrap_or(1);
    let together = if stands(Guard::Order) {
        batch
    } else {
        job.nodes.len()
    };
    let Some(current) = job
        .nodes
        .chunks(together)
        .find(|nodes| !nodes.iter().all(|node| is_through(job, node)))
    else {
        return once_idle(job, finished(job));
    };
    let at_rest = |node: &NodeRun| !node.out && node.open.is_none() && !to_soak(job, node);
    if let (Some(hold), true) = (&job.hold, job.nodes.iter().all(at_rest)) {
        let why = format!("{} asked to hold; every node is in service.", hold.by);
        return became(DeploymentState::Held, why);
    }
    if let Some(node) = current
        .iter()
        .find(|node| node.before.is_none() && !node.is_done())
    {
        return Next::Look(node.node);
    }
    let ready = current
        .iter()
        .filter(|node| node.open.is_none())
        .filter_map(|node| {
            let work = match forward(node) {
                Some(stage) => Work::Stage(stage),
                None => Some(Work::Soak).filter(|_| to_soak(job, node))?,
            };
            Some((node, Pass::Forward, work))
        });
    begin(job, ready, now, batch)
}

fn for_review(gate: &Gate) -> String {
    let node = &gate.node;
    let differ = match gate.differences.as_slice() {
        [one] => one.noticed.sentence(),
        [one, ..] => format!(
            "{} pictures differ by more than they may, the first at {}",
            gate.differences.len(),
            one.noticed.sentence()
        ),
        [] => "its pictures differ".to_owned(),
    };
    format!(
        "{node} passed its smoke test and is held for review: {differ}. It stays out of service and is watched."
    )
}

/// It needs nothing more in this deployment, not even to be watched.
fn is_through(job: &Job, node: &NodeRun) -> bool {
    node.is_done() && !to_soak(job, node)
}

fn to_soak(job: &Job, node: &NodeRun) -> bool {
    node.state == NodeRunState::Rejoined && !node.soaked && job.plan.policy.soak_ms > 0
}

/// All nodes are through.
fn finished(job: &Job) -> Next {
    let version = &job.plan.release.version;
    let skipped: Vec<_> = job
        .nodes
        .iter()
        .filter(|node| node.state == NodeRunState::Skipped)
        .map(|node| job.planned(node).node.name.as_str())
        .collect();
    if skipped.len() == job.nodes.len() {
        return became(DeploymentState::Aborting, "every node was skipped");
    }
    let why = if skipped.is_empty() {
        format!("every node runs {version} and is proven")
    } else {
        format!(
            "every other node runs {version} and is proven; skipped: {}",
            skipped.join(", ")
        )
    };
    became(DeploymentState::Succeeded, why)
}

/// The stage a node needs next on its way forward.
fn forward(node: &NodeRun) -> Option<Stage> {
    if !node.out && node.state == NodeRunState::Pending {
        return Some(Stage::Isolate);
    }
    match node.state {
        // from the intent on it counts as isolated; only the proof lets it go on
        NodeRunState::Isolated | NodeRunState::Drained if node.may_serve || !node.isolated => {
            Some(Stage::Isolate)
        }
        NodeRunState::Isolated => Some(Stage::Drain),
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

/// Why a rolling deployment must not touch another node, as the fact that says so.
fn stop(job: &Job) -> Option<Next> {
    if let Some(by) = &job.abort_asked {
        return Some(became(
            DeploymentState::Aborting,
            format!("{by} asked for it; the node at hand is put back"),
        ));
    }
    let (node, attempt, failure) = job.final_failures().next()?;
    let (name, what) = (&job.planned(node).node.name, &failure.trouble.what);
    let leaves = |remark: &str| {
        let stands = if node.out {
            "stays out of service and is watched"
        } else {
            "is in service"
        };
        became(
            DeploymentState::Halted,
            format!("{what}{remark} {name} {stands}."),
        )
    };
    Some(match (attempt.work, failure.class) {
        (Work::Stage(Stage::Isolate | Stage::Drain), _) => became(
            DeploymentState::Undoing,
            format!("{name} is put back untouched: {what}"),
        ),
        (
            Work::Stage(Stage::Deploy | Stage::Check | Stage::Smoke) | Work::Soak,
            FailureClass::Release,
        ) => match (job.plan.policy.on_failure, &job.planned(node).before) {
            (OnFailure::Leave, _) => leaves(" The pool's policy leaves it as it is."),
            (_, None) => leaves(&format!(
                " What {name} ran before is not known, so it cannot be undone."
            )),
            (OnFailure::UndoNode | OnFailure::UndoAll, Some(_)) => became(
                DeploymentState::Undoing,
                format!("{what} {}", back::gets_back(job, node)),
            ),
        },
        (Work::Stage(Stage::Rejoin), FailureClass::Release)
        | (_, FailureClass::Ours | FailureClass::Unsure)
        | (Work::Prepare, FailureClass::Release) => leaves(""),
    })
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
            last.failure.is_some()
                && !last.excused
                && (last.attempt.pass, last.attempt.work) == (pass, work)
        });
        let ready_at = failed.map_or(now, |last| {
            last.at + stage::back_off(node.failed_in_a_row, chance(node.node, number))
        });
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

/// The same for the same attempt on the same node, so that a replay decides alike.
fn chance(node: NodeId, number: u32) -> u64 {
    node.0.as_u64_pair().1.wrapping_add(u64::from(number) * 17)
}

#[cfg(test)]
mod tests;
