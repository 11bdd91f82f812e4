use crate::harness::{Database, database, sample};
use app::model::{
    journal::VisitorReport,
    stage::{Stage, Work},
    time::Timestamp,
};
use server::store::{deployments, leases, logs, visitors};
use std::time::Duration;

#[tokio::test]
async fn a_reader_at_a_cursor_misses_no_line_and_a_stale_owner_adds_none() {
    let Database { pool, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    let mut plan = sample::plan(&pool, &shop).await;
    let mut conn = pool.acquire().await.unwrap();
    deployments::create(&mut conn, &mut plan).await.unwrap();
    let claim = leases::claim(&pool, "a", Duration::from_secs(600))
        .await
        .unwrap()
        .unwrap();
    let (id, node, work) = (
        plan.deployment,
        shop.nodes[0].id,
        Work::Stage(Stage::Deploy),
    );

    let writers = (0..6).map(|writer| {
        let pool = pool.clone();
        tokio::spawn(async move {
            for number in 0..10 {
                let text = format!("{writer}/{number}\n");
                logs::append(&pool, id, claim.epoch, node, work, &text)
                    .await
                    .unwrap()
                    .unwrap();
            }
        })
    });
    let writing = tokio::spawn(futures::future::join_all(writers));
    let (mut cursor, mut read) = (0, String::new());
    while read.lines().count() < 60 {
        for chunk in logs::after(&pool, id, cursor, 7).await.unwrap() {
            assert_eq!(chunk.id, cursor + 1);
            cursor = chunk.id;
            read += &chunk.text;
        }
    }
    assert!(writing.await.unwrap().into_iter().all(|done| done.is_ok()));
    let long = "x".repeat(150_000);
    let last = logs::append(&pool, id, claim.epoch, node, Work::Prepare, &long)
        .await
        .unwrap();
    assert_eq!(last, Some(63));
    let chunks = logs::after(&pool, id, 60, 10).await.unwrap();
    assert_eq!(chunks.len(), 3);
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk.work == Work::Prepare && chunk.node == node)
    );
    assert_eq!(
        chunks.iter().map(|chunk| chunk.text.len()).sum::<usize>(),
        long.len()
    );

    for epoch in [0, claim.epoch + 1] {
        let refused = logs::append(&pool, id, epoch, node, work, "late\n")
            .await
            .unwrap();
        assert_eq!(refused, None);
    }
    assert_eq!(logs::after(&pool, id, 63, 10).await.unwrap(), []);
}

#[tokio::test]
async fn the_latest_visitor_report_is_kept() {
    let Database { pool, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    let mut plan = sample::plan(&pool, &shop).await;
    let mut conn = pool.acquire().await.unwrap();
    deployments::create(&mut conn, &mut plan).await.unwrap();
    let id = plan.deployment;
    assert_eq!(visitors::get(&pool, id).await.unwrap(), None);
    for requests in [10, 20] {
        let report = VisitorReport {
            requests,
            p99_ms: 3.25,
            ..Default::default()
        };
        assert!(
            visitors::set(&pool, id, 0, &report, Timestamp(5))
                .await
                .unwrap()
        );
        assert!(
            !visitors::set(&pool, id, 7, &report, Timestamp(9))
                .await
                .unwrap()
        );
        let stored = visitors::get(&pool, id).await.unwrap();
        assert_eq!(stored, Some((report, Timestamp(5))));
    }
}
