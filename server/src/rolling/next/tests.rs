//! Stories in a few words, and what comes next.

use super::*;
use crate::{
    remote::{artefact::sample, fake::node_at},
    rolling::fold::fold,
};
use app::model::{
    command::Command,
    deployment::Plan,
    ids::RunId,
    journal::{Event, Found, Outcome, Proof},
    trouble::{Failure, Trouble},
};
use uuid::Uuid;

/// What people ask.
mod people;

/// Browsers before they are needed.
mod ahead;

/// Before the first node leaves.
mod rehearsal;

/// Pictures that somebody looks at.
mod review;

/// A new owner.
mod takeover;

/// Any plan, any outcomes.
mod properties;

use DeploymentState::*;
use FailureClass::{Ours, Release, Unsure};
use Pass::{Forward, Rehearsal, Undo};

const RED: NodeId = NodeId(Uuid::from_u128(1));
const BLUE: NodeId = NodeId(Uuid::from_u128(2));

fn plan() -> Plan {
    let mut plan = sample::plan(&node_at("/srv/shop"));
    let mut blue = plan.nodes[0].clone();
    (blue.node.id, blue.node.name) = (BLUE, "blue".parse().unwrap());
    plan.nodes.push(blue);
    plan
}

#[derive(Clone)]
struct Story {
    events: Vec<Event>,
    epoch: u64,
}

impl Story {
    fn of(plan: Plan) -> Self {
        let story = Self {
            events: Vec::new(),
            epoch: 0,
        };
        let plan = Box::new(plan);
        story.tell(None, Fact::Planned { plan }).claimed()
    }

    /// Both nodes prepared, red looked at.
    fn rolling(plan: Plan) -> Self {
        let mut story = Self::of(plan).became(Preparing);
        for node in [RED, BLUE] {
            story = story.passed(node, Forward, Work::Prepare);
        }
        story.became(Rolling).looked(RED)
    }

    fn tell(mut self, node: Option<NodeId>, fact: Fact) -> Self {
        self.events.push(Event {
            seq: self.events.len() as u64 + 1,
            epoch: self.epoch,
            at: Timestamp(0),
            node,
            fact,
        });
        self
    }

    fn claimed(mut self) -> Self {
        self.epoch += 1;
        let owner = format!("server {}", self.epoch);
        self.tell(None, Fact::Claimed { owner })
    }

    fn became(self, state: DeploymentState) -> Self {
        let why = String::new();
        self.tell(None, Fact::Became { state, why })
    }

    fn looked(self, node: NodeId) -> Self {
        self.tell(Some(node), Fact::Observed { before: Vec::new() })
    }

    fn started(self, node: NodeId, pass: Pass, work: Work, number: u32) -> Self {
        let fact = Fact::Started {
            attempt: Attempt { pass, work, number },
            run: RunId(Uuid::nil()),
            deadline_at: Timestamp(60_000),
        };
        self.tell(Some(node), fact)
    }

    fn passed(self, node: NodeId, pass: Pass, work: Work) -> Self {
        let number = self.tried(node, pass, work) + 1;
        let proof = Proof::Isolated;
        let fact = Fact::Finished {
            attempt: Attempt { pass, work, number },
            outcome: Outcome::Passed { proof },
        };
        self.started(node, pass, work, number)
            .tell(Some(node), fact)
    }

    fn failed(self, node: NodeId, pass: Pass, work: Work, class: FailureClass) -> Self {
        let number = self.tried(node, pass, work) + 1;
        let trouble = Trouble::new("It went wrong.");
        let fact = Fact::Finished {
            attempt: Attempt { pass, work, number },
            outcome: Outcome::Failed {
                failure: Failure::new(class, trouble),
            },
        };
        self.started(node, pass, work, number)
            .tell(Some(node), fact)
    }

    fn forward(mut self, node: NodeId, to: Stage) -> Self {
        for stage in Stage::ALL.into_iter().filter(|stage| *stage <= to) {
            self = self.passed(node, Forward, Work::Stage(stage));
        }
        self
    }

    fn asked(self, command: Command, node: Option<NodeId>) -> Self {
        let fact = Fact::Commanded {
            command,
            by: "bob".into(),
            refused: None,
        };
        self.tell(node, fact)
    }

    fn abort(self) -> Self {
        self.asked(Command::Abort, None)
    }

    /// The world is as the journal says, or `current` of red points to `odd`.
    fn reconciled(self, odd: Option<&str>) -> Self {
        let job = self.job();
        let found = |run: &NodeRun| {
            let planned = job.planned(run);
            let before = planned.before.as_ref().map(|before| &before.release_dir);
            let new = run.touched && run.state != NodeRunState::Undone;
            let dir = if new {
                Some(&job.plan.release_dir)
            } else {
                before
            };
            let odd = odd.filter(|_| run.node == RED);
            Found {
                node: run.node,
                admissions: Vec::new(),
                current: odd.map(|odd| odd.parse().unwrap()).or(dir.cloned()),
                unread: None,
            }
        };
        let seen = job.nodes.iter().map(found).collect();
        self.tell(None, Fact::Reconciled { seen })
    }

    fn tried(&self, node: NodeId, pass: Pass, work: Work) -> u32 {
        let job = fold(&self.events).unwrap();
        let run = job.run(node).unwrap();
        run.tries.get(&(pass, work)).copied().unwrap_or(0)
    }

    fn job(&self) -> Job {
        fold(&self.events).unwrap()
    }

    /// In words, long after anything happened.
    fn next(&self) -> String {
        match next(&self.job(), Timestamp(500_000)) {
            Next::Record(None, Fact::Became { state, why }) => format!("{state}: {why}"),
            Next::Record(
                Some(node),
                Fact::Finished {
                    attempt,
                    outcome: Outcome::Stopped { why },
                },
            ) => format!("{} {} stopped: {why}", words(node), attempt.work),
            Next::Record(node, fact) => format!("{}{fact:?}", node.map_or("", words)),
            Next::Reconcile => "reconcile".into(),
            Next::Adopt(effect) => {
                format!("go on with {} {}", words(effect.node), effect.attempt.work)
            }
            Next::Look(node) => format!("look at {}", words(node)),
            Next::Perform(effects) => {
                let effects = effects.iter().map(|effect| {
                    let Attempt { pass, work, number } = effect.attempt;
                    let undo = if pass == Undo { "undo " } else { "" };
                    format!("{} {undo}{work} {number}", words(effect.node))
                });
                effects.collect::<Vec<_>>().join(", ")
            }
            Next::Wait { .. } => "wait".into(),
            Next::Watch { .. } => "watch".into(),
            Next::Rest => "rest".into(),
        }
    }
}

fn words(node: NodeId) -> &'static str {
    if node == RED { "red" } else { "blue" }
}

const fn at(stage: Stage) -> Work {
    Work::Stage(stage)
}

#[test]
fn a_good_roll_goes_stage_by_stage_and_node_by_node() {
    let queued = Story::of(plan());
    insta::assert_snapshot!(queued.next(), @"preparing: putting the release on the nodes, beside what runs");
    assert_eq!(
        queued.became(Preparing).next(),
        "red prepare 1, blue prepare 1"
    );
    let mut story = Story::rolling(plan());
    for stage in Stage::ALL {
        assert_eq!(story.next(), format!("red {stage} 1"));
        story = story.started(RED, Forward, at(stage), 1);
        assert_eq!(story.next(), "wait");
        story.events.pop();
        story = story.passed(RED, Forward, at(stage));
    }
    assert_eq!(story.next(), "look at blue");
    let story = story.looked(BLUE).forward(BLUE, Stage::Rejoin);
    insta::assert_snapshot!(story.next(), @"succeeded: every node runs 1.1 and is proven");
    assert_eq!(story.became(Succeeded).next(), "rest");
}

#[test]
fn a_failure_is_tried_again_only_if_it_is_ours() {
    for (class, expected) in [
        (Ours, "red check 2"),
        (Release, "undoing: It went wrong. red gets 1.0 back."),
        (
            Unsure,
            "halted: It went wrong. red stays out of service and is watched.",
        ),
    ] {
        let story = Story::rolling(plan()).forward(RED, Stage::Deploy);
        let story = story.failed(RED, Forward, at(Stage::Check), class);
        assert_eq!(story.next(), expected);
    }
    let again = Story::rolling(plan())
        .forward(RED, Stage::Deploy)
        .failed(RED, Forward, at(Stage::Check), Ours)
        .failed(RED, Forward, at(Stage::Check), Ours);
    insta::assert_snapshot!(again.next(), @"halted: It went wrong. red stays out of service and is watched.");
}

#[test]
fn the_pause_after_a_failure_is_kept() {
    let story = Story::rolling(plan()).failed(RED, Forward, at(Stage::Isolate), Ours);
    assert_eq!(
        next(&story.job(), Timestamp(549)),
        Next::Wait {
            until: Some(Timestamp(550))
        }
    );
    assert!(matches!(
        next(&story.job(), Timestamp(550)),
        Next::Perform(_)
    ));
}

#[test]
fn one_nodes_retry_does_not_hide_that_the_release_failed_on_another() {
    let mut both = plan();
    both.policy.batch = 2;
    let story = Story::rolling(both)
        .looked(BLUE)
        .forward(RED, Stage::Check)
        .forward(BLUE, Stage::Check)
        .failed(RED, Forward, at(Stage::Smoke), Ours)
        .failed(BLUE, Forward, at(Stage::Smoke), Release);
    insta::assert_snapshot!(story.next(), @"undoing: It went wrong. blue gets 1.0 back.");
    let mut story = story.became(Undoing);
    assert_eq!(story.job().cause.unwrap().node, BLUE);
    assert_eq!(story.next(), "red undo deploy 1, blue undo deploy 1");
    for stage in [Stage::Deploy, Stage::Check, Stage::Smoke, Stage::Rejoin] {
        for node in [RED, BLUE] {
            story = story.passed(node, Undo, at(stage));
        }
    }
    insta::assert_snapshot!(story.next(), @"undone: It went wrong. blue is back on 1.0, proven and in service; no further node was touched.");
}

#[test]
fn an_undo_that_fails_on_any_node_halts() {
    let mut both = plan();
    both.policy.batch = 2;
    let story = Story::rolling(both)
        .looked(BLUE)
        .forward(RED, Stage::Deploy)
        .forward(BLUE, Stage::Deploy)
        .failed(RED, Forward, at(Stage::Check), Release)
        .became(Undoing)
        .failed(BLUE, Undo, at(Stage::Deploy), Unsure);
    insta::assert_snapshot!(story.next(), @"halted: blue could not be put back: It went wrong. It stays out of service and is watched.");
}

#[test]
fn an_abort_is_obeyed_once_what_has_begun_has_ended() {
    let story = Story::rolling(plan())
        .forward(RED, Stage::Drain)
        .started(RED, Forward, at(Stage::Deploy), 1)
        .abort();
    assert_eq!(story.next(), "wait");
    let story = Story::rolling(plan()).forward(RED, Stage::Deploy).abort();
    insta::assert_snapshot!(story.next(), @"aborting: bob asked for it; the node at hand is put back");
    let early = Story::of(plan()).became(Preparing).abort();
    insta::assert_snapshot!(early.next(), @"aborted: bob aborted it before any node was touched");
}

#[test]
fn what_cannot_be_put_back_stays_out() {
    let mut unknown = plan();
    unknown.nodes[0].before = None;
    let story = Story::rolling(unknown).forward(RED, Stage::Deploy).failed(
        RED,
        Forward,
        at(Stage::Check),
        Release,
    );
    insta::assert_snapshot!(story.next(), @"halted: It went wrong. What red ran before is not known, so it cannot be undone. red stays out of service and is watched.");
    let halted = story.became(Halted);
    assert_eq!(halted.next(), "watch");
}
