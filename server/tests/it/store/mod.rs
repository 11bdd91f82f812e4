//! The store, on a real PostgreSQL, as the role the service uses.

/// Applying the configuration, releases, proofs.
mod inventory;

/// One active deployment per pool.
mod deployments;

/// Who owns a deployment.
mod leases;

/// Events: fenced, gap-free, chained, once.
mod journal;

/// Logs and visitors.
mod bulk;

/// People, sessions, sign-in limit.
mod access;

/// The audit history.
mod audit;

/// Variables and secrets of environments.
mod values;

/// How nodes were found.
mod drift;
