//! The suite on a node in service, before the first one leaves.

use super::*;
use app::model::{
    deployment::PlannedSuite,
    ids::{BalancerId, SuiteRevisionId},
    smoke::Suite,
};

const SMOKE: Work = Work::Stage(Stage::Smoke);

fn wishful() -> Plan {
    let mut plan = plan();
    plan.policy.rehearse = true;
    let suite = Suite::new("http://shop.test", Vec::new());
    let revision = SuiteRevisionId(Uuid::nil());
    plan.suite = Some(PlannedSuite { revision, suite });
    plan
}

fn prepared(plan: Plan) -> Story {
    [RED, BLUE]
        .into_iter()
        .fold(Story::of(plan).became(Preparing), |story, node| {
            story.passed(node, Forward, Work::Prepare)
        })
}

fn story() -> Story {
    prepared(wishful())
}

impl Story {
    fn seen(self, node: NodeId, how: Admission) -> Self {
        let before = vec![(BalancerId(Uuid::nil()), how)];
        self.tell(Some(node), Fact::Observed { before })
    }
}

#[test]
fn the_first_node_in_service_rehearses_once() {
    let story = story();
    assert_eq!(next(&story.job(), Timestamp(0)), Next::Look(RED));
    let story = story.seen(RED, Admission::InService);
    assert_eq!(story.next(), "red smoke 1");
    let story = story.passed(RED, Rehearsal, SMOKE);
    let Next::Record(None, Fact::Became { state, .. }) = next(&story.job(), Timestamp(0)) else {
        panic!("it rolls");
    };
    assert_eq!(state, Rolling);
    // what the rehearsal saw may be old by then
    let story = story.became(Rolling);
    assert_eq!(next(&story.job(), Timestamp(0)), Next::Look(RED));
    assert!(!story.job().nodes[0].touched && !story.job().nodes[0].out);
}

#[test]
fn a_node_that_is_out_does_not_rehearse_and_with_none_in_service_it_goes_on_without() {
    let story = story().seen(RED, Admission::Isolated);
    assert_eq!(next(&story.job(), Timestamp(0)), Next::Look(BLUE));
    let story = story.seen(BLUE, Admission::Isolated);
    assert!(matches!(
        next(&story.job(), Timestamp(0)),
        Next::Record(None, Fact::Became { state: Rolling, .. })
    ));
}

#[test]
fn nobody_rehearses_an_unknown_release_or_without_a_suite() {
    let goes_on = |change: fn(&mut Plan)| {
        let mut plan = wishful();
        change(&mut plan);
        let story = prepared(plan);
        matches!(next(&story.job(), Timestamp(0)), Next::Record(None, _))
    };
    assert!(goes_on(|plan| plan.suite = None));
    assert!(goes_on(|plan| plan
        .nodes
        .iter_mut()
        .for_each(|node| node.before = None)));
    assert!(goes_on(|plan| plan.policy.rehearse = false));
    assert!(!goes_on(|_| {}));
}

#[test]
fn a_suite_that_fails_in_service_starts_nothing() {
    let story = story()
        .seen(RED, Admission::InService)
        .failed(RED, Rehearsal, SMOKE, Release);
    let Next::Record(None, Fact::Became { state, why }) = next(&story.job(), Timestamp(0)) else {
        panic!("it ends");
    };
    assert_eq!(state, Aborted);
    insta::assert_snapshot!(why, @"stopped before any node was touched: the suite's rehearsal failed on red, in service with 1.0. It went wrong.");
}

#[test]
fn a_browser_that_dies_is_tried_once_more_and_a_dead_servers_rehearsal_begun_again() {
    let story = story()
        .seen(RED, Admission::InService)
        .failed(RED, Rehearsal, SMOKE, Ours);
    let later = Timestamp(60_000);
    let Next::Perform(effects) = next(&story.job(), later) else {
        panic!("it tries again");
    };
    assert_eq!(effects[0].attempt.number, 2);
    let story = story
        .started(RED, Rehearsal, SMOKE, 2)
        .claimed()
        .reconciled(None);
    let Next::Record(Some(RED), Fact::Finished { outcome, .. }) = next(&story.job(), later) else {
        panic!("it gives up what the dead server had begun");
    };
    assert!(matches!(outcome, Outcome::Stopped { .. }));
}
