//! The lab and everything tried on it.

/// One story that every balancer driver and the fake pass.
mod balancer_contract;
mod node;
mod wrapper;
