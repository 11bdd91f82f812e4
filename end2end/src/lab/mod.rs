//! Everything around Pitlane that is not Pitlane: Apache, sshd, three nodes that run `shop`, its PostgreSQL, and a
//! prober that plays the visitors. Real, private, on loopback, as ordinary child processes; several at once.

/// The private folder.
pub mod folder;

/// Ports that no other lab takes.
pub mod port;

/// Our own programs, beside the one that runs.
pub mod program;

/// Who was started, so that the next start can sweep what a crash left.
pub mod leftover;

/// Releases of `shop` as real artefacts.
pub mod release;

/// A private sshd, one per node.
pub mod sshd;

/// Apache httpd with mod_proxy_balancer and its manager.
pub mod apache;

/// The shop's PostgreSQL.
pub mod database;

/// Keeps a node's application running, outside every remote command.
pub mod supervisor;

/// How a node's supervisor is told something.
pub mod order;

/// One node: its folders, its supervisor.
pub mod node;

/// Files for `pitlane apply`: pool, suite, secrets.
pub mod config;

/// The whole of it.
pub mod whole;

/// Visitors at a constant rate, and what they felt.
pub mod prober;

/// Apache's manager as a person would use it: the judge of the drivers must not be one of them.
pub mod manager;

/// Proof that the prober notices: nodes taken away with and without a drain.
pub mod control;

/// `pitlane serve` as a child, and its command line.
pub mod dashboard;

/// One roll without a person, in a lab of its own.
pub mod roll;

/// The lab and the dashboard for people.
pub mod demo;

/// The command line of `lab`.
pub mod command;

pub use whole::{Lab, LabOptions, Place};
