//! What tests stand on.

/// A fresh, migrated database per test.
pub mod database;

/// A small shop: pool, nodes, releases, plans.
pub mod sample;

pub use database::{Database, database};
