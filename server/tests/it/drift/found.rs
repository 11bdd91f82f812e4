//! What is found, and when it is void.

use super::watch::{Watch, watcher};
use crate::harness::sample::name;
use app::model::{deployment::DeploymentState, environment::Admission, view::Need};
use server::{drift::Looked, store};
use sqlx::postgres::PgListener;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_node_an_operator_disabled_is_shown_with_both_sides() {
    let watch = Watch::deployed().await;
    watch.disable("red", true);
    assert_eq!(watch.look().await, Looked::Stored { changed: 1 });
    insta::assert_snapshot!(watch.said("red").await, @"front-1 has red out of service; it is expected in service.");
    assert_eq!(watch.said("blue").await, "");
    let needs = watch.overview().await.needs;
    let [Need::Drift { nodes, words, .. }] = needs.as_slice() else {
        panic!("{needs:?}")
    };
    assert_eq!(nodes, &[name("red")]);
    assert_eq!(*words, watch.said("red").await);
    // nothing was touched by looking: the only orders are the deployment's
    assert_eq!(watch.front.fake.orders().len(), 6);
    watch.disable("red", false);
    watch.look().await;
    assert_eq!(watch.said("red").await, "");
    assert_eq!(watch.overview().await.needs, []);
}

#[tokio::test]
async fn a_release_somebody_else_brought_is_shown_with_who_answers() {
    let watch = Watch::deployed().await;
    let dir = watch.row("red").await;
    assert_eq!(dir.version, Some(name("1.1")));
    watch
        .shells
        .points(&name("red"), "20260404000000", &"2".repeat(64));
    watch
        .shells
        .runs(&name("blue"), "20260404000000", &"e".repeat(64));
    watch.look().await;
    let trouble = watch.drift("red").await.differences.remove(0).trouble;
    assert!(
        trouble
            .what
            .starts_with("On red `current` points to 1.2 (20260404000000); expected is 1.1 (2"),
        "{trouble}"
    );
    assert!(trouble.stands.starts_with("1.1 still answers"), "{trouble}");
    // an application that does not come up says nothing
    let blue = watch.said("blue").await;
    assert!(
        blue.starts_with("On blue `current` points to 20260404000000; expected is 1.1"),
        "{blue}"
    );
    assert!(
        blue.ends_with("Unknown which release answers: the connection was refused."),
        "{blue}"
    );
}

#[tokio::test]
async fn an_old_process_that_still_answers_is_found() {
    let watch = Watch::deployed().await;
    watch.shells.answers(&name("green"), "1.0");
    watch.look().await;
    let green = watch.said("green").await;
    assert!(
        green.starts_with("green answers as 1.0; `current` is 1.1 (2"),
        "{green}"
    );
    let pool = watch.pool().await;
    assert!(pool.nodes[0].drift.as_ref().unwrap().differences.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_unknown_and_nobodys_work() {
    let watch = Watch::deployed().await;
    watch.shells.is_unreachable(&name("red"), true);
    watch.look().await;
    let red = watch.said("red").await;
    insta::assert_snapshot!(red, @"Unknown where `current` points: Node red refuses SSH connections at 127.0.0.10.");
    assert_eq!(watch.overview().await.needs, []);
    // the last proof still says what it should run
    assert_eq!(watch.row("red").await.version, Some(name("1.1")));
    watch
        .front
        .fake
        .inject([server::balancer::fake::Fault::Unreachable]);
    watch.look().await;
    let blue = watch.said("blue").await;
    assert!(
        blue.starts_with("Unknown how front-1 treats it: "),
        "{blue}"
    );
}

#[tokio::test]
async fn what_a_node_runs_is_shown_before_anybody_deployed() {
    let watch = Watch::new().await;
    assert_eq!(watch.row("red").await.version, None);
    watch.look_first().await;
    let row = watch.row("red").await;
    assert_eq!((row.version, row.proven), (Some(name("1.0")), None));
    insta::assert_snapshot!(watch.said("red").await, @"red runs 1.0 (20260101000000), which nobody deployed or adopted here.");
    let overview = watch.overview().await;
    assert_eq!(overview.pools[0].nodes[0].version, Some(name("1.0")));
    let [Need::Unadopted { nodes, .. }] = overview.needs.as_slice() else {
        panic!("{:?}", overview.needs)
    };
    assert_eq!(nodes.len(), 3);
}

#[tokio::test]
async fn a_deployment_that_begins_meanwhile_makes_the_comparison_void() {
    let mut watch = Watch::deployed().await;
    watch.disable("red", true);
    watch.is_due().await;
    let turn = watch.watcher.claim().await.unwrap().unwrap();
    watch.ops.kill().await;
    watch.ops.deploy("1.2").await;
    assert_eq!(watch.watcher.look(&turn).await.unwrap(), Looked::Void);
    // what was found before says nothing about now, and nobody looks while it runs
    assert_eq!(watch.row("red").await.drift, None);
    store::drift::end(&watch.database.pool, &turn)
        .await
        .unwrap();
    watch.is_due().await;
    assert_eq!(watch.watcher.claim().await.unwrap(), None);
    // one that began and ended meanwhile as well
    watch.ops.abort().await;
    watch.ops.start();
    watch.ops.until(DeploymentState::Aborted).await;
    assert_eq!(watch.watcher.look(&turn).await.unwrap(), Looked::Void);
    assert_eq!(watch.row("red").await.drift, None);
    assert_eq!(watch.look().await, Looked::Stored { changed: 1 });
    assert!(watch.said("red").await.contains("out of service"));
}

#[tokio::test]
async fn two_servers_look_at_each_pool_once_a_period() {
    let watch = Watch::deployed().await;
    let other = watcher(&watch, "two");
    watch.is_due().await;
    let turns = tokio::join!(watch.watcher.claim(), other.claim());
    let turns = [turns.0.unwrap(), turns.1.unwrap()];
    assert_eq!(turns.iter().flatten().count(), 1, "{turns:?}");
    // due again, but somebody is at it
    watch.is_due().await;
    assert_eq!(other.claim().await.unwrap(), None);
    assert_eq!(watch.watcher.claim().await.unwrap(), None);
    let turn = turns.into_iter().flatten().next().unwrap();
    assert_eq!(
        watch.watcher.look(&turn).await.unwrap(),
        Looked::Stored { changed: 0 }
    );
    // a turn is over when it was taken
    assert_eq!(watch.watcher.look(&turn).await.unwrap(), Looked::Void);
    assert!(other.claim().await.unwrap().is_some(), "it was due");
    assert_eq!(other.claim().await.unwrap(), None, "once a period");
}

#[tokio::test]
async fn a_server_that_died_at_it_delays_the_next_look_and_no_more() {
    let watch = Watch::deployed().await;
    watch.is_due().await;
    let dead = watch.watcher.claim().await.unwrap().unwrap();
    sqlx::query("UPDATE drift_checks SET busy_until = clock_timestamp() - interval '1 second', next_at = clock_timestamp()")
        .execute(&watch.database.owner)
        .await
        .unwrap();
    let other = watcher(&watch, "two");
    let turn = other.claim().await.unwrap().unwrap();
    assert_eq!(watch.watcher.look(&dead).await.unwrap(), Looked::Void);
    assert_eq!(
        other.look(&turn).await.unwrap(),
        Looked::Stored { changed: 0 }
    );
}

#[tokio::test]
async fn viewers_are_told_only_of_changes() {
    let watch = Watch::deployed().await;
    let mut listener = PgListener::connect(&watch.database.url).await.unwrap();
    listener.listen(store::CHANNEL).await.unwrap();
    watch.look().await;
    watch.disable("red", true);
    watch.look().await;
    watch.look().await;
    sqlx::raw_sql("NOTIFY pitlane, 'drift:end'")
        .execute(&watch.database.pool)
        .await
        .unwrap();
    let mut told = Vec::new();
    while told.last().is_none_or(|last| last != "drift:end") {
        let next = listener.recv().await.unwrap();
        told.push(next.payload().to_owned());
    }
    let pool = format!("drift:{}", watch.inventory.id);
    told.retain(|payload| payload.starts_with("drift:"));
    assert_eq!(told, [pool.as_str(), "drift:end"]);
}

#[tokio::test]
async fn the_watcher_finds_by_itself_and_stops_when_told() {
    let watch = Watch::deployed().await;
    watch.disable("red", true);
    watch.is_due().await;
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (watcher, stop) = (watcher(&watch, "running"), stop.clone());
        async move { watcher.run(stop).await }
    });
    watch
        .wait("the difference", async || {
            let red = watch.row("red").await;
            red.drift.is_some_and(|drift| !drift.differences.is_empty())
        })
        .await;
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running)
        .await
        .unwrap()
        .unwrap();
    let (busy,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM drift_checks WHERE owner IS NOT NULL")
            .fetch_one(&watch.database.owner)
            .await
            .unwrap();
    assert_eq!(busy, 0, "it keeps no turn");
    assert_eq!(watch.admission("red").await, Admission::Isolated);
}
