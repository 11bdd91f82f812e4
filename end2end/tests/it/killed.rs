//! `kill -9` of a server in mid-roll: the next one goes on where it stopped.

use super::{
    pair::{Pair, begins, browsers, now_ms, on_the_way, owner_pid},
    product::{POOL, Product, attempts, node, passed, until},
};
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    journal::Fact,
    stage::{Pass, Stage, Work},
};
use end2end::lab::{Lab, LabOptions, dashboard::Dashboard, demo::free_listen};
use server::guard::process;
use std::fs;

/// A dead owner is given up sooner.
const SHORT_LEASE: &str = "[rolling]\nlease = \"6 s\"\nheartbeat = \"1 s\"\nmargin = \"2 s\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_start_goes_on_where_a_killed_server_stopped() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let listen = free_listen().unwrap();
    let dashboard = Dashboard::start_with(&lab, listen, None, SHORT_LEASE).await;
    let mut product = Product {
        lab,
        dashboard: dashboard.unwrap(),
    };
    product.introduce(&["1.0", "1.1"]).await;
    let before = product.currents();
    product.lab.prober.as_ref().unwrap().start_over();
    let started = product.say(&["deploy", POOL, "1.1"]).await;
    assert_eq!(started.code, 0, "{started:?}");

    let mut groups = Vec::new();
    until("red is switched and a browser waits for it", async || {
        groups = browsers(product.dashboard.pid());
        product.current(0) != before[0] && !groups.is_empty()
    })
    .await;
    let Product { lab, dashboard } = product;
    dashboard.kill().unwrap();
    until("the browsers go with their server", async || {
        groups
            .iter()
            .all(|group| process::members(*group).is_empty())
    })
    .await;

    let again = Dashboard::start_with(&lab, listen, None, SHORT_LEASE).await;
    product = Product {
        lab,
        dashboard: again.unwrap(),
    };
    assert!(!product.is_in_rotation(0).await, "red must stay out");
    let number = product.active().await.number;
    until("the deployment has ended", async || {
        product.pool().await.active.is_none()
    })
    .await;
    let record = product.record(number).await;
    assert_eq!(
        (record.state, record.exit_code),
        (DeploymentState::Succeeded, Some(0)),
        "{record:#?}"
    );
    for name in ["red", "blue", "green"] {
        let node = node(&record, name);
        assert_eq!((node.state, node.out), (NodeRunState::Rejoined, false));
        for stage in Stage::ALL {
            passed(node, Pass::Forward, stage);
        }
        let switches = attempts(node, Pass::Forward, Stage::Deploy);
        assert_eq!(switches.len(), 1, "{name} was switched again");
    }
    product.expect_serving(["1.1"; 3]).await;
    product.expect_no_visitor_lost();
    until("no browser is left", async || {
        browsers(product.dashboard.pid()).is_empty()
    })
    .await;
    product.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_outlived_its_server_is_gone_on_with_and_not_run_twice() {
    // given up after three seconds, and the command takes longer
    let lease =
        "[rolling]\nlease = \"3 s\"\nheartbeat = \"500 ms\"\nmargin = \"1 s\"\npoll = \"500 ms\"\n";
    let mut pair = Pair::start(lease, |text| {
        text.replace(
            "restart = \"bin/svc restart\"",
            "restart = \"echo begun >>restarts; sleep 6; echo ended >>restarts; bin/svc restart\"",
        )
    })
    .await;
    let before = pair.deploy("red").await;
    let deployment = pair.latest().await.id;
    let marks = pair.lab.nodes[0].deploy_root.join("restarts");
    let marks = || fs::read_to_string(&marks).unwrap_or_default();
    until("the command runs on red", async || marks() == "begun\n").await;
    let dead = pair.owner(deployment).await;
    let survivor = pair.server(1 - dead).pid();
    let killed_at = pair.kill(dead);

    let deploy = Work::Stage(Stage::Deploy);
    let adopted = pair.journal.find(
        deployment,
        "it is adopted",
        0,
        |event| matches!(&event.fact, Fact::Adopted { attempt } if attempt.work == deploy),
    );
    let adopted = adopted.await;
    assert_eq!(marks(), "begun\n", "it ended before anybody took over");
    pair.journal.rests(deployment).await;
    assert_eq!(marks(), "begun\nended\n");
    let events = pair.journal.events(deployment).await;
    assert_eq!(owner_pid(&events), Some(survivor));
    let begun = events
        .iter()
        .filter(|event| begins(event, on_the_way(Stage::Deploy)));
    assert_eq!(begun.count(), 1);
    pair.survived(deployment, &before).await;
    assert!(now_ms() >= adopted.at.0);
    println!(
        "the command was gone on with {} ms after the kill",
        adopted.at.0 - killed_at
    );
    pair.stop().await;
}
