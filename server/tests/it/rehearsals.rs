//! Suites tried on nodes in service, outside of any deployment.

use crate::{harness::sample, rolling::ops::Ops};
use app::model::{
    deployment::{DeploymentState, Policy},
    ids::RehearsalId,
    rehearsal::{Cause, DraftOf, RehearsalView, Verdict},
    smoke::{Act, Flow, Step, StepVerdict, Suite},
    trouble::Trouble,
};
use futures::TryStreamExt;
use server::{
    drift::Eyes,
    rehearsal::{Conductor, Stage},
    smoke::fake::FakeStep,
    store::{rehearsals, retention},
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

fn conductor(ops: &Ops, owner: &str) -> Conductor {
    let ports = &ops.ports;
    let stage = Stage {
        browser: ports.browser.clone(),
        browsers: ports.browsers.clone(),
        objects: ports.objects.clone(),
        vault: ports.vault.clone(),
        eyes: Eyes {
            connect: ports.connect.clone(),
            shell: ports.shell.clone(),
            probe: ports.probe.clone(),
            at_once: 3,
        },
        clock: ports.clock.clone(),
    };
    Conductor::new(ops.database.pool.clone(), stage, owner.to_owned())
}

async fn ask(ops: &Ops, node: Option<&str>) -> Option<RehearsalId> {
    let node = node.map(sample::name);
    let pool = &ops.database.pool;
    rehearsals::ask(pool, ops.inventory.id, Cause::ByHand, "ann", node.as_ref())
        .await
        .unwrap()
}

async fn view(ops: &Ops, id: RehearsalId) -> RehearsalView {
    rehearsals::get(&ops.database.pool, id)
        .await
        .unwrap()
        .unwrap()
}

async fn turn(ops: &Ops) -> bool {
    let stop = CancellationToken::new();
    conductor(ops, "one").turn(&stop).await.unwrap()
}

#[tokio::test]
async fn the_suite_is_tried_on_the_node_asked_for_and_nothing_else_is_touched() {
    let ops = Ops::new().await;
    let id = ask(&ops, Some("blue")).await.unwrap();
    assert_eq!(ask(&ops, None).await, None, "one at a time");
    assert!(turn(&ops).await);
    let seen = view(&ops, id).await;
    assert_eq!(
        seen.line.verdict,
        Some(Verdict::Passed { flows: 1, steps: 1 })
    );
    assert_eq!(seen.line.node, Some(sample::name("blue")));
    assert_eq!(seen.line.version, Some(sample::name("1.0")));
    assert_eq!(
        seen.line.suite,
        Some(ops.inventory.suite.as_ref().unwrap().revision)
    );
    assert!(seen.steps[0].picture.is_some());
    let blue = ops.node("blue").app_url.replace("http://", "");
    let started: Vec<_> = ops
        .browser
        .started()
        .iter()
        .map(|t| t.node.to_string())
        .collect();
    assert_eq!(started, [blue]);
    assert!(ops.deeds("").is_empty(), "{:?}", ops.deeds(""));
    assert!(!turn(&ops).await, "nothing is left to do");
    assert!(ask(&ops, None).await.is_some());
}

#[tokio::test]
async fn a_failing_flow_is_kept_with_its_steps() {
    let ops = Ops::new().await;
    ops.browser.on_step(None, "open /", FakeStep::Status(500));
    ops.browser.is_proxied();
    let id = ask(&ops, None).await.unwrap();
    turn(&ops).await;
    let seen = view(&ops, id).await;
    assert!(
        matches!(seen.line.verdict, Some(Verdict::Failed { .. })),
        "{seen:?}"
    );
    assert_eq!(seen.failing_flow(), Some("Open the shop"));
    assert!(matches!(seen.steps[0].verdict, StepVerdict::Failed(_)));
    let log = seen.proxy_log.expect("it went through a proxy");
    let kept = ops.ports.objects.get(&log).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&kept).contains("open /"));
    let named = retention::named_elsewhere(&ops.database.pool);
    let named: Vec<String> = named.try_collect().await.unwrap();
    assert!(named.contains(&log));
}

#[tokio::test]
async fn it_is_made_on_schedule_by_one_server_and_not_sooner() {
    let ops = Ops::new().await;
    let every = |ms| Policy {
        rehearse_every_ms: ms,
        ..sample::policy()
    };
    let set = async |policy: Policy| {
        let json = serde_json::to_value(policy).unwrap();
        sqlx::query("UPDATE pools SET policy = $1")
            .bind(json)
            .execute(&ops.database.owner)
            .await
            .unwrap();
    };
    assert!(!turn(&ops).await, "no schedule");
    set(every(3_600_000)).await;
    let stop = CancellationToken::new();
    let (one, two) = (conductor(&ops, "one"), conductor(&ops, "two"));
    let (a, b) = tokio::join!(one.turn(&stop), two.turn(&stop));
    assert!(a.unwrap() ^ b.unwrap(), "one of both");
    assert!(!turn(&ops).await, "an hour has not passed");
    sqlx::query("UPDATE rehearsals SET asked_at = asked_at - interval '61 min'")
        .execute(&ops.database.owner)
        .await
        .unwrap();
    assert!(turn(&ops).await);
    let mut conn = ops.database.pool.acquire().await.unwrap();
    let last = rehearsals::latest(&mut conn, Some(ops.inventory.id))
        .await
        .unwrap();
    assert_eq!(last[0].1.line.cause, Cause::Scheduled);
}

#[tokio::test]
async fn a_deployment_comes_first() {
    let mut ops = Ops::new().await;
    ops.kill().await;
    ops.deploy("1.1").await;
    let id = ask(&ops, None).await.unwrap();
    turn(&ops).await;
    let seen = view(&ops, id).await;
    let Some(Verdict::Ended { trouble }) = seen.line.verdict else {
        panic!("{seen:?}")
    };
    assert!(
        trouble.what.contains("deployment of this pool"),
        "{trouble}"
    );
    assert!(ops.browser.started().is_empty());
    ops.start();
    ops.until(DeploymentState::Succeeded).await;
}

#[tokio::test]
async fn a_deployment_that_begins_meanwhile_ends_it_and_has_its_browser() {
    let mut ops = Ops::new().await;
    ops.kill().await;
    // the page never comes
    let _held = ops.browser.hold_step("open /");
    let id = ask(&ops, None).await.unwrap();
    let (conductor, stop) = (conductor(&ops, "one"), CancellationToken::new());
    let (taken, ()) = tokio::join!(conductor.turn(&stop), async {
        ops.wait("a browser", async || ops.browser.open_sessions() == 1)
            .await;
        ops.deploy("1.1").await;
    });
    assert!(taken.unwrap());
    let seen = view(&ops, id).await;
    let Some(Verdict::Ended { trouble }) = seen.line.verdict else {
        panic!("{seen:?}")
    };
    assert_eq!(trouble.what, "A deployment of this pool began.");
    assert_eq!(trouble.remedy, "Try it again once the deployment is over.");
    assert_eq!(ops.browser.open_sessions(), 0);
    ops.start();
    ops.until(DeploymentState::Succeeded).await;
}

#[tokio::test]
async fn one_whose_server_died_is_ended_by_another() {
    let ops = Ops::new().await;
    let id = ask(&ops, None).await.unwrap();
    let taken = rehearsals::take(&ops.database.pool, "dead", Duration::ZERO).await;
    let taken = taken.unwrap().unwrap();
    assert!(!turn(&ops).await);
    let seen = view(&ops, id).await;
    assert!(
        matches!(seen.line.verdict, Some(Verdict::Ended { .. })),
        "{seen:?}"
    );
    // what it says afterwards is too late
    let late = Verdict::Passed { flows: 1, steps: 1 };
    let said = rehearsals::end(&ops.database.pool, &taken, &late, None, &[]).await;
    assert!(!said.unwrap());
}

#[tokio::test]
async fn a_node_that_is_out_is_not_tried() {
    let ops = Ops::new().await;
    let red = ops.node("red").members[0].worker.clone();
    ops.front.fake.operator_disables(&red, true);
    let asked = ask(&ops, Some("red")).await.unwrap();
    turn(&ops).await;
    let seen = view(&ops, asked).await;
    let Some(Verdict::Ended { trouble }) = seen.line.verdict else {
        panic!("{seen:?}")
    };
    assert_eq!(trouble.what, "red is not in service in every balancer.");
    let any = ask(&ops, None).await.unwrap();
    turn(&ops).await;
    assert_eq!(view(&ops, any).await.line.node, Some(sample::name("blue")));
}

/// A flow of two steps, which is no pool's.
fn draft() -> Suite {
    let open = |path: &str| Step::from(Act::Open { path: path.into() });
    let flow = Flow::new(sample::name("look"), vec![open("/"), open("/orders")]);
    Suite::new("http://shop.example.test", vec![flow])
}

async fn ask_trial(ops: &Ops, by: &str, node: &str) -> Option<RehearsalId> {
    let instead = Verdict::Ended {
        trouble: Trouble::new("Another."),
    };
    let mut conn = ops.database.pool.acquire().await.unwrap();
    let (pool, node) = (ops.inventory.id, sample::name(node));
    rehearsals::ask_trial(&mut conn, pool, by, &node, &draft(), None, &instead)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_draft_is_tried_on_a_node_that_is_out_and_is_no_rehearsal() {
    let ops = Ops::new().await;
    let red = ops.node("red").members[0].worker.clone();
    ops.front.fake.operator_disables(&red, true);
    let id = ask_trial(&ops, "ann", "red").await.unwrap();
    assert!(turn(&ops).await);
    let seen = view(&ops, id).await;
    assert_eq!(
        seen.line.verdict,
        Some(Verdict::Passed { flows: 1, steps: 2 })
    );
    assert_eq!(seen.line.node, Some(sample::name("red")));
    assert_eq!(
        (seen.line.suite, seen.line.draft),
        (None, Some(DraftOf { flow: None }))
    );
    assert_eq!(seen.planned[0].steps, ["open /", "open /orders"]);
    let mut conn = ops.database.pool.acquire().await.unwrap();
    let last = rehearsals::latest(&mut conn, None).await.unwrap();
    assert!(last.is_empty(), "{last:?}");
    assert!(ops.deeds("").is_empty(), "{:?}", ops.deeds(""));
}

#[tokio::test]
async fn each_step_is_told_as_it_ends() {
    let ops = Ops::new().await;
    let id = ask_trial(&ops, "ann", "red").await.unwrap();
    // the second step hangs until the first one was seen to be told
    let pool = ops.database.pool.clone();
    let told = move || {
        let pool = pool.clone();
        async move {
            rehearsals::get(&pool, id)
                .await
                .unwrap()
                .unwrap()
                .steps
                .len()
        }
    };
    let gate = ops.browser.hold_step("open /orders");
    let stop = CancellationToken::new();
    let conductor = conductor(&ops, "one");
    let watched = async {
        while told().await < 1 {
            tokio::task::yield_now().await;
        }
        let running = view(&ops, id).await;
        assert_eq!(running.line.verdict, None);
        assert!(running.steps[0].picture.is_some());
        // as long as it lives, nobody takes it for dead
        let before = kept_until(&ops, id).await;
        while kept_until(&ops, id).await == before {
            tokio::task::yield_now().await;
        }
        gate.notify_one();
    };
    let (done, ()) = tokio::join!(conductor.turn(&stop), watched);
    assert!(done.unwrap());
    assert_eq!(view(&ops, id).await.steps.len(), 2);
}

async fn kept_until(ops: &Ops, id: RehearsalId) -> chrono::DateTime<chrono::Utc> {
    sqlx::query_scalar("SELECT busy_until FROM rehearsals WHERE id = $1")
        .bind(id.0)
        .fetch_one(&ops.database.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_newer_draft_of_the_same_person_takes_the_place_of_the_one_before() {
    let ops = Ops::new().await;
    let first = ask_trial(&ops, "ann", "red").await.unwrap();
    let taken = rehearsals::take(&ops.database.pool, "one", Duration::from_secs(60)).await;
    let taken = taken.unwrap().unwrap();
    assert_eq!(taken.draft, Some(draft()));
    assert_eq!(ask_trial(&ops, "bob", "red").await, None, "one at a time");
    let second = ask_trial(&ops, "ann", "blue").await.unwrap();
    let kept = rehearsals::keep(&ops.database.pool, &taken, Duration::from_secs(60)).await;
    assert!(!kept.unwrap());
    assert!(matches!(
        view(&ops, first).await.line.verdict,
        Some(Verdict::Ended { .. })
    ));
    assert!(turn(&ops).await);
    assert_eq!(
        view(&ops, second).await.line.node,
        Some(sample::name("blue"))
    );
}

#[tokio::test]
async fn a_draft_gives_way_to_a_deployment_that_rolls_and_not_to_one_that_waits() {
    let mut ops = Ops::new().await;
    ops.kill().await;
    ops.deploy("1.1").await;
    let pool = &ops.database.pool;
    assert!(
        rehearsals::is_rolling(pool, ops.inventory.id)
            .await
            .unwrap()
    );
    let id = ask_trial(&ops, "ann", "red").await.unwrap();
    turn(&ops).await;
    let verdict = view(&ops, id).await.line.verdict;
    assert!(
        matches!(verdict, Some(Verdict::Ended { .. })),
        "{verdict:?}"
    );
    for waits in ["held", "halted"] {
        sqlx::query("UPDATE deployments SET state = $1, next_seq = next_seq + 1")
            .bind(waits)
            .execute(&ops.database.owner)
            .await
            .unwrap();
        let id = ask_trial(&ops, "ann", "red").await.unwrap();
        turn(&ops).await;
        let verdict = view(&ops, id).await.line.verdict;
        assert!(
            matches!(verdict, Some(Verdict::Passed { .. })),
            "{waits}: {verdict:?}"
        );
    }
}
