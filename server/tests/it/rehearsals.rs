//! Suites tried on nodes in service, outside of any deployment.

use crate::{harness::sample, rolling::ops::Ops};
use app::model::{
    deployment::{DeploymentState, Policy},
    ids::RehearsalId,
    rehearsal::{Cause, RehearsalView, Verdict},
    smoke::StepVerdict,
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
