//! Whole-service tests: one binary.

/// What tests stand on.
mod harness;

/// The store, on a real PostgreSQL.
mod store;

/// Migrations over rows of every age.
mod migrations;

/// The private PostgreSQL.
mod postgres;
