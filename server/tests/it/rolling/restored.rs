//! A database restored from before: the nodes know of more than the journal.

use super::ops::Ops;
use app::model::{command::Command, deployment::DeploymentState, ids::RunId, journal::Fact};
use server::{
    remote::{Order, RemoteShell as _, Script, Stamp, no_sink},
    store::commands::Asked,
};
use std::time::Duration;

/// Stopped with red out of service, and nothing switched.
async fn stopped() -> Ops {
    let mut ops = Ops::new().await;
    ops.shut_gate_at_the_end_of("drain").await;
    ops.deploy("1.1").await;
    ops.until_refused().await;
    ops.kill().await;
    ops
}

async fn is_behind(ops: &Ops) {
    ops.until(DeploymentState::Halted).await;
    ops.check_history().await;
    let events = ops.events().await;
    let behind = |fact: &Fact| matches!(fact, Fact::Behind { .. });
    let behind = events.iter().filter(|event| behind(&event.fact)).count();
    assert_eq!(behind, 1, "{}", ops.story().await);
    let why = ops.job().await.why;
    assert!(why.starts_with("The database is behind the nodes"), "{why}");
}

#[tokio::test]
async fn nodes_ahead_of_the_database_halt_it_and_a_person_goes_on() {
    let mut ops = stopped().await;
    let stamp = Stamp {
        epoch: 50,
        run: RunId::generate(),
    };
    let close = Order::new(Script::new("close", ":"), Duration::from_secs(1));
    let red = ops.node("red").clone();
    ops.shells
        .run(&red, &close, stamp, no_sink())
        .await
        .unwrap();
    ops.open_gate().await;
    ops.restart().await;
    is_behind(&ops).await;
    assert_eq!(ops.deeds(" switch").len(), 0);
    ops.ask(Asked::plain(Command::Retry, "bob")).await;
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    assert!(ops.job().await.epoch > 50);
    assert_eq!(ops.deeds(" switch").len(), 3);
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.1")])
        .await;
}

#[tokio::test]
async fn what_a_restored_database_forgot_is_put_back_by_an_abort() {
    let mut ops = stopped().await;
    let restored = ops.database.copy().await;
    // what nobody will remember: red is switched, by later owners
    ops.open_gate().await;
    ops.shut_gate_at_the_end_of("deploy").await;
    ops.restart().await;
    ops.wait("red to run 1.1", async || ops.version("red") == "1.1")
        .await;
    ops.restart().await;
    let red = ops.node("red").name.clone();
    ops.wait("its successor on the node", async || {
        ops.shells.epoch(&red) >= 3
    })
    .await;
    ops.kill().await;

    ops.database = restored;
    ops.open_gate().await;
    ops.restart().await;
    is_behind(&ops).await;
    ops.abort().await;
    ops.until(DeploymentState::Aborted).await;
    ops.check_history().await;
    ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
    assert_eq!(ops.deeds(" switch").len(), 2, "there, and back");
}
