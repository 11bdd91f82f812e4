//! Servers that die at every write of a journal and in every effect: whoever comes next, the deployment ends as if
//! nobody had died, and nothing on a machine was done twice.

use super::{
    ops::{A_DAY_MS, Ops, Theatre},
    server::{End, Server},
    world::Takes,
};
use crate::evidence::page;
use app::model::{
    command::Command,
    deployment::DeploymentState,
    evidence::{Review, Verdict as Said},
    journal::{Event, Fact, Outcome},
    smoke::OnDifference,
    stage::{Attempt, Stage, Work},
};
use futures::{StreamExt, stream};
use server::{
    rolling::lease::LeaseTimes,
    smoke::fake::FakeStep,
    store::{
        commands::Asked,
        journal::{Verdict, verify},
        leases, reviews,
    },
};
use std::{collections::HashSet, time::Instant};

const AT_ONCE: usize = 6;

/// What happens without any crash.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Course {
    Succeeds,
    /// Its suite fails on red.
    Undone,
    /// Red's restart never ends, and somebody aborts.
    Aborted,
    /// One node only, which succeeds.
    OneNode,
    /// Red looks different, is held for review, and somebody accepts it.
    Reviewed,
}

/// Who goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Heir {
    /// The process that died is started again.
    Same,
    /// A server that has been waiting all the time.
    Other,
}

/// A crash, and maybe a second one in the successor.
#[derive(Debug, Clone)]
struct Case {
    course: Course,
    ends: Vec<End>,
    heir: Heir,
}

/// Plays a case to its end: how many of its crashes came about, and its journal.
async fn play(theatre: &Theatre, case: Case) -> (usize, Vec<Event>) {
    let mut ops = theatre.new_story().await;
    ops.front.is_busy();
    ops.is_in_no_hurry();
    ops.policy.floor = 1;
    ops.nodes = vec!["red", "blue"];
    match case.course {
        Course::Succeeds => {}
        Course::OneNode => ops.nodes = vec!["red"],
        Course::Undone => {
            let why = FakeStep::Refused("nobody can sign in".into());
            ops.browser.on_step(None, "open /", why);
        }
        Course::Aborted => ops.shells.takes("switch", Some("1.1"), Takes::ForEver),
        Course::Reviewed => {
            ops.nodes = vec!["red"];
            ops.policy.rehearse = true;
            let mut suite = ops.plan("1.1").await.suite.expect("the pool has one").suite;
            suite.pictures.on_difference = OnDifference::HoldFirst;
            suite.pictures.review_limit_ms = A_DAY_MS;
            ops.use_suite("it looks at pictures", &suite).await;
            let (shells, red) = (ops.shells.clone(), ops.node("red").name.clone());
            ops.browser
                .looks_by(move |_| match shells.version(&red).as_deref() {
                    Some("1.0") => page(100).into(),
                    _ => page(150).into(),
                });
        }
    }
    ops.deploy("1.1").await;
    let struck = tokio::join!(servers(&ops, &case), people(&ops, case.course)).0;
    let events = judge(&ops, &case).await;
    (struck, events)
}

async fn servers(ops: &Ops, case: &Case) -> usize {
    let times = LeaseTimes::default();
    let mut ends = case.ends.iter().copied();
    let mut server = Server::start(ops, "server-1", times, ends.next()).await;
    let mut struck = 0;
    loop {
        let name = format!("server-{}", struck + 2);
        let mut waiting = None;
        if case.heir == Heir::Other && struck < case.ends.len() {
            // it polls from the moment on when the first one owns the deployment
            ops.wait("a first owner", async || server.proxy.writes() > 0)
                .await;
            waiting = Some(Server::start(ops, &name, times, ends.next()).await);
        }
        tokio::select! {
            () = server.ended() => {}
            () = ops.until_over() => {
                server.kill().await;
                if let Some(waiting) = waiting { waiting.kill().await; }
                return struck;
            }
        }
        server.kill().await;
        ops.expire().await;
        struck += 1;
        server = match waiting {
            Some(waiting) => waiting,
            None => Server::start(ops, &name, times, ends.next()).await,
        };
    }
}

/// The button is pressed once; whoever owns the deployment then has to see it.
async fn reviewer(ops: &Ops) {
    let job = ops.until_job("a review", |job| job.review.is_some()).await;
    let waiting = job.review.clone().expect("it was waited for");
    let noticed = &waiting.differences[0].noticed;
    let review = Review {
        id: 0,
        at_step: noticed.at_step.clone(),
        words: noticed.words.clone(),
        verdict: Said::Accepted,
        old: Some(noticed.old.clone()),
        new: noticed.new.clone(),
        deployment: job.plan.number,
        version: job.plan.release.version.clone(),
        node: ops.node("red").name.clone(),
        reason: "it is longer".into(),
        by: "bob".into(),
        at: job.since,
    };
    reviews::add(&ops.database.pool, job.plan.pool, ops.deployment, &review)
        .await
        .unwrap();
}

async fn people(ops: &Ops, course: Course) {
    if course == Course::Reviewed {
        return reviewer(ops).await;
    }
    if course != Course::Aborted {
        return;
    }
    ops.wait("red to be switched", async || {
        ops.deeds("red switch").len() == 1
    })
    .await;
    let asked = Asked {
        key: Some("once".into()),
        ..Asked::plain(Command::Abort, "bob")
    };
    // the button pressed twice is one wish
    ops.ask(asked.clone()).await;
    ops.ask(asked).await;
}

async fn judge(ops: &Ops, case: &Case) -> Vec<Event> {
    let story = || async { format!("{case:?}\n{}", ops.story().await) };
    let job = ops.job().await;
    let (state, red, blue) = match case.course {
        Course::Succeeds => (DeploymentState::Succeeded, "1.1", "1.1"),
        Course::OneNode | Course::Reviewed => (DeploymentState::Succeeded, "1.1", "1.0"),
        Course::Undone => (DeploymentState::Undone, "1.0", "1.0"),
        Course::Aborted => (DeploymentState::Aborted, "1.0", "1.0"),
    };
    if job.state != state {
        panic!("it is {}: {}", job.state, story().await);
    }
    ops.expect_in_service([("red", red), ("blue", blue), ("green", "1.0")])
        .await;
    ops.check_history().await;
    let whole = verify(&ops.database.pool, ops.deployment).await.unwrap();
    assert!(matches!(whole, Verdict::Whole { .. }), "{whole:?}");
    let owner = leases::owner(&ops.database.owner, ops.deployment)
        .await
        .unwrap();
    assert_eq!(owner, None);

    // what changes a machine for good happened as often as without a crash
    let mut switches = ops.deeds(" switch");
    switches.sort();
    let expected: &[&str] = match case.course {
        Course::Succeeds => &["blue switch", "red switch"],
        Course::OneNode | Course::Reviewed => &["red switch"],
        Course::Undone | Course::Aborted => &["red switch", "red switch"],
    };
    if switches != expected {
        panic!("{switches:?}: {}", story().await);
    }
    let mut unpacked = ops.deeds(" unpack");
    unpacked.sort();
    let prepared = match case.course {
        Course::OneNode | Course::Reviewed => 1,
        Course::Succeeds | Course::Undone | Course::Aborted => 2,
    };
    assert_eq!(unpacked.len(), prepared, "{unpacked:?}: {}", story().await);
    unpacked.dedup();
    assert_eq!(unpacked.len(), prepared, "{}", story().await);
    // nobody acted after a newer owner had
    if case.course == Course::Reviewed {
        let seen = job.nodes[0].pictured.as_ref();
        assert!(seen.is_some(), "{}", story().await);
    }
    let epochs: Vec<_> = ops
        .diary
        .lock()
        .unwrap()
        .iter()
        .map(|deed| deed.epoch)
        .collect();
    assert!(epochs.is_sorted(), "{epochs:?}");
    let events = ops.events().await;
    proven(&events, &story().await);
    events
}

/// Each attempt has one result, and each node that was switched was found well before it rejoined.
fn proven(events: &[Event], story: &str) {
    let mut ended = HashSet::new();
    let mut owed = HashSet::new();
    for event in events {
        let Fact::Finished { attempt, outcome } = &event.fact else {
            continue;
        };
        assert!(
            ended.insert((event.node, *attempt)),
            "{attempt:?} ended twice: {story}"
        );
        let (Attempt { work, .. }, Outcome::Passed { .. }) = (attempt, outcome) else {
            continue;
        };
        match work {
            Work::Stage(Stage::Deploy) => {
                owed.extend([Stage::Check, Stage::Smoke].map(|stage| (event.node, stage)));
            }
            Work::Stage(stage @ (Stage::Check | Stage::Smoke)) => {
                owed.remove(&(event.node, *stage));
            }
            Work::Stage(Stage::Rejoin) => {
                let unproven = owed.iter().find(|(node, _)| *node == event.node);
                assert_eq!(unproven, None, "rejoined unproven: {story}");
            }
            Work::Prepare | Work::Soak | Work::Stage(Stage::Isolate | Stage::Drain) => {}
        }
    }
}

/// Plays all, several at once, and says how many there were.
async fn play_all(theatre: &Theatre, what: &str, cases: Vec<Case>) -> usize {
    let begun = Instant::now();
    let crashes = stream::iter(cases.into_iter().map(|case| play(theatre, case)))
        .buffer_unordered(AT_ONCE)
        .map(|(crashes, _)| crashes);
    let counted: Vec<usize> = crashes.collect().await;
    let (cases, crashes) = (
        counted.iter().filter(|crashes| **crashes > 0).count(),
        counted.iter().sum::<usize>(),
    );
    println!(
        "{what}: {cases} cases, {crashes} crashes, {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    cases
}

/// How many events the journal has without any crash, and which of them begin an attempt.
async fn undisturbed(theatre: &Theatre, course: Course) -> (u64, Vec<u64>) {
    let case = Case {
        course,
        ends: Vec::new(),
        heir: Heir::Same,
    };
    let (_, events) = play(theatre, case).await;
    let begins = events
        .iter()
        .filter(|event| matches!(event.fact, Fact::Started { .. }))
        // the plan was not written by the server
        .map(|event| event.seq - 1);
    (events.len() as u64 - 1, begins.collect())
}

/// Every write, before and after it, and every effect, by both kinds of heirs.
async fn once(course: Course) {
    let theatre = Theatre::new().await;
    let (writes, begins) = undisturbed(&theatre, course).await;
    let ends = (1..=writes)
        .flat_map(|n| [End::BeforeWrite(n), End::AfterWrite(n)])
        .chain(begins.into_iter().map(End::InEffect));
    let cases: Vec<_> = ends
        .flat_map(|end| {
            [Heir::Same, Heir::Other].map(|heir| Case {
                course,
                ends: vec![end],
                heir,
            })
        })
        .collect();
    let laid = cases.len();
    let came = play_all(&theatre, &format!("{course:?}"), cases).await;
    // one write more or less: notes on the way are not the same each time
    assert!(came * 10 >= laid * 9, "{came} of {laid}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_release_survives_a_crash_at_any_write_and_in_any_effect() {
    once(Course::Succeeds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_survives_a_crash_at_any_write_and_in_any_effect() {
    once(Course::Undone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abort_survives_a_crash_at_any_write_and_in_any_effect() {
    once(Course::Aborted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_survives_a_crash_at_any_write_and_in_any_effect() {
    once(Course::Reviewed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_node_survives_every_pair_of_crashes() {
    let theatre = Theatre::new().await;
    let (writes, _) = undisturbed(&theatre, Course::OneNode).await;
    let end = |n: u64, kind: u64| match kind % 3 {
        0 => End::BeforeWrite(n),
        1 => End::AfterWrite(n),
        _ => End::InEffect(n),
    };
    let mut cases = Vec::new();
    for first in 1..=writes {
        // the successor's own writes: two to take over, and what was left
        for second in 1..=(writes + 2 - first) {
            cases.push(Case {
                course: Course::OneNode,
                ends: vec![end(first, first + second), end(second, second / 2 + first)],
                heir: [Heir::Same, Heir::Other][(second % 2) as usize],
            });
        }
    }
    play_all(&theatre, "pairs", cases).await;
}
