//! A browser is not there at once.

use super::ops::Ops;
use app::model::{
    command::Command,
    deployment::{DeploymentState, NodeRunState},
    journal::{Fact, Note, Outcome},
    stage::{Stage, Work},
    time::Timestamp,
};
use server::{
    smoke::queue::{Place, Urgency},
    store::commands::Asked,
};

/// Every browser of the process is in use.
async fn busy(ops: &Ops) -> Vec<Place> {
    let mut places = Vec::new();
    for _ in 0..2 {
        places.push(ops.browsers().enter(Urgency::Isolated).come().await);
    }
    places
}

async fn words(ops: &Ops) -> Vec<(Timestamp, String)> {
    let events = ops.events().await.into_iter();
    events
        .filter_map(|event| match event.fact {
            Fact::Noted {
                note: Note::Words { words },
                ..
            } => Some((event.at, words)),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn who_waits_for_a_browser_says_so_and_nobody_is_blamed() {
    let mut ops = Ops::new().await;
    let places = busy(&ops).await;
    // the suite itself may take no time at all; waiting for its browser may
    ops.limit(Work::Stage(Stage::Smoke), 20_000);
    ops.deploy("1.1").await;
    ops.wait("red to wait for a browser", async || {
        let words = words(&ops).await;
        words
            .iter()
            .any(|(_, words)| words == "Waits for a browser: 2 of 2 are in use, it is next.")
    })
    .await;
    let waiting_since = words(&ops).await[0].0;
    ops.wait("longer than the limit to pass", async || {
        ops.now().since(waiting_since).as_secs() > 25
    })
    .await;
    assert_eq!(ops.run_state("red").await, NodeRunState::Checked);
    drop(places);
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    let free = "A browser is free; the smoke test begins.";
    assert!(words(&ops).await.iter().any(|(_, words)| words == free));
    let failed = ops.events().await.into_iter().any(|event| {
        matches!(
            event.fact,
            Fact::Finished {
                outcome: Outcome::Failed { .. },
                ..
            }
        )
    });
    assert!(!failed, "waiting is no failure");
}

#[tokio::test]
async fn an_isolated_node_comes_before_a_try_out_and_a_hold_ends_its_waiting() {
    let mut ops = Ops::new().await;
    let mut places = busy(&ops).await;
    let try_out = ops.browsers().enter(Urgency::Trial);
    ops.deploy("1.1").await;
    ops.wait("red to wait for a browser", async || {
        !words(&ops).await.is_empty()
    })
    .await;
    ops.ask(Asked::plain(Command::HoldNow, "bob")).await;
    ops.until(DeploymentState::Held).await;
    ops.ask(Asked::plain(Command::Resume, "bob")).await;
    ops.wait("red to wait again", async || words(&ops).await.len() > 1)
        .await;
    drop(places.pop());
    ops.wait("red to be tested", async || {
        ops.run_state("red").await == NodeRunState::Smoked
            || ops.run_state("red").await == NodeRunState::Rejoined
    })
    .await;
    drop(try_out);
    drop(places);
    ops.until(DeploymentState::Succeeded).await;
}
