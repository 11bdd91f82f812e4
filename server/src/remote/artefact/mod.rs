//! The recipe `artefact`: a release is an archive, a node holds Capistrano's layout below its deploy root.
//!
//! ```text
//! releases/20261123140211/   unpacked, REVISION holds the archive's SHA-256, shared paths are links
//! shared/                    what outlives a release
//! current -> releases/...    the one that runs
//! revisions.log              a line per switch
//! incoming/                  an upload on its way
//! ```
//!
//! Every change appears whole or not at all: an upload gets its name when its checksum is right, a release when it
//! is unpacked and linked, and `current` is replaced by a rename. Each function may be repeated.

/// What an archive holds, before it is registered.
pub mod archive;

/// The commands, as values.
pub mod script;

/// A release onto a node, beside what runs.
pub mod prepare;

/// The node onto a release, and its supervisor told.
pub mod switch;

/// What a node holds.
pub mod observe;

/// Old releases away.
pub mod prune;

/// A plan for tests.
pub mod sample;

pub use observe::{OnNode, last_output, observe};
pub use prepare::prepare;
pub use prune::prune;
pub use switch::switch;
