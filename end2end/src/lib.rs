//! The lab (real Apache, sshd, three nodes, prober), the application it deploys, and the browser journeys.

/// The application the lab deploys.
pub mod shop;

/// Everything around Pitlane that is not Pitlane, real and private, on loopback.
//! The lab and the browser journeys.

/// Real Apache, sshd, shop and prober on loopback.
//! The lab (real Apache, sshd, shop, prober) and what the browser journeys share.

/// Real parts as ordinary child processes on loopback.
pub mod lab;
