//! Run the smoke suite at the node's own address, keep the evidence.
//!
//! - Before: the node is out of service, and checked.
//! - Changes: what the flows write, marked with the run id.
//! - Twice is safe: flows that write say so, and each run marks its own data; the timeline shows both runs.
//! - If it fails: the release's fault undoes the node; a dead browser is ours, and tried once more on a fresh one.
//! - A person: looks at the pictures.

use app::model::{
    deployment::{Plan, PlannedNode, PlannedSuite},
    stage::Pass,
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
