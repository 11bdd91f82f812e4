//! Migrations over rows of every age: after each one come the sample rows of its time, then the next runs over them,
//! and in the end today's code must read them.

use crate::harness::{database, database::empty_database, sample};
use app::model::evidence::Likeness;
use server::store::{self, MIGRATOR};
use sqlx::AssertSqlSafe;
use std::path::Path;

#[tokio::test]
async fn every_migration_runs_over_the_rows_of_its_time() {
    let database = empty_database().await;
    let rows = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/migrations");
    for migration in MIGRATOR.iter() {
        MIGRATOR
            .run_to(migration.version, &database.owner)
            .await
            .unwrap();
        let file = rows.join(format!("{}.sql", migration.version));
        let sql = std::fs::read_to_string(&file)
            .unwrap_or_else(|_| panic!("{} brings its sample rows", file.display()));
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&database.owner)
            .await
            .unwrap();
    }
    store::migrate(&database.owner_url).await.unwrap();

    let pool = &database.pool;
    let mut conn = pool.acquire().await.unwrap();
    let shop = store::pools::find(
        &mut conn,
        &sample::name("production"),
        &sample::name("shop"),
    )
    .await
    .unwrap()
    .unwrap();
    assert_eq!(shop.nodes.len(), 1);
    assert_eq!(shop.suite.unwrap().suite.flows.len(), 1);
    let line = &store::deployments::lines(pool, 10).await.unwrap()[0];
    assert_eq!(line.of, 1);
    let events = store::journal::events(pool, line.id, 0, 10).await.unwrap();
    assert_eq!(events.len(), 2);
    assert!(store::users::by_name(pool, "ann").await.unwrap().is_some());
    let (environment, _) = store::values::environment_of_pool(pool, shop.id)
        .await
        .unwrap()
        .unwrap();
    let variables = store::values::variables(pool, environment).await.unwrap();
    assert_eq!(variables[0].value, "de");
    let secrets = store::values::secrets(pool, None).await.unwrap();
    assert_eq!(secrets[0].name.as_str(), "shop_password");
    let masks = store::masks::of_pool(pool, shop.id).await.unwrap();
    assert_eq!(masks[0].rect.width, 160);
    let said = store::reviews::about(pool, shop.id, &[]).await.unwrap();
    assert_eq!(said[0].by, "ann");
    let key = store::comparisons::Key {
        old: "0a".repeat(32),
        new: said[0].new.clone(),
        masks: String::new(),
    };
    let known = store::comparisons::known(pool, &[key], 1).await.unwrap();
    assert!(matches!(known[0].1, Likeness::Differs(_)));
    let swept = store::retention::last(pool).await.unwrap().unwrap();
    assert_eq!(swept.removed.objects, 2);
    let removed = store::retention::removed_at(pool, &"0e".repeat(32)).await;
    assert!(removed.unwrap().is_some());
    let home = sample::name("home");
    let draft = store::drafts::get(pool, shop.id, "ann", Some(&home)).await;
    assert_eq!(draft.unwrap().unwrap().draft.rows.len(), 2);
    let trial = "01930000-0000-7000-8000-000000000042".parse().unwrap();
    let trial = store::rehearsals::get(pool, trial).await.unwrap().unwrap();
    assert_eq!(trial.planned[0].steps, ["open /"]);
    let last = store::rehearsals::latest(&mut conn, None).await.unwrap();
    assert_eq!(last[0].1.line.draft, None);
    let whole = |verdict| matches!(verdict, store::journal::Verdict::Whole { .. });
    assert!(whole(store::journal::verify(pool, line.id).await.unwrap()));
    assert!(whole(store::audit::verify(pool).await.unwrap()));
}

#[tokio::test]
async fn several_servers_may_migrate_at_once_and_again() {
    let database = empty_database().await;
    let servers = (0..4).map(|_| store::migrate(&database.owner_url));
    for done in futures::future::join_all(servers).await {
        done.unwrap();
    }
    let first = store::installation(&database.pool).await.unwrap();
    store::migrate(&database.owner_url).await.unwrap();
    assert_eq!(store::installation(&database.pool).await.unwrap(), first);
}

#[tokio::test]
async fn a_server_that_may_not_change_the_schema_starts_when_there_is_nothing_to_change() {
    let current = database().await;
    store::migrate(&current.url).await.unwrap();
    let empty = empty_database().await;
    assert!(store::migrate(&empty.url).await.is_err());
    assert!(!store::is_current(&empty.owner).await.unwrap());
}
