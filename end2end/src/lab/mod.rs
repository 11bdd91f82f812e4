//! Real parts as ordinary child processes on loopback: no containers, no systemd.

/// Apache httpd with mod_proxy_balancer and its manager.
pub mod apache;
//! A small world of real parts on loopback, as ordinary child processes.

/// A private sshd, one per node.
pub mod sshd;
