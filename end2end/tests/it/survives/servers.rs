//! The servers: killed, frozen, asked to end.

use super::{Chance, Figures, MOMENTS, begun, now_ms, rounds, taken_over, told};
use crate::{
    pair::{Moment, Pair, SHORT_LEASE, USUAL_LEASE, on_the_way},
    product::until,
};
use app::model::stage::{Pass, Stage, Work};
use std::{
    fs,
    time::{Duration, Instant, SystemTime},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roll_whose_owner_is_killed_at_every_stage_succeeds() {
    let mut pair = Pair::start(SHORT_LEASE, |text| text).await;
    let mut figures = Figures::default();
    killed_at_every_stage_of_one_roll(&mut pair, &mut figures).await;
    figures.tell("kill -9 to the successor's first event, lease 5 s");
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roll_is_handed_over_and_a_frozen_owner_does_nothing_more() {
    let mut pair = Pair::start(SHORT_LEASE, |text| text).await;
    let (mut stopping, mut going_on) = (Figures::default(), Figures::default());
    let rehearsal = (Pass::Rehearsal, Work::Stage(Stage::Smoke));
    for moment in [
        rehearsal,
        on_the_way(Stage::Deploy),
        on_the_way(Stage::Smoke),
    ] {
        handed_over(&mut pair, moment, &mut stopping, &mut going_on).await;
    }
    stopping.tell("SIGTERM to the process's end");
    going_on.tell("SIGTERM to the successor's first event");
    let mut figures = Figures::default();
    frozen(&mut pair, on_the_way(Stage::Deploy), &mut figures).await;
    figures.tell("SIGSTOP to the successor's first event, lease 5 s");
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes; the long list"]
async fn every_stage_on_its_own_survives_kill_freeze_and_hand_over() {
    let mut pair = Pair::start(SHORT_LEASE, |text| text).await;
    let mut chance = Chance::new(1);
    let [mut killed, mut stopping, mut going_on, mut thawed] =
        std::array::from_fn(|_| Figures::default());
    for _ in 0..rounds() {
        for moment in MOMENTS {
            killed_in(&mut pair, moment, &mut chance, &mut killed).await;
            handed_over(&mut pair, moment, &mut stopping, &mut going_on).await;
            frozen(&mut pair, moment, &mut thawed).await;
        }
        killed_at_random(&mut pair, &mut chance, &mut killed).await;
    }
    killed.tell("kill -9 to the successor's first event, lease 5 s");
    stopping.tell("SIGTERM to the process's end");
    going_on.tell("SIGTERM to the successor's first event");
    thawed.tell("SIGSTOP to the successor's first event, lease 5 s");
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes; the long list"]
async fn with_the_usual_lease_a_killed_owner_is_followed_just_the_same() {
    let mut pair = Pair::start(USUAL_LEASE, |text| text).await;
    let mut figures = Figures::default();
    for _ in 0..rounds() {
        killed_at_every_stage_of_one_roll(&mut pair, &mut figures).await;
    }
    figures.tell("kill -9 to the successor's first event, lease 15 s");
    pair.stop().await;
}

/// Eight owners of one roll, one after the other, each killed in another stage.
async fn killed_at_every_stage_of_one_roll(pair: &mut Pair, figures: &mut Figures) {
    let before = pair.deploy("red,blue").await;
    let deployment = pair.latest().await.id;
    let mut after = 0;
    for moment in MOMENTS {
        let event = begun(pair, deployment, moment, after).await;
        let owner = pair.owner(deployment).await;
        let pid = pair.server(owner).pid();
        let killed_at = pair.kill(owner);
        // the next one is there before the lease is over
        pair.start_missing().await;
        let claimed = taken_over(pair, deployment, event.seq, pid).await;
        figures.add(claimed.at.0 - killed_at);
        after = claimed.seq;
    }
    pair.journal.rests(deployment).await;
    println!("{:?}", pair.survived(deployment, &before).await);
}

async fn killed_in(pair: &mut Pair, moment: Moment, chance: &mut Chance, figures: &mut Figures) {
    let before = pair.deploy("red").await;
    let deployment = pair.latest().await.id;
    let event = begun(pair, deployment, moment, 0).await;
    let longest = if moment.1 == Work::Stage(Stage::Smoke) {
        2_000
    } else {
        60
    };
    chance.pause(0..longest).await;
    let owner = pair.owner(deployment).await;
    let pid = pair.server(owner).pid();
    let killed_at = pair.kill(owner);
    let claimed = taken_over(pair, deployment, event.seq, pid).await;
    figures.add(claimed.at.0 - killed_at);
    pair.journal.rests(deployment).await;
    println!(
        "kill -9 in {}: {:?}",
        told(moment),
        pair.survived(deployment, &before).await
    );
    pair.start_missing().await;
}

/// Three times in one roll, whenever it comes.
async fn killed_at_random(pair: &mut Pair, chance: &mut Chance, figures: &mut Figures) {
    let before = pair.deploy("red,blue,green").await;
    let deployment = pair.latest().await.id;
    for _ in 0..3 {
        chance.pause(200..4_000).await;
        if pair.latest().await.state.is_over() {
            break;
        }
        let owner = pair.owner(deployment).await;
        let pid = pair.server(owner).pid();
        let seq = pair.journal.events(deployment).await.len() as u64;
        let killed_at = pair.kill(owner);
        pair.start_missing().await;
        let claimed = taken_over(pair, deployment, seq, pid).await;
        figures.add(claimed.at.0 - killed_at);
    }
    pair.journal.rests(deployment).await;
    println!(
        "kill -9 at random: {:?}",
        pair.survived(deployment, &before).await
    );
}

/// SIGTERM: gone within ten seconds, and the other goes on at once.
async fn handed_over(
    pair: &mut Pair,
    moment: Moment,
    stopping: &mut Figures,
    going_on: &mut Figures,
) {
    let before = pair.deploy("red").await;
    let deployment = pair.latest().await.id;
    let event = begun(pair, deployment, moment, 0).await;
    let owner = pair.owner(deployment).await;
    let mut server = pair.servers[owner].take().unwrap();
    let (asked, asked_at) = (Instant::now(), now_ms());
    server.terminate().unwrap();
    let mut status = None;
    until("the owner has ended", async || {
        status = server.has_ended();
        status.is_some()
    })
    .await;
    let took = asked.elapsed();
    assert!(status.unwrap().success(), "{status:?}");
    assert!(took < Duration::from_secs(10), "it took {took:?} to end");
    stopping.add(i64::try_from(took.as_millis()).unwrap());
    let ended_at = now_ms();
    let events = pair.journal.events(deployment).await;
    let is_over = events.iter().any(|event| {
        matches!(&event.fact, app::model::journal::Fact::Became { state, .. } if state.is_over())
    });
    if !is_over {
        let claimed = taken_over(pair, deployment, event.seq, server.pid()).await;
        going_on.add(claimed.at.0 - asked_at);
        assert!(
            claimed.at.0 < ended_at + 2_000,
            "the lease was not given back"
        );
    }
    pair.journal.rests(deployment).await;
    println!(
        "SIGTERM in {}: {:?}",
        told(moment),
        pair.survived(deployment, &before).await
    );
    pair.start_missing().await;
}

/// SIGSTOP for longer than the lease, SIGCONT while the other is at work.
async fn frozen(pair: &mut Pair, moment: Moment, figures: &mut Figures) {
    let before = pair.deploy("red,blue").await;
    let deployment = pair.latest().await.id;
    let event = begun(pair, deployment, moment, 0).await;
    let owner = pair.owner(deployment).await;
    let pid = pair.server(owner).pid();
    pair.server(owner).freeze().unwrap();
    let frozen_at = now_ms();
    let claimed = taken_over(pair, deployment, event.seq, pid).await;
    figures.add(claimed.at.0 - frozen_at);
    begun(pair, deployment, on_the_way(Stage::Smoke), claimed.seq).await;
    let thawed = SystemTime::now();
    pair.server(owner).thaw().unwrap();
    pair.journal.rests(deployment).await;
    let survived = pair.survived(deployment, &before).await;

    // what the thawed one could have done: write, run a command on a node, tell the balancer something
    let events = pair.journal.events(deployment).await;
    let late = events.iter().skip_while(|event| event.seq < claimed.seq);
    assert!(late.into_iter().all(|event| event.epoch >= claimed.epoch));
    for node in &pair.lab.nodes {
        for (epoch, begun_at) in runs(&node.deploy_root) {
            assert!(
                epoch >= claimed.epoch || begun_at < thawed,
                "a command of epoch {epoch} began on {} after the thaw",
                node.name
            );
        }
    }
    // two to the balancer for each node; the one that was under way at the freeze may be repeated by the successor
    let repeated = matches!(moment.1, Work::Stage(Stage::Isolate | Stage::Rejoin));
    assert!(survived.orders <= 4 + usize::from(repeated), "{survived:?}");
    until("the thawed server serves again", async || {
        let ready = reqwest::get(format!("{}/readyz", pair.server(owner).url)).await;
        ready.is_ok_and(|answer| answer.status().is_success())
    })
    .await;
    println!("SIGSTOP in {}: {survived:?}", told(moment));
}

/// Epoch and beginning of each run the wrapper on a node keeps.
fn runs(root: &std::path::Path) -> Vec<(u64, SystemTime)> {
    let mut found = Vec::new();
    let folders = |at: &std::path::Path| fs::read_dir(at).into_iter().flatten().flatten();
    for own in folders(root) {
        if !own.file_name().to_string_lossy().starts_with(".pitlane-") {
            continue;
        }
        for run in folders(&own.path().join("runs")) {
            let started = run.path().join("started");
            let epoch = fs::read_to_string(&started).ok();
            let epoch = epoch.and_then(|text| text.trim().parse().ok());
            let begun = fs::metadata(&started).and_then(|data| data.modified());
            if let (Some(epoch), Ok(begun)) = (epoch, begun) {
                found.push((epoch, begun));
            }
        }
    }
    found
}
