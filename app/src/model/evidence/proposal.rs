//! Masks learnt from two runs of the same release: what differs between them changes by itself.

use super::{Before, Likeness, Mask, Rect, StepKey, Strip, Taken, Wanted, film, judge::covered};
use crate::model::{name::Name, smoke::StepVerdict};
use serde::{Deserialize, Serialize};

/// The next run's text may be a little longer than this one's.
const MARGIN: u32 = 4;
/// A page that changes all over has no clock to mask.
const MOST: usize = 5;

/// A part of a step's pictures that somebody may want to mask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    #[serde(flatten)]
    pub at_step: StepKey,
    pub rect: Rect,
    /// The release that looked different twice.
    pub version: Name,
    /// `red now, and red in #40`
    pub seen: String,
}

impl Proposal {
    /// As the mask's reason has it.
    pub fn reason(&self) -> String {
        format!("differs between two runs of {}", self.version)
    }
}

/// Two pictures of one step on the same release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub at_step: StepKey,
    pub version: Name,
    pub seen: String,
    pub wanted: Wanted,
}

/// Of each step the picture of the old release taken in this deployment, with another one of the same release: put
/// back, on another node, or in the last deployment that succeeded.
pub fn pairs(strips: &[Strip], before: Option<&Before<'_>>, masks: &[Mask]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for strip in strips {
        let mut rows: Vec<_> = strip
            .rows
            .iter()
            .filter(|row| !row.taken.is_new())
            .cloned()
            .collect();
        if rows.iter().all(|row| row.taken != Taken::LastGood) {
            let last =
                before.and_then(|before| film::last_good(before, &strip.flow, &strip.columns));
            rows.extend(last);
        }
        for column in 0..strip.columns.len() {
            let at_step = strip.key(column);
            let covered = covered(masks, &at_step);
            let seen: Vec<_> = rows
                .iter()
                .filter_map(|row| {
                    let cell = &row.cells[column];
                    let passed = cell.report.as_ref()?.verdict == StepVerdict::Passed;
                    let picture = cell.picture().filter(|_| passed)?;
                    Some((row, row.version.as_ref()?, picture, cell.masked()))
                })
                .collect();
            for (at, (one, version, old, old_masked)) in seen.iter().enumerate() {
                let twin = seen[at + 1..]
                    .iter()
                    .find(|(.., other, new, _)| other == version && new != old);
                let Some((two, _, new, new_masked)) = twin else {
                    continue;
                };
                pairs.push(Pair {
                    at_step: at_step.clone(),
                    version: (*version).clone(),
                    seen: format!("{}, and {}", which(one), which(two)),
                    wanted: Wanted {
                        old: (*old).to_owned(),
                        new: (*new).to_owned(),
                        masks: [&covered[..], old_masked, new_masked].concat(),
                    },
                });
                break;
            }
        }
    }
    pairs
}

fn which(row: &film::Row) -> String {
    let node = &row.node;
    match (row.taken, row.earlier) {
        (Taken::Rehearsal, _) => format!("{node} in service"),
        (Taken::Back, _) => format!("{node} put back"),
        (Taken::LastGood, Some(number)) => format!("{node} in #{number}"),
        (Taken::New | Taken::LastGood, _) => node.to_string(),
    }
}

/// What of these pairs changes by itself, as far as `likeness` is known.
pub fn proposals(
    pairs: &[Pair],
    mut likeness: impl FnMut(&Wanted) -> Option<Likeness>,
) -> Vec<Proposal> {
    let mut found = Vec::new();
    for pair in pairs {
        let Some(Likeness::Differs(difference)) = likeness(&pair.wanted) else {
            continue;
        };
        if difference.more_regions > 0 || difference.regions.len() > MOST {
            continue;
        }
        found.extend(difference.regions.iter().map(|region| Proposal {
            at_step: pair.at_step.clone(),
            rect: region.widened(MARGIN),
            version: pair.version.clone(),
            seen: pair.seen.clone(),
        }));
    }
    found
}
