//! What a gate decides on: the pictures of one node that differ by more than they may, and what people say of them.

use super::{Cell, Likeness, Review, Row, Standing, StepKey, Strip, Verdict, review::last_said};
use crate::model::{
    live::words::count,
    name::Name,
    smoke::{Suite, Weight},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// How the pictures of one node's smoke test compare with those of the old release; made where something follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct PictureReport {
    /// Pictures that were held against another one.
    pub compared: u32,
    /// Pictures that could not be: the old release left none of these steps, or one that cannot be read.
    #[serde(default)]
    pub alone: u32,
    /// Those that differ by more than they may. What somebody accepted before is not among them.
    #[serde(default)]
    pub differences: Vec<Noticed>,
    /// The last review there was; only later ones are about these pictures.
    #[serde(default)]
    pub after: i64,
}

/// A picture that differs by more than it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    #[serde(flatten)]
    pub at_step: StepKey,
    /// The step's words.
    pub words: String,
    pub old: String,
    pub new: String,
    /// `2.1 % differs`, `another size`.
    pub how: String,
    /// What it was held against: `red on 1.0`.
    pub against: String,
}

impl PictureReport {
    /// `3 pictures compared, 1 differs; 2 had none to be held against.`
    pub fn words(&self) -> String {
        let differ = match self.differences.len() {
            0 => "none differs by more than it may".to_owned(),
            1 => "1 differs by more than it may".to_owned(),
            n => format!("{n} differ by more than they may"),
        };
        let compared = count(self.compared as usize, "picture");
        match (self.compared, self.alone) {
            (0, _) => "There are no pictures of the old release to hold the new ones against: they were let pass.".to_owned(),
            (_, 0) => format!("{compared} compared with the old release; {differ}."),
            (_, 1) => format!("{compared} compared with the old release; {differ}; 1 had none to be held against and was let pass."),
            (_, n) => format!("{compared} compared with the old release; {differ}; {n} had none to be held against and were let pass."),
        }
    }
}

impl Noticed {
    /// Which step, and how it differs from what.
    pub fn sentence(&self) -> String {
        let StepKey { flow, step } = &self.at_step;
        let Self {
            words,
            how,
            against,
            ..
        } = self;
        format!("step {step} of {flow} (`{words}`): {how}, held against {against}")
    }
}

/// Of a million pixels of this step's picture so many may differ.
pub fn above_ppm(suite: &Suite, key: &StepKey) -> u32 {
    suite
        .flows
        .iter()
        .find(|flow| flow.name == key.flow)
        .and_then(|flow| flow.steps.get(key.step.checked_sub(1)? as usize)?.above_ppm)
        .unwrap_or(suite.pictures.above_ppm)
}

/// Whether anything follows from the pictures of this flow; of one that only warns, nothing does.
pub fn is_gated(suite: &Suite, flow: &Name) -> bool {
    let mut flows = suite.flows.iter();
    flows.any(|known| known.name == *flow && known.weight == Weight::Required)
}

/// What the pictures of `node` on the new release come to; `None` while one is still being compared.
pub fn report(
    strips: &[Strip],
    reviews: &[Review],
    suite: &Suite,
    node: &Name,
) -> Option<PictureReport> {
    let mut report = PictureReport::default();
    for strip in strips.iter().filter(|strip| is_gated(suite, &strip.flow)) {
        let own = |row: &&Row| row.taken.is_new() && row.node == *node;
        let Some(row) = strip.rows.iter().find(own) else {
            continue;
        };
        for (column, cell) in row.cells.iter().enumerate() {
            let said = last_said(reviews, strip, column, cell);
            match cell.judged.standing(said) {
                // nothing was seen, or the test failed and says so itself
                Standing::NotRun
                | Standing::Failed(_)
                | Standing::Broken
                | Standing::Unseen
                | Standing::Reference => {}
                Standing::Comparing => return None,
                Standing::Alone | Standing::Incomparable(_) => report.alone += 1,
                Standing::Equal | Standing::Slight(_) | Standing::Accepted(_) => {
                    report.compared += 1;
                }
                Standing::Rejected(_) | Standing::Differs(_) => {
                    report.compared += 1;
                    report.differences.extend(noticed(strip, column, cell));
                }
            }
        }
    }
    Some(report)
}

/// `None` where it is equal to what it is held against, whatever was said of such a picture elsewhere.
fn noticed(strip: &Strip, column: usize, cell: &Cell) -> Option<Noticed> {
    let against = cell.judged.against().first()?;
    let difference = match against.likeness.as_ref()? {
        Likeness::Differs(difference) => difference,
        Likeness::Equal | Likeness::Incomparable { .. } => return None,
    };
    Some(Noticed {
        at_step: strip.key(column),
        words: strip.columns[column].clone(),
        old: against.picture.clone(),
        new: cell.picture()?.to_owned(),
        how: difference.words(),
        against: against.whose(),
    })
}

/// A node that waits, isolated, until somebody has looked at its pictures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    pub node: Name,
    /// What it runs again if it does not pass; `None`: not known.
    pub old: Option<Name>,
    /// Whether a rejection puts it back; else it stays out: what it ran before is not known, or the pool's policy
    /// leaves a node on which the release fails as it is.
    pub undone_if_rejected: bool,
    /// Each with who accepted it.
    pub differences: Vec<Looked>,
    /// Then it is put back; `None`: the deployment is halted or on its way, and no time runs.
    pub until: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    #[serde(flatten)]
    pub noticed: Noticed,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_by: Option<String>,
}

impl From<Noticed> for Looked {
    fn from(noticed: Noticed) -> Self {
        Self {
            noticed,
            accepted_by: None,
        }
    }
}

impl Gate {
    pub fn accepted(&self) -> usize {
        self.open_or_not(true)
    }

    /// Nobody accepted these yet.
    pub fn open(&self) -> usize {
        self.open_or_not(false)
    }

    fn open_or_not(&self, accepted: bool) -> usize {
        let said = |one: &&Looked| one.accepted_by.is_some() == accepted;
        self.differences.iter().filter(said).count()
    }

    /// Whether the gate is about this very picture.
    pub fn is_about(&self, at_step: &StepKey, new: &str) -> bool {
        let mut all = self.differences.iter();
        all.any(|one| one.noticed.at_step == *at_step && one.noticed.new == new)
    }

    /// `2 of 5 differences accepted`
    pub fn progress(&self) -> String {
        let all = count(self.differences.len(), "difference");
        match self.accepted() {
            0 => format!("{all} to accept or reject"),
            n => format!("{n} of {all} accepted"),
        }
    }

    /// `red is put back on 1.0 and the deployment halts`
    pub fn then(&self) -> String {
        match &self.old {
            Some(old) => format!(
                "{} is put back on {old} and the deployment halts",
                self.node
            ),
            None => format!(
                "the deployment halts, and {} stays out of service: what it ran before is not known",
                self.node
            ),
        }
    }

    /// `Held for review: 2 of 5 differences accepted, until 14:32; then red is put back on 1.0 and the deployment halts.`
    pub fn words(&self) -> String {
        match self.until {
            Some(until) => format!(
                "Held for review: {}, until {} UTC; then {}.",
                self.progress(),
                &until.clock()[..5],
                self.then()
            ),
            None => format!("Waits for a review: {}.", self.progress()),
        }
    }

    /// What one more verdict leads to, said before it is given.
    pub fn leads_to(&self, verdict: Verdict) -> String {
        let node = &self.node;
        match (verdict, self.open()) {
            (Verdict::Accepted, 0 | 1) => format!(
                "It is the last one {node} waits for: {node} rejoins on the new release, and the deployment goes on."
            ),
            (Verdict::Accepted, n) => format!(
                "{node} stays isolated until the other {} accepted too.",
                match n - 1 {
                    1 => "one is".to_owned(),
                    more => format!("{more} are"),
                }
            ),
            (Verdict::Rejected, _) => match (&self.old, self.undone_if_rejected) {
                (Some(old), true) => format!(
                    "{node} gets {old} back, is proven again and rejoins. No further node is touched; the deployment ends undone."
                ),
                (None, _) | (_, false) => {
                    format!("{node} stays out of service, and the deployment halts.")
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(accepted: usize, of: u32) -> Gate {
        let looked = |n: u32| Looked {
            noticed: Noticed {
                at_step: StepKey {
                    flow: "home".parse().unwrap(),
                    step: n + 1,
                },
                words: "open /".into(),
                old: "a".into(),
                new: format!("b{n}"),
                how: "2.1 % differs".into(),
                against: "red on 1.0".into(),
            },
            accepted_by: ((n as usize) < accepted).then(|| "ann".into()),
        };
        Gate {
            node: "red".parse().unwrap(),
            old: Some("1.0".parse().unwrap()),
            undone_if_rejected: true,
            differences: (0..of).map(looked).collect(),
            until: Some(Timestamp(1_795_442_531_123)),
        }
    }

    #[test]
    fn a_gate_says_how_far_it_is_and_what_comes_of_it() {
        insta::assert_snapshot!(gate(2, 5).words(), @"Held for review: 2 of 5 differences accepted, until 14:02 UTC; then red is put back on 1.0 and the deployment halts.");
        insta::assert_snapshot!(gate(0, 1).words(), @"Held for review: 1 difference to accept or reject, until 14:02 UTC; then red is put back on 1.0 and the deployment halts.");
        insta::assert_snapshot!(gate(2, 5).leads_to(Verdict::Accepted), @"red stays isolated until the other 2 are accepted too.");
        insta::assert_snapshot!(gate(3, 4).leads_to(Verdict::Accepted), @"It is the last one red waits for: red rejoins on the new release, and the deployment goes on.");
        insta::assert_snapshot!(gate(3, 5).leads_to(Verdict::Accepted), @"red stays isolated until the other one is accepted too.");
        insta::assert_snapshot!(gate(0, 1).leads_to(Verdict::Rejected), @"red gets 1.0 back, is proven again and rejoins. No further node is touched; the deployment ends undone.");
        let unknown = Gate {
            old: None,
            undone_if_rejected: false,
            until: None,
            ..gate(0, 2)
        };
        insta::assert_snapshot!(unknown.words(), @"Waits for a review: 2 differences to accept or reject.");
        insta::assert_snapshot!(unknown.then(), @"the deployment halts, and red stays out of service: what it ran before is not known");
        insta::assert_snapshot!(unknown.leads_to(Verdict::Rejected), @"red stays out of service, and the deployment halts.");
    }

    #[test]
    fn a_report_says_what_could_not_be_compared() {
        let report = |compared, alone, differ: u32| PictureReport {
            compared,
            alone,
            differences: gate(0, differ)
                .differences
                .into_iter()
                .map(|one| one.noticed)
                .collect(),
            after: 0,
        };
        insta::assert_snapshot!(report(0, 3, 0).words(), @"There are no pictures of the old release to hold the new ones against: they were let pass.");
        insta::assert_snapshot!(report(3, 0, 1).words(), @"3 pictures compared with the old release; 1 differs by more than it may.");
        insta::assert_snapshot!(report(3, 2, 0).words(), @"3 pictures compared with the old release; none differs by more than it may; 2 had none to be held against and were let pass.");
        let noticed = &gate(0, 1).differences[0].noticed;
        insta::assert_snapshot!(noticed.sentence(), @"step 1 of home (`open /`): 2.1 % differs, held against red on 1.0");
        // what is journalled is read back
        let text = serde_json::to_string(&report(3, 1, 2)).unwrap();
        assert_eq!(
            serde_json::from_str::<PictureReport>(&text).unwrap(),
            report(3, 1, 2)
        );
    }
}
