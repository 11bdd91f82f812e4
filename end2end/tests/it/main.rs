//! The lab and the journeys through it.
#![expect(
    clippy::unwrap_used,
    reason = "these are tests; clippy's own exception does not reach their helpers"
)]

/// The lab itself.
mod lab;
