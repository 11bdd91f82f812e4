//! The server killed or stopped in the middle: the next one goes on where it was.

use super::ops::Ops;
use app::model::{deployment::DeploymentState, environment::Admission, journal::Fact};
use futures::{StreamExt, stream};
use server::{
    rolling::fold::Job,
    store::{
        journal::{self, JournalError, Standing},
        leases::Claim,
    },
};

const AT_ONCE: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_any_event_the_next_server_goes_on_to_the_end() {
    let whole = {
        let mut ops = two_nodes().await;
        ops.deploy("1.1").await;
        ops.until(DeploymentState::Succeeded).await;
        let whole = ops.events().await.len() as u64;
        ops.close().await;
        whole
    };
    assert!(whole > 30, "a roll has more events than {whole}");
    let kills = stream::iter(1..whole).map(kill_after);
    let played: Vec<()> = kills.buffer_unordered(AT_ONCE).collect().await;
    assert_eq!(played.len() as u64, whole - 1);
}

async fn two_nodes() -> Ops {
    let mut ops = Ops::new().await;
    ops.nodes = vec!["red", "blue"];
    ops
}

async fn kill_after(n: u64) {
    let mut ops = two_nodes().await;
    ops.shut_gate_after(n).await;
    ops.deploy("1.1").await;
    ops.until_refused().await;
    ops.kill().await;
    ops.open_gate().await;
    ops.check_history().await;
    let before = ops.job().await;
    assert_eq!(before.seq, n);

    ops.restart().await;
    fenced(&ops, &before).await;
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.0")])
        .await;
    ops.close().await;
}

/// What the former owner still wants to say is refused, as soon as there is a new one.
async fn fenced(ops: &Ops, before: &Job) {
    let claim = Claim {
        deployment: ops.deployment,
        epoch: before.epoch,
    };
    ops.wait("another owner", async || {
        ops.events().await.len() as u64 > before.seq
    })
    .await;
    let fact = Fact::Became {
        state: before.state,
        why: "late".into(),
    };
    let standing = Standing {
        state: before.state,
        why: "late",
        node_state: None,
        done: 0,
    };
    let refused = journal::append(
        &ops.database.pool,
        claim.deployment,
        claim.epoch,
        None,
        &fact,
        standing,
    )
    .await;
    let over = matches!(refused, Err(JournalError::Over));
    assert!(
        over || matches!(refused, Err(JournalError::Fenced)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_node_that_was_only_about_to_be_isolated_is_not_taken_out_by_the_successor() {
    let mut ops = Ops::new().await;
    // too few others: the isolation must not happen, not even by a keeper that believes the intent
    let blue = ops.node("blue").app_url.clone();
    ops.kill().await;
    ops.deploy("1.1").await;
    ops.front.fake.operator_disables(&blue, true);
    ops.shut_gate_at_the_end_of("isolate").await;
    ops.start();
    ops.until_refused().await;
    ops.kill().await;
    ops.open_gate().await;
    ops.restart().await;
    ops.until(DeploymentState::Halted).await;
    ops.abort().await;
    ops.until(DeploymentState::Aborted).await;
    let orders = ops.front.fake.orders();
    assert!(
        orders
            .iter()
            .all(|order| order.wanted == server::balancer::Wanted::InService),
        "{orders:?}"
    );
    assert_eq!(ops.admission("blue").await, Admission::Isolated);
    assert_eq!(ops.admission("red").await, Admission::InService);
}

#[tokio::test]
async fn a_server_that_stops_gives_its_lease_back_and_the_next_one_need_not_wait() {
    let mut ops = Ops::new().await;
    ops.front
        .fake
        .set_open_work(&ops.node("red").app_url, Some(3));
    ops.policy.at_drain_limit = app::model::deployment::AtDrainLimit::Wait;
    ops.deploy("1.1").await;
    ops.until_admission("red", Admission::Isolated).await;
    ops.stop().await;
    let stopped = ops.job().await.seq;
    ops.start();
    // not halted: it drains on under its new owner
    ops.until_job("red to drain again", |job| {
        job.seq > stopped
            && job.nodes[0]
                .open
                .as_ref()
                .is_some_and(|open| !open.orphaned)
    })
    .await;
    assert_eq!(ops.job().await.state, DeploymentState::Rolling);
    ops.abort().await;
    ops.until(DeploymentState::Aborted).await;
    ops.check_history().await;
    ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
}
