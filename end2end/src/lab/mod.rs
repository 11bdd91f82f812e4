//! A small world of real parts on loopback, as ordinary child processes.

/// A private sshd, one per node.
pub mod sshd;
