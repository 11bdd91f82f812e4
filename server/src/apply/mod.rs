//! Configuration as a file: read and checked by the client with line and column, carried out by the server in one
//! transaction, or not at all. Applying the same twice changes nothing; nothing is ever deleted by leaving it out.
//!
//! Both sides ask the same rules (`rules`): the client because it knows the lines, the server because it trusts
//! no client. A refusal names its place as the file does, `pool[0].node[2].ssh`, so the client finds the line.

/// What is asked for: the body of `POST /api/v1/apply`.
pub mod request;

/// Spans of time as people write them.
mod span;

/// The file's text, typed, with the place of every value.
mod file;

/// From the file to the request.
pub mod read;

/// What must hold of a request, whoever made it.
pub mod rules;

/// Host keys: their text, their fingerprints.
pub mod host_key;

/// Are the balancers as the request says?
mod preflight;

/// One transaction: find what differs, write it, say it.
mod carry_out;

pub use self::{
    carry_out::{ApplyError, carry_out, carry_out_with},
    read::{FileError, ReadFile, read},
    request::{Applied, ApplyRequest, Problem},
};
