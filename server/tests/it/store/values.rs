//! Variables and secrets of environments, as the role the service uses.

use crate::harness::{Database, database, sample};
use app::model::{
    ids::{EnvironmentId, PoolId},
    values::ValueName,
};
use server::{
    smoke::secrets::Secrets,
    store::values,
    vault::{Key, KeyPlace, Keys, Slot, Vault, VaultError},
};
use std::{fs, path::Path};

const VALUE: &str = "correct horse battery staple";

fn name(text: &str) -> ValueName {
    text.parse().unwrap()
}

fn in_file(pairs: &[(&str, &str)]) -> Secrets {
    let pairs = pairs.iter();
    Secrets::new(
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
    .unwrap()
}

fn vault(database: &Database, key: &Path, file: &[(&str, &str)]) -> Vault {
    let keys = KeyPlace::File(key.to_owned());
    Vault::new(database.pool.clone(), keys, in_file(file))
}

async fn set(
    vault: &Vault,
    database: &Database,
    environment: EnvironmentId,
    of: &str,
    value: &str,
) -> Result<bool, VaultError> {
    let mut transaction = database.pool.begin().await.unwrap();
    let slot = Slot {
        environment,
        name: &name(of),
    };
    let set = vault.set(&mut transaction, slot, value, "ann").await;
    transaction.commit().await.unwrap();
    set
}

async fn environment(database: &Database, pool: PoolId) -> EnvironmentId {
    let found = values::environment_of_pool(&database.pool, pool).await;
    found.unwrap().unwrap().0
}

#[tokio::test]
async fn each_pool_gets_what_its_environment_has_and_the_file_fills_in() {
    let database = database().await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("secrets.key");
    let vault = vault(
        &database,
        &key,
        &[
            ("shop_password", "of the file"),
            ("other", "also of the file"),
        ],
    );
    let production = sample::pool(&database.pool, "production", 1).await.id;
    let staging = sample::pool(&database.pool, "staging", 2).await.id;
    let place = environment(&database, production).await;
    assert!(
        !set(&vault, &database, place, "shop_password", "first try")
            .await
            .unwrap()
    );
    assert!(
        set(&vault, &database, place, "shop_password", VALUE)
            .await
            .unwrap()
    );
    values::set_variable(&database.pool, place, &name("LANG"), "de", "ann")
        .await
        .unwrap();

    let here = vault.of_pool(production).await.unwrap();
    assert_eq!(here.secrets.get("shop_password"), Some(VALUE));
    assert_eq!(here.secrets.get("other"), Some("also of the file"));
    assert_eq!(here.variables["LANG"], "de");
    assert_eq!(here.secrets.mask(&format!("<{VALUE}>")), "<•••>");
    let there = vault.of_pool(staging).await.unwrap();
    assert_eq!(there.secrets.get("shop_password"), Some("of the file"));
    assert!(there.variables.is_empty());
    assert!(!format!("{here:?}").contains("horse"), "{here:?}");
}

#[tokio::test]
async fn a_server_with_another_key_says_so_and_stores_nothing() {
    let database = database().await;
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    let pool = sample::pool(&database.pool, "production", 1).await.id;
    let place = environment(&database, pool).await;
    let right = vault(&database, &ours, &[]);
    set(&right, &database, place, "shop_password", VALUE)
        .await
        .unwrap();

    // what the file says must not stand in for a secret that cannot be opened
    let wrong = vault(&database, &theirs, &[("shop_password", "of the file")]);
    let values = wrong.of_pool(pool).await.unwrap();
    assert_eq!(values.secrets.get("shop_password"), None);
    assert!(
        values.locked["shop_password"]
            .to_string()
            .ends_with("and this server has none")
    );
    let refused = set(&wrong, &database, place, "other", VALUE)
        .await
        .unwrap_err();
    assert!(matches!(refused, VaultError::OtherKey { .. }), "{refused}");
    assert!(!theirs.exists());
    assert_eq!(
        right.of_pool(pool).await.unwrap().secrets.get("other"),
        None
    );
}

#[tokio::test]
async fn rows_that_were_swapped_or_moved_are_found() {
    let database = database().await;
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(&database, &folder.path().join("key"), &[]);
    let production = sample::pool(&database.pool, "production", 1).await.id;
    let staging = sample::pool(&database.pool, "staging", 2).await.id;
    for pool in [production, staging] {
        let place = environment(&database, pool).await;
        set(&vault, &database, place, "one", VALUE).await.unwrap();
        set(&vault, &database, place, "two", "another value")
            .await
            .unwrap();
    }
    sqlx::raw_sql(
        "UPDATE secrets s SET ciphertext = o.ciphertext, nonce = o.nonce FROM secrets o
        WHERE s.environment_id = o.environment_id AND s.name = 'one' AND o.name = 'two'
            AND s.environment_id = (SELECT id FROM environments WHERE name = 'production');
        UPDATE secrets s SET ciphertext = o.ciphertext, nonce = o.nonce FROM secrets o
        WHERE s.environment_id <> o.environment_id AND s.name = 'two' AND o.name = 'two'
            AND s.environment_id = (SELECT id FROM environments WHERE name = 'staging')",
    )
    .execute(&database.owner)
    .await
    .unwrap();
    for (pool, good, bad) in [(production, "two", "one"), (staging, "one", "two")] {
        let values = vault.of_pool(pool).await.unwrap();
        assert!(values.secrets.get(good).is_some());
        assert_eq!(values.secrets.get(bad), None);
        assert!(
            values.locked[bad]
                .to_string()
                .contains("was changed by somebody")
        );
    }
}

#[tokio::test]
async fn a_new_key_takes_over_in_one_go_or_not_at_all() {
    let database = database().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.key");
    let vault = vault(&database, &path, &[]);
    let pool = sample::pool(&database.pool, "production", 1).await.id;
    let place = environment(&database, pool).await;
    for of in ["one", "two"] {
        set(&vault, &database, place, of, VALUE).await.unwrap();
    }
    let old = fs::read_to_string(&path).unwrap();
    let new = "5c".repeat(32);

    // the new key alone opens nothing, so nothing is changed
    fs::write(&path, &new).unwrap();
    let mut transaction = database.pool.begin().await.unwrap();
    let refused = vault.rekey(&mut transaction).await.unwrap_err();
    drop(transaction);
    assert!(
        matches!(&refused, VaultError::Locked(both) if both.len() == 2),
        "{refused}"
    );

    fs::write(&path, format!("{new}\n{old}")).unwrap();
    let both = vault.of_pool(pool).await.unwrap();
    assert_eq!(both.secrets.get("one"), Some(VALUE));
    for (sealed, same) in [(2, 0), (0, 2)] {
        let mut transaction = database.pool.begin().await.unwrap();
        let done = vault.rekey(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!((done.sealed, done.same), (sealed, same));
    }
    fs::write(&path, &new).unwrap();
    let values = vault.of_pool(pool).await.unwrap();
    assert_eq!(values.secrets.get("two"), Some(VALUE));
    let rows = values::secrets(&database.pool, Some(place)).await.unwrap();
    assert_eq!(rows[0].set_by, "ann");
}

#[tokio::test]
async fn a_given_key_makes_no_file() {
    let database = database().await;
    let keys = Keys::one(Key::random());
    let vault = Vault::new(
        database.pool.clone(),
        KeyPlace::Given(keys),
        Secrets::default(),
    );
    let pool = sample::pool(&database.pool, "production", 1).await.id;
    let place = environment(&database, pool).await;
    set(&vault, &database, place, "one", VALUE).await.unwrap();
    let values = vault.of_pool(pool).await.unwrap();
    assert_eq!(values.secrets.get("one"), Some(VALUE));
    for short in ["abc", ""] {
        let refused = set(&vault, &database, place, "one", short)
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("at least 4 characters"));
    }
}
