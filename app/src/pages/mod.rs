//! One screen per file. Each is complete when it leaves the server.

/// A row per application, what needs a person, what happened lately.
pub mod overview;

/// All pools' latest deployments.
pub mod deployments;

/// One pool: nodes, Deploy form, releases, recent deployments.
pub mod pool;

/// A pool's suite, and files for it.
pub mod suite;

/// A flow of a pool's suite, edited row by row.
pub mod editor;

/// A suite tried outside of a deployment.
pub mod rehearsal;

/// One environment: variables and secrets.
pub mod environment;

/// One deployment, live.
pub mod deployment;

/// One step's picture, large.
pub mod picture;

/// All pictures of a deployment, held against others.
pub mod evidence;

/// Who did what.
pub mod audit;

/// Name and password.
pub mod sign_in;

/// First run: the first admin.
pub mod setup;

/// What stands at an address without a page.
pub mod fallback;

/// Why a form came to nothing.
pub mod not_done;

/// What waits for a person, on the overview.
mod needs;

/// What differs on a pool's nodes, and the forms for it.
mod drift;

/// What a page shows instead of itself.
mod problem;

/// The parts of this page's address.
mod address;
