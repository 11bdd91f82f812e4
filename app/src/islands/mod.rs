//! The parts that need the browser. Each is right, if still, without it.

/// A deployment while it runs.
pub mod live;

/// Keeps relative times current.
pub mod clock;

/// Release, nodes, reason, plan: the Deploy form.
pub mod deploy_form;
