//! Whole-service tests: one binary.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

/// What tests stand on.
mod harness;

/// The store, on a real PostgreSQL.
mod store;

/// Migrations over rows of every age.
mod migrations;

/// The private PostgreSQL.
mod postgres;

/// Applying a configuration.
mod apply;
/// The service over HTTP.
mod web;

/// The engine.
mod rolling;

/// What differs from what we left, between deployments.
mod drift;

/// Suites tried on nodes in service.
mod rehearsals;

/// Pictures compared, and what people said about them.
mod evidence;

/// Blobs in a store that speaks S3.
mod objects;

/// Journals of older versions.
mod journals;
