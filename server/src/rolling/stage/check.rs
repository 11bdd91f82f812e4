//! Probe the node itself until it answers well several times in a row.
//!
//! - Before: `current` points to the release and the supervisor took the order.
//! - Changes: nothing; it only asks.
//! - Twice is safe: asking is.
//! - If it fails: the release does not work here and the node is undone; an answer by another release is *unsure*.
//! - A person: reads the last lines of the application's output.

use app::model::{deployment::PlannedNode, name::Name, stage::Pass};

/// The version the node must answer with; `None`: it cannot be known, so any is taken.
pub fn expected<'a>(version: &'a Name, planned: &'a PlannedNode, pass: Pass) -> Option<&'a Name> {
    match pass {
        Pass::Forward => Some(version),
        Pass::Rehearsal | Pass::Undo => planned
            .before
            .as_ref()
            .and_then(|before| before.version.as_ref()),
    }
}
