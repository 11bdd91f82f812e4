//! The pictures of a deployment in rows: those of the new release first, below them the same steps on the old one.

use super::{Judged, Rect, StepKey};
use crate::model::{
    live::Live,
    name::Name,
    smoke::{StepReport, StepVerdict},
    stage::Pass,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a row's pictures show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// The new release, on an isolated node.
    New,
    /// The old release in service, in the same deployment and before it touched anything.
    Rehearsal,
    /// The old release again, after the new one failed.
    Back,
    /// A node in the last deployment that succeeded.
    LastGood,
}

impl Taken {
    pub const ALL: [Self; 4] = [Self::New, Self::Rehearsal, Self::Back, Self::LastGood];

    /// As the page's address has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Rehearsal => "rehearsal",
            Self::Back => "back",
            Self::LastGood => "last-good",
        }
    }

    pub fn is_new(self) -> bool {
        self == Self::New
    }
}

impl From<Pass> for Taken {
    fn from(pass: Pass) -> Self {
        match pass {
            Pass::Rehearsal => Self::Rehearsal,
            Pass::Forward => Self::New,
            Pass::Undo => Self::Back,
        }
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Taken {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|taken| taken.word() == text)
            .ok_or_else(|| format!("`{text}` is no kind of pictures"))
    }
}

/// One flow's pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strip {
    pub flow: Name,
    pub title: String,
    /// Words of each step.
    pub columns: Vec<String>,
    /// The new release's first, in the order of the plan; below them the old one's.
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub node: Name,
    pub taken: Taken,
    /// The deployment, where it is an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<u32>,
    /// The release that was looked at, if known.
    pub version: Option<Name>,
    /// The whole suite passed: what was not run was not on its way.
    #[serde(default)]
    pub proven: bool,
    /// One per column.
    pub cells: Vec<Cell>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// `None`: it was not run.
    pub report: Option<StepReport>,
    pub judged: Judged,
}

impl Cell {
    pub fn picture(&self) -> Option<&str> {
        self.report.as_ref()?.picture.as_deref()
    }

    /// What of the picture its step's own masks cover, as far as it lies within.
    pub fn masked(&self) -> Vec<Rect> {
        let boxes = self.report.iter().flat_map(|report| &report.masked);
        boxes.filter_map(|covered| Rect::of(*covered)).collect()
    }

    fn of(report: Option<StepReport>) -> Self {
        Self {
            report,
            judged: Judged::NotRun,
        }
    }
}

impl Row {
    /// When its first step of this flow began.
    pub fn began(&self) -> Option<Timestamp> {
        let reports = self.cells.iter().filter_map(|cell| cell.report.as_ref());
        reports.map(|report| report.started_at).min()
    }

    /// Every step that was to be run did, and passed.
    pub fn passed(&self) -> bool {
        self.cells.iter().all(|cell| match &cell.report {
            Some(report) => report.verdict == StepVerdict::Passed,
            None => self.proven,
        })
    }

    /// Why a picture is not there.
    pub fn not_run(&self) -> &'static str {
        if self.proven {
            "not on its way"
        } else {
            "not run"
        }
    }
}

impl Strip {
    pub fn key(&self, column: usize) -> StepKey {
        StepKey {
            flow: self.flow.clone(),
            step: u32::try_from(column + 1).unwrap_or(u32::MAX),
        }
    }
}

/// A deployment that succeeded before: its journal folded.
#[derive(Debug, Clone)]
pub struct Before<'a> {
    pub number: u32,
    pub live: &'a Live,
}

/// The strips of a deployment, nothing judged yet. A strip without any row of the old release in this deployment gets
/// one out of `before`, as far as its steps still have the same words.
pub fn strips(live: &Live, before: Option<&Before<'_>>) -> Vec<Strip> {
    live.strips()
        .into_iter()
        .map(|strip| {
            let mut rows: Vec<Row> = strip.rows.into_iter().map(row).collect();
            rows.sort_by_key(|row| !row.taken.is_new());
            let compared = |row: &Row| {
                !row.taken.is_new() && row.cells.iter().any(|cell| cell.picture().is_some())
            };
            if !rows.iter().any(compared) {
                let last = before.and_then(|before| last_good(before, &strip.flow, &strip.columns));
                rows.extend(last);
            }
            Strip {
                flow: strip.flow,
                title: strip.title,
                columns: strip.columns,
                rows,
            }
        })
        .collect()
}

fn row(row: crate::model::live::film::Row) -> Row {
    use crate::model::live::film::Cell as Shown;
    let cells = row.cells.into_iter().map(|cell| match cell {
        Shown::NotRun => Cell::of(None),
        Shown::Taken(report) => Cell::of(Some(*report)),
    });
    Row {
        node: row.node,
        taken: row.pass.into(),
        earlier: None,
        version: row.version,
        proven: row.proven,
        cells: cells.collect(),
    }
}

/// The node with the most pictures of these steps.
pub(super) fn last_good(before: &Before<'_>, flow: &Name, columns: &[String]) -> Option<Row> {
    let rows = before.live.nodes.iter().map(|node| {
        let cells = (1..).zip(columns).map(|(number, words)| {
            let same = |(pass, report): &&(Pass, StepReport)| {
                *pass == Pass::Forward
                    && report.flow == *flow
                    && report.step == number
                    && report.words == *words
                    && report.verdict == StepVerdict::Passed
            };
            let report = node.steps.iter().find(same).map(|(_, report)| report);
            Cell::of(report.cloned())
        });
        Row {
            node: node.name.clone(),
            taken: Taken::LastGood,
            earlier: Some(before.number),
            version: node.version_in(Pass::Forward).cloned(),
            // its suite may have been another one
            proven: false,
            cells: cells.collect(),
        }
    });
    let pictures = |row: &Row| {
        row.cells
            .iter()
            .filter(|cell| cell.picture().is_some())
            .count()
    };
    rows.filter(|row| pictures(row) > 0)
        // of equals the first
        .rev()
        .max_by_key(pictures)
}
