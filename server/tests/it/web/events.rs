use super::{site::Site, stream::Stream};
use crate::harness::sample;
use app::model::{
    access::Role,
    deployment::DeploymentState,
    ids::DeploymentId,
    journal::{Fact, VisitorReport},
    live::Live,
    stage::Work,
    time::Timestamp,
    view::{LogChunk, Push},
    wire,
};
use http::StatusCode;
use server::store::{
    deployments,
    journal::{self, Standing},
    leases::{self, Claim},
    logs, visitors,
};
use std::time::Duration;

pub async fn running(site: &Site) -> (Claim, app::model::ids::NodeId) {
    let shop = sample::pool(site.pool(), "production", 1).await;
    let mut plan = sample::plan(site.pool(), &shop).await;
    let mut conn = site.pool().acquire().await.unwrap();
    deployments::create(&mut conn, &mut plan).await.unwrap();
    let claim = leases::claim(site.pool(), "a", Duration::from_secs(600))
        .await
        .unwrap()
        .unwrap();
    (claim, shop.nodes[0].id)
}

pub async fn write(site: &Site, claim: Claim, count: usize) {
    for number in 0..count {
        let fact = Fact::Claimed {
            owner: format!("owner {number}"),
        };
        let standing = Standing {
            state: DeploymentState::Queued,
            why: "Waiting.",
            node_state: None,
            done: 0,
        };
        journal::append(
            site.pool(),
            claim.deployment,
            claim.epoch,
            None,
            &fact,
            standing,
        )
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn a_stream_begins_with_what_is_there_and_goes_on_with_what_happens() {
    let site = Site::open().await;
    let (claim, node) = running(&site).await;
    let id = claim.deployment;
    write(&site, claim, 2).await;
    let ann = site.signed_in("ann", Role::Viewer).await;
    let mut stream = Stream::open(&ann, id, 0, None).await;
    let first = stream.next().await;
    assert_eq!((first.name.as_str(), first.id.as_str()), ("journal", "1"));
    assert!(matches!(first.push, Push::Journal { event } if event.seq == 1));
    assert_eq!(stream.ids(2).await, ["2", "3"]);

    write(&site, claim, 1).await;
    assert_eq!(stream.ids(1).await, ["4"]);
    logs::append(
        site.pool(),
        id,
        claim.epoch,
        node,
        Work::Prepare,
        "unpacking\n",
    )
    .await
    .unwrap();
    let log = stream.next().await;
    assert_eq!((log.name.as_str(), log.id.as_str()), ("log", "4-1"));
    assert!(matches!(log.push, Push::Log { chunk } if chunk.text == "unpacking\n"));
    let report = VisitorReport {
        requests: 7,
        ..VisitorReport::default()
    };
    visitors::set(site.pool(), id, claim.epoch, &report, Timestamp(1))
        .await
        .unwrap();
    let felt = stream.next().await;
    assert_eq!((felt.name.as_str(), felt.id.as_str()), ("visitors", ""));
    write(&site, claim, 1).await;
    assert_eq!(stream.ids(1).await, ["5-1"]);
}

#[tokio::test]
async fn a_stream_resumes_exactly_after_what_was_seen() {
    let site = Site::open().await;
    let (claim, node) = running(&site).await;
    let id = claim.deployment;
    write(&site, claim, 700).await;
    for line in ["one\n", "two\n"] {
        logs::append(site.pool(), id, claim.epoch, node, Work::Prepare, line)
            .await
            .unwrap();
    }
    let ann = site.signed_in("ann", Role::Viewer).await;
    // what the address says is old once the browser comes back
    let mut stream = Stream::open(&ann, id, 3, Some("699-1")).await;
    assert_eq!(stream.ids(3).await, ["700-1", "701-1", "701-2"]);
    write(&site, claim, 1).await;
    assert_eq!(stream.ids(1).await, ["702-2"]);

    let mut whole = Stream::open(&ann, id, 0, None).await;
    let mut seqs = Vec::new();
    while seqs.len() < 702 {
        if let Push::Journal { event } = whole.next().await.push {
            seqs.push(event.seq);
        }
    }
    assert!(seqs.into_iter().eq(1..=702), "none missing, none twice");
}

#[tokio::test]
async fn a_page_is_told_what_changed_once_for_many_events_and_goes_on_where_it_was() {
    let site = Site::open().await;
    let (claim, node) = running(&site).await;
    let id = claim.deployment;
    write(&site, claim, 200).await;
    let ann = site.signed_in("ann", Role::Viewer).await;
    let mut stream = Stream::at(&ann, &app::paths::page_events(id, 0), None).await;
    let (seen, news) = stream.news().await;
    assert_eq!((seen.as_str(), news.after), ("201", 0));
    let mut page = Live::from_events(&[]);
    assert!(page.take_in(news));
    assert_eq!(page.last_seq, 201);
    assert_eq!(page.nodes[0].id, node);

    // a page was painted at 150; the address is old once its browser comes back
    let mut late = Stream::at(&ann, &app::paths::page_events(id, 150), Some("190")).await;
    let (_, news) = late.news().await;
    assert_eq!((news.after, news.live.last_seq), (190, 201));
    assert!(news.live.plan.is_none() && news.live.nodes.is_empty());

    write(&site, claim, 30).await;
    while page.last_seq < 231 {
        assert!(page.take_in(stream.news().await.1), "no gap");
    }
    logs::append(
        site.pool(),
        id,
        claim.epoch,
        node,
        Work::Prepare,
        "un\rpacking\n",
    )
    .await
    .unwrap();
    let [name, id, data] = stream.fields().await;
    assert_eq!((name.as_str(), id.as_str()), ("log", "231-1"));
    let chunk: LogChunk = wire::read(&data).unwrap();
    assert_eq!(chunk.text, "un\rpacking\n");
}

#[tokio::test]
async fn many_viewers_hear_the_same_and_a_lost_listener_is_replaced() {
    let site = Site::open().await;
    let (claim, _) = running(&site).await;
    let ann = site.signed_in("ann", Role::Viewer).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = Stream::open(&ann, claim.deployment, 0, None).await;
        assert_eq!(stream.ids(1).await, ["1"]);
        streams.push(stream);
    }
    // the listener's connection is cut; what is written meanwhile is read from the cursor afterwards
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
        .execute(&site.database.owner)
        .await
        .unwrap();
    write(&site, claim, 300).await;
    for stream in &mut streams {
        let ids = stream.ids(300).await;
        let expected: Vec<_> = (2..=301).map(|seq: u64| seq.to_string()).collect();
        assert_eq!(ids, expected);
    }
}

#[tokio::test]
async fn a_stream_of_nothing_and_a_stream_for_a_stranger_are_refused() {
    let site = Site::open().await;
    let (claim, _) = running(&site).await;
    let ann = site.signed_in("ann", Role::Viewer).await;
    let none = ann
        .get(&app::paths::events(DeploymentId::generate(), 0))
        .await;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
    let path = app::paths::events(claim.deployment, 0);
    assert_eq!(
        site.stranger().get(&path).await.status(),
        StatusCode::UNAUTHORIZED
    );
}
