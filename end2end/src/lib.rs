//! The lab (real Apache, sshd, shop, prober) and what the browser journeys share.

/// Real parts as ordinary child processes on loopback.
pub mod lab;
