//! The parts that need the browser. Each is right, if still, without it.

/// Parts of an island, boxed.
mod part;

/// A deployment while it runs.
pub mod live;

/// Keeps relative times current.
pub mod clock;

/// The plan below a Deploy form.
pub mod plan_follower;
