//! Drift: between deployments the true state (balancer flags, `current`, the release that answers) is compared with
//! what we left or people adopted, once a minute, and every difference is shown with what can be done about it.
//!
//! Nothing here changes anything outside: the watcher only reads, and what people then decide is the gateway's. What
//! cannot be read is unknown, and no difference. A deployment that begins meanwhile makes a comparison void.

/// Pure: what is expected and what was seen, to differences.
mod compare;

/// What is expected of a pool's nodes, as stored.
mod expected;

/// Reads balancers and nodes.
mod eyes;

/// Once a minute, over all pools.
mod watcher;

pub use compare::{Expected, Ours, Read, Seen, SeenMember, Standing, compare, id};
pub use expected::expected;
pub use eyes::{Eyes, members};
pub use watcher::{Looked, Watcher};
