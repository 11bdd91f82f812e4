//! Pure: the events of one deployment, folded into where it stands. An event that cannot follow what came before is
//! an error, never ignored.

use super::stage;
use crate::store::deployments::QUEUED;
use app::model::{
    deployment::{DeploymentState, NodeRunState, Plan, PlannedNode},
    environment::Admission,
    ids::*,
    journal::{Command, Event, Fact, Outcome},
    stage::{Attempt, Pass, Stage, Work},
    time::Timestamp,
    trouble::{Failure, FailureClass},
};
use std::collections::BTreeMap;

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
    /// Who asked to abort; answered by the next halt at the latest.
    pub abort_asked: Option<String>,
    /// Another server took over while a node was out, and has not said so yet.
    pub taken_over: bool,
}

/// What failed, where, at what.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    pub node: NodeId,
    pub attempt: Attempt,
    pub failure: Failure,
}

/// How far one node got.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeRun {
    pub node: NodeId,
    pub state: NodeRunState,
    pub prepared: bool,
    /// Its state per balancer before us; `None` until looked at.
    pub before: Option<Vec<(BalancerId, Admission)>>,
    /// From the intent to isolate until the proof of having rejoined: it may be out of service because of us.
    pub out: bool,
    /// Read back as out, by us: from then on it is kept out. An intent alone takes no node out.
    pub isolated: bool,
    /// From the intent to switch `current` on: another release may lie there.
    pub touched: bool,
    /// Started by the present owner and without a result.
    pub open: Option<Open>,
    /// The latest result.
    pub last: Option<Finished>,
    /// The highest attempt begun, per work; a number is never used twice.
    pub tries: BTreeMap<(Pass, Work), u32>,
    /// Failures of the work at hand since it began or a person last decided.
    pub failed_in_a_row: u32,
    pub isolated_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    pub attempt: Attempt,
    pub run: RunId,
    pub deadline_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    pub attempt: Attempt,
    pub at: Timestamp,
    /// `None`: it passed.
    pub failure: Option<Failure>,
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
            abort_asked: None,
            taken_over: false,
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
            Fact::Became { state, why } => {
                if !self.state.may_become(*state) {
                    return Err(impossible(format!(
                        "makes a {} deployment {state}",
                        self.state
                    )));
                }
                self.state = *state;
                self.why.clone_from(why);
                self.became(*state);
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
                if node.open.is_some() {
                    return Err(impossible(format!(
                        "starts {} while another attempt is open",
                        attempt.work
                    )));
                }
                node.open = Some(Open {
                    attempt: *attempt,
                    run: *run,
                    deadline_at: *deadline_at,
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
                let failure = match outcome {
                    Outcome::Passed { .. } => None,
                    Outcome::Failed { failure } => Some(failure.clone()),
                };
                match failure {
                    None => {
                        node.passed(*attempt);
                        node.failed_in_a_row = 0;
                    }
                    Some(_) => {
                        node.failed_in_a_row = if node.failed_before(*attempt) {
                            node.failed_in_a_row + 1
                        } else {
                            1
                        }
                    }
                }
                node.last = Some(Finished {
                    attempt: *attempt,
                    at: event.at,
                    failure,
                });
            }
            Fact::Commanded {
                command: Command::Abort,
                by,
                refused: None,
            } => {
                self.abort_asked = Some(by.clone());
                self.forget_failures();
            }
            Fact::Commanded { .. }
            | Fact::Noted { .. }
            | Fact::Reasserted { .. }
            | Fact::Visited { .. } => {}
        }
        self.seq = event.seq;
        self.epoch = event.epoch;
        Ok(())
    }

    /// What the former owner had begun is over for us; with a node out nothing goes on by itself.
    fn claimed(&mut self) {
        for node in &mut self.nodes {
            node.open = None;
        }
        self.taken_over |= self.any_out() && self.state != DeploymentState::Halted;
    }

    fn became(&mut self, state: DeploymentState) {
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
        if state == DeploymentState::Halted {
            self.abort_asked = None;
            self.taken_over = false;
        }
    }

    /// A person decided: what failed before does not count against the next try.
    fn forget_failures(&mut self) {
        for node in self
            .nodes
            .iter_mut()
            .filter(|node| node.failed_in_a_row > 0)
        {
            node.failed_in_a_row = 0;
            node.last = None;
        }
    }

    /// Nodes whose latest result is a failure that no retry will mend; another node's retry does not hide it.
    pub fn final_failures(&self) -> impl Iterator<Item = (&NodeRun, Attempt, &Failure)> {
        self.nodes.iter().filter_map(|node| {
            let finished = node.last.as_ref()?;
            let failure = finished.failure.as_ref()?;
            let again = failure.class == FailureClass::Ours
                && node.failed_in_a_row < stage::attempts(finished.attempt.work);
            (!again).then_some((node, finished.attempt, failure))
        })
    }

    pub fn any_out(&self) -> bool {
        self.nodes.iter().any(|node| node.out)
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

impl NodeRun {
    fn new(node: NodeId) -> Self {
        Self {
            node,
            state: NodeRunState::Pending,
            prepared: false,
            before: None,
            out: false,
            isolated: false,
            touched: false,
            open: None,
            last: None,
            tries: BTreeMap::new(),
            failed_in_a_row: 0,
            isolated_at: None,
        }
    }

    pub fn is_done(&self) -> bool {
        matches!(
            self.state,
            NodeRunState::Rejoined | NodeRunState::Undone | NodeRunState::Skipped
        )
    }

    fn failed_before(&self, attempt: Attempt) -> bool {
        self.last.as_ref().is_some_and(|last| {
            last.failure.is_some()
                && (last.attempt.pass, last.attempt.work) == (attempt.pass, attempt.work)
        })
    }

    /// An intent counts as done where that is the careful reading: the effect may have happened.
    fn started(&mut self, attempt: Attempt, at: Timestamp) {
        match (attempt.pass, attempt.work) {
            (Pass::Forward, Work::Stage(Stage::Isolate)) => {
                self.out = true;
                self.state = NodeRunState::Isolated;
                self.isolated_at.get_or_insert(at);
            }
            (Pass::Forward, Work::Stage(Stage::Deploy)) => self.touched = true,
            (
                Pass::Forward,
                Work::Prepare
                | Work::Stage(Stage::Drain | Stage::Check | Stage::Smoke | Stage::Rejoin),
            ) => {}
            (Pass::Undo, _) => self.state = NodeRunState::Undoing,
        }
    }

    fn passed(&mut self, attempt: Attempt) {
        match (attempt.pass, attempt.work) {
            (Pass::Forward, Work::Prepare) => self.prepared = true,
            (Pass::Forward, Work::Stage(stage)) => {
                self.state = match stage {
                    Stage::Isolate => NodeRunState::Isolated,
                    Stage::Drain => NodeRunState::Drained,
                    Stage::Deploy => NodeRunState::Deployed,
                    Stage::Check => NodeRunState::Checked,
                    Stage::Smoke => NodeRunState::Smoked,
                    Stage::Rejoin => NodeRunState::Rejoined,
                };
                self.out = stage != Stage::Rejoin;
                self.isolated = self.out;
            }
            (Pass::Undo, Work::Stage(Stage::Rejoin)) => {
                self.state = NodeRunState::Undone;
                (self.out, self.isolated) = (false, false);
            }
            (Pass::Undo, _) => {}
        }
    }
}
