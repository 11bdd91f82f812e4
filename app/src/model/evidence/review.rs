//! What people said about a step's new picture, and what of it nobody has to look at.

use super::{Cell, Rect, Strip};
use crate::model::{name::Name, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Where in a suite: the words say whether it is still the same step.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepKey {
    pub flow: Name,
    /// Counts from 1.
    pub step: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The change is wanted: from now on this is how the step looks.
    Accepted,
    /// The change is a mistake.
    Rejected,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Verdict {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Accepted, Self::Rejected]
            .into_iter()
            .find(|verdict| verdict.word() == text)
            .ok_or_else(|| format!("`{text}` is no verdict: accepted or rejected"))
    }
}

/// Who said what about which picture, and why. Never changed; a later one counts instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub id: i64,
    #[serde(flatten)]
    pub at_step: StepKey,
    /// The step's words then.
    pub words: String,
    pub verdict: Verdict,
    /// What it was compared with; `None`: there was nothing.
    pub old: Option<String>,
    pub new: String,
    /// Where the picture was taken.
    pub deployment: u32,
    pub version: Name,
    pub node: Name,
    pub reason: String,
    pub by: String,
    pub at: Timestamp,
}

/// The last that was said about the picture of this cell, at this very step.
pub fn last_said<'a>(
    reviews: &'a [Review],
    strip: &Strip,
    column: usize,
    cell: &Cell,
) -> Option<&'a Review> {
    let (picture, key) = (cell.picture()?, strip.key(column));
    let about = |review: &&Review| {
        review.new == picture && review.at_step == key && review.words == strip.columns[column]
    };
    reviews.iter().rev().find(about)
}

/// A rectangle of a step's pictures that is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mask {
    pub id: i64,
    #[serde(flatten)]
    pub at_step: StepKey,
    pub rect: Rect,
    pub reason: String,
    pub by: String,
    pub at: Timestamp,
}
