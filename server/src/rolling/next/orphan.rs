//! What a former owner left open. Its run may be over, still going on, or never have begun: the stages are desired
//! states under a run id that starts at most once, so the new owner goes on with the same run and reads its result.
//! Only a smoke test is begun anew, because its browser went with the server.

use super::{Effect, Next};
use crate::rolling::fold::{Job, NodeRun, Open};
use app::model::{
    deployment::DeploymentState,
    journal::{Fact, Outcome},
    stage::{Attempt, Pass, Stage, Work},
    time::Timestamp,
};
use std::time::Duration;

/// Time to read a result although the attempt's own limit is over.
const TO_LOOK: Duration = Duration::from_secs(15);

pub fn next(job: &Job, now: Timestamp) -> Option<Next> {
    let (node, open) = job
        .nodes
        .iter()
        .find_map(|node| Some((node, node.open.as_ref().filter(|open| open.orphaned)?)))?;
    Some(match why_not(job, node, open) {
        Some(why) => Next::Record(
            Some(node.node),
            Fact::Finished {
                attempt: open.attempt,
                outcome: Outcome::Stopped { why },
            },
        ),
        None => Next::Adopt(Effect {
            node: node.node,
            attempt: open.attempt,
            limit: open.deadline_at.since(now).max(TO_LOOK),
        }),
    })
}

/// Whether what is left of an attempt on the node is gone on with, and so must not be ended before.
pub fn is_adopted(job: &Job, node: &NodeRun) -> bool {
    // of the others nothing runs on the node
    let has_run = |open: &Open| {
        matches!(
            open.attempt.work,
            Work::Prepare | Work::Stage(Stage::Deploy)
        )
    };
    node.open
        .as_ref()
        .is_some_and(|open| open.orphaned && has_run(open) && why_not(job, node, open).is_none())
}

/// Why it is given up; `None`: it is gone on with.
fn why_not(job: &Job, node: &NodeRun, open: &Open) -> Option<String> {
    let Attempt { pass, work, .. } = open.attempt;
    let name = &job.planned(node).node.name;
    if job.state == DeploymentState::Halted || job.contradiction.is_some() {
        return Some(format!(
            "A person must decide; {work} on {name} was not gone on with."
        ));
    }
    let short = matches!(work, Work::Stage(Stage::Isolate | Stage::Rejoin));
    // on its way back it does what was asked already
    let stops = pass != Pass::Undo && !short;
    if let (Some(by), true) = (&job.abort_asked, stops) {
        return Some(format!(
            "{by} asked to abort; {work} on {name} was stopped."
        ));
    }
    (work == Work::Stage(Stage::Smoke)).then(|| {
        format!(
            "The server that tested {name} is gone, and its browser with it. The suite is begun again; \
             a flow that writes may have written, its data carries the run id {}.",
            open.run
        )
    })
}
