//! What people ask of a running deployment, and the one end state of each.

use super::{ops::Ops, world::Takes};
use app::model::{
    command::Command,
    deployment::{AtDrainLimit, DeploymentState, NodeRunState, OnFailure},
    environment::Admission,
    journal::Fact,
    stage::{Stage, Work},
};
use server::{
    remote::RemoteError,
    store::{commands::Asked, deployments, leases},
};

const NEW: [(&str, &str); 3] = [("red", "1.1"), ("blue", "1.1"), ("green", "1.1")];
const OLD: [(&str, &str); 3] = [("red", "1.0"), ("blue", "1.0"), ("green", "1.0")];

fn plain(command: Command) -> Asked {
    Asked::plain(command, "bob")
}

fn about(ops: &Ops, command: Command, node: &str) -> Asked {
    Asked {
        node: Some(ops.node(node).id),
        ..plain(command)
    }
}

/// Red drains for as long as the test likes.
async fn draining(change: impl FnOnce(&mut Ops)) -> Ops {
    let mut ops = Ops::new().await;
    ops.policy.at_drain_limit = AtDrainLimit::Wait;
    change(&mut ops);
    let red = ops.node("red").app_url.clone();
    ops.front.fake.set_open_work(&red, Some(1));
    ops.deploy("1.1").await;
    ops.until_job("red to drain", |job| {
        let open = job.nodes[0].open.as_ref();
        open.is_some_and(|open| open.attempt.work == Work::Stage(Stage::Drain))
    })
    .await;
    ops
}

fn drained(ops: &Ops) {
    let red = ops.node("red").app_url.clone();
    ops.front.fake.set_open_work(&red, Some(0));
}

async fn answers(ops: &Ops) -> Vec<Option<String>> {
    let events = ops.events().await.into_iter();
    events
        .filter_map(|event| match event.fact {
            Fact::Commanded { refused, .. } => Some(refused),
            _ => None,
        })
        .collect()
}

async fn ended(ops: &Ops, state: DeploymentState, nodes: [(&str, &str); 3]) {
    ops.until(state).await;
    ops.check_history().await;
    ops.expect_in_service(nodes).await;
}

#[tokio::test]
async fn a_hold_lets_the_node_rejoin_needs_no_owner_and_is_resumed() {
    let ops = draining(|_| {}).await;
    ops.ask(plain(Command::Hold)).await;
    drained(&ops);
    ended(
        &ops,
        DeploymentState::Held,
        [("red", "1.1"), ("blue", "1.0"), ("green", "1.0")],
    )
    .await;
    ops.wait("nobody to own it", async || {
        let owner = leases::owner(&ops.database.pool, ops.deployment).await;
        owner.unwrap().is_none()
    })
    .await;
    ops.ask(plain(Command::Resume)).await;
    ended(&ops, DeploymentState::Succeeded, NEW).await;
}

#[tokio::test]
async fn a_hold_now_ends_a_drain_at_once_and_the_node_is_kept_out_meanwhile() {
    let ops = draining(|_| {}).await;
    ops.ask(plain(Command::HoldNow)).await;
    ops.until(DeploymentState::Held).await;
    assert_eq!(ops.admission("red").await, Admission::Isolated);
    let told = ops.job().await.seq;
    let red = ops.node("red").app_url.clone();
    ops.front.fake.operator_disables(&red, false);
    ops.wait("the repair in the timeline", async || {
        let events = ops.events().await;
        let repaired = |fact: &Fact| matches!(fact, Fact::Reasserted { .. });
        events
            .iter()
            .any(|event| event.seq > told && repaired(&event.fact))
    })
    .await;
    ops.until_admission("red", Admission::Isolated).await;
    assert_eq!(ops.job().await.state, DeploymentState::Held);
    drained(&ops);
    ops.ask(plain(Command::Resume)).await;
    ended(&ops, DeploymentState::Succeeded, NEW).await;
    let stages = ops.stages().await;
    let isolated = stages.iter().filter(|stage| *stage == "red isolate");
    assert_eq!(isolated.count(), 1, "it goes on where it was");
}

#[tokio::test]
async fn a_hold_that_lasts_too_long_puts_the_node_back_and_a_person_continues() {
    let ops = draining(|ops| ops.policy.hold_limit_ms = 3_000).await;
    ops.ask(plain(Command::HoldNow)).await;
    ended(&ops, DeploymentState::Halted, OLD).await;
    drained(&ops);
    ops.ask(plain(Command::Continue)).await;
    ended(&ops, DeploymentState::Succeeded, NEW).await;
}

#[tokio::test]
async fn an_abort_ends_a_command_that_never_ends_and_puts_the_node_back() {
    let mut ops = Ops::new().await;
    ops.shells.takes("switch", Some("1.1"), Takes::ForEver);
    ops.deploy("1.1").await;
    ops.wait("the switch", async || ops.deeds("red switch").len() == 1)
        .await;
    ops.abort().await;
    ended(&ops, DeploymentState::Aborted, OLD).await;
    ops.expect_only_red_touched().await;
    assert_eq!(ops.run_state("red").await, NodeRunState::Undone);
    assert_eq!(ops.deeds("red switch").len(), 2);
}

#[tokio::test]
async fn a_retry_tries_the_failed_stage_again_and_goes_on() {
    let mut ops = Ops::new().await;
    for _ in 0..2 {
        ops.shells
            .fake
            .answer_run("switch", Err(RemoteError::Locked));
    }
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Halted).await;
    assert_eq!(ops.admission("red").await, Admission::Isolated);
    ops.ask(plain(Command::Retry)).await;
    ended(&ops, DeploymentState::Succeeded, NEW).await;
}

#[tokio::test]
async fn a_node_skipped_before_its_turn_is_never_touched() {
    let ops = draining(|_| {}).await;
    ops.ask(about(&ops, Command::Skip, "blue")).await;
    ops.wait("the answer", async || answers(&ops).await.len() == 1)
        .await;
    drained(&ops);
    ended(
        &ops,
        DeploymentState::Succeeded,
        [("red", "1.1"), ("blue", "1.0"), ("green", "1.1")],
    )
    .await;
    assert_eq!(ops.run_state("blue").await, NodeRunState::Skipped);
    let blue = &ops.node("blue").app_url;
    let orders = ops.front.fake.orders();
    assert!(orders.iter().all(|order| order.worker != *blue));
}

#[tokio::test]
async fn a_node_skipped_while_it_is_out_gets_its_old_release_back_and_the_others_go_on() {
    let mut ops = Ops::new().await;
    ops.policy.on_failure = OnFailure::Leave;
    ops.shells
        .fake
        .answer_run("switch", Ok(server::remote::fake::ran(7, "no such port")));
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Halted).await;
    assert_eq!(ops.admission("red").await, Admission::Isolated);
    ops.ask(about(&ops, Command::Skip, "red")).await;
    ended(
        &ops,
        DeploymentState::Succeeded,
        [("red", "1.0"), ("blue", "1.1"), ("green", "1.1")],
    )
    .await;
    assert_eq!(ops.run_state("red").await, NodeRunState::Skipped);
}

#[tokio::test]
async fn a_forced_drain_goes_on_although_requests_are_open() {
    let ops = draining(|_| {}).await;
    ops.ask(about(&ops, Command::ForceDrain, "red")).await;
    ended(&ops, DeploymentState::Succeeded, NEW).await;
}

#[tokio::test]
async fn a_button_of_another_moment_is_refused_in_words_and_a_key_counts_once() {
    let ops = draining(|_| {}).await;
    ops.ask(plain(Command::HoldNow)).await;
    ops.until(DeploymentState::Held).await;
    let stale = Asked {
        turn: Some(1),
        ..plain(Command::Resume)
    };
    ops.ask(stale).await;
    ops.wait("both answers", async || answers(&ops).await.len() == 2)
        .await;
    let refused = answers(&ops).await.pop().unwrap().unwrap();
    insta::assert_snapshot!(refused, @"the deployment has moved on since that was asked: it is held now");
    drained(&ops);
    let resume = Asked {
        key: Some("k".into()),
        turn: Some(ops.job().await.turn),
        ..plain(Command::Resume)
    };
    ops.ask(resume.clone()).await;
    ops.ask(resume).await;
    ended(&ops, DeploymentState::Succeeded, NEW).await;
    assert_eq!(answers(&ops).await.len(), 3);
}

#[tokio::test]
async fn by_policy_a_failure_undoes_every_node_that_is_done() {
    let mut ops = Ops::new().await;
    ops.policy.on_failure = OnFailure::UndoAll;
    let blue = std::net::SocketAddr::from(([127, 0, 0, 11], 9000));
    let why = server::smoke::fake::FakeStep::Refused("nobody can sign in".into());
    ops.browser.on_step(Some(blue), "open /", why);
    ops.deploy("1.1").await;
    ended(&ops, DeploymentState::Undone, OLD).await;
    let green = ops.node("green").app_url.clone();
    assert!(
        ops.front
            .fake
            .orders()
            .iter()
            .all(|order| order.worker != green)
    );
}

#[tokio::test]
async fn by_policy_a_failure_leaves_the_node_out_for_a_person_to_look_at() {
    let mut ops = Ops::new().await;
    ops.policy.on_failure = OnFailure::Leave;
    ops.shells.does_not_boot("1.1");
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Halted).await;
    ops.check_history().await;
    assert_eq!(ops.admission("red").await, Admission::Isolated);
    assert_eq!(ops.version("red"), "1.1");
    ops.abort().await;
    ended(&ops, DeploymentState::Aborted, OLD).await;
}

#[tokio::test]
async fn each_node_is_watched_after_it_rejoined_before_the_next_one_leaves() {
    let mut ops = Ops::new().await;
    ops.policy.soak_ms = 4_000;
    ops.deploy("1.1").await;
    ended(&ops, DeploymentState::Succeeded, NEW).await;
    let stages = ops.stages().await;
    for (node, next) in [("red", "blue"), ("blue", "green")] {
        let at = |what: String| stages.iter().position(|stage| *stage == what).unwrap();
        let soaked = at(format!("{node} soak"));
        assert!(soaked < at(format!("{next} isolate")), "{stages:?}");
    }
    assert!(stages.contains(&"green soak".to_owned()));
}

#[tokio::test]
async fn a_node_that_gets_worse_while_it_is_watched_is_undone_even_the_last() {
    for name in ["red", "green"] {
        let mut ops = Ops::new().await;
        ops.policy.soak_ms = 600_000;
        ops.nodes = vec![name];
        ops.deploy("1.1").await;
        ops.until_job("the watch", |job| {
            let open = job.nodes[0].open.as_ref();
            open.is_some_and(|open| open.attempt.work == Work::Soak)
        })
        .await;
        let url = ops.node(name).app_url.clone();
        ops.front.fake.set_failing(&url, true);
        ops.until_job("the undo", |job| job.state == DeploymentState::Undoing)
            .await;
        ops.front.fake.set_failing(&url, false);
        ended(&ops, DeploymentState::Undone, OLD).await;
        ops.close().await;
    }
}

#[tokio::test]
async fn a_node_out_for_too_long_is_told_of_once_and_stands_in_the_inbox_while_it_is_out() {
    let ops = draining(|ops| ops.policy.isolation_limit_ms = 4_000).await;
    let alarms = async || {
        let events = ops.events().await;
        let alarmed = |fact: &Fact| matches!(fact, Fact::Alarmed { .. });
        events.iter().filter(|event| alarmed(&event.fact)).count()
    };
    ops.wait("the alarm", async || alarms().await == 1).await;
    let inbox = async || {
        let found = deployments::alarms(&ops.database.pool).await.unwrap();
        found
            .into_iter()
            .map(|(_, words)| words)
            .collect::<Vec<_>>()
    };
    let said = inbox().await;
    assert!(
        matches!(&said[..], [words] if words.starts_with("red has been out of service for 4")),
        "{said:?}"
    );
    drained(&ops);
    ops.until_job("red to be back", |job| !job.nodes[0].out)
        .await;
    let red = ops.node("red").id;
    let events = ops.events().await;
    let about_red = events
        .iter()
        .filter(|event| event.node == Some(red) && matches!(event.fact, Fact::Alarmed { .. }));
    assert_eq!(about_red.count(), 1);
    assert!(!inbox().await.iter().any(|words| words.starts_with("red")));
    ops.until(DeploymentState::Succeeded).await;
    assert_eq!(inbox().await, [""; 0]);
    ops.check_history().await;
}

#[tokio::test]
async fn a_storm_of_wishes_ends_in_a_state_that_can_be_justified() {
    for seed in 0..6_u64 {
        let mut ops = Ops::new().await;
        ops.policy.hold_limit_ms = 20_000;
        ops.deploy("1.1").await;
        let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
        let mut roll = |sides: usize| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            usize::try_from(dice % 1_000).unwrap() % sides
        };
        // all but the abort, which comes last
        let wishes: Vec<_> = (0..25)
            .map(|_| {
                let command = Command::ALL[roll(Command::ALL.len() - 1)];
                let node = ["red", "blue", "green"][roll(3)];
                about(&ops, command, node)
            })
            .collect();
        let asked = wishes.len();
        for (n, wish) in wishes.into_iter().enumerate() {
            ops.ask(wish).await;
            ops.wait("the answer", async || {
                answers(&ops).await.len() > n || ops.job().await.state.is_over()
            })
            .await;
        }
        // an undo is not interrupted: who wants to end it asks again when that has stopped
        let mut aborts = 0;
        while !ops.job().await.state.is_over() {
            let before = answers(&ops).await.len();
            ops.abort().await;
            aborts += 1;
            ops.wait("the answer", async || {
                answers(&ops).await.len() > before || ops.job().await.state.is_over()
            })
            .await;
            ops.until_job("an end or a halt", |job| {
                let halted = job.state == DeploymentState::Halted && job.abort_asked.is_none();
                job.state.is_over() || halted
            })
            .await;
        }
        ops.check_history().await;
        for name in ["red", "blue", "green"] {
            let expected = match ops.run_state(name).await {
                NodeRunState::Rejoined => "1.1",
                _ => "1.0",
            };
            let story = format!("seed {seed}, {name}:\n{}", ops.story().await);
            assert_eq!(ops.admission(name).await, Admission::InService, "{story}");
            assert_eq!(ops.version(name), expected, "{story}");
        }
        assert!(answers(&ops).await.len() <= asked + aborts);
        ops.close().await;
    }
}
