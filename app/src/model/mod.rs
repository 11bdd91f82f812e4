//! The vocabulary: plain types, no I/O, identical in browser and server.

/// Typed identifiers.
pub mod ids;

/// Words that end in paths and commands.
pub mod name;

/// Points and spans of time.
pub mod time;

/// Environment, application, pool, node, balancer, member.
pub mod environment;

/// An immutable, versioned artefact.
pub mod release;

/// The six stages of one node, in order.
pub mod stage;

/// Suite, flow, step and what they leave behind.
pub mod smoke;

/// What became of the files a suite was read from.
#[cfg(feature = "ssr")]
pub mod import;

/// A flow being edited.
#[cfg(feature = "ssr")]
pub mod editor;

/// Pictures compared and judged.
pub mod evidence;

/// What went wrong, whose fault it is, and the sentence a person reads.
pub mod trouble;

/// One attempt to bring a pool to a release.
pub mod deployment;

/// What a person can ask of a deployment, and when.
pub mod command;

/// The append-only facts of one deployment.
pub mod journal;

/// What differs from what we left, between deployments.
pub mod drift;

/// A suite tried outside of any deployment.
pub mod rehearsal;

/// What an environment gives to its suites.
#[cfg(feature = "ssr")]
pub mod values;

/// Who may do what.
pub mod access;

/// Who did what.
pub mod audit;

/// What pages and the API show.
pub mod view;

/// The few states a person has to tell apart.
pub mod mark;

/// The compact text pages are sent.
pub mod wire;

/// A deployment's journal folded for reading.
pub mod live;
