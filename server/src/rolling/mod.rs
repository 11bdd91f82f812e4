//! The engine: isolate -> drain -> deploy -> check -> smoke -> rejoin, node by node, batch by batch.
//!
//! A deployment is a journal. `fold` turns its events into a `fold::Job`, `next` decides from that what is to be
//! done now, and both are pure: the driver, the simulation and the tests share them. The driver journals the intent,
//! acts through ports, and journals what it read back; nothing it remembers is needed to go on after it died.
//!
//! What each failure leaves behind:
//! - before the first isolation: nothing was touched; the deployment ends *aborted*;
//! - isolate or drain: the node is put back as it was, and the deployment *halts*;
//! - the release does not work on the node (deploy, check, smoke): the node gets its old release back, is proven
//!   again and rejoins; no further node is touched; the deployment ends *undone*;
//! - our own means fail for good, or reality contradicts the journal: the node stays out, watched, and the deployment
//!   *halts* until a person decides;
//! - the server dies while a node is out: its successor keeps that node out and *halts*.

/// Pure: events to state.
pub mod fold;

/// Pure: the world against the journal, at a takeover.
pub mod reconcile;

/// Pure: state and time to what is to be done.
pub mod next;

/// Pure: how it goes on from here, in words.
pub mod outlook;

/// Pure parts of the six stages, in order.
pub mod stage;

/// Pure: a pool and what its nodes run, to a plan.
pub mod plan;

/// The same, gathered from configuration and nodes.
pub mod planner;

/// Pure: what brings back what a deployment replaced.
pub mod rollback;

/// Everything the engine reaches the world through.
pub mod ports;

/// Who owns a deployment, seen from the owner's side.
pub mod lease;

/// The only writer of events in this process.
pub mod journal;

/// Keeps nodes out while they must be out.
pub mod keeper;

/// What visitors felt meanwhile.
pub mod visitors;

/// Output of commands on its way to the page.
pub mod output;

/// The acting half of the stages.
pub mod act;

/// The loop over one deployment.
pub mod driver;

/// Claims deployments and drives each.
pub mod engine;

#[cfg(test)]
mod simulation;
