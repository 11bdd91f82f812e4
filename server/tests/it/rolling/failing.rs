//! Each stage failed in turn, by each kind of failure that can happen there: what is left of nodes and deployment.

use super::ops::Ops;
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    environment::Admission,
    journal::{Fact, Outcome, Proof},
    smoke::{Act, Flow, Suite},
    stage::{Pass, Stage, Work},
    trouble::FailureClass::{self, *},
};
use futures::{StreamExt, stream};
use server::{
    balancer::{Wanted, fake::Fault},
    remote::{RemoteError, fake::ran},
    smoke::fake::FakeStep,
};

/// How a case goes wrong on red.
type Spoil = fn(&Ops);

/// What a case leaves.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Left {
    /// Ended before anything was touched.
    Untouched,
    /// Red is back on 1.0, proven.
    Undone,
    /// Red is in service as it was; a person ends the deployment.
    HaltedInService,
    /// Red stays out until a person decides.
    HaltedOut,
}

const HOME: &str = "open /";

fn cut() -> RemoteError {
    RemoteError::Locked
}

fn cases() -> Vec<(Work, FailureClass, Left, Spoil)> {
    let at = Work::Stage;
    vec![
        (Work::Prepare, Ours, Left::Untouched, |ops| {
            for _ in 0..9 {
                ops.shells.fake.answer_run("unpack", Err(cut()));
            }
        }),
        (Work::Prepare, Unsure, Left::Untouched, |ops| {
            let changed = RemoteError::HostKeyChanged {
                address: "red".into(),
                expected: "SHA256:red".into(),
            };
            ops.shells.fake.answer_run("unpack", Err(changed));
        }),
        (at(Stage::Isolate), Ours, Left::HaltedInService, |ops| {
            ops.front.is_deaf_to(Wanted::Isolated, 3);
        }),
        (at(Stage::Drain), Unsure, Left::HaltedInService, |ops| {
            let red = &ops.node("red").app_url;
            ops.front.fake.set_open_work(red, Some(2));
        }),
        (at(Stage::Deploy), Ours, Left::HaltedOut, |ops| {
            for _ in 0..2 {
                ops.shells.fake.answer_run("switch", Err(cut()));
            }
        }),
        (at(Stage::Deploy), Release, Left::Undone, |ops| {
            ops.shells
                .fake
                .answer_run("switch", Ok(ran(7, "no such port")));
        }),
        (at(Stage::Deploy), Unsure, Left::HaltedOut, |ops| {
            ops.shells.fake.answer_run("switch", Ok(ran(251, "gone")));
        }),
        (at(Stage::Check), Release, Left::Undone, |ops| {
            ops.shells.does_not_boot("1.1");
        }),
        (at(Stage::Check), Unsure, Left::HaltedOut, |ops| {
            ops.shells.answers_as("1.1", "0.9");
        }),
        (at(Stage::Smoke), Ours, Left::HaltedOut, |ops| {
            ops.browser
                .on_step(None, HOME, FakeStep::Breaks("it died".into()));
        }),
        (at(Stage::Smoke), Release, Left::Undone, |ops| {
            ops.browser
                .on_step(None, HOME, FakeStep::Refused("no such page".into()));
        }),
        (at(Stage::Smoke), Unsure, Left::HaltedOut, |ops| {
            let other = "127.0.0.99:9000".parse().unwrap();
            ops.browser.on_step(None, HOME, FakeStep::AnsweredBy(other));
        }),
        (at(Stage::Rejoin), Ours, Left::HaltedOut, |ops| {
            ops.front.is_deaf_to(Wanted::InService, 5);
        }),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_stage_failed_in_turn_leaves_what_it_must() {
    let count = cases().len();
    let played: Vec<()> = stream::iter(0..count)
        .map(play)
        .buffer_unordered(6)
        .collect()
        .await;
    assert_eq!(played.len(), count);
}

async fn play(n: usize) {
    let (work, class, left, spoil) = cases().remove(n);
    let mut ops = Ops::new().await;
    spoil(&ops);
    ops.deploy("1.1").await;
    let state = match left {
        Left::Untouched => DeploymentState::Aborted,
        Left::Undone => DeploymentState::Undone,
        Left::HaltedInService | Left::HaltedOut => DeploymentState::Halted,
    };
    ops.until_job(&format!("{work} {class:?} to end"), |job| {
        job.state.is_over() || job.state == DeploymentState::Halted
    })
    .await;
    let story = ops.story().await;
    assert_eq!(ops.job().await.state, state, "{work} {class:?}:\n{story}");
    ops.check_history().await;
    let failed = ops
        .events()
        .await
        .into_iter()
        .find_map(|event| match event.fact {
            Fact::Finished {
                attempt,
                outcome: Outcome::Failed { failure },
            } => Some((attempt.work, failure.class)),
            _ => None,
        });
    assert_eq!(failed, Some((work, class)), "{story}");

    if work == Work::Prepare {
        assert_eq!(ops.front.fake.orders(), []);
    } else {
        ops.expect_only_red_touched().await;
    }
    if left == Left::HaltedOut {
        assert_eq!(ops.admission("red").await, Admission::Isolated, "{story}");
        ops.browser.forget_rules();
        ops.abort().await;
        ops.until(DeploymentState::Aborted).await;
        assert_eq!(ops.run_state("red").await, NodeRunState::Undone);
    }
    if left == Left::HaltedInService {
        ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
            .await;
        ops.abort().await;
        ops.until(DeploymentState::Aborted).await;
    }
    ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
    ops.check_history().await;
    ops.close().await;
}

#[tokio::test]
async fn what_fails_once_by_our_fault_is_tried_again() {
    let mut ops = Ops::new().await;
    ops.shells.fake.answer_run("unpack", Err(cut()));
    ops.shells.fake.answer_run("switch", Err(cut()));
    // one for the browser started ahead, one for the first attempt
    ops.browser.fail_a_start("no memory");
    ops.browser.fail_a_start("no memory");
    ops.front.is_deaf_to(Wanted::InService, 2);
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.1")])
        .await;
    let stages = ops.stages().await;
    let times = |what: &str| stages.iter().filter(|stage| *stage == what).count();
    assert_eq!(times("red deploy"), 2);
    assert_eq!(times("red smoke"), 2);
    assert_eq!(times("red rejoin"), 3);
    assert_eq!(times("blue smoke"), 1);
}

#[tokio::test]
async fn a_balancer_that_fails_in_every_way_for_a_while_is_survived() {
    let mut ops = Ops::new().await;
    ops.front
        .fake
        .inject([Fault::Unreachable, Fault::AnswerLost, Fault::Refused]);
    ops.deploy("1.1").await;
    ops.until_job("red to be out", |job| job.nodes[0].isolated)
        .await;
    ops.front
        .fake
        .inject([Fault::Unreachable, Fault::Unreachable]);
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.1")])
        .await;
}

#[tokio::test]
async fn in_a_batch_the_release_that_fails_on_one_node_is_not_tried_again_while_the_other_is() {
    let mut ops = Ops::new().await;
    (ops.policy.batch, ops.policy.floor) = (2, 1);
    ops.nodes = vec!["red", "blue"];
    let blue = std::net::SocketAddr::from(([127, 0, 0, 11], 9000));
    let red = std::net::SocketAddr::from(([127, 0, 0, 10], 9000));
    ops.browser
        .on_step(Some(red), HOME, FakeStep::Breaks("it died".into()));
    ops.browser
        .on_step(Some(blue), HOME, FakeStep::Refused("no such page".into()));
    ops.deploy("1.1").await;
    ops.until_job("an end", |job| {
        job.state.is_over() || job.state == DeploymentState::Halted
    })
    .await;
    ops.check_history().await;
    let stages = ops.stages().await;
    let smokes = stages.iter().filter(|stage| *stage == "blue smoke").count();
    // whichever node is faster: none, if red stopped the roll first
    assert!(smokes < 2, "{}", ops.story().await);
}

#[tokio::test]
async fn an_undo_is_proven_by_the_suite_that_last_proved_the_old_release_there() {
    let mut ops = Ops::new().await;
    let first = ops.inventory.suite.clone().unwrap();
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    let orders = Act::Open {
        path: "/orders".into(),
    };
    let second = Suite {
        flows: vec![Flow {
            title: "Look at orders".into(),
            step_limit_ms: 5_000,
            ..Flow::new("orders".parse().unwrap(), vec![orders.into()])
        }],
        ..first.suite.clone()
    };
    ops.use_suite("the second suite", &second).await;
    ops.browser
        .on_step(None, "open /orders", FakeStep::Refused("no orders".into()));
    ops.deploy("1.2").await;
    ops.until(DeploymentState::Undone).await;
    ops.check_history().await;
    let stages = ops.stages().await;
    let elsewhere = |stage: &&String| !stage.starts_with("red") && !stage.ends_with("prepare");
    assert_eq!(stages.iter().find(elsewhere), None);
    let proofs = ops.proofs(Pass::Undo, Stage::Smoke).await;
    assert!(
        matches!(&proofs[..], [Proof::Smoked { suite: Some(by), .. }] if *by == first.revision),
        "{proofs:?}"
    );
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.1")])
        .await;
    insta::assert_snapshot!(ops.job().await.why, @"Look at orders failed on red at step 1 (open /orders): no orders. red is back on 1.1, proven and in service; no further node was touched.");
}

#[tokio::test]
async fn an_old_release_nobody_proved_is_undone_by_the_check_alone_and_that_is_said() {
    let mut ops = Ops::new().await;
    ops.shells.does_not_boot("1.1");
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Undone).await;
    let proofs = ops.proofs(Pass::Undo, Stage::Smoke).await;
    assert!(
        matches!(&proofs[..], [Proof::Smoked { suite: None, .. }]),
        "{proofs:?}"
    );
    insta::assert_snapshot!(ops.job().await.why, @"red was not well within 40 s: of 3 good answers in a row to /health it gave 0; the last was the connection was refused. red is back on 1.0, proven and in service; no further node was touched.");
}

#[tokio::test]
async fn an_undo_that_fails_leaves_the_node_out_and_an_abort_tries_it_again() {
    let mut ops = Ops::new().await;
    ops.shells.does_not_boot("1.1");
    ops.shells.does_not_boot("1.0");
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Halted).await;
    ops.check_history().await;
    ops.expect_only_red_touched().await;
    assert_eq!(ops.admission("red").await, Admission::Isolated);
    insta::assert_snapshot!(ops.job().await.why, @"red could not be put back: red was not well within 40 s: of 3 good answers in a row to /health it gave 0; the last was the connection was refused. It stays out of service and is watched.");
    ops.shells.boots("1.0");
    ops.abort().await;
    ops.until(DeploymentState::Aborted).await;
    ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
}

#[tokio::test]
async fn the_suite_is_tried_on_a_node_in_service_before_the_first_one_leaves() {
    let mut ops = Ops::new().await;
    ops.policy.rehearse = true;
    let plan = ops.plan("1.1").await;
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    let events = ops.events().await;
    let rehearsed = |fact: &Fact| {
        matches!(fact, Fact::Finished { attempt, outcome: Outcome::Passed { .. } }
            if attempt.pass == Pass::Rehearsal && attempt.work == Work::Stage(Stage::Smoke))
    };
    let isolated = |fact: &Fact| matches!(fact, Fact::Started { attempt, .. } if attempt.work == Work::Stage(Stage::Isolate));
    let at = |what: &dyn Fn(&Fact) -> bool| events.iter().position(|event| what(&event.fact));
    let (rehearsal, isolate) = (at(&rehearsed), at(&isolated));
    assert!(
        rehearsal.is_some() && rehearsal < isolate,
        "{rehearsal:?} {isolate:?}"
    );
    // the release that was in service is proven by it, not the new one
    let old = &plan.nodes[0].before.as_ref().unwrap().release_dir;
    let proof = server::store::proofs::proof_for(&ops.database.pool, ops.node("red").id, old);
    assert!(proof.await.unwrap().is_some());
}

#[tokio::test]
async fn a_suite_that_fails_on_what_is_in_service_starts_nothing() {
    let mut ops = Ops::new().await;
    ops.policy.rehearse = true;
    ops.browser.on_step(
        None,
        HOME,
        FakeStep::Refused("There is no such link.".into()),
    );
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Aborted).await;
    ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
    let events = ops.events().await;
    assert!(!events.iter().any(|event| matches!(
        event.fact,
        Fact::Started { attempt, .. } if attempt.pass == Pass::Forward && attempt.work != Work::Prepare
    )));
    let why = events.iter().rev().find_map(|event| match &event.fact {
        Fact::Became { why, .. } => Some(why.clone()),
        _ => None,
    });
    let why = why.unwrap();
    assert!(
        why.contains("rehearsal failed on red") && why.contains("1.0"),
        "{why}"
    );
}
