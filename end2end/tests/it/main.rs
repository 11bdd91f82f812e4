//! The lab and the journeys through it.

/// One story that every balancer driver and the fake pass.
mod balancer_contract;
/// The lab itself.
mod lab;
mod node;
mod wrapper;
