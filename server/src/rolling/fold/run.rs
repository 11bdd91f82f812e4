//! Pure: how far one node got.

use super::is_new_smoke;
use app::model::{
    deployment::NodeRunState,
    environment::Admission,
    evidence::PictureReport,
    ids::*,
    journal::Outcome,
    stage::{Attempt, Pass, Stage, Work},
    time::Timestamp,
    trouble::Failure,
};
use std::collections::BTreeMap;

/// How far one node got.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeRun {
    pub node: NodeId,
    pub state: NodeRunState,
    pub prepared: bool,
    /// The suite passed on it while it was in service on its old release.
    pub rehearsed: bool,
    /// Its state per balancer before us; `None` until looked at.
    pub before: Option<Vec<(BalancerId, Admission)>>,
    /// From the intent to isolate until the proof of having rejoined: it may be out of service because of us.
    pub out: bool,
    /// Read back as out, by us: from then on it is kept out. An intent alone takes no node out.
    pub isolated: bool,
    /// From an intent to rejoin on, until it is read back as out or as in: it may serve.
    pub may_serve: bool,
    /// From the intent to switch `current` on: another release may lie there.
    pub touched: bool,
    /// Its latest owner could not read it: it counts as touched until it was read.
    pub unseen: bool,
    /// Out already when its present owner came, who cannot know all that was done to it (a restored database has lost
    /// its last events): it comes back proven, touched or not.
    pub found_out: bool,
    /// Started and without a result.
    pub open: Option<Open>,
    /// The latest result.
    pub last: Option<Finished>,
    /// The highest attempt begun, per work; a number is never used twice.
    pub tries: BTreeMap<(Pass, Work), u32>,
    /// Failures of the work at hand since it began or a person last decided.
    pub failed_in_a_row: u32,
    pub isolated_at: Option<Timestamp>,
    /// It was said that it is out for too long.
    pub alarmed: bool,
    /// It passed every stage on the new release, and no switch was begun since.
    pub through: bool,
    /// Watched after it rejoined.
    pub soaked: bool,
    /// A person asked to leave it out of this deployment: on its way back it becomes *skipped*.
    pub skip: bool,
    /// How its latest pictures of the new release compare with the old ones.
    pub pictured: Option<PictureReport>,
    /// Who asked to cut off its open requests.
    pub forced: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    pub attempt: Attempt,
    pub run: RunId,
    pub deadline_at: Timestamp,
    /// Begun by a former owner, and not yet taken over or given up by the present one.
    pub orphaned: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    pub attempt: Attempt,
    pub at: Timestamp,
    /// `None`: it passed.
    pub failure: Option<Failure>,
    /// A person decided that it does not count any more.
    pub excused: bool,
}

impl NodeRun {
    pub(super) fn new(node: NodeId) -> Self {
        Self {
            node,
            state: NodeRunState::Pending,
            prepared: false,
            rehearsed: false,
            before: None,
            out: false,
            isolated: false,
            may_serve: false,
            touched: false,
            unseen: false,
            found_out: false,
            open: None,
            last: None,
            tries: BTreeMap::new(),
            failed_in_a_row: 0,
            isolated_at: None,
            alarmed: false,
            through: false,
            soaked: false,
            skip: false,
            pictured: None,
            forced: None,
        }
    }

    pub fn is_done(&self) -> bool {
        matches!(
            self.state,
            NodeRunState::Rejoined | NodeRunState::Undone | NodeRunState::Skipped
        )
    }

    /// Another release than before may lie there.
    pub fn may_be_touched(&self) -> bool {
        self.touched || self.unseen
    }

    /// It served when its undo began, and is being taken out for it.
    pub fn isolated_for_undo(&self) -> bool {
        self.tries
            .contains_key(&(Pass::Undo, Work::Stage(Stage::Isolate)))
    }

    pub(super) fn failed_before(&self, attempt: Attempt) -> bool {
        self.last.as_ref().is_some_and(|last| {
            last.failure.is_some()
                && (last.attempt.pass, last.attempt.work) == (attempt.pass, attempt.work)
        })
    }

    /// An intent counts as done where that is the careful reading: the effect may have happened.
    pub(super) fn started(&mut self, attempt: Attempt, at: Timestamp) {
        match attempt.work {
            Work::Stage(Stage::Isolate) => {
                self.out = true;
                self.isolated_at.get_or_insert(at);
                if attempt.pass == Pass::Forward {
                    self.state = NodeRunState::Isolated;
                }
            }
            Work::Stage(Stage::Deploy) => (self.touched, self.through) = (true, false),
            Work::Stage(Stage::Rejoin) => self.may_serve = true,
            Work::Stage(Stage::Smoke) if is_new_smoke(attempt) => self.pictured = None,
            Work::Prepare
            | Work::Stage(Stage::Drain | Stage::Check | Stage::Smoke)
            | Work::Soak => {}
        }
        if attempt.pass == Pass::Undo {
            self.state = NodeRunState::Undoing;
        }
    }

    pub(super) fn finished(&mut self, attempt: Attempt, outcome: &Outcome, at: Timestamp) {
        if attempt.work == Work::Stage(Stage::Drain) {
            self.forced = None;
        }
        let failure = match outcome {
            Outcome::Passed { .. } => {
                self.passed(attempt);
                self.failed_in_a_row = 0;
                None
            }
            Outcome::Failed { failure } => {
                let again = self.failed_before(attempt);
                self.failed_in_a_row = if again { self.failed_in_a_row + 1 } else { 1 };
                Some(failure.clone())
            }
            Outcome::Stopped { .. } => return,
        };
        self.last = Some(Finished {
            attempt,
            at,
            failure,
            excused: false,
        });
    }

    pub(super) fn passed(&mut self, attempt: Attempt) {
        if attempt.pass == Pass::Rehearsal {
            self.rehearsed = true;
            return;
        }
        match attempt.work {
            Work::Prepare => self.prepared = true,
            Work::Stage(Stage::Isolate) => (self.isolated, self.may_serve) = (true, false),
            Work::Stage(Stage::Rejoin) => {
                self.may_serve = false;
                self.through = attempt.pass == Pass::Forward;
                (self.out, self.isolated, self.found_out) = (false, false, false);
                (self.isolated_at, self.alarmed) = (None, false);
            }
            Work::Soak => self.soaked = true,
            Work::Stage(Stage::Drain | Stage::Deploy | Stage::Check | Stage::Smoke) => {}
        }
        self.state = match (attempt.pass, attempt.work) {
            (_, Work::Prepare | Work::Soak) | (Pass::Rehearsal, _) => return,
            (Pass::Forward, Work::Stage(stage)) => match stage {
                Stage::Isolate => NodeRunState::Isolated,
                Stage::Drain => NodeRunState::Drained,
                Stage::Deploy => NodeRunState::Deployed,
                Stage::Check => NodeRunState::Checked,
                Stage::Smoke => NodeRunState::Smoked,
                Stage::Rejoin => NodeRunState::Rejoined,
            },
            (Pass::Undo, Work::Stage(Stage::Rejoin)) if self.skip => NodeRunState::Skipped,
            (Pass::Undo, Work::Stage(Stage::Rejoin)) => NodeRunState::Undone,
            (Pass::Undo, Work::Stage(_)) => NodeRunState::Undoing,
        };
    }

    /// Somebody looked at its pictures and said no: as if the smoke test had failed.
    pub(super) fn rejected(&mut self, failure: Failure, at: Timestamp) {
        let work = Work::Stage(Stage::Smoke);
        let number = self.tries.get(&(Pass::Forward, work)).copied().unwrap_or(1);
        let attempt = Attempt {
            pass: Pass::Forward,
            work,
            number,
        };
        self.state = NodeRunState::Checked;
        self.last = Some(Finished {
            attempt,
            at,
            failure: Some(failure),
            excused: false,
        });
    }

    /// From the start again; attempts go on counting.
    pub(super) fn requeued(&mut self) {
        self.state = NodeRunState::Pending;
        (self.before, self.last) = (None, None);
        (self.touched, self.through, self.soaked) = (false, false, false);
        self.failed_in_a_row = 0;
    }

    pub(super) fn skipped(&mut self) {
        self.skip = true;
        if !self.out {
            self.state = NodeRunState::Skipped;
        }
    }
}
