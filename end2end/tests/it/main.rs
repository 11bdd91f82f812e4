//! The lab and the journeys through it.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests; clippy's own exception does not reach their helpers"
)]

/// One story that every balancer driver and the fake pass.
mod balancer_contract;
/// The lab itself.
mod lab;
mod node;
mod remote;
/// The real browser on one of two nodes.
mod smoke;
mod wrapper;
