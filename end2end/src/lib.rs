//! The lab and the browser journeys.

/// Real Apache, sshd, shop and prober on loopback.
pub mod lab;
