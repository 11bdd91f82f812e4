//! `kill -9` while a node is out: what is left is watched, said, and put right by a person's word.

use super::product::{POOL, Product, attempts, expect_untouched, node, passed, until};
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    stage::{Pass, Stage},
};
use end2end::lab::{Lab, LabOptions, dashboard::Dashboard, demo::free_listen};
use server::guard::process;
use std::fs;

/// A dead owner is given up sooner.
const SHORT_LEASE: &str = "[rolling]\nlease = \"6 s\"\nheartbeat = \"1 s\"\nmargin = \"2 s\"\n";

/// The process groups of browsers that `server` started.
fn browsers(server: u32) -> Vec<u32> {
    let is_driver = |pid: &u32| {
        let read = |what: &str| fs::read_to_string(format!("/proc/{pid}/{what}"));
        let parent = read("stat").ok().and_then(|stat| {
            let (_, rest) = stat.rsplit_once(')')?;
            rest.split_whitespace().nth(1)?.parse::<u32>().ok()
        });
        parent == Some(server) && read("cmdline").is_ok_and(|line| line.contains("chromedriver"))
    };
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(is_driver)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_leaves_a_node_out_that_stays_out_until_a_person_decides() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let listen = free_listen().unwrap();
    let dashboard = Dashboard::start_with(&lab, listen, None, SHORT_LEASE).await;
    let mut product = Product {
        lab,
        dashboard: dashboard.unwrap(),
    };
    product.introduce(&["1.0", "1.1"]).await;
    let before = product.currents();
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
    until("the deployment is halted", async || {
        product.active().await.state == DeploymentState::Halted
    })
    .await;
    assert!(!product.is_in_rotation(0).await, "red must stay out");
    let halted = product.active().await;
    assert!(halted.why.contains("red"), "{halted:?}");
    assert!(node(&product.record(halted.number).await, "red").out);
    product
        .manager()
        .set_out(&product.lab.nodes[0].app_url(), false)
        .await
        .unwrap();
    until("the new server keeps red out", async || {
        product.record(halted.number).await.reasserted > 0
    })
    .await;
    assert!(!product.is_in_rotation(0).await, "red must stay out");

    let number = halted.number.to_string();
    let abort = product.say(&["abort", POOL, &number]).await;
    assert_eq!(abort.code, 0, "{abort:?}");
    until("the deployment has ended", async || {
        product.pool().await.active.is_none()
    })
    .await;
    let record = product.record(halted.number).await;
    assert_eq!(
        (record.state, record.exit_code),
        (DeploymentState::Aborted, Some(1)),
        "{record:#?}"
    );
    let red = node(&record, "red");
    assert_eq!((red.state, red.out), (NodeRunState::Undone, false));
    for stage in [Stage::Deploy, Stage::Check, Stage::Smoke, Stage::Rejoin] {
        passed(red, Pass::Undo, stage);
    }
    assert_eq!(attempts(red, Pass::Forward, Stage::Rejoin).len(), 0);
    expect_untouched(node(&record, "blue"));
    expect_untouched(node(&record, "green"));
    assert_eq!(product.currents(), before);
    product.expect_serving(["1.0"; 3]).await;
    assert!(browsers(product.dashboard.pid()).is_empty());
    product.stop().await;
}
