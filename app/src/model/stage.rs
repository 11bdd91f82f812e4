//! The six stages of one node, in order, and preparing, which comes before them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the six actions on one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Isolate,
    Drain,
    Deploy,
    Check,
    Smoke,
    Rejoin,
}

impl Stage {
    pub const ALL: [Self; 6] = [
        Self::Isolate,
        Self::Drain,
        Self::Deploy,
        Self::Check,
        Self::Smoke,
        Self::Rejoin,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Isolate => "isolate",
            Self::Drain => "drain",
            Self::Deploy => "deploy",
            Self::Check => "check",
            Self::Smoke => "smoke",
            Self::Rejoin => "rejoin",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What an effect does: prepare a node, or one stage of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "std::borrow::Cow<'_, str>")]
pub enum Work {
    /// Upload, verify, unpack beside what runs. Touches nothing that serves.
    Prepare,
    Stage(Stage),
    /// Watch a node that rejoined before the next one leaves.
    Soak,
}

impl Work {
    pub fn word(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Stage(stage) => stage.word(),
            Self::Soak => "soak",
        }
    }
}

impl From<Work> for &'static str {
    fn from(work: Work) -> Self {
        work.word()
    }
}

impl TryFrom<std::borrow::Cow<'_, str>> for Work {
    type Error = String;
    fn try_from(word: std::borrow::Cow<'_, str>) -> Result<Self, String> {
        [Self::Prepare, Self::Soak]
            .into_iter()
            .chain(Stage::ALL.map(Self::Stage))
            .find(|work| work.word() == word)
            .ok_or_else(|| format!("`{word}` is neither a stage, nor prepare, nor soak"))
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Whether a stage brings the new release or puts the old one back; or tests the test, on what is in service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// The suite on a node in service, before the first one leaves: smoke is its only stage.
    Rehearsal,
    Forward,
    Undo,
}

impl Pass {
    pub const ALL: [Self; 3] = [Self::Rehearsal, Self::Forward, Self::Undo];

    /// As addresses have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rehearsal => "rehearsal",
            Self::Forward => "forward",
            Self::Undo => "undo",
        }
    }
}

impl std::str::FromStr for Pass {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|pass| pass.word() == word)
            .ok_or_else(|| format!("`{word}` is no pass over a node"))
    }
}

/// Which attempt at which work: with the node, the key of its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attempt {
    pub pass: Pass,
    pub work: Work,
    /// Counts from 1.
    pub number: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_one_word_in_json() {
        for (work, text) in [
            (Work::Prepare, "\"prepare\""),
            (Work::Stage(Stage::Smoke), "\"smoke\""),
            (Work::Soak, "\"soak\""),
        ] {
            assert_eq!(serde_json::to_string(&work).unwrap(), text);
            assert_eq!(serde_json::from_str::<Work>(text).unwrap(), work);
        }
    }
}
