//! The lab (real Apache, sshd, three nodes, prober), the application it deploys, and the browser journeys.

/// The application the lab deploys.
pub mod shop;

/// Everything around Pitlane that is not Pitlane, real and private, on loopback.
pub mod lab;

/// Figures of the smoke test.
pub mod bench;
