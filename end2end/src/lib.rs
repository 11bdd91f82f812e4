//! The lab (real Apache, sshd, shop, prober) and what the browser journeys share.

/// Real parts as ordinary child processes on loopback.
//! The lab and the browser journeys.

/// Real Apache, sshd, shop and prober on loopback.
pub mod lab;
