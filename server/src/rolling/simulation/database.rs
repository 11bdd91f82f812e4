use crate::rolling::fold::{Job, fold};
use app::model::{
    command::Command,
    deployment::{DeploymentState, Plan},
    evidence::{Noticed, PictureReport, StepKey, Verdict},
    ids::NodeId,
    journal::{Event, Fact},
    time::Timestamp,
};

pub const TTL: i64 = 15_000;

/// Why a write brought nothing, as far as the writer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Another epoch is current.
    Fenced,
    /// No answer. It may have been committed all the same.
    Silent,
}

/// What a person asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub command: Command,
    pub node: Option<NodeId>,
    pub turn: Option<u64>,
    pub handled: bool,
}

/// One deployment with its lease, its journal and its inbox.
pub struct Row {
    pub owner: Option<(usize, u32)>,
    pub epoch: u64,
    pub until: i64,
    pub journal: Vec<Event>,
    /// The fold of the journal, as the state tables have it.
    pub job: Job,
    pub inbox: Vec<Asked>,
    /// What was said of pictures; an id is a place in it, from 1.
    pub reviews: Vec<Said>,
}

/// What a person said of a step's picture.
#[derive(Debug, Clone)]
pub struct Said {
    pub step: u32,
    pub verdict: Verdict,
    /// How long the journal was then.
    pub events: usize,
}

impl Row {
    /// How the steps look on a node of which so many differ.
    pub fn report(&self, differs: u32) -> PictureReport {
        let accepted = |step: &u32| {
            let mut said = self.reviews.iter();
            said.any(|said| said.step == *step && said.verdict == Verdict::Accepted)
        };
        let noticed = |step| Noticed {
            at_step: StepKey {
                flow: "home".parse().expect("a good name"),
                step,
            },
            words: "open /".into(),
            old: "old".into(),
            new: format!("new-{step}"),
            how: "it differs".into(),
            against: "old".into(),
        };
        PictureReport {
            compared: 3,
            alone: 0,
            differences: (1..=differs)
                .filter(|step| !accepted(step))
                .map(noticed)
                .collect(),
            after: i64::try_from(self.reviews.len()).unwrap_or(i64::MAX),
        }
    }
}

pub struct Database {
    pub rows: Vec<Row>,
    pub epoch: u64,
    pub down_until: i64,
    /// The next commit is not acknowledged.
    pub swallow: bool,
}

impl Database {
    pub fn new(plans: Vec<Plan>) -> Self {
        let row = |plan: Plan| {
            let planned = Event {
                seq: 1,
                epoch: 0,
                at: Timestamp(0),
                node: None,
                fact: Fact::Planned {
                    plan: Box::new(plan),
                },
            };
            Row {
                owner: None,
                epoch: 0,
                until: i64::MIN,
                job: fold([&planned]).expect("a plan folds"),
                journal: vec![planned],
                inbox: Vec::new(),
                reviews: Vec::new(),
            }
        };
        Self {
            rows: plans.into_iter().map(row).collect(),
            epoch: 0,
            down_until: i64::MIN,
            swallow: false,
        }
    }

    pub fn is_down(&self, now: i64) -> bool {
        now < self.down_until
    }

    /// As `store::leases::claim`.
    pub fn claim(&mut self, owner: (usize, u32), now: i64) -> Option<(usize, u64)> {
        let wants = |row: &Row| {
            let resting = matches!(
                row.job.state,
                DeploymentState::Held | DeploymentState::Halted
            );
            !row.job.state.is_over()
                && row.until < now
                && (!resting
                    || row.job.any_out()
                    || row.job.go_on
                    || row.job.abort_asked.is_some()
                    || row.inbox.iter().any(|asked| !asked.handled))
        };
        let n = self.rows.iter().position(wants)?;
        self.epoch += 1;
        let row = &mut self.rows[n];
        (row.owner, row.epoch, row.until) = (Some(owner), self.epoch, now + TTL);
        Some((n, self.epoch))
    }

    /// As `store::leases::heartbeat`.
    pub fn heartbeat(&mut self, n: usize, epoch: u64, owner: (usize, u32), now: i64) -> bool {
        let row = &mut self.rows[n];
        let holds = row.epoch == epoch && row.owner == Some(owner) && row.until > now;
        if holds {
            row.until = now + TTL;
        }
        holds
    }

    pub fn release(&mut self, n: usize, epoch: u64) {
        let row = &mut self.rows[n];
        if row.epoch == epoch {
            (row.owner, row.until) = (None, i64::MIN);
        }
    }

    /// As the function `journal`: epoch, gap-free number, state in the same commit.
    pub fn write(
        &mut self,
        n: usize,
        epoch: u64,
        node: Option<NodeId>,
        fact: &Fact,
        now: i64,
        handles: Option<usize>,
    ) -> Result<(), Refused> {
        if self.is_down(now) {
            return Err(Refused::Silent);
        }
        let row = &mut self.rows[n];
        if row.epoch != epoch {
            return Err(Refused::Fenced);
        }
        let event = Event {
            seq: row.journal.len() as u64 + 1,
            epoch,
            at: Timestamp(now),
            node,
            fact: fact.clone(),
        };
        row.job
            .apply(&event)
            .unwrap_or_else(|impossible| panic!("{impossible}: {fact:?}"));
        row.journal.push(event);
        if let Some(asked) = handles {
            assert!(!row.inbox[asked].handled, "a command was answered twice");
            row.inbox[asked].handled = true;
        }
        if row.job.state.is_over() {
            (row.owner, row.until) = (None, i64::MIN);
        }
        if std::mem::take(&mut self.swallow) {
            return Err(Refused::Silent);
        }
        Ok(())
    }
}
