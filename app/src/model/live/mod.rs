//! A deployment's journal folded for reading, by the server: whole for the first paint, and what changed
//! for each push. The browser only draws it. It decides nothing; the engine's own fold does that.

use super::{
    command::Command,
    deployment::DeploymentState,
    environment::Admission,
    evidence::Verdict,
    ids::NodeId,
    journal::{Event, Fact, VisitorReport},
    name::Name,
    stage::{Pass, Stage, Work},
    time::Timestamp,
    trouble::{Failure, Trouble},
};

/// What it shows of the plan.
pub mod outline;

/// One node's part of it.
pub mod node;

/// What happened, in sentences.
mod told;

/// What changed since an event.
mod news;

/// The order of its fields in what a page is sent.
mod wired;

/// A sentence with machine words in it.
mod sentence;

/// What is said about it: headline, detail, what the button does.
pub mod words;

/// Time as bars: scale, segments, ghosts.
pub mod lanes;

/// Pictures in rows and columns.
pub mod film;

pub use news::News;
pub use node::{LiveNode, Segment};
pub use outline::Outline;
pub use told::Told;

/// Everything the live page shows, except the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// `None` only for an empty journal.
    pub plan: Option<Box<Outline>>,
    pub state: DeploymentState,
    pub why: String,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// The last event seen; a stream resumes after it.
    pub last_seq: u64,
    pub last_at: Timestamp,
    /// In the order of the plan.
    pub nodes: Vec<LiveNode>,
    pub reasserted: Vec<Repair>,
    pub visitors: Option<VisitorReport>,
    /// Who has it in hand, as far as anybody has.
    pub owner: Option<String>,
    /// Oldest first.
    pub told: Vec<Told>,
    /// The failure that ended the way forward, else the latest one.
    pub trouble: Option<Mishap>,
}

/// While a node was out somebody or something let it back in, and it was set right.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    pub at: Timestamp,
    pub node: Option<NodeId>,
    pub balancer: Name,
    pub found: Admission,
    pub words: String,
}

/// A failed attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Mishap {
    pub at: Timestamp,
    pub node: Option<NodeId>,
    pub pass: Pass,
    pub work: Work,
    pub failure: Failure,
}

impl Live {
    pub fn from_events(events: &[Event]) -> Self {
        let mut live = Self {
            plan: None,
            state: DeploymentState::Queued,
            why: String::new(),
            started_at: Timestamp::default(),
            ended_at: None,
            last_seq: 0,
            last_at: Timestamp::default(),
            nodes: Vec::new(),
            reasserted: Vec::new(),
            visitors: None,
            owner: None,
            told: Vec::new(),
            trouble: None,
        };
        for event in events {
            live.apply(event);
        }
        live
    }

    /// Takes one more event in. One already seen changes nothing, so an overlap after a reconnect is harmless.
    pub fn apply(&mut self, event: &Event) {
        if event.seq <= self.last_seq {
            return;
        }
        self.last_seq = event.seq;
        self.last_at = event.at;
        self.tell(event);
        match &event.fact {
            Fact::Planned { plan } => {
                self.started_at = event.at;
                self.nodes = plan
                    .nodes
                    .iter()
                    .map(|planned| LiveNode::planned(planned, plan))
                    .collect();
                self.plan = Some(Box::new(plan.as_ref().into()));
            }
            Fact::Claimed { .. }
            | Fact::Observed { .. }
            | Fact::Reconciled { .. }
            | Fact::Behind { .. }
            | Fact::Adopted { .. }
            | Fact::Pictured { .. }
            | Fact::Newer { .. } => {}
            Fact::Reviewed {
                verdict: Verdict::Rejected,
                ..
            } => {
                let said = self.told.last().map(|line| line.words.clone());
                let failure = Failure::release(Trouble::new(said.unwrap_or_default()));
                self.mishap(event, Pass::Forward, Work::Stage(Stage::Smoke), failure);
            }
            Fact::Reviewed { .. } => {}
            Fact::Requeued {} => {
                if let Some(node) = self.node_mut(event.node) {
                    node.requeued();
                }
            }
            Fact::Alarmed { words } => {
                if let Some(node) = self.node_mut(event.node) {
                    node.alarm = Some(words.clone());
                }
            }
            Fact::Became { state, why } => {
                self.state = *state;
                self.why.clone_from(why);
                self.ended_at = state.is_over().then_some(event.at);
                if state.is_over() {
                    for node in &mut self.nodes {
                        node.close(event.at);
                        node.changed = event.seq;
                    }
                }
            }
            Fact::Started { attempt, .. } => {
                if let Some(node) = self.node_mut(event.node) {
                    node.started(*attempt, event.at);
                }
            }
            Fact::Noted { attempt, note } => {
                if let Some(node) = self.node_mut(event.node) {
                    node.noted(*attempt, note);
                }
            }
            Fact::Finished { attempt, outcome } => {
                if let Some(node) = self.node_mut(event.node) {
                    let failure = node.finished(*attempt, outcome, event.at);
                    if let Some(failure) = failure {
                        self.mishap(event, attempt.pass, attempt.work, failure);
                    }
                }
            }
            Fact::Reasserted {
                balancer,
                found,
                words,
            } => self.reasserted.push(Repair {
                at: event.at,
                node: event.node,
                balancer: balancer.clone(),
                found: *found,
                words: words.clone(),
            }),
            Fact::Visited { report } => self.visitors = Some(*report),
            Fact::Commanded {
                command: Command::Skip,
                refused: None,
                ..
            } => {
                if let Some(node) = self.node_mut(event.node) {
                    node.skip = true;
                }
            }
            Fact::Commanded { .. } => {}
        }
    }

    /// The first forward failure explains an undo; a failure of the undo itself is worse and replaces it.
    fn mishap(&mut self, event: &Event, pass: Pass, work: Work, failure: Failure) {
        self.trouble = Some(Mishap {
            at: event.at,
            node: event.node,
            pass,
            work,
            failure,
        });
    }

    /// To be changed by the event at hand.
    fn node_mut(&mut self, id: Option<NodeId>) -> Option<&mut LiveNode> {
        let node = self.nodes.iter_mut().find(|node| Some(node.id) == id)?;
        node.changed = self.last_seq;
        Some(node)
    }

    pub fn node(&self, id: Option<NodeId>) -> Option<&LiveNode> {
        self.nodes.iter().find(|node| Some(node.id) == id)
    }

    pub fn is_over(&self) -> bool {
        self.state.is_over()
    }

    /// The failure worth showing on top: of a stage that did not succeed on a later attempt.
    pub fn open_trouble(&self) -> Option<&Mishap> {
        let mishap = self.trouble.as_ref()?;
        let recovered = self.node(mishap.node).is_some_and(|node| {
            node.segments.iter().any(|segment| {
                segment.passed == Some(true)
                    && segment.start >= mishap.at
                    && (segment.pass, segment.work) == (mishap.pass, mishap.work)
            })
        });
        (!recovered || self.state == DeploymentState::Halted).then_some(mishap)
    }

    /// The node whose details matter most: at work, else failed, else the last one touched, else the first.
    pub fn focus(&self) -> Option<&LiveNode> {
        let failed = self.trouble.as_ref().and_then(|m| self.node(m.node));
        self.nodes
            .iter()
            .find(|node| node.at_work().is_some_and(Segment::touches))
            .or_else(|| failed.filter(|_| self.state != DeploymentState::Succeeded))
            .or_else(|| self.nodes.iter().rev().find(|node| node.is_touched()))
            .or_else(|| self.nodes.first())
    }

    /// What changes when other things become possible to ask: the page reads them again then.
    pub fn moment(&self) -> (DeploymentState, u64, [usize; 2], Option<Timestamp>) {
        let draining = |node: &&LiveNode| {
            node.at_work()
                .is_some_and(|segment| segment.work == Work::Stage(Stage::Drain))
        };
        (
            self.state,
            self.told.last().map_or(0, |line| line.seq),
            [
                self.nodes.iter().filter(draining).count(),
                self.nodes.iter().filter(|node| node.is_touched()).count(),
            ],
            self.trouble.as_ref().map(|mishap| mishap.at),
        )
    }

    /// Nodes that have been out for longer than their pool allows.
    pub fn alarms(&self) -> impl Iterator<Item = (&LiveNode, &str)> {
        let alarmed = |node: &'_ LiveNode| node.is_out();
        self.nodes
            .iter()
            .filter(move |node| alarmed(node))
            .filter_map(|node| Some((node, node.alarm.as_deref()?)))
    }

    /// Nodes whose way forward is complete.
    pub fn done(&self) -> usize {
        self.nodes.iter().filter(|node| node.is_done()).count()
    }
}
