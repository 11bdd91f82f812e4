use crate::harness::{Database, database, sample};
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    journal::Fact,
};
use server::store::{
    deployments::{self, CreateError},
    journal::{self, Standing},
};

#[tokio::test]
async fn a_queued_deployment_is_listed_and_its_plan_is_its_first_event() {
    let Database { pool, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    let mut plan = sample::plan(&pool, &shop).await;
    let mut tx = pool.begin().await.unwrap();
    deployments::create(&mut tx, &mut plan).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(plan.number, 1);

    let line = deployments::line(&pool, plan.deployment)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(line.state, DeploymentState::Queued);
    assert_eq!((line.number, line.done, line.of), (1, 0, 3));
    assert_eq!(
        (line.version.as_str(), line.asked_by.as_str()),
        ("1.1", "ann")
    );
    let found = [
        deployments::active(&pool, shop.id).await.unwrap(),
        deployments::by_number(&pool, &shop.environment, &shop.application, 1)
            .await
            .unwrap(),
    ];
    assert!(found.into_iter().all(|found| found.as_ref() == Some(&line)));
    let lists = [
        deployments::lines(&pool, 10).await.unwrap(),
        deployments::lines_of_pool(&pool, shop.id, 10)
            .await
            .unwrap(),
        deployments::unfinished(&pool).await.unwrap(),
    ];
    assert!(lists.iter().all(|list| *list == [line.clone()]));
    let first = journal::events(&pool, plan.deployment, 0, 10)
        .await
        .unwrap();
    assert_eq!((first[0].seq, first[0].epoch, first.len()), (1, 0, 1));
    assert_eq!(
        deployments::plan(&pool, plan.deployment).await.unwrap(),
        Some(plan.clone())
    );
    let runs = deployments::node_runs(&pool, plan.deployment)
        .await
        .unwrap();
    let pending = shop
        .nodes
        .iter()
        .map(|node| (node.id, NodeRunState::Pending));
    assert_eq!(runs, pending.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_busy_pool_refuses_a_second_deployment_with_the_line_of_the_first() {
    let Database { pool, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    let other = sample::pool(&pool, "staging", 2).await;
    // at once, so that checking before inserting is not enough
    let tries = (0..4).map(|_| {
        let (pool, shop) = (pool.clone(), shop.clone());
        tokio::spawn(async move {
            let mut plan = sample::plan(&pool, &shop).await;
            let mut tx = pool.begin().await.unwrap();
            deployments::create(&mut tx, &mut plan).await?;
            tx.commit().await?;
            Ok::<_, CreateError>(plan.deployment)
        })
    });
    let (mut made, mut refused) = (vec![], vec![]);
    for result in futures::future::join_all(tries).await {
        match result.unwrap() {
            Ok(deployment) => made.push(deployment),
            Err(CreateError::Busy(line)) => refused.push(line.id),
            Err(CreateError::Database(error)) => panic!("{error}"),
        }
    }
    assert_eq!(made.len(), 1);
    assert_eq!(refused, [made[0]; 3]);

    let mut elsewhere = sample::plan(&pool, &other).await;
    let mut conn = pool.acquire().await.unwrap();
    deployments::create(&mut conn, &mut elsewhere)
        .await
        .unwrap();
    assert_eq!(elsewhere.number, 1);
}

#[tokio::test]
async fn an_ended_deployment_frees_its_pool_and_the_next_gets_the_next_number() {
    let Database { pool, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    for number in 1..=2 {
        let mut plan = sample::plan(&pool, &shop).await;
        let mut conn = pool.acquire().await.unwrap();
        deployments::create(&mut conn, &mut plan).await.unwrap();
        assert_eq!(plan.number, number);
        let standing = Standing {
            state: DeploymentState::Aborted,
            why: "Ann aborted it.",
            node_state: None,
            done: 0,
        };
        let ended = Fact::Became {
            state: DeploymentState::Aborted,
            why: "Ann aborted it.".into(),
        };
        journal::append(&mut *conn, plan.deployment, 0, None, &ended, standing)
            .await
            .unwrap();
        let line = deployments::line(&pool, plan.deployment)
            .await
            .unwrap()
            .unwrap();
        assert!(line.ended_at.is_some());
    }
    assert_eq!(deployments::unfinished(&pool).await.unwrap(), []);
}

/// The last line: also somebody who did not look first is refused.
#[tokio::test]
async fn the_database_itself_knows_one_active_deployment_per_pool() {
    let Database { pool, .. } = database().await;
    let shop = sample::pool(&pool, "production", 1).await;
    let mut plan = sample::plan(&pool, &shop).await;
    let mut tx = pool.begin().await.unwrap();
    deployments::create(&mut tx, &mut plan).await.unwrap();
    tx.commit().await.unwrap();
    let second = sqlx::query(
        "SELECT create_deployment(gen_random_uuid(), 2, $1, $2, '1.1', 'ann', '', '{}', 2, $3)",
    )
    .bind(shop.id.0)
    .bind(plan.release.id.0)
    .bind(r#"{"kind":"requeued"}"#)
    .execute(&pool)
    .await;
    let refused = second.unwrap_err();
    let refused = refused.as_database_error().unwrap();
    assert_eq!(refused.constraint(), Some("one_active_per_pool"));
}
