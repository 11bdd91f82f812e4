//! The lab and the journeys through it.

/// The lab itself.
mod lab;
