//! What the servers stand on: PostgreSQL, sshd, Apache, the browser.

use super::{begun, rounds};
use crate::{
    pair::{Pair, SHORT_LEASE, begins, browsers, on_the_way},
    product::until,
};
use app::model::{
    ids::DeploymentId,
    journal::{Event, Fact, Note},
    stage::{Pass, Stage, Work},
};
use server::guard::process;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roll_survives_postgresql_ending_for_a_moment_for_long_and_at_once() {
    let mut pair = Pair::start(SHORT_LEASE, |text| text).await;
    for _ in 0..rounds() {
        database_stops(&mut pair, Stage::Deploy, Duration::from_secs(1)).await;
        database_stops(&mut pair, Stage::Smoke, Duration::from_secs(20)).await;
        database_is_killed(&mut pair).await;
    }
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roll_survives_sshd_apache_and_the_browser() {
    // so that its connection ends in the middle of a command
    let mut pair = Pair::start(SHORT_LEASE, |text| {
        text.replace("restart = \"bin/svc", "restart = \"sleep 1; bin/svc")
    })
    .await;
    for _ in 0..rounds() {
        sshd_is_killed(&mut pair).await;
        apache_reloads(&mut pair).await;
        browser_is_killed(&mut pair).await;
    }
    reloads_alone_lose_nobody(&pair).await;
    pair.stop().await;
}

async fn survived(pair: &Pair, deployment: DeploymentId, what: &str, before: &crate::pair::Before) {
    pair.journal.rests(deployment).await;
    println!("{what}: {:?}", pair.survived(deployment, before).await);
}

async fn database_stops(pair: &mut Pair, stage: Stage, span: Duration) {
    let before = pair.deploy("red").await;
    let deployment = pair.latest().await.id;
    begun(pair, deployment, on_the_way(stage), 0).await;
    pair.without_database(span).await;
    survived(
        pair,
        deployment,
        &format!("PostgreSQL away for {span:?}"),
        &before,
    )
    .await;
}

async fn database_is_killed(pair: &mut Pair) {
    let before = pair.deploy("red").await;
    let deployment = pair.latest().await.id;
    begun(pair, deployment, on_the_way(Stage::Check), 0).await;
    let postmaster = pair.postmaster();
    kill(postmaster);
    pair.database_is_back(postmaster).await;
    survived(pair, deployment, "PostgreSQL killed", &before).await;
}

async fn sshd_is_killed(pair: &mut Pair) {
    let before = pair.deploy("red").await;
    let deployment = pair.latest().await.id;
    begun(pair, deployment, on_the_way(Stage::Deploy), 0).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    pair.lab.sshds[0].stop();
    tokio::time::sleep(Duration::from_secs(2)).await;
    pair.lab.sshds[0].start_again().unwrap();
    pair.lab.adopt("red_sshd", pair.lab.sshds[0].pid).unwrap();
    survived(pair, deployment, "sshd killed", &before).await;
}

/// Every visitor comes on a connection of its own, so that a lost one is not the reload's doing; and it reloads only
/// while the node is idle, for a request that is open then stays counted as the node's open work for ever.
async fn apache_reloads(pair: &mut Pair) {
    let prober = pair.lab.prober.as_ref().unwrap();
    prober.use_connections_once(true);
    let before = pair.deploy("red").await;
    let deployment = pair.latest().await.id;
    for stage in [Stage::Check, Stage::Smoke] {
        begun(pair, deployment, on_the_way(stage), 0).await;
        tokio::task::block_in_place(|| pair.lab.apache.graceful()).unwrap();
    }
    survived(pair, deployment, "Apache reloaded twice", &before).await;
    let prober = pair.lab.prober.as_ref().unwrap();
    prober.use_connections_once(false);
}

/// The control: without it nobody could tell whose a lost request is. Nothing can be drained afterwards.
async fn reloads_alone_lose_nobody(pair: &Pair) {
    let prober = pair.lab.prober.as_ref().unwrap();
    prober.use_connections_once(true);
    let requests = || prober.report().visitors.requests;
    for _ in 0..3 {
        let before = requests();
        tokio::task::block_in_place(|| pair.lab.apache.graceful()).unwrap();
        until("visitors come", async || requests() >= before + 25).await;
    }
    let report = prober.report();
    assert_eq!(report.visitors.failed, 0, "{report:?}");
}

async fn browser_is_killed(pair: &mut Pair) {
    let before = pair.deploy("red").await;
    let deployment = pair.latest().await.id;
    let owner = pair.owner(deployment).await;
    for pass in [Pass::Rehearsal, Pass::Forward] {
        let is_step = |event: &Event| matches!(&event.fact, Fact::Noted { attempt, note: Note::Step { .. } } if attempt.pass == pass);
        let journal = &pair.journal;
        let step = journal.find(deployment, "the browser is at work", 0, is_step);
        step.await;
        let groups = browsers(pair.server(owner).pid());
        assert!(!groups.is_empty());
        for group in groups {
            process::kill_group(group);
        }
    }
    survived(pair, deployment, "chromedriver killed twice", &before).await;
    let events = pair.journal.events(deployment).await;
    for pass in [Pass::Rehearsal, Pass::Forward] {
        let smokes = events.iter();
        let smokes = smokes.filter(|event| begins(event, (pass, Work::Stage(Stage::Smoke))));
        assert!(smokes.count() >= 2, "the suite was not begun again");
    }
    until("the browsers are gone", async || {
        browsers(pair.server(owner).pid()).is_empty()
    })
    .await;
}

fn kill(pid: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}
