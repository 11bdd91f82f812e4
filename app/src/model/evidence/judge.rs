//! What to think of each picture: which other ones it is held against, and what follows.

use super::{Difference, Likeness, Mask, Rect, Review, Row, StepKey, Strip, Taken, Verdict};
use crate::model::{
    name::Name,
    smoke::{StepReport, StepVerdict},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What a cell of the film strip says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "judged", rename_all = "snake_case")]
pub enum Judged {
    /// The steps before failed, or the node was never asked.
    NotRun,
    /// The release's failure: `404`, else `failed`.
    Failed { sign: String },
    /// Our browser's failure; nothing is said about the page.
    Broken,
    /// It ran, and no picture was taken: the page shows a secret in plain sight.
    Unseen,
    /// On the old release: what the new one is held against.
    Reference,
    /// A picture, and none to hold it against.
    Alone,
    /// New, and held against these; never empty.
    Compared {
        against: Vec<Against>,
        /// Of a million pixels so many may differ.
        #[serde(default)]
        above_ppm: u32,
    },
}

/// A picture that a new one is held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Against {
    pub baseline: Baseline,
    pub picture: String,
    pub node: Name,
    pub version: Option<Name>,
    pub at: Timestamp,
    /// What of it the step's own masks cover.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<Rect>,
    /// `None`: it is being compared.
    pub likeness: Option<Likeness>,
}

impl Against {
    /// `blue on 1.0`
    pub fn whose(&self) -> String {
        let version = self
            .version
            .as_ref()
            .map_or_else(|| "an unknown release".to_owned(), ToString::to_string);
        match self.baseline {
            Baseline::Sibling { .. } => format!("{} on {version}", self.node),
            Baseline::LastGood { number } => format!("{version} in #{number}"),
            Baseline::Accepted { number } => format!("what was accepted in #{number}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "baseline")]
pub enum Baseline {
    /// The same step on the old release, in the same deployment.
    Sibling { taken: Taken },
    /// The same step in the last deployment that succeeded.
    LastGood { number: u32 },
    /// What somebody accepted last.
    Accepted { number: u32 },
}

impl Baseline {
    /// As the page's address has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sibling { .. } => "sibling",
            Self::LastGood { .. } => "last-good",
            Self::Accepted { .. } => "accepted",
        }
    }
}

/// What has to be known to compare: two pictures and what of them is masked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Wanted {
    pub old: String,
    pub new: String,
    pub masks: Vec<Rect>,
}

/// Judges every cell. `above_ppm` says how much of a step's picture may differ; `likeness` what is known of two
/// pictures, `None`: not yet. Call it once to learn what is wanted, and again when that is known.
pub fn judge(
    strips: &mut [Strip],
    reviews: &[Review],
    masks: &[Mask],
    above_ppm: impl Fn(&StepKey) -> u32,
    mut likeness: impl FnMut(Wanted) -> Option<Likeness>,
) {
    for strip in strips {
        for column in 0..strip.columns.len() {
            let key = strip.key(column);
            let covered = covered(masks, &key);
            let above_ppm = above_ppm(&key);
            let judged: Vec<Judged> = (0..strip.rows.len())
                .map(|row| {
                    let mut against = baselines(strip, row, column, &key, reviews);
                    let own = &strip.rows[row].cells[column];
                    let (new, by_selector) = (own.picture(), own.masked());
                    for other in &mut against {
                        other.likeness = new.and_then(|new| {
                            likeness(Wanted {
                                old: other.picture.clone(),
                                new: new.to_owned(),
                                masks: [&covered[..], &by_selector, &other.masked].concat(),
                            })
                        });
                    }
                    cell(&strip.rows[row], column, against, above_ppm)
                })
                .collect();
            for (row, judged) in strip.rows.iter_mut().zip(judged) {
                row.cells[column].judged = judged;
            }
        }
    }
}

/// What people masked in this step.
pub(super) fn covered(masks: &[Mask], key: &StepKey) -> Vec<Rect> {
    let of_step = masks.iter().filter(|mask| mask.at_step == *key);
    of_step.map(|mask| mask.rect).collect()
}

fn cell(row: &Row, column: usize, against: Vec<Against>, above_ppm: u32) -> Judged {
    let Some(report) = &row.cells[column].report else {
        return Judged::NotRun;
    };
    match &report.verdict {
        StepVerdict::Broken(_) => return Judged::Broken,
        StepVerdict::Failed(_) => {
            return Judged::Failed { sign: sign(report) };
        }
        StepVerdict::Passed => {}
    }
    match (&report.picture, row.taken.is_new(), against.is_empty()) {
        (None, ..) => Judged::Unseen,
        (Some(_), false, _) => Judged::Reference,
        (Some(_), true, true) => Judged::Alone,
        (Some(_), true, false) => Judged::Compared { against, above_ppm },
    }
}

fn sign(report: &StepReport) -> String {
    match report.status {
        Some(status) if status >= 400 => status.to_string(),
        _ => "failed".to_owned(),
    }
}

/// What the picture of a new release is held against, the best first: each of the three kinds at most once.
pub fn baselines(
    strip: &Strip,
    row: usize,
    column: usize,
    key: &StepKey,
    reviews: &[Review],
) -> Vec<Against> {
    let own = &strip.rows[row];
    if !own.taken.is_new() {
        return Vec::new();
    }
    let usable = |taken: Taken| {
        strip.rows.iter().filter_map(move |row| {
            let report = row.cells[column].report.as_ref()?;
            let picture = report.picture.clone()?;
            (row.taken == taken && report.verdict == StepVerdict::Passed)
                .then_some((row, report, picture))
        })
    };
    let against = |(row, report, picture): (&Row, &StepReport, String), baseline| Against {
        baseline,
        picture,
        node: row.node.clone(),
        version: row.version.clone(),
        at: report.started_at,
        masked: row.cells[column].masked(),
        likeness: None,
    };
    let sibling = [Taken::Rehearsal, Taken::Back]
        .into_iter()
        .find_map(|taken| {
            // the same node, if it was looked at: a page may well name its node
            let found = usable(taken)
                .find(|(row, ..)| row.node == own.node)
                .or_else(|| usable(taken).next())?;
            Some(against(found, Baseline::Sibling { taken }))
        });
    let last = usable(Taken::LastGood).next().map(|found| {
        let number = found.0.earlier.unwrap_or_default();
        against(found, Baseline::LastGood { number })
    });
    let accepted = reviews
        .iter()
        .rev()
        .find(|review| {
            review.verdict == Verdict::Accepted
                && review.at_step == *key
                && review.words == strip.columns[column]
        })
        .map(|review| Against {
            baseline: Baseline::Accepted {
                number: review.deployment,
            },
            picture: review.new.clone(),
            node: review.node.clone(),
            version: Some(review.version.clone()),
            at: review.at,
            masked: Vec::new(),
            likeness: None,
        });
    [sibling, last, accepted].into_iter().flatten().collect()
}

/// What a picture comes to, after all.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing<'a> {
    NotRun,
    Failed(&'a str),
    Broken,
    Unseen,
    Reference,
    Alone,
    /// The first comparison is still being made.
    Comparing,
    Equal,
    /// It differs by less than it may.
    Slight(&'a Difference),
    /// It differs from what runs elsewhere, and is what somebody accepted.
    Accepted(&'a Difference),
    Rejected(&'a Review),
    Differs(&'a Difference),
    /// The pictures could not be compared: why.
    Incomparable(&'a str),
}

impl Judged {
    /// `said`: the last that was said about this very picture at this step.
    pub fn standing<'a>(&'a self, said: Option<&'a Review>) -> Standing<'a> {
        let (against, above_ppm) = match self {
            Self::NotRun => return Standing::NotRun,
            Self::Failed { sign } => return Standing::Failed(sign),
            Self::Broken => return Standing::Broken,
            Self::Unseen => return Standing::Unseen,
            Self::Reference => return Standing::Reference,
            Self::Alone => return Standing::Alone,
            Self::Compared { against, above_ppm } => (against, *above_ppm),
        };
        if let Some(review) = said.filter(|review| review.verdict == Verdict::Rejected) {
            return Standing::Rejected(review);
        }
        let as_accepted = said.is_some()
            || against.iter().any(|one| {
                matches!(one.baseline, Baseline::Accepted { .. })
                    && one.likeness == Some(Likeness::Equal)
            });
        match against.first().map(|first| &first.likeness) {
            None | Some(None) => Standing::Comparing,
            Some(Some(Likeness::Equal)) => Standing::Equal,
            Some(Some(Likeness::Incomparable { why })) => Standing::Incomparable(why),
            Some(Some(Likeness::Differs(difference))) if !difference.exceeds(above_ppm) => {
                Standing::Slight(difference)
            }
            Some(Some(Likeness::Differs(difference))) if as_accepted => {
                Standing::Accepted(difference)
            }
            Some(Some(Likeness::Differs(difference))) => Standing::Differs(difference),
        }
    }

    pub fn against(&self) -> &[Against] {
        match self {
            Self::Compared { against, .. } => against,
            Self::NotRun
            | Self::Failed { .. }
            | Self::Broken
            | Self::Unseen
            | Self::Reference
            | Self::Alone => &[],
        }
    }
}
