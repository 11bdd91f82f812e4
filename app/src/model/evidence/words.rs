//! What is said about a deployment's pictures before any of them is shown.

use super::{EvidenceView, Spot, Standing, StepKey, Taken};
use crate::model::live::words::count;
use std::collections::BTreeMap;

/// How the steps of the new release stand, each step counted once over all nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub steps: usize,
    /// Seen on the new release.
    pub seen: usize,
    pub failed: usize,
    /// Differ, and nobody has spoken.
    pub open: usize,
    pub accepted: usize,
    pub rejected: usize,
    pub equal: usize,
    pub comparing: usize,
}

impl EvidenceView {
    pub fn tally(&self) -> Tally {
        let mut worst: BTreeMap<StepKey, usize> = BTreeMap::new();
        for spot in self.new_spots() {
            let rank = rank(&self.standing(spot));
            let known = worst.entry(self.key(spot)).or_default();
            *known = rank.max(*known);
        }
        let of = |rank| worst.values().filter(|found| **found == rank).count();
        Tally {
            steps: worst.len(),
            seen: worst.values().filter(|found| **found > 0).count(),
            failed: of(7),
            open: of(6),
            rejected: of(5),
            comparing: of(4),
            accepted: of(3),
            equal: of(2),
        }
    }

    /// `1.1 looks different at 2 of 9 steps.`
    pub fn headline(&self) -> String {
        let tally = self.tally();
        let version = &self.version;
        let steps = count(tally.steps, "step");
        if let Some(failed) = &self.failed {
            return failed.clone();
        }
        match tally {
            Tally { seen: 0, .. } => format!("{version} has left no pictures."),
            Tally { comparing: 1.., .. } => {
                format!("The pictures of {version} are being compared.")
            }
            Tally {
                open: 0,
                rejected: 0,
                accepted: 0,
                equal: 0,
                ..
            } => format!("{version} in pictures: there is nothing to hold them against."),
            Tally {
                open: 0,
                rejected: 0,
                accepted: 0,
                ..
            } => format!("{version} looks the same at every step."),
            Tally {
                open,
                rejected,
                accepted,
                ..
            } => format!(
                "{version} looks different at {} of {steps}.",
                open + rejected + accepted
            ),
        }
    }

    /// What is left for a person to do, or who did it.
    pub fn review_line(&self) -> String {
        let tally = self.tally();
        let mut said = Vec::new();
        match tally.open {
            0 => {}
            1 => said.push("One difference waits for somebody to accept or reject it.".to_owned()),
            n => said.push(format!(
                "{n} differences wait for somebody to accept or reject them."
            )),
        }
        match (tally.accepted, tally.open) {
            (0, _) => {}
            (1, 1..) => said.push("1 is accepted.".to_owned()),
            (n, 1..) => said.push(format!("{n} are accepted.")),
            (1, 0) => said.push("The difference is accepted.".to_owned()),
            (n, 0) => said.push(format!("All {n} differences are accepted.")),
        }
        match tally.rejected {
            0 => {}
            1 => said.push("1 is rejected.".to_owned()),
            n => said.push(format!("{n} are rejected.")),
        }
        said.join(" ")
    }

    /// Why there is nothing to see.
    pub fn empty_words(&self) -> Option<(&'static str, String)> {
        if self.strips.is_empty() {
            return Some((
                "This deployment had no smoke suite.",
                "Its nodes were proven by the check alone, and no browser took a picture. A suite belongs to its pool: write one, apply it, and the next deployment leaves pictures here.".to_owned(),
            ));
        }
        if self.spots().any(|spot| self.report(spot).is_some()) {
            return None;
        }
        Some(match self.state.is_over() {
            true => (
                "No browser was started.",
                "The deployment ended before any node got as far as its smoke test.".to_owned(),
            ),
            false => (
                "No picture yet.",
                "They appear here as soon as the first node reaches its smoke test.".to_owned(),
            ),
        })
    }

    /// How a picture stands, in a few words, with who said what of it.
    pub fn standing_words(&self, spot: Spot) -> String {
        let by = |words: String| match self.said(spot) {
            Some(review) => format!("{words} by {}: {}", review.by, review.reason),
            None => words,
        };
        match self.standing(spot) {
            Standing::NotRun => self.row(spot).not_run().to_owned(),
            Standing::Failed(sign) => format!("failed: {sign}"),
            Standing::Broken => "our browser failed".to_owned(),
            Standing::Unseen => "not photographed".to_owned(),
            Standing::Reference => "the old release".to_owned(),
            Standing::Alone => "nothing to compare".to_owned(),
            Standing::Comparing => "being compared".to_owned(),
            Standing::Equal => "equal".to_owned(),
            Standing::Slight(found) => format!("{}, as it may", found.words()),
            Standing::Accepted(found) => by(format!("{}, accepted", found.words())),
            Standing::Rejected(_) => by("rejected".to_owned()),
            Standing::Differs(found) => found.words(),
            Standing::Incomparable(why) => format!("not comparable: {why}"),
        }
    }

    /// `1.0, put back`; below the node's name.
    pub fn row_words(&self, spot: Spot) -> String {
        let row = self.row(spot);
        let version = row
            .version
            .as_ref()
            .map_or_else(|| "unknown release".to_owned(), ToString::to_string);
        match (row.taken, row.earlier) {
            (Taken::New, _) => version,
            (Taken::Rehearsal, _) => format!("{version}, in service"),
            (Taken::Back, _) => format!("{version}, put back"),
            (Taken::LastGood, Some(number)) => format!("{version}, last good, #{number}"),
            (Taken::LastGood, None) => format!("{version}, last good"),
        }
    }
}

fn rank(standing: &Standing<'_>) -> usize {
    match standing {
        Standing::NotRun => 0,
        Standing::Unseen
        | Standing::Reference
        | Standing::Alone
        | Standing::Broken
        | Standing::Incomparable(_) => 1,
        Standing::Equal | Standing::Slight(_) => 2,
        Standing::Accepted(_) => 3,
        Standing::Comparing => 4,
        Standing::Rejected(_) => 5,
        Standing::Differs(_) => 6,
        Standing::Failed(_) => 7,
    }
}
