//! A deployment's evidence as the page and the API show it.

use super::{
    Cell, Gate, Likeness, Mask, Proposal, Proxied, Review, Row, Size, Standing, StepKey, Storage,
    Strip, Taken, review::last_said,
};
use crate::model::{deployment::DeploymentState, name::Name, smoke::StepReport, time::Timestamp};
use serde::{Deserialize, Serialize};

/// The viewport of a browser that no suite has given another.
const USUAL: Size = Size {
    width: 1280,
    height: 800,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceView {
    pub environment: Name,
    pub application: Name,
    pub number: u32,
    pub version: Name,
    pub state: DeploymentState,
    /// What went wrong, where something did: a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Who asked, how long it took, what visitors felt.
    pub byline: String,
    pub strips: Vec<Strip>,
    /// What was said of these pictures, and what was accepted last; the oldest first.
    pub reviews: Vec<Review>,
    /// Of the pool's steps.
    pub masks: Vec<Mask>,
    /// What differs between two runs of the same release, and so says nothing about the new one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<Proposal>,
    /// Runs of the suite whose browser had a proxy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proxied: Vec<Proxied>,
    /// The node that waits until somebody has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
    /// Nodes and where their application answers.
    pub addresses: Vec<(Name, String)>,
    /// Why this person can say nothing about pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_refused: Option<String>,
    /// How long evidence is kept, and what it takes up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    pub now: Timestamp,
}

/// Where a picture is in the strips: indexes that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    pub strip: usize,
    pub row: usize,
    pub column: usize,
}

impl EvidenceView {
    pub fn strip(&self, spot: Spot) -> &Strip {
        &self.strips[spot.strip]
    }

    pub fn row(&self, spot: Spot) -> &Row {
        &self.strip(spot).rows[spot.row]
    }

    pub fn cell(&self, spot: Spot) -> &Cell {
        &self.row(spot).cells[spot.column]
    }

    pub fn report(&self, spot: Spot) -> Option<&StepReport> {
        self.cell(spot).report.as_ref()
    }

    pub fn key(&self, spot: Spot) -> StepKey {
        self.strip(spot).key(spot.column)
    }

    /// The last that was said about this very picture at this step.
    pub fn said(&self, spot: Spot) -> Option<&Review> {
        let strip = self.strip(spot);
        last_said(&self.reviews, strip, spot.column, self.cell(spot))
    }

    pub fn standing(&self, spot: Spot) -> Standing<'_> {
        self.cell(spot).judged.standing(self.said(spot))
    }

    /// In reading order.
    pub fn spots(&self) -> impl Iterator<Item = Spot> + '_ {
        self.strips.iter().enumerate().flat_map(|(strip, s)| {
            s.rows.iter().enumerate().flat_map(move |(row, r)| {
                (0..r.cells.len()).map(move |column| Spot { strip, row, column })
            })
        })
    }

    /// The pictures of the new release.
    pub fn new_spots(&self) -> impl Iterator<Item = Spot> + '_ {
        self.spots().filter(|spot| self.row(*spot).taken.is_new())
    }

    pub fn find(&self, flow: &Name, step: u32, node: &Name, taken: Taken) -> Option<Spot> {
        self.spots().find(|spot| {
            let row = self.row(*spot);
            self.strip(*spot).flow == *flow
                && spot.column + 1 == step as usize
                && row.node == *node
                && row.taken == taken
        })
    }

    /// What a person has to see first: a failure, then a difference nobody has spoken of, then the first picture.
    pub fn most_telling(&self) -> Option<Spot> {
        let weight = |spot: &Spot| match self.standing(*spot) {
            Standing::Failed(_) if self.row(*spot).taken.is_new() => 0,
            Standing::Failed(_) => 1,
            Standing::Broken => 2,
            Standing::Differs(_) => 3,
            Standing::Incomparable(_) => 4,
            Standing::Comparing => 5,
            Standing::Rejected(_) => 6,
            Standing::Accepted(_) => 7,
            Standing::Equal | Standing::Slight(_) | Standing::Alone => 8,
            Standing::Reference | Standing::Unseen => 9,
            Standing::NotRun => 10,
        };
        self.spots()
            .filter(|spot| self.report(*spot).is_some())
            .min_by_key(|spot| (weight(spot), *spot))
    }

    /// The next picture after `spot`, in reading order and around, of which nobody has spoken and which differs.
    pub fn next_open(&self, spot: Spot) -> Option<Spot> {
        let open =
            |other: &Spot| *other != spot && matches!(self.standing(*other), Standing::Differs(_));
        let (before, after): (Vec<Spot>, Vec<Spot>) = self
            .new_spots()
            .filter(open)
            .partition(|other| *other < spot);
        after.into_iter().chain(before).next()
    }

    /// Other nodes where the same step left exactly this picture: what is said of one is said of all.
    pub fn same_elsewhere(&self, spot: Spot) -> Vec<Name> {
        let Some(picture) = self.cell(spot).picture() else {
            return Vec::new();
        };
        let others = self.strip(spot).rows.iter().enumerate();
        others
            .filter(|(at, row)| *at != spot.row && row.taken.is_new())
            .filter(|(_, row)| row.cells[spot.column].picture() == Some(picture))
            .map(|(_, row)| row.node.clone())
            .collect()
    }

    /// A row on the old release where the whole flow passed: the test itself is sound.
    pub fn sound_elsewhere(&self, spot: Spot) -> Option<&Row> {
        self.strip(spot)
            .rows
            .iter()
            .find(|row| !row.taken.is_new() && row.passed())
    }

    pub fn masks_of(&self, key: &StepKey) -> impl Iterator<Item = &Mask> {
        self.masks.iter().filter(move |mask| mask.at_step == *key)
    }

    pub fn proposals_of(&self, key: &StepKey) -> impl Iterator<Item = &Proposal> {
        self.proposals
            .iter()
            .filter(move |proposal| proposal.at_step == *key)
    }

    /// The gate, if the picture at `spot` is one it waits for.
    pub fn gate_of(&self, spot: Spot) -> Option<&Gate> {
        let picture = self.cell(spot).picture()?;
        let gate = self.gate.as_ref()?;
        gate.is_about(&self.key(spot), picture).then_some(gate)
    }

    /// How large the picture at `spot` is, if a comparison has read it: its own, else one of its row, which was taken by
    /// the same browser; else as a browser's viewport is.
    pub fn picture_size(&self, spot: Spot) -> Size {
        let cells = &self.row(spot).cells;
        let size = |cell: &Cell| {
            let mut all = cell.judged.against().iter();
            all.find_map(|one| match &one.likeness {
                Some(Likeness::Differs(difference)) => Some(difference.size),
                Some(Likeness::Equal | Likeness::Incomparable { .. }) | None => None,
            })
        };
        size(&cells[spot.column])
            .or_else(|| cells.iter().find_map(size))
            .unwrap_or(USUAL)
    }

    pub fn address_of(&self, node: &Name) -> Option<&str> {
        let (_, address) = self.addresses.iter().find(|(name, _)| name == node)?;
        Some(address)
    }
}
