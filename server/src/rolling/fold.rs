//! Pure: the events of one deployment, folded into where it stands. An event that cannot follow what came before is
//! an error, never ignored.

/// How far one node got.
mod run;

/// Pictures that differ, and what people say of them.
mod review;

pub use review::Review;
pub use run::{Finished, NodeRun, Open};

use super::{reconcile, stage};
use crate::store::deployments::QUEUED;
use app::model::{
    command::{Command, NodeSituation, Situation},
    deployment::{DeploymentState, NodeRunState, Plan, PlannedNode},
    environment::Admission,
    ids::*,
    journal::{Event, Fact, Found, Outcome},
    stage::{Attempt, Pass, Stage, Work},
    time::Timestamp,
    trouble::{Failure, FailureClass},
};
use std::time::Duration;

/// One deployment as its journal tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub plan: Plan,
    pub seq: u64,
    pub epoch: u64,
    pub state: DeploymentState,
    pub why: String,
    pub nodes: Vec<NodeRun>,
    /// The failure for which no further node is touched.
    pub cause: Option<Cause>,
    /// `seq` of the event that brought the present state, and when that was.
    pub turn: u64,
    pub since: Timestamp,
    /// Who asked to abort; answered by the next halt at the latest.
    pub abort_asked: Option<String>,
    /// Who asked to hold; answered by the next state at the latest.
    pub hold: Option<Hold>,
    /// A person asked a held or halted deployment to go on.
    pub go_on: bool,
    /// What it did when it halted: where it goes on.
    pub halted_from: DeploymentState,
    /// Nothing is done before the world was read: a new owner is here, or a person asked to go on.
    pub unreconciled: bool,
    /// Where the world and the journal disagree, both sides in words.
    pub contradiction: Option<String>,
    /// Nodes are put back because a person skipped them; then it goes on.
    pub skips: bool,
    /// Pictures that somebody has to look at before their node rejoins.
    pub review: Option<Review>,
    /// All of them were accepted while it was held for that.
    pub accepted: bool,
    /// What the first node showed was accepted.
    pub looked_at: bool,
}

/// A wish to stop for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub by: String,
    /// At the next stage boundary, else when the nodes at hand have rejoined.
    pub now: bool,
}

/// What failed, where, at what.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    pub node: NodeId,
    pub attempt: Attempt,
    pub failure: Failure,
}

/// The journal says something that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("journal of deployment, event {seq}: {why}")]
pub struct Impossible {
    pub seq: u64,
    pub why: String,
}

/// Folds a whole journal; it must begin with the plan.
pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<Job, Impossible> {
    let mut events = events.into_iter();
    let first = events.next().ok_or_else(|| Impossible {
        seq: 0,
        why: "is empty".into(),
    })?;
    let mut job = Job::begin(first)?;
    for event in events {
        job.apply(event)?;
    }
    Ok(job)
}

impl Job {
    pub fn begin(event: &Event) -> Result<Self, Impossible> {
        let Fact::Planned { plan } = &event.fact else {
            return Err(Impossible {
                seq: event.seq,
                why: "does not begin with a plan".into(),
            });
        };
        Ok(Self {
            plan: (**plan).clone(),
            seq: event.seq,
            epoch: event.epoch,
            state: DeploymentState::Queued,
            why: QUEUED.into(),
            nodes: plan
                .nodes
                .iter()
                .map(|planned| NodeRun::new(planned.node.id))
                .collect(),
            cause: None,
            turn: event.seq,
            since: event.at,
            abort_asked: None,
            hold: None,
            go_on: false,
            halted_from: DeploymentState::Queued,
            unreconciled: false,
            contradiction: None,
            skips: false,
            review: None,
            accepted: false,
            looked_at: false,
        })
    }

    /// Takes the next event in. On error the job is unchanged.
    pub fn apply(&mut self, event: &Event) -> Result<(), Impossible> {
        let impossible = |why: String| Impossible {
            seq: event.seq,
            why,
        };
        if event.seq != self.seq + 1 {
            return Err(impossible(format!("follows event {}", self.seq)));
        }
        if event.epoch < self.epoch {
            return Err(impossible(format!(
                "was written in epoch {} after epoch {}",
                event.epoch, self.epoch
            )));
        }
        match &event.fact {
            Fact::Planned { .. } => return Err(impossible("plans a second time".into())),
            Fact::Claimed { .. } => self.claimed(),
            Fact::Reconciled { seen } => {
                self.unreconciled = false;
                self.take_in(seen);
                // what a person must hear of stays until they have decided; an abort puts back whatever is there
                let found = reconcile::contradiction(self, seen);
                self.contradiction = self.contradiction.take().or(found);
                if self.abort_asked.is_some() {
                    self.contradiction = None;
                }
            }
            Fact::Became { state, why } => {
                if !self.state.may_become(*state) {
                    return Err(impossible(format!(
                        "makes a {} deployment {state}",
                        self.state
                    )));
                }
                self.became(*state, event);
                self.why.clone_from(why);
            }
            Fact::Observed { before } => {
                self.run_mut(event)?.before = Some(before.clone());
            }
            Fact::Started {
                attempt,
                run,
                deadline_at,
            } => {
                let node = self.run_mut(event)?;
                // servers before version 0.2 gave up a former owner's attempt without a word
                if node.open.as_ref().is_some_and(|open| !open.orphaned) {
                    return Err(impossible(format!(
                        "starts {} while another attempt is open",
                        attempt.work
                    )));
                }
                node.open = Some(Open {
                    attempt: *attempt,
                    run: *run,
                    deadline_at: *deadline_at,
                    orphaned: false,
                });
                node.tries
                    .insert((attempt.pass, attempt.work), attempt.number);
                node.started(*attempt, event.at);
            }
            Fact::Finished { attempt, outcome } => {
                let node = self.run_mut(event)?;
                if node.open.as_ref().map(|open| open.attempt) != Some(*attempt) {
                    return Err(impossible(format!(
                        "ends {} which is not open",
                        attempt.work
                    )));
                }
                node.open = None;
                node.finished(*attempt, outcome, event.at);
                if is_new_smoke(*attempt) && matches!(outcome, Outcome::Passed { .. }) {
                    self.may_wait_for_review(|run| Some(run.node) == event.node);
                }
            }
            Fact::Pictured { attempt, report } => {
                let node = self.run_mut(event)?;
                if node.open.as_ref().map(|open| open.attempt) != Some(*attempt) {
                    return Err(impossible(
                        "is about pictures of an attempt that is not open".into(),
                    ));
                }
                node.pictured = Some((**report).clone());
            }
            Fact::Reviewed { .. } => self.reviewed(event)?,
            Fact::Behind { words } => self.contradiction = Some(words.clone()),
            Fact::Adopted { attempt } => {
                let node = self.run_mut(event)?;
                match &mut node.open {
                    Some(open) if open.attempt == *attempt && open.orphaned => {
                        open.orphaned = false
                    }
                    _ => {
                        return Err(impossible(format!(
                            "goes on with {}, which nobody left behind",
                            attempt.work
                        )));
                    }
                }
            }
            Fact::Requeued {} => self.run_mut(event)?.requeued(),
            Fact::Alarmed { .. } => self.run_mut(event)?.alarmed = true,
            Fact::Commanded {
                command,
                by,
                refused: None,
            } => self.commanded(*command, by, event)?,
            // an engine never owns a job that a later version wrote to (`store::leases::ENGINE_VERSION`)
            Fact::Newer { .. }
            | Fact::Commanded { .. }
            | Fact::Noted { .. }
            | Fact::Reasserted { .. }
            | Fact::Visited { .. } => {}
        }
        self.seq = event.seq;
        self.epoch = event.epoch;
        Ok(())
    }

    /// What the former owner had begun is nobody's until it is taken over or given up.
    fn claimed(&mut self) {
        for open in self.nodes.iter_mut().filter_map(|node| node.open.as_mut()) {
            open.orphaned = true;
        }
        self.unreconciled = self.any_out()
            || self.any_open()
            || matches!(
                self.state,
                DeploymentState::Rolling | DeploymentState::Undoing | DeploymentState::Aborting
            );
    }

    /// A node that is out and runs something else than before was touched, whatever the journal knows: it does not come
    /// back without proof. One that was let in meanwhile is taken out and drained again.
    fn take_in(&mut self, seen: &[Found]) {
        let serves = |found: &Found| {
            found.admissions.iter().any(|(_, admission)| {
                matches!(admission, Admission::InService | Admission::Failing)
            })
        };
        for found in seen {
            let run = self.nodes.iter_mut().find(|run| run.node == found.node);
            if let Some(run) = run.filter(|run| run.out && serves(found)) {
                run.may_serve = true;
            }
        }
        for run in &mut self.nodes {
            let found = seen.iter().find(|found| found.node == run.node);
            run.unseen = found.is_some_and(|found| found.unread.is_some());
            if !run.out {
                continue;
            }
            let planned = self
                .plan
                .node(run.node)
                .expect("runs are made from the plan");
            let expected = planned.before.as_ref().map(|before| &before.release_dir);
            let current = found.and_then(|found| found.current.as_ref());
            let kept_out =
                found.is_some_and(|found| !found.admissions.is_empty() && !serves(found));
            run.found_out |= planned.before.is_some() && (run.isolated || kept_out);
            // what was put back and is not there any more is put back again
            if reconcile::has_gone_back(run) && current.is_some() && current != expected {
                run.last = None;
            }
            run.touched |= current.is_some() && current != expected;
        }
    }

    fn became(&mut self, state: DeploymentState, event: &Event) {
        if matches!(state, DeploymentState::Undoing | DeploymentState::Halted)
            && self.cause.is_none()
        {
            let decisive = self.final_failures().next();
            self.cause = decisive.map(|(node, attempt, failure)| Cause {
                node: node.node,
                attempt,
                failure: failure.clone(),
            });
        }
        // what a rehearsal looked at may have changed since
        if self.state == DeploymentState::Preparing && state == DeploymentState::Rolling {
            for run in &mut self.nodes {
                run.before = None;
            }
        }
        if state == DeploymentState::Halted && self.state != state {
            self.halted_from = self.state;
        }
        if matches!(state, DeploymentState::Aborting | DeploymentState::Halted) {
            self.abort_asked = None;
        }
        if state == DeploymentState::Undoing {
            self.skips = self.nodes.iter().any(|node| node.skip && node.out);
        }
        // a node that is put back is looked at anew when it is rolled again
        if matches!(state, DeploymentState::Undoing | DeploymentState::Aborting) {
            self.review = None;
        }
        // a way back is not interrupted, and stops by itself; a review does not answer who asked to hold
        let for_review = state == DeploymentState::Held && self.review.is_some();
        if !matches!(state, DeploymentState::Preparing | DeploymentState::Rolling) && !for_review {
            self.hold = None;
        }
        // another node of the batch waited beside one that was rejected
        if state == DeploymentState::Rolling && !self.looked_at {
            self.may_wait_for_review(|run| run.out && run.state == NodeRunState::Smoked);
        }
        (self.go_on, self.accepted) = (false, false);
        self.state = state;
        (self.turn, self.since) = (event.seq, event.at);
    }

    /// What an accepted command changes at once; the rest follows in `next`.
    fn commanded(&mut self, command: Command, by: &str, event: &Event) -> Result<(), Impossible> {
        match command {
            Command::Hold | Command::HoldNow => {
                self.hold = Some(Hold {
                    by: by.to_owned(),
                    now: command == Command::HoldNow,
                });
            }
            Command::Resume => {
                self.hold = None;
                self.goes_on();
            }
            Command::Retry | Command::Continue => {
                self.goes_on();
                if command == Command::Continue || self.halted_from == DeploymentState::Rolling {
                    self.cause = None;
                }
                // nobody is out: what was put back is rolled again
                if command == Command::Continue && self.halted_from == DeploymentState::Undoing {
                    self.halted_from = DeploymentState::Rolling;
                }
                self.excuse_failures();
            }
            Command::Skip => {
                let node = self.run_mut(event)?;
                node.skipped();
                if node.out {
                    self.goes_on();
                }
                (self.cause, self.contradiction) = (None, None);
                self.excuse_failures();
            }
            Command::ForceDrain => self.run_mut(event)?.forced = Some(by.to_owned()),
            Command::Abort => {
                self.abort_asked = Some(by.to_owned());
                // who saw both sides decided for the one before
                (self.hold, self.contradiction) = (None, None);
                self.unreconciled |= self.stands_still();
                self.excuse_failures();
            }
        }
        Ok(())
    }

    /// Nothing is assumed of what happened while it stood still.
    fn goes_on(&mut self) {
        if self.stands_still() {
            self.go_on = true;
            self.unreconciled = true;
            self.contradiction = None;
        }
    }

    fn stands_still(&self) -> bool {
        matches!(self.state, DeploymentState::Held | DeploymentState::Halted)
    }

    /// A person decided: what failed before does not count against the next try.
    fn excuse_failures(&mut self) {
        for node in &mut self.nodes {
            node.failed_in_a_row = 0;
            if let Some(last) = &mut node.last {
                last.excused = last.failure.is_some();
            }
        }
    }

    /// Nodes whose latest result is a failure that no retry will mend; another node's retry does not hide it.
    pub fn final_failures(&self) -> impl Iterator<Item = (&NodeRun, Attempt, &Failure)> {
        self.nodes.iter().filter_map(|node| {
            let finished = node.last.as_ref()?;
            let failure = finished.failure.as_ref().filter(|_| !finished.excused)?;
            let again = failure.class == FailureClass::Ours
                && node.failed_in_a_row < stage::attempts(&self.plan, finished.attempt.work);
            (!again).then_some((node, finished.attempt, failure))
        })
    }

    /// When a held deployment puts back what is out.
    pub fn held_until(&self) -> Timestamp {
        self.since + self.hold_limit()
    }

    /// How long a hold may keep a node out: for a review the suite may say otherwise.
    pub fn hold_limit(&self) -> Duration {
        let of_suite = self
            .plan
            .suite
            .as_ref()
            .map(|suite| suite.suite.pictures.review_limit_ms);
        match of_suite.filter(|ms| *ms > 0 && self.review.is_some()) {
            Some(ms) => Duration::from_millis(ms),
            None => self.plan.policy.hold_limit(),
        }
    }

    pub fn any_out(&self) -> bool {
        self.nodes.iter().any(|node| node.out)
    }

    pub fn any_open(&self) -> bool {
        self.nodes.iter().any(|node| node.open.is_some())
    }

    /// What the answer to a command depends on.
    pub fn situation(&self) -> Situation {
        let node = |run: &NodeRun| NodeSituation {
            node: run.node,
            name: self.planned(run).node.name.clone(),
            state: run.state,
            out: run.out,
            busy: run.open.as_ref().map(|open| open.attempt.work),
            forced: run.forced.is_some(),
            cannot_go_back: run.out && run.may_be_touched() && self.planned(run).before.is_none(),
        };
        Situation {
            state: self.state,
            turn: self.turn,
            hold: self.hold.as_ref().map(|hold| (hold.by.clone(), hold.now)),
            abort: self.abort_asked.clone(),
            can_retry: self.contradiction.is_some() || self.final_failures().next().is_some(),
            review: self.review.as_ref().map(Review::open),
            nodes: self.nodes.iter().map(node).collect(),
        }
    }

    /// Nodes that need nothing more: rejoined, undone or skipped.
    pub fn done(&self) -> u32 {
        u32::try_from(self.nodes.iter().filter(|node| node.is_done()).count()).unwrap_or(u32::MAX)
    }

    pub fn run(&self, node: NodeId) -> Option<&NodeRun> {
        self.nodes.iter().find(|run| run.node == node)
    }

    pub fn planned(&self, run: &NodeRun) -> &PlannedNode {
        self.plan
            .node(run.node)
            .expect("node runs are made from the plan's nodes")
    }

    fn run_mut(&mut self, event: &Event) -> Result<&mut NodeRun, Impossible> {
        let seq = event.seq;
        let node = event.node.ok_or_else(|| Impossible {
            seq,
            why: "names no node".into(),
        })?;
        self.nodes
            .iter_mut()
            .find(|run| run.node == node)
            .ok_or_else(|| Impossible {
                seq,
                why: format!("names node {node}, which the plan does not have"),
            })
    }
}

fn is_new_smoke(attempt: Attempt) -> bool {
    (attempt.pass, attempt.work) == (Pass::Forward, Work::Stage(Stage::Smoke))
}
