//! Drain limit and floor.

use super::ops::Ops;
use app::model::{
    deployment::{AtDrainLimit, DeploymentState},
    environment::Admission,
    journal::{Fact, Note, Proof},
    stage::{Pass, Stage},
};
use server::balancer::Wanted;

#[tokio::test]
async fn at_the_drain_limit_a_policy_that_forces_goes_on() {
    let mut ops = Ops::new().await;
    ops.policy.at_drain_limit = AtDrainLimit::Force;
    let red = ops.node("red").app_url.clone();
    ops.front.fake.set_open_work(&red, Some(1));
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    let forced: Vec<_> = ops
        .proofs(Pass::Forward, Stage::Drain)
        .await
        .into_iter()
        .map(|proof| matches!(proof, Proof::Drained { forced: true, .. }))
        .collect();
    assert_eq!(forced, [true, false, false]);
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.1")])
        .await;
}

#[tokio::test]
async fn at_the_drain_limit_a_policy_that_waits_waits_until_the_work_ends() {
    let mut ops = Ops::new().await;
    ops.policy.at_drain_limit = AtDrainLimit::Wait;
    ops.policy.drain_limit_ms = 10;
    let red = ops.node("red").app_url.clone();
    ops.front.fake.set_open_work(&red, Some(2));
    ops.deploy("1.1").await;
    let told = |open| move |fact: &Fact| matches!(fact, Fact::Noted { note: Note::OpenWork { open: told }, .. } if *told == open);
    for open in [2, 1] {
        ops.front.fake.set_open_work(&red, Some(open));
        ops.wait("open work in the timeline", async || {
            ops.events()
                .await
                .iter()
                .any(|event| told(open)(&event.fact))
        })
        .await;
    }
    assert_eq!(ops.job().await.state, DeploymentState::Rolling);
    ops.front.fake.set_open_work(&red, Some(0));
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
}

#[tokio::test]
async fn at_the_drain_limit_a_policy_that_puts_back_leaves_the_node_as_it_was() {
    let mut ops = Ops::new().await;
    ops.policy.at_drain_limit = AtDrainLimit::PutBack;
    let red = ops.node("red").app_url.clone();
    ops.front.fake.set_open_work(&red, Some(1));
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Halted).await;
    ops.check_history().await;
    ops.expect_only_red_touched().await;
    ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
    insta::assert_snapshot!(ops.job().await.why, @"red still had 1 open request after 20 s. The node is back in service as it was. Continue to try it again, skip it, or abort to end this deployment.");
}

#[tokio::test]
async fn nothing_is_taken_out_when_the_floor_would_break() {
    let mut ops = Ops::new().await;
    let blue = ops.node("blue").app_url.clone();
    ops.front.fake.operator_disables(&blue, true);
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Halted).await;
    ops.check_history().await;
    let orders = ops.front.fake.orders();
    assert!(
        orders.iter().all(|order| order.wanted != Wanted::Isolated),
        "{orders:?}"
    );
    assert_eq!(ops.admission("red").await, Admission::InService);
    assert_eq!(ops.admission("blue").await, Admission::Isolated);
    insta::assert_snapshot!(ops.job().await.why, @"Taking red out would leave 1 usable node in production/shop; the floor is 2. The node is back in service as it was. Continue to try it again, skip it, or abort to end this deployment.");
    ops.abort().await;
    ops.until(DeploymentState::Aborted).await;
    assert_eq!(ops.admission("blue").await, Admission::Isolated);
}

#[tokio::test]
async fn the_floor_counts_nodes_that_answer_not_those_merely_enabled() {
    let mut ops = Ops::new().await;
    let green = ops.node("green").app_url.clone();
    ops.front.fake.set_failing(&green, true);
    ops.nodes = vec!["red"];
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Halted).await;
    let orders = ops.front.fake.orders();
    assert!(
        orders.iter().all(|order| order.wanted != Wanted::Isolated),
        "{orders:?}"
    );
}

#[tokio::test]
async fn a_node_an_operator_had_disabled_is_rolled_and_never_enabled() {
    let mut ops = Ops::new().await;
    ops.policy.floor = 1;
    let blue = ops.node("blue").app_url.clone();
    ops.front.fake.operator_disables(&blue, true);
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    assert!(
        !ops.front
            .fake
            .orders()
            .iter()
            .any(|order| order.worker == blue),
        "somebody else's flag was turned"
    );
    assert_eq!(ops.admission("blue").await, Admission::Isolated);
    assert_eq!(ops.version("blue"), "1.1");
    assert_eq!(ops.admission("red").await, Admission::InService);
}

#[tokio::test]
async fn nodes_of_one_batch_do_not_count_each_other_as_usable() {
    let mut ops = Ops::new().await;
    (ops.policy.batch, ops.policy.floor) = (2, 1);
    ops.policy.at_drain_limit = AtDrainLimit::Wait;
    let [red, blue, green] = ["red", "blue", "green"].map(|name| ops.node(name).app_url.clone());
    ops.front.fake.operator_disables(&green, true);
    // whichever of the two is out first stays out until the other has given up
    for out in [&red, &blue] {
        ops.front.fake.set_open_work(out, Some(1));
    }
    ops.deploy("1.1").await;
    ops.until_job("the floor to be defended", |job| {
        job.final_failures().next().is_some()
    })
    .await;
    for out in [&red, &blue] {
        ops.front.fake.set_open_work(out, Some(0));
    }
    ops.until(DeploymentState::Halted).await;
    ops.check_history().await;
    let orders = ops.front.fake.orders();
    let isolated: std::collections::HashSet<_> = orders
        .iter()
        .filter(|order| order.wanted == Wanted::Isolated)
        .map(|order| &order.worker)
        .collect();
    assert_eq!(isolated.len(), 1, "{orders:?}");
    assert_eq!(ops.admission("red").await, Admission::InService);
    assert_eq!(ops.admission("blue").await, Admission::InService);
    assert_eq!(ops.admission("green").await, Admission::Isolated);
}

#[tokio::test]
async fn a_balancer_that_says_yes_and_does_nothing_is_found_out_before_anything_is_done() {
    let mut ops = Ops::new().await;
    ops.front.ignores(Wanted::Isolated);
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Halted).await;
    ops.check_history().await;
    assert_eq!(ops.deeds("switch"), [""; 0]);
    let why = ops.job().await.why;
    assert!(
        why.contains("told to take red out and still shows it as"),
        "{why}"
    );
    ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
}
