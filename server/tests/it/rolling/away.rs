//! PostgreSQL that goes away for a moment, or for longer than a lease, or commits and does not say so; and a server
//! that freezes.

use super::{
    ops::{Ops, Theatre},
    proxy::{At, Proxy, Trap},
    server::Server,
    world::{Deed, Takes},
};
use app::model::{deployment::DeploymentState, journal::Fact};
use futures::{StreamExt, stream};
use server::{
    rolling::{engine::Engine, lease::LeaseTimes},
    seam::Engine as _,
    store::{self, leases},
};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const AT_ONCE: usize = 6;

/// Short, so that a test can outlast them.
const SHORT: LeaseTimes = LeaseTimes {
    ttl: Duration::from_millis(2_000),
    heartbeat: Duration::from_millis(300),
    margin: Duration::from_millis(700),
};

async fn two_nodes(theatre: &Theatre) -> Ops {
    let mut ops = theatre.new_story().await;
    ops.front.is_busy();
    ops.policy.floor = 1;
    ops.nodes = vec!["red", "blue"];
    ops.deploy("1.1").await;
    ops
}

async fn succeeded_once(ops: &Ops) {
    ops.until_over().await;
    let job = ops.job().await;
    assert_eq!(
        job.state,
        DeploymentState::Succeeded,
        "{}",
        ops.story().await
    );
    ops.check_history().await;
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.0")])
        .await;
    for label in [" switch", " unpack"] {
        let deeds = ops.deeds(label);
        assert_eq!(deeds.len(), 2, "{deeds:?}:\n{}", ops.story().await);
    }
}

async fn claims(ops: &Ops) -> usize {
    let events = ops.events().await.into_iter();
    events
        .filter(|event| matches!(event.fact, Fact::Claimed { .. }))
        .count()
}

async fn whole(theatre: &Theatre) -> u64 {
    let ops = two_nodes(theatre).await;
    let server = Server::start(&ops, "server-1", LeaseTimes::default(), None).await;
    ops.until_over().await;
    let writes = server.proxy.writes();
    server.kill().await;
    writes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_changes_nothing_whichever_it_is() {
    let theatre = Theatre::new().await;
    let begun = Instant::now();
    let writes = whole(&theatre).await;
    let play = async |nth: u64| {
        let ops = two_nodes(&theatre).await;
        let trap = Trap::new(nth, At::AnswerLost);
        let server = Server::trapped(&ops, "server-1", LeaseTimes::default(), trap).await;
        succeeded_once(&ops).await;
        assert_eq!(claims(&ops).await, 1, "the same owner goes on");
        server.kill().await;
    };
    let played: Vec<()> = stream::iter(1..=writes)
        .map(play)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let took = begun.elapsed().as_secs_f64();
    println!("answers lost: {} cases, {took:.1} s", played.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_for_a_moment_costs_nothing_but_time() {
    let theatre = Theatre::new().await;
    let begun = Instant::now();
    let writes = whole(&theatre).await;
    let play = async |nth: u64| {
        let ops = two_nodes(&theatre).await;
        let (tell, told) = std::sync::mpsc::channel();
        let trap = Trap {
            then: Box::new(move || {
                let _ = tell.send(());
            }),
            ..Trap::new(nth, At::Then)
        };
        let server = Server::trapped(&ops, "server-1", LeaseTimes::default(), trap).await;
        ops.wait("the moment", async || told.try_recv().is_ok())
            .await;
        server.proxy.cut();
        ops.wait("tries in vain", async || server.proxy.refusals() >= 2)
            .await;
        server.proxy.mend();
        succeeded_once(&ops).await;
        assert_eq!(claims(&ops).await, 1, "the same owner goes on");
        server.kill().await;
    };
    // the last one is followed by nothing
    let played: Vec<()> = stream::iter((1..writes).step_by(3))
        .map(play)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let took = begun.elapsed().as_secs_f64();
    println!("gone for a moment: {} cases, {took:.1} s", played.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_gone_for_longer_than_the_lease_stops_the_owner_and_the_run_is_adopted() {
    let theatre = Theatre::new().await;
    let ops = two_nodes(&theatre).await;
    // longer than the database is away
    ops.shells.takes(
        "switch",
        Some("1.1"),
        Takes::Real(Duration::from_millis(2_500)),
    );
    let server = Server::start(&ops, "server-1", SHORT, None).await;
    ops.wait("the switch", async || ops.deeds("red switch").len() == 1)
        .await;
    server.proxy.cut();
    let cut = Instant::now();
    ops.wait("the lease to end", async || {
        let owner = leases::owner(&ops.database.owner, ops.deployment).await;
        owner.unwrap().is_none() && cut.elapsed() > SHORT.ttl
    })
    .await;
    let deadline = cut + SHORT.ttl.saturating_sub(SHORT.margin);
    let late: Vec<Deed> = {
        let diary = ops.diary.lock().unwrap();
        let late = diary.iter().filter(|deed| deed.at > deadline);
        late.cloned().collect()
    };
    assert_eq!(late, [], "the owner stops by its own clock");
    server.proxy.mend();
    succeeded_once(&ops).await;
    assert!(claims(&ops).await >= 2);
    let adopted = ops
        .events()
        .await
        .iter()
        .any(|event| matches!(event.fact, Fact::Adopted { .. }));
    assert!(adopted, "{}", ops.story().await);
    server.kill().await;
}

/// A server whose threads stop whenever the test says.
struct Freezer {
    freeze: tokio::sync::mpsc::UnboundedSender<std::sync::mpsc::Receiver<()>>,
    thread: std::thread::JoinHandle<()>,
}

impl Freezer {
    fn start(ops: &Ops, proxy: &Proxy) -> Self {
        let (freeze, mut orders) = tokio::sync::mpsc::unbounded_channel();
        let (ports, wake, url) = (ops.ports.clone(), ops.calls(), proxy.url().to_owned());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.spawn(async move {
                let pool = store::connect_with(&url, 6, Duration::from_secs(30))
                    .await
                    .unwrap();
                let engine = Engine {
                    pool,
                    ports,
                    times: SHORT,
                    poll: Duration::from_secs(1),
                    owner: "frozen".into(),
                };
                engine.run(wake, CancellationToken::new()).await;
            });
            // nothing is polled but within this wait
            while let Some(thaw) = runtime.block_on(orders.recv()) {
                let thaw: std::sync::mpsc::Receiver<()> = thaw;
                let _ = thaw.recv();
            }
            runtime.shutdown_background();
        });
        Self { freeze, thread }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_was_frozen_for_longer_than_its_lease_never_acts_again() {
    let theatre = Theatre::new().await;
    let begun = Instant::now();
    let writes = whole(&theatre).await;
    let play = async |nth: u64| {
        let ops = two_nodes(&theatre).await;
        let (tell, told) = std::sync::mpsc::channel();
        let trap = Trap {
            then: Box::new(move || {
                let _ = tell.send(());
            }),
            ..Trap::new(nth, At::Then)
        };
        let proxy = Proxy::new(&ops.scoped_url(), Some(trap));
        let freezer = Freezer::start(&ops, &proxy);
        ops.wait("the moment", async || told.try_recv().is_ok())
            .await;
        let (thaw, frozen) = std::sync::mpsc::channel();
        freezer.freeze.send(frozen).unwrap();
        let epoch = ops.job().await.epoch;
        let other = Server::start(&ops, "other", LeaseTimes::default(), None).await;
        ops.wait("another owner that acts", async || {
            other.proxy.writes() >= 3
        })
        .await;
        let now = Instant::now();
        let (messages, of_old) = (proxy.messages(), written(&ops, epoch).await);
        thaw.send(()).unwrap();
        ops.wait("it to be awake", async || proxy.messages() > messages + 20)
            .await;
        succeeded_once(&ops).await;
        let late = ops.diary.lock().unwrap().clone();
        let late: Vec<_> = late
            .into_iter()
            .filter(|deed| deed.at > now && deed.epoch <= epoch)
            .collect();
        assert_eq!(late, [], "frozen after write {nth}");
        assert_eq!(ops.shells.refused(), 0, "it did not even try");
        assert_eq!(written(&ops, epoch).await, of_old);
        other.kill().await;
        drop(freezer.freeze);
        freezer.thread.join().unwrap();
    };
    let played: Vec<()> = stream::iter((1..writes - 1).step_by(3))
        .map(play)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let took = begun.elapsed().as_secs_f64();
    println!("frozen owners: {} cases, {took:.1} s", played.len());
}

async fn written(ops: &Ops, epoch: u64) -> usize {
    let events = ops.events().await;
    events.iter().filter(|event| event.epoch == epoch).count()
}
