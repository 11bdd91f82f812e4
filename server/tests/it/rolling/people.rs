//! Operators who abort, and who meddle with the balancer.

use super::ops::Ops;
use app::model::{
    deployment::{AtDrainLimit, DeploymentState},
    environment::Admission,
    journal::Fact,
};

/// Red is out and drains for as long as the test likes.
async fn draining() -> Ops {
    let mut ops = Ops::new().await;
    ops.policy.at_drain_limit = AtDrainLimit::Wait;
    let red = ops.node("red").app_url.clone();
    ops.front.fake.set_open_work(&red, Some(1));
    ops.deploy("1.1").await;
    ops.until_job("red to drain", |job| {
        job.nodes[0].open.as_ref().is_some_and(|open| {
            open.attempt.work == app::model::stage::Work::Stage(app::model::stage::Stage::Drain)
        })
    })
    .await;
    ops
}

/// Every answer to a command: `None` accepts it.
async fn answers(ops: &Ops) -> Vec<Option<String>> {
    let events = ops.events().await.into_iter();
    events
        .filter_map(|event| match event.fact {
            Fact::Commanded { refused, .. } => Some(refused),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn an_abort_puts_the_node_at_hand_back_and_touches_no_other() {
    let ops = draining().await;
    ops.abort().await;
    ops.wait("the answer", async || answers(&ops).await.len() == 1)
        .await;
    assert_eq!(answers(&ops).await, [None]);
    // the request that never ends is still open
    ops.until(DeploymentState::Aborted).await;
    ops.check_history().await;
    ops.expect_only_red_touched().await;
    ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
}

#[tokio::test]
async fn an_abort_after_the_end_has_no_effect() {
    let mut ops = Ops::new().await;
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    let first = ops.deployment;
    ops.abort().await;
    // the next deployment shows that the server has looked since
    ops.deploy("1.2").await;
    ops.until(DeploymentState::Succeeded).await;
    assert_eq!(answers(&ops).await, []);
    ops.deployment = first;
    assert_eq!(answers(&ops).await, []);
    assert_eq!(ops.job().await.state, DeploymentState::Succeeded);
    ops.check_history().await;
}

#[tokio::test]
async fn a_second_abort_is_refused_with_the_reason() {
    let mut ops = draining().await;
    ops.kill().await;
    ops.abort().await;
    ops.abort().await;
    ops.restart().await;
    ops.wait("both answers", async || answers(&ops).await.len() == 2)
        .await;
    assert_eq!(
        answers(&ops).await,
        [None, Some("bob asked to abort it already".into())]
    );
    ops.until(DeploymentState::Aborted).await;
    ops.check_history().await;
    ops.expect_only_red_touched().await;
    ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
}

#[tokio::test]
async fn an_abort_before_a_server_comes_ends_it_with_nothing_touched() {
    let mut ops = Ops::new().await;
    ops.kill().await;
    ops.deploy("1.1").await;
    ops.abort().await;
    ops.start();
    ops.until(DeploymentState::Aborted).await;
    ops.check_history().await;
    assert_eq!(ops.front.fake.orders(), []);
    ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
}

#[tokio::test]
async fn a_reload_that_forgets_our_flag_is_noticed_and_mended() {
    let ops = draining().await;
    ops.front.fake.reload(false);
    ops.until_admission("red", Admission::Isolated).await;
    ops.wait("the repair in the timeline", async || {
        let events = ops.events().await;
        events
            .iter()
            .any(|event| matches!(event.fact, Fact::Reasserted { .. }))
    })
    .await;
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.1")])
        .await;
}
