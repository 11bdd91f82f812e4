//! Pitlane's service: web, engine, drivers, store. The binary `pitlane` is a thin door to it.

/// Configuration, one struct per concern.
pub mod config;

/// Wall clock and waiting, as an argument.
pub mod clock;

/// Logs.
pub mod telemetry;

/// Nothing outlives us.
pub mod guard;

/// Safety guards that a test-only build can switch off.
pub mod mutation;

/// A private PostgreSQL where none is given.
pub mod postgres;

/// PostgreSQL, one file per noun: rows in, model types out.
pub mod store;

/// Blobs by their SHA-256.
pub mod objects;

/// The engine.
pub mod rolling;

/// Load balancers: one port, one driver per product.
pub mod balancer;

/// Shells on the nodes, and what is done there.
pub mod remote;

/// HTTP probes of one node.
pub mod probe;

/// The browser test on one isolated node.
pub mod smoke;

/// What environments give to suites: variables, and secrets encrypted at rest.
pub mod vault;

/// Files that only their owner reads.
mod private_file;

/// Pictures compared, and what people said about them.
pub mod evidence;

/// How long pictures and pages are kept.
pub mod retention;

/// Evidence of one deployment in one archive.
pub mod bundle;

/// A configuration file, read and carried out.
pub mod apply;

/// What API and command line say to each other.
pub mod wire;

/// News of deployments: from the database's notifications to many viewers.
pub mod hub;

/// What the web needs of the engine.
pub mod seam;

/// The pages' way to engine and store: permission and audit live here.
pub mod gateway;

/// What differs from what we left, between deployments.
pub mod drift;

/// Suites tried on nodes in service, by hand and on a schedule.
pub mod rehearsal;

/// Everything that speaks HTTP.
pub mod web;

/// `pitlane serve`.
pub mod serve;

/// The parts of one server put together.
pub mod assemble;

/// The record of one deployment, for machines.
pub mod record;

/// The command line.
pub mod cli;
