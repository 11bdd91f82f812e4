//! Evidence that leaves the house: everything known about one deployment in one archive, which opens from disk without
//! us, and can be checked without us.
//!
//! A zip, because that opens with a double click on every system. Pictures and pages are named by their hash. The
//! journal comes with the exact texts its hashes cover, and its last hash is in the audit entry of the deployment's
//! end: whoever changes a picture, an event or an entry breaks one of the chains. What no chain covers (logs, the index
//! page) is covered by the manifest, and the manifest's own hash is in the audit history of the service.

/// What is in an archive.
mod manifest;

/// Hashes of blobs, wherever they are named.
mod named;

/// Into the archive, piece by piece.
mod sink;

/// What goes into the archive, in which order.
mod export;

/// The index page.
mod page;

/// An archive checked, with nobody else at hand.
pub mod verify;

pub use export::{Material, export};
pub use manifest::{FORMAT, FileEntry, Manifest, Missing};
