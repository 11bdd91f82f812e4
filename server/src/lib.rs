//! Pitlane's service: web, engine, drivers, store. The binary `pitlane` is a thin door to it.

/// Wall clock and waiting, as an argument.
pub mod clock;

/// Load balancers: one port, one driver per product.
pub mod balancer;

/// Shells on the nodes, and what is done there.
pub mod remote;

/// HTTP probes of one node.
pub mod probe;

/// The browser test on one isolated node.
pub mod smoke;

/// The engine.
pub mod rolling;

/// What the service is told at its start.
pub mod config;
/// The engine.
pub mod rolling;

/// Logs.
pub mod telemetry;

/// PostgreSQL, one file per noun: rows in, model types out.
pub mod store;
/// Logs.
pub mod telemetry;

/// A private PostgreSQL, for an installation that was given none.
pub mod postgres;

/// Blobs by their SHA-256.
pub mod objects;

/// Nothing outlives us.
pub mod guard;

/// Configuration as a file, carried out in one transaction.
pub mod apply;
/// News of deployments: from the database's notifications to many viewers.
pub mod hub;

/// What the web needs of the engine, and nothing more.
pub mod seam;

/// `app::gateway` made real: permission, audit entry, then store or engine.
pub mod gateway;

/// Pages, API, event stream.
pub mod web;

/// The service from start to clean stop.
pub mod serve;

/// The real parts behind the web's seams.
pub mod assemble;

/// What a script keeps of a deployment.
pub mod record;

/// The command line.
pub mod cli;
