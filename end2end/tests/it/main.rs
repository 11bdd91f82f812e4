//! The lab and the journeys through it.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests; clippy's own exception does not reach their helpers"
)]

/// One story that every balancer driver and the fake pass.
mod balancer_contract;
/// What somebody did by hand between deployments.
mod drift;
/// A flow written in the browser.
mod editor;
/// A person at a browser.
mod fixtures;
/// Deploying with the mouse.
mod journey;
/// A server that dies while a node is out.
mod killed;
/// The lab itself.
mod lab;
mod node;
/// Two servers on one PostgreSQL.
mod pair;
/// The lab with the dashboard beside it.
mod product;
mod remote;
/// Whole rolls, good and bad.
mod roll;
/// The real browser on one of two nodes.
mod smoke;
/// What a roll survives.
mod survives;
/// A balancer that forgets while a node is out.
mod watch;
mod wrapper;
