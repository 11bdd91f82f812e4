use crate::harness::{Database, database};
use app::model::access::Role;
use server::store::{attempts, sessions, tokens, users};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_name_belongs_to_one_person_in_whatever_case() {
    let Database { pool, .. } = database().await;
    assert_eq!(users::count(&pool).await.unwrap(), 0);
    let ann = users::add(&pool, "Ann", Role::Admin, "hash")
        .await
        .unwrap()
        .unwrap();
    assert!(
        users::add(&pool, "ann", Role::Viewer, "other")
            .await
            .unwrap()
            .is_none()
    );
    let (found, hash) = users::by_name(&pool, "ANN").await.unwrap().unwrap();
    assert_eq!((&found, hash.as_str()), (&ann, "hash"));
    assert!(users::by_name(&pool, "bob").await.unwrap().is_none());
    assert_eq!(users::count(&pool).await.unwrap(), 1);
    assert_eq!(users::list(&pool).await.unwrap(), [ann]);
}

#[tokio::test]
async fn a_session_ends_by_sign_out_age_idleness_or_a_disabled_user() {
    let Database { pool, owner, .. } = database().await;
    let ann = users::add(&pool, "ann", Role::Deployer, "hash")
        .await
        .unwrap()
        .unwrap();
    let find = async |secret: u8| sessions::find(&pool, &[secret; 32], HOUR).await.unwrap();
    for secret in 1..=5 {
        sessions::open(&pool, &[secret; 32], ann.id, HOUR, "Firefox")
            .await
            .unwrap();
        assert_eq!(find(secret).await.as_ref(), Some(&ann));
    }
    assert!(find(9).await.is_none());
    sessions::close(&pool, &[1; 32]).await.unwrap();
    for (secret, change) in [
        (
            2_u8,
            "UPDATE sessions SET expires_at = clock_timestamp() WHERE token_sha256 = $1",
        ),
        (
            3,
            "UPDATE sessions SET seen_at = clock_timestamp() - interval '2 h' WHERE token_sha256 = $1",
        ),
    ] {
        sqlx::query(change)
            .bind(vec![secret; 32])
            .execute(&owner)
            .await
            .unwrap();
    }
    for secret in 1..=3 {
        assert!(find(secret).await.is_none(), "{secret}");
    }
    assert_eq!(sessions::sweep(&pool, HOUR).await.unwrap(), 2);
    // being seen keeps it alive
    sqlx::query("UPDATE sessions SET seen_at = clock_timestamp() - interval '50 min'")
        .execute(&owner)
        .await
        .unwrap();
    assert!(find(4).await.is_some());
    let short = sessions::find(&pool, &[4; 32], Duration::from_secs(120))
        .await
        .unwrap();
    assert!(short.is_some());
    sqlx::query("UPDATE users SET disabled_at = clock_timestamp()")
        .execute(&owner)
        .await
        .unwrap();
    assert!(find(4).await.is_none());
    assert_eq!(sessions::close_all(&pool, ann.id).await.unwrap(), 2);
}

#[tokio::test]
async fn a_token_works_until_it_is_revoked() {
    let Database { pool, .. } = database().await;
    let bot = users::add(&pool, "bot", Role::Deployer, "hash")
        .await
        .unwrap()
        .unwrap();
    assert!(tokens::add(&pool, &[7; 32], bot.id, "ci").await.unwrap());
    assert!(!tokens::add(&pool, &[8; 32], bot.id, "ci").await.unwrap());
    assert_eq!(
        tokens::find(&pool, &[7; 32]).await.unwrap().as_ref(),
        Some(&bot)
    );
    assert!(tokens::find(&pool, &[8; 32]).await.unwrap().is_none());
    assert!(tokens::revoke(&pool, bot.id, "ci").await.unwrap());
    assert!(tokens::find(&pool, &[7; 32]).await.unwrap().is_none());
}

#[tokio::test]
async fn the_eleventh_wrong_password_is_not_looked_at() {
    let Database { pool, .. } = database().await;
    let tries = (0..30).map(|_| attempts::begin(&pool, "ann", "10.0.0.1"));
    let results = futures::future::join_all(tries).await;
    let allowed = results
        .iter()
        .filter(|result| matches!(result, Ok(Some(_))))
        .count();
    assert!(allowed <= 10, "{allowed} at once");
    assert_eq!(
        attempts::begin(&pool, "Ann", "10.0.0.1").await.unwrap(),
        None
    );
    // somebody else's failures lock nobody out
    let elsewhere = attempts::begin(&pool, "ann", "10.0.0.2").await.unwrap();
    attempts::succeeded(&pool, elsewhere.unwrap())
        .await
        .unwrap();
    assert!(
        attempts::begin(&pool, "bob", "10.0.0.1")
            .await
            .unwrap()
            .is_some()
    );
    // a right password forgets the wrong ones before it
    for _ in 0..3 {
        let mut last = None;
        for _ in 0..9 {
            last = attempts::begin(&pool, "eve", "10.0.0.3").await.unwrap();
        }
        attempts::succeeded(&pool, last.unwrap()).await.unwrap();
    }
}
