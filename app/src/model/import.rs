//! What became of the files a suite was read from, before anything of it runs.

use super::name::Name;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One file and what was made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    pub file: String,
    pub format: Format,
    pub flows: Vec<FlowReport>,
    /// What holds for the whole file and should be known, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

/// What a file of a suite is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Our own.
    Toml,
    /// A project of Selenium IDE, of this version.
    Side(String),
    /// A recording of Chrome's developer tools.
    Recorder,
}

/// One flow of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowReport {
    pub name: Name,
    pub title: String,
    /// With what it takes in from others.
    pub steps: u32,
    /// As they stand in the file; our own format has no other words than ours, and lists none.
    pub commands: Vec<CommandReport>,
    /// As `Flow::invalid`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invalid: Vec<String>,
    /// What should be known of it, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

/// One command of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandReport {
    /// Counts from 1.
    pub line: u32,
    pub command: String,
    pub fate: Fate,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "why")]
pub enum Fate {
    Supported,
    /// It has another name or shape today: which, as a clause.
    Mapped(String),
    /// Nothing is done for it: why, as a clause.
    Ignored(String),
    /// It cannot be done, and makes its flow invalid: why, as a clause.
    Unknown(String),
}

/// How many commands had which fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fates {
    pub supported: usize,
    pub mapped: usize,
    pub ignored: usize,
    pub unknown: usize,
}

impl Format {
    pub fn words(&self) -> String {
        match self {
            Self::Toml => "Pitlane suite".to_owned(),
            Self::Side(version) => format!("Selenium IDE project, version {version}"),
            Self::Recorder => "Chrome recording".to_owned(),
        }
    }
}

impl Fate {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Mapped(_) => "mapped",
            Self::Ignored(_) => "ignored",
            Self::Unknown(_) => "unknown",
        }
    }

    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Supported => None,
            Self::Mapped(why) | Self::Ignored(why) | Self::Unknown(why) => Some(why),
        }
    }
}

impl FileReport {
    pub fn fates(&self) -> Fates {
        let mut fates = Fates::default();
        for command in self.flows.iter().flat_map(|flow| &flow.commands) {
            match command.fate {
                Fate::Supported => fates.supported += 1,
                Fate::Mapped(_) => fates.mapped += 1,
                Fate::Ignored(_) => fates.ignored += 1,
                Fate::Unknown(_) => fates.unknown += 1,
            }
        }
        fates
    }

    pub fn invalid(&self) -> usize {
        let flows = self.flows.iter();
        flows.filter(|flow| !flow.invalid.is_empty()).count()
    }

    /// Names of the unknown commands, each once: those that could be skipped.
    pub fn unknown(&self) -> Vec<&str> {
        let commands = self.flows.iter().flat_map(|flow| &flow.commands);
        let mut names: Vec<&str> = commands
            .filter(|command| matches!(command.fate, Fate::Unknown(_)))
            .map(|command| command.command.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// `12 supported, 1 mapped, 1 unknown`
impl fmt::Display for Fates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.supported, "supported"),
            (self.mapped, "mapped"),
            (self.ignored, "ignored"),
            (self.unknown, "unknown"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match parts.as_slice() {
            [] => f.write_str("no commands"),
            parts => f.write_str(&parts.join(", ")),
        }
    }
}

/// One file of a suite, as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteFile {
    pub name: String,
    pub text: String,
}

/// A pool's suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteView {
    pub environment: Name,
    pub application: Name,
    /// `None`: it has no suite.
    pub public_url: Option<String>,
    pub reports: Vec<FileReport>,
    /// Why this person cannot change it; `None`: they can.
    pub change_refused: Option<String>,
}

/// What came, or would come, of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteImport {
    /// What was or would be done, a sentence.
    pub words: String,
    /// The suite is another one than before.
    pub changed: bool,
    pub public_url: String,
    /// Of the files that were given.
    pub reports: Vec<FileReport>,
    /// Titles of all flows of the suite, in their order.
    pub flows: Vec<String>,
}

/// A suite as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteExport {
    pub file: String,
    pub text: String,
    /// What of the suite is not in it, each a sentence.
    pub lost: Vec<String>,
}
