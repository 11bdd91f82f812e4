//! What tests stand on. Parts that one test module needs and another does not are no mistake.
#![expect(
    clippy::allow_attributes,
    reason = "not every part is used in every build of the tests"
)]
#![allow(dead_code)]

/// A fresh, migrated database per test.
pub mod database;

/// A small shop: pool, nodes, releases, plans.
pub mod sample;

pub use database::{Database, database};
