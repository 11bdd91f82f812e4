//! Suites people have already, as flows of ours: pure, from text to flows and a report of what became of each command.
//!
//! A file that is not what it should be is refused as a whole, with line and column. A command that we do not know
//! makes its flow invalid and leaves the others alone. Places are found through `serde_json`'s raw values: they are
//! slices of the text, so where each begins is known without a parser of our own.

/// Where in a text something stands.
mod place;

/// What a text is.
mod looks;

/// Names for flows.
pub mod names;

/// What stands in a file, one command after the other, on its way to a flow.
mod draft;

/// Projects of Selenium IDE.
mod side;

/// Recordings of Chrome's developer tools.
mod recorder;

/// The way back to Selenium IDE.
pub mod export;

#[cfg(test)]
mod tests;

use app::model::{
    import::{FileReport, Format},
    smoke::Flow,
};
use std::collections::BTreeSet;

pub use looks::{Looks, looks};

/// A larger file is refused before it is read.
pub const LARGEST: usize = 10 * 1024 * 1024;
/// Most commands of a file, and most steps of all its flows together.
pub const MOST_STEPS: usize = 20_000;
/// What `.side` files mean by a loop without a limit.
const ROUNDS: u32 = 1_000;

/// Flows, and what is known of their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub flows: Vec<Flow>,
    pub report: FileReport,
    /// Scheme, host and port it was recorded at.
    pub public_url: Option<String>,
}

/// Why a text cannot be taken in; line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {words}")]
pub struct ImportError {
    pub line: usize,
    pub column: usize,
    pub words: String,
}

impl ImportError {
    /// Of the file as a whole.
    pub fn whole(words: impl Into<String>) -> Self {
        Self {
            line: 1,
            column: 1,
            words: words.into(),
        }
    }
}

/// What a person has decided about a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Commands that are skipped, with a warning, where we do not know them.
    pub skip: BTreeSet<String>,
}

/// Whether a file of so many bytes is read at all.
pub fn size(bytes: u64) -> Result<(), ImportError> {
    const MB: u64 = 1024 * 1024;
    match bytes > LARGEST as u64 {
        true => Err(ImportError::whole(format!(
            "the file has {} MB; at most {} MB are read",
            bytes.div_ceil(MB),
            LARGEST as u64 / MB
        ))),
        false => Ok(()),
    }
}

/// The bytes of a file as text, as far as that can be told without reading it.
pub fn text(bytes: &[u8]) -> Result<&str, ImportError> {
    size(bytes.len() as u64)?;
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(ImportError::whole("the file is UTF-16; save it as UTF-8"));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(ImportError::whole(
            "this is a zip archive, perhaps a trace; give the recording itself",
        ));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = good
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        ImportError {
            line,
            column: good.len() - start + 1,
            words: "the file is not UTF-8 text".to_owned(),
        }
    })
}

/// Takes in a project or a recording. `file`: how it is called in the report.
pub fn import(file: &str, text: &str, wishes: &Wishes) -> Result<Imported, ImportError> {
    match looks(text) {
        Looks::Side => side::import(file, text, wishes),
        Looks::Recorder => recorder::import(file, text),
        Looks::Other(what) => Err(ImportError::whole(what)),
        Looks::Toml => Err(ImportError::whole(
            "this is no project of Selenium IDE and no recording of Chrome",
        )),
    }
}

impl Imported {
    pub fn format(&self) -> &Format {
        &self.report.format
    }
}
