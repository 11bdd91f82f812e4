//! Switch the node to a release and have it restarted.
//!
//! - Before: the node is drained, and the release lies there, prepared and verified.
//! - Changes: `current`, atomically; the application's supervisor is told to restart.
//! - Twice is safe: the switch is a no-op when `current` already points there; a restart may be repeated on a node
//!   that serves nobody.
//! - If it fails: the release before is put back the same way.
//! - A person: reads the last lines of the application's output.

use app::model::{deployment::PlannedNode, name::Name, stage::Pass};

/// The folder below `releases/` that `current` shall point to; `None`: what ran before is not known.
pub fn target<'a>(release_dir: &'a Name, planned: &'a PlannedNode, pass: Pass) -> Option<&'a Name> {
    match pass {
        Pass::Forward => Some(release_dir),
        Pass::Rehearsal | Pass::Undo => planned.before.as_ref().map(|before| &before.release_dir),
    }
}
