//! Pitlane's vocabulary and everything a person sees: pages, islands, server functions.
//!
//! No SQL and no SSH here: a page reaches the engine only through `gateway::Gateway`.

#![recursion_limit = "256"]

/// The plain types everybody speaks in, identical in browser and server.
pub mod model;

/// One function per URL.
pub mod paths;

/// Every sentence an operator can be shown.
pub mod error;

/// The only way from a page to the engine.
#[cfg(feature = "ssr")]
pub mod gateway;

/// Server functions.
pub mod api;

/// Stateless pieces every page is made of.
pub mod components;

/// The parts that need the browser.
pub mod islands;

/// One screen per file.
#[cfg(feature = "ssr")]
pub mod pages;

/// The document and the route table.
#[cfg(feature = "ssr")]
mod shell;

#[cfg(feature = "ssr")]
pub use shell::{App, shell};
