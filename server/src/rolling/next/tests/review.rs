//! Pictures that differ: the first node waits, isolated, until somebody has looked.

use super::*;
use app::model::{
    command::possible,
    deployment::{OnFailure, PlannedSuite},
    evidence::{Noticed, PictureReport, StepKey, Verdict},
    ids::SuiteRevisionId,
    smoke::{OnDifference, Pictures, Suite},
};

const MINUTE: i64 = 60_000;

fn gated(on_difference: OnDifference) -> Plan {
    let mut plan = plan();
    let mut suite = Suite::new("http://shop.test", Vec::new());
    suite.pictures = Pictures {
        on_difference,
        above_ppm: 0,
        review_limit_ms: 900_000,
    };
    let revision = SuiteRevisionId(Uuid::nil());
    plan.suite = Some(PlannedSuite { revision, suite });
    plan
}

fn noticed(step: u32) -> Noticed {
    Noticed {
        at_step: StepKey {
            flow: "home".parse().unwrap(),
            step,
        },
        words: "open /".into(),
        old: "old".into(),
        new: format!("new-{step}"),
        how: "2.1 % differs".into(),
        against: "red on 1.0".into(),
    }
}

impl Story {
    /// Through its smoke test, in which so many steps looked different.
    fn smoked(self, node: NodeId, differences: u32) -> Self {
        let (pass, work) = (Forward, at(Stage::Smoke));
        let number = self.tried(node, pass, work) + 1;
        let attempt = Attempt { pass, work, number };
        let report = Box::new(PictureReport {
            compared: 5,
            alone: 0,
            differences: (1..=differences).map(noticed).collect(),
            after: 7,
        });
        let outcome = Outcome::Passed {
            proof: Proof::Isolated,
        };
        self.started(node, pass, work, number)
            .tell(Some(node), Fact::Pictured { attempt, report })
            .tell(Some(node), Fact::Finished { attempt, outcome })
    }

    fn said(self, review: i64, step: u32, verdict: Verdict) -> Self {
        let fact = Fact::Reviewed {
            review,
            flow: "home".parse().unwrap(),
            step,
            new: format!("new-{step}"),
            verdict,
            by: "eve".into(),
            reason: "the price is gone".into(),
        };
        self.tell(Some(RED), fact)
    }

    fn held(plan: Plan, differences: u32) -> Self {
        let story = Self::rolling(plan).forward(RED, Stage::Check);
        story.smoked(RED, differences).became(Held)
    }
}

fn later(story: &Story, minutes: i64) -> Next {
    let alarmed = Fact::Alarmed {
        words: String::new(),
    };
    let job = story.clone().tell(Some(RED), alarmed).job();
    next(&job, Timestamp(minutes * MINUTE))
}

#[test]
fn only_a_gate_that_holds_keeps_a_node_that_looks_different_from_rejoining() {
    for (on_difference, differences, holds) in [
        (OnDifference::Report, 2, false),
        // its smoke stage would have failed
        (OnDifference::Fail, 0, false),
        (OnDifference::HoldFirst, 0, false),
        (OnDifference::HoldFirst, 2, true),
    ] {
        let story = Story::rolling(gated(on_difference)).forward(RED, Stage::Check);
        let next = story.smoked(RED, differences).next();
        let expected = if holds { "held:" } else { "red rejoin 1" };
        assert!(next.starts_with(expected), "{on_difference:?}: {next}");
    }
    let story = Story::rolling(gated(OnDifference::HoldFirst)).forward(RED, Stage::Check);
    insta::assert_snapshot!(story.clone().smoked(RED, 1).next(), @"held: red passed its smoke test and is held for review: step 1 of home (`open /`): 2.1 % differs, held against red on 1.0. It stays out of service and is watched.");
    insta::assert_snapshot!(story.smoked(RED, 3).next(), @"held: red passed its smoke test and is held for review: 3 pictures differ by more than they may, the first at step 1 of home (`open /`): 2.1 % differs, held against red on 1.0. It stays out of service and is watched.");
}

#[test]
fn it_goes_on_when_every_difference_is_accepted_and_looks_at_the_world_first() {
    let held = Story::held(gated(OnDifference::HoldFirst), 2);
    assert_eq!(held.next(), "watch");
    let one = held.said(8, 1, Verdict::Accepted);
    assert_eq!(one.next(), "watch");
    assert_eq!(
        one.job().gate().unwrap().progress(),
        "1 of 2 differences accepted"
    );
    let both = one.said(9, 2, Verdict::Accepted);
    assert_eq!(both.next(), "reconcile");
    let both = both.reconciled(None);
    insta::assert_snapshot!(both.next(), @"rolling: every difference was accepted");
    assert_eq!(both.became(Rolling).next(), "red rejoin 1");
}

#[test]
fn a_later_node_is_only_reported() {
    let story = Story::rolling(gated(OnDifference::HoldFirst))
        .forward(RED, Stage::Rejoin)
        .looked(BLUE)
        .forward(BLUE, Stage::Check)
        .smoked(BLUE, 3);
    assert_eq!(story.next(), "blue rejoin 1");
}

#[test]
fn a_rejection_is_the_releases_failure_whatever_the_pools_policy_makes_of_it() {
    let rejected = |on_failure| {
        let mut plan = gated(OnDifference::HoldFirst);
        plan.policy.on_failure = on_failure;
        let story =
            Story::held(plan, 2)
                .said(8, 1, Verdict::Accepted)
                .said(9, 2, Verdict::Rejected);
        assert_eq!(story.next(), "reconcile");
        story.reconciled(None)
    };
    let undone = rejected(OnFailure::UndoNode);
    insta::assert_snapshot!(undone.next(), @"undoing: eve rejected how step 2 of home (`open /`) looks with 1.1 on red: The price is gone. red gets 1.0 back.");
    assert_eq!(undone.became(Undoing).next(), "red undo deploy 1");
    let left = rejected(OnFailure::Leave);
    insta::assert_snapshot!(left.next(), @"halted: eve rejected how step 2 of home (`open /`) looks with 1.1 on red: The price is gone. The pool's policy leaves it as it is. red stays out of service and is watched.");
    // whoever tries again looks again
    let again = left
        .became(Halted)
        .asked(Command::Retry, None)
        .reconciled(None);
    assert_eq!(again.became(Rolling).next(), "red smoke 2");
}

#[test]
fn the_other_node_of_the_batch_does_not_slip_past_a_rejection() {
    let mut plan = gated(OnDifference::HoldFirst);
    (plan.policy.batch, plan.policy.on_failure) = (2, OnFailure::Leave);
    let both = Story::rolling(plan)
        .looked(BLUE)
        .forward(RED, Stage::Check)
        .forward(BLUE, Stage::Check)
        .smoked(RED, 2)
        .smoked(BLUE, 1);
    let rejected = both
        .clone()
        .became(Held)
        .said(8, 2, Verdict::Rejected)
        .reconciled(None)
        .became(Halted);
    let again = rejected
        .asked(Command::Retry, None)
        .reconciled(None)
        .became(Rolling);
    assert!(
        again.next().starts_with("held: blue passed"),
        "{}",
        again.next()
    );
    // what was accepted on one is only reported of the other
    let accepted = both
        .became(Held)
        .said(8, 1, Verdict::Accepted)
        .said(9, 2, Verdict::Accepted)
        .reconciled(None)
        .became(Rolling);
    assert_eq!(accepted.next(), "red rejoin 1, blue rejoin 1");
}

#[test]
fn at_the_deadline_the_node_is_put_back_and_the_deployment_halts() {
    let held = Story::held(gated(OnDifference::HoldFirst), 2).said(8, 1, Verdict::Accepted);
    assert!(matches!(
        later(&held, 14),
        Next::Watch {
            until: Some(Timestamp(900_000))
        }
    ));
    // a takeover goes on with the same wait
    let successor = held.clone().claimed().reconciled(None);
    assert!(matches!(
        later(&successor, 14),
        Next::Watch {
            until: Some(Timestamp(900_000))
        }
    ));
    for story in [held, successor] {
        let Next::Record(None, Fact::Became { state, why }) = later(&story, 15) else {
            panic!("its time is up");
        };
        assert_eq!(state, Undoing);
        assert_eq!(
            why,
            "Nobody accepted 1 difference within 15 min, the limit for a review; the node is put back."
        );
        let undoing = story.became(Undoing);
        assert_eq!(undoing.job().gate(), None);
        let mut back = undoing;
        for stage in [Stage::Deploy, Stage::Check, Stage::Smoke, Stage::Rejoin] {
            back = back.passed(RED, Undo, at(stage));
        }
        assert!(back.next().starts_with("halted:"), "{}", back.next());
    }
}

#[test]
fn a_node_that_was_skipped_before_does_not_let_it_go_on_by_itself_after_the_deadline() {
    let story = Story::rolling(gated(OnDifference::HoldFirst)).forward(RED, Stage::Check);
    let skipped = story.asked(Command::Skip, Some(BLUE));
    let mut back = skipped.smoked(RED, 1).became(Held).became(Undoing);
    for stage in [Stage::Deploy, Stage::Check, Stage::Smoke, Stage::Rejoin] {
        back = back.passed(RED, Undo, at(stage));
    }
    assert!(back.next().starts_with("halted:"), "{}", back.next());
}

#[test]
fn what_was_said_counts_once_and_only_of_what_waits() {
    let held = Story::held(gated(OnDifference::HoldFirst), 1);
    let impossible = |story: Story| fold(&story.events).unwrap_err().why;
    // the review was known when the pictures were compared
    let known = held.clone().said(7, 1, Verdict::Accepted);
    assert_eq!(
        impossible(known),
        "speaks of a picture that nobody waits for"
    );
    let twice = held
        .said(8, 1, Verdict::Accepted)
        .said(9, 1, Verdict::Rejected);
    assert_eq!(
        impossible(twice),
        "speaks of a picture that nobody waits for"
    );
}

#[test]
fn nobody_resumes_past_the_pictures_but_may_skip_and_abort() {
    let held = Story::held(gated(OnDifference::HoldFirst), 1);
    let may = |command, node| possible(&held.job().situation(), command, node).is_ok();
    assert!(!may(Command::Resume, None));
    assert!(may(Command::Skip, Some(RED)) && may(Command::Abort, None));
    let skipped = held
        .clone()
        .asked(Command::Skip, Some(RED))
        .reconciled(None);
    insta::assert_snapshot!(skipped.next(), @"undoing: red is skipped and put back.");
    let aborted = held.abort().reconciled(None);
    insta::assert_snapshot!(aborted.next(), @"aborting: bob asked for it; nodes that are out are put back");
    assert_eq!(aborted.became(Aborting).job().gate(), None);
}

#[test]
fn who_asked_to_hold_before_is_heard_after_the_review() {
    let story = Story::rolling(gated(OnDifference::HoldFirst))
        .forward(RED, Stage::Check)
        .asked(Command::HoldNow, None)
        .smoked(RED, 1);
    assert!(
        story.next().starts_with("held: red passed"),
        "{}",
        story.next()
    );
    let accepted = story
        .became(Held)
        .said(8, 1, Verdict::Accepted)
        .reconciled(None);
    let next = accepted.became(Rolling).next();
    assert!(
        next.starts_with("held: bob asked to hold at once."),
        "{next}"
    );
}
