use crate::harness::{Database, database, sample};
use app::model::{environment::Node, ids::*, smoke::Suite};
use server::store::{
    deployments,
    inventory::{self, Change, PoolSettings},
    pools, proofs, releases, suites,
};

#[tokio::test]
async fn a_pool_comes_back_as_it_was_applied() {
    let Database { pool, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    let names: Vec<&str> = shop.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["red", "blue", "green"]);
    assert_eq!(shop.nodes[2].members[0].worker, "http://127.0.0.12:9000");
    assert_eq!(shop.balancers[0].product, sample::apache());
    assert_eq!(shop.recipe, sample::recipe());
    assert_eq!(shop.policy, sample::policy());
    assert_eq!(shop.suite.unwrap().suite, sample::suite());
    let all = pools::list(&pool).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].id, shop.id);
    let mut conn = pool.acquire().await.unwrap();
    let missing = pools::find(&mut conn, &sample::name("staging"), &sample::name("shop")).await;
    assert!(missing.unwrap().is_none());
}

#[tokio::test]
async fn applying_the_same_twice_changes_nothing_and_a_change_is_named() {
    let Database { pool, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    let mut tx = pool.begin().await.unwrap();
    inventory::lock(&mut tx).await.unwrap();
    let (environment, same) = inventory::upsert_environment(&mut tx, &shop.environment)
        .await
        .unwrap();
    assert_eq!(same, Change::Same);
    let application = inventory::upsert_application(&mut tx, &shop.application, &shop.recipe).await;
    assert_eq!(application.unwrap(), (shop.application_id, Change::Same));
    let front = &shop.balancers[0];
    let balancer = inventory::upsert_balancer(&mut tx, &front.name, &front.product).await;
    assert_eq!(balancer.unwrap(), (front.id, Change::Same));
    let mut settings = PoolSettings {
        environment,
        application: shop.application_id,
        policy: shop.policy.clone(),
        probe: shop.probe.clone(),
        visitors_url: None,
    };
    let pool_again = inventory::upsert_pool(&mut tx, &settings).await;
    assert_eq!(pool_again.unwrap(), (shop.id, Change::Same));
    // a node's id is the stored one, whatever the file's reader made up
    let mut red = Node {
        id: NodeId::generate(),
        ..shop.nodes[0].clone()
    };
    let stored = inventory::upsert_node(&mut tx, shop.id, 0, &red).await;
    assert_eq!(stored.unwrap(), (shop.nodes[0].id, Change::Same));
    let suite = suites::set(&mut tx, shop.id, sample::SUITE, &sample::suite()).await;
    assert_eq!(suite.unwrap().1, Change::Same);

    red.app_url = "http://127.0.0.99:9000".into();
    red.members[0].worker = red.app_url.clone();
    let moved = inventory::upsert_node(&mut tx, shop.id, 0, &red).await;
    assert_eq!(moved.unwrap(), (shop.nodes[0].id, Change::Changed));
    settings.policy.floor = 1;
    let loosened = inventory::upsert_pool(&mut tx, &settings).await;
    assert_eq!(loosened.unwrap().1, Change::Changed);
    let now = pools::find(&mut tx, &shop.environment, &shop.application)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(now.nodes[0].members, red.members);
    assert_eq!(now.policy.floor, 1);
}

#[tokio::test]
async fn two_pools_cannot_share_a_deploy_root() {
    let Database { pool, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    let staging = sample::pool(&pool, "staging", 2).await;
    let mut conn = pool.acquire().await.unwrap();
    let mut thief = shop.nodes[0].clone();
    thief.id = NodeId::generate();
    thief.members.clear();
    let error = inventory::upsert_node(
        &mut conn,
        staging.id,
        9,
        &Node {
            name: sample::name("thief"),
            ..thief
        },
    )
    .await
    .unwrap_err();
    let constraint = error.as_database_error().unwrap().constraint();
    assert_eq!(constraint, Some("one_owner_per_deploy_root"));
}

#[tokio::test]
async fn an_old_suite_stays_readable_and_returns_under_its_old_revision() {
    let Database { pool, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    let first = shop.suite.unwrap().revision;
    let empty = Suite {
        flows: vec![],
        ..sample::suite()
    };
    let mut tx = pool.begin().await.unwrap();
    let (second, change) = suites::set(&mut tx, shop.id, "another", &empty)
        .await
        .unwrap();
    assert_eq!(change, Change::Changed);
    let old = suites::get(&mut *tx, first).await.unwrap().unwrap();
    assert_eq!(old.suite, sample::suite());
    let back = suites::set(&mut tx, shop.id, sample::SUITE, &sample::suite()).await;
    assert_eq!(back.unwrap(), (first, Change::Changed));
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_version_names_one_artefact_for_ever() {
    let Database { pool, owner, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    let mut other = sample::release(shop.application_id, "1.1");
    other.sha256 = "00".repeat(32);
    assert!(!releases::insert(&pool, &other).await.unwrap());
    let kept = releases::find(&pool, shop.application_id, &other.version).await;
    assert_ne!(kept.unwrap().unwrap().sha256, other.sha256);
    assert!(
        releases::insert(&pool, &sample::release(shop.application_id, "1.2"))
            .await
            .unwrap()
    );
    let all = releases::list(&pool, shop.application_id, 10)
        .await
        .unwrap();
    assert_eq!(all[0].version, sample::name("1.2"));
    assert_eq!(all.len(), 2);
    let edit = sqlx::query("UPDATE releases SET sha256 = repeat('0', 64)");
    assert!(edit.execute(&owner).await.is_err());
}

#[tokio::test]
async fn the_last_proof_counts() {
    let Database { pool, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    let mut plan = sample::plan(&pool, &shop).await;
    let mut tx = pool.begin().await.unwrap();
    deployments::create(&mut tx, &mut plan).await.unwrap();
    let red = shop.nodes[0].id;
    let suite = shop.suite.as_ref().map(|suite| suite.revision);
    let (old, new) = (sample::name("1.0"), sample::name("1.1"));
    let dirs = ["20261101000000", "20261102000000"].map(sample::name);
    proofs::record(&mut *tx, plan.deployment, red, Some(&old), &dirs[0], None)
        .await
        .unwrap();
    proofs::record(&mut *tx, plan.deployment, red, Some(&new), &dirs[1], suite)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let latest = proofs::latest(&pool, Some(shop.id)).await.unwrap();
    assert_eq!(latest.len(), 1);
    assert_eq!((latest[0].node, latest[0].number), (red, 1));
    assert_eq!(latest[0].version, Some(new));
    assert_eq!(latest[0].release, Some(plan.release.id));
    assert_eq!(latest[0].suite, suite);
    assert_eq!(proofs::latest(&pool, None).await.unwrap(), latest);
    let before = proofs::proof_for(&pool, red, &dirs[0])
        .await
        .unwrap()
        .unwrap();
    assert_eq!((before.version, before.release), (Some(old), None));
    let other = proofs::proof_for(&pool, shop.nodes[1].id, &dirs[0]).await;
    assert!(other.unwrap().is_none());
}
