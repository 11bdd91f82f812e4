//! A flow being edited: what was typed, right or not. Each row is one step, so that the row of a step is its number.

use super::{
    ids::SuiteRevisionId, import::FileReport, name::Name, time::Timestamp, trouble::Trouble,
};
use serde::{Deserialize, Serialize};

/// One step as it is typed, and the words a row is made of.
mod row;

pub use row::{By, Do, Needs, Row};

/// What somebody has typed. Nothing of it need be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    pub name: String,
    /// Empty: the name.
    pub title: String,
    /// It leaves data behind.
    pub writes: bool,
    /// Its failure is the release's.
    pub required: bool,
    /// It is run once more when it failed.
    pub again: bool,
    /// Empty: the usual 10 s.
    pub step_limit: String,
    /// What else our own format says of a flow: `limit`, `tags`, `continues`, `variables`, a line each.
    pub more: String,
    /// Where the pool has no suite yet.
    pub public_url: String,
    pub rows: Vec<Row>,
    /// A recording that is to be taken in; it stays until it was.
    pub paste: String,
    /// What became of the last one that was pasted.
    pub pasted: Option<Pasted>,
}

/// What became of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pasted {
    Taken {
        report: FileReport,
        /// The first row of it, from 0.
        at: usize,
        rows: usize,
    },
    /// Why not, as a clause.
    Refused(String),
}

/// What a button of a row does to the rows; rows count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// A new row below this one, or at the end.
    Add(usize),
    Up(usize),
    Down(usize),
    Remove(usize),
}

impl Draft {
    /// A flow that opens the site and expects something of it, to begin with.
    pub fn blank() -> Self {
        let row = |act| Row {
            act,
            ..Row::default()
        };
        Self {
            rows: vec![
                Row {
                    with: "/".to_owned(),
                    ..row(Do::Open)
                },
                row(Do::ExpectText),
            ],
            ..Self::default()
        }
    }

    /// Which row is looked at afterwards. A row that is gone meanwhile is no mistake.
    pub fn make(&mut self, change: Move) -> usize {
        let last = self.rows.len().saturating_sub(1);
        match change {
            Move::Add(at) => {
                let below = (at + 1).min(self.rows.len());
                self.rows.insert(below, Row::default());
                below
            }
            Move::Up(at) if at > 0 && at <= last => {
                self.rows.swap(at, at - 1);
                at - 1
            }
            Move::Down(at) if at < last => {
                self.rows.swap(at, at + 1);
                at + 1
            }
            Move::Remove(at) if at < self.rows.len() => {
                self.rows.remove(at);
                at.min(last.saturating_sub(1))
            }
            Move::Up(at) | Move::Down(at) | Move::Remove(at) => at.min(last),
        }
    }
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            name: String::new(),
            title: String::new(),
            writes: false,
            required: true,
            again: false,
            step_limit: String::new(),
            more: String::new(),
            public_url: String::new(),
            rows: Vec::new(),
            paste: String::new(),
            pasted: None,
        }
    }
}

/// Where in a draft something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    Name,
    StepLimit,
    More,
    PublicUrl,
    /// From 0.
    Row(usize),
    Flow,
}

/// Something wrong in a draft, as a clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub spot: Spot,
    pub words: String,
}

impl Fault {
    pub fn new(spot: Spot, words: impl Into<String>) -> Self {
        let words = words.into();
        Self { spot, words }
    }

    /// With its place.
    pub fn told(&self) -> String {
        match self.spot {
            Spot::Name => format!("name: {}", self.words),
            Spot::StepLimit => format!("step limit: {}", self.words),
            Spot::More => format!("more settings: {}", self.words),
            Spot::PublicUrl => format!("public address: {}", self.words),
            Spot::Row(at) => format!("step {}: {}", at + 1, self.words),
            Spot::Flow => self.words.clone(),
        }
    }

    /// The part of the page that shows it.
    pub fn anchor(&self) -> String {
        match self.spot {
            Spot::Row(at) => format!("row-{}", at + 1),
            Spot::Name | Spot::StepLimit | Spot::More | Spot::PublicUrl | Spot::Flow => {
                "flow".to_owned()
            }
        }
    }
}

/// A node a draft can be tried on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryNode {
    pub name: Name,
    /// `in service`, `isolated`
    pub stands: String,
}

/// A flow's editor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditorView {
    pub environment: Name,
    pub application: Name,
    /// The flow it changes; `None`: a new one.
    pub flow: Option<Name>,
    pub draft: Draft,
    pub faults: Vec<Fault>,
    /// When the draft was last kept; `None`: nothing was changed yet.
    pub kept_at: Option<Timestamp>,
    /// The revision it was begun with.
    pub base: Option<SuiteRevisionId>,
    /// The suite is another one by now: what that means for this draft.
    pub stale: Option<Trouble>,
    /// What saving does to the suite's files, a sentence.
    pub saving: String,
    /// The pool has no suite: this flow begins one.
    pub is_first: bool,
    pub nodes: Vec<TryNode>,
    /// Why this person cannot change it; `None`: they can.
    pub change_refused: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(texts: &[&str]) -> Draft {
        let row = |text: &&str| Row {
            with: (*text).to_owned(),
            ..Row::default()
        };
        Draft {
            rows: texts.iter().map(row).collect(),
            ..Draft::default()
        }
    }

    #[test]
    fn rows_move_and_nothing_else_changes() {
        let cases: [(Move, &[&str], usize); 10] = [
            (Move::Add(0), &["a", "", "b", "c"], 1),
            (Move::Add(99), &["a", "b", "c", ""], 3),
            (Move::Up(1), &["b", "a", "c"], 0),
            (Move::Up(0), &["a", "b", "c"], 0),
            (Move::Up(99), &["a", "b", "c"], 2),
            (Move::Down(1), &["a", "c", "b"], 2),
            (Move::Down(2), &["a", "b", "c"], 2),
            (Move::Remove(1), &["a", "c"], 1),
            (Move::Remove(2), &["a", "b"], 1),
            (Move::Remove(99), &["a", "b", "c"], 2),
        ];
        for (change, rows, looked_at) in cases {
            let mut moved = draft(&["a", "b", "c"]);
            assert_eq!(moved.make(change), looked_at, "{change:?}");
            assert_eq!(moved, draft(rows), "{change:?}");
        }
        let mut none = draft(&[]);
        assert_eq!(none.make(Move::Remove(0)), 0);
        assert_eq!(none.make(Move::Add(0)), 0);
        assert_eq!(none, draft(&[""]));
    }
}
