//! Drift on a real PostgreSQL, with a balancer and machines in memory.

/// A pool, those who watch it, and those who decide.
mod watch;

/// What is found, and when it is void.
mod found;

/// What people do about it.
mod decided;
