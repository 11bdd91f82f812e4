//! The engine on a real PostgreSQL, with a balancer, machines, an application and a browser in memory.

/// A clock that goes faster than the wall's.
pub mod clock;

/// A balancer and machines that behave as real ones do.
pub mod world;

/// A way to the database that a test can cut, freeze, or spring.
pub mod proxy;

/// One server process of several.
mod server;

/// What an operator does and then sees.
pub mod ops;

/// A release that works.
mod good;

/// The server killed or stopped in the middle.
mod killed;

/// Each stage failed in turn, by each kind of failure.
mod failing;

/// Drain limit and floor.
mod guarded;

/// Operators who abort, and who meddle with the balancer.
mod people;

/// Journal writes of which nobody knows whether they took, and journals that cannot be.
mod writing;

/// Servers that die at every write and in every effect.
mod matrix;

/// PostgreSQL that goes away, and a server that freezes.
mod away;

/// What people ask of a running deployment.
mod asked;

/// A deployment that brings back what ran before another one.
mod rollback;

/// A database restored from before.
mod restored;

/// What environments give to suites.
mod values;
