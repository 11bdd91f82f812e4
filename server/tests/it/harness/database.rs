//! A fresh, migrated database per test, on the PostgreSQL that `DATABASE_URL` names (its superuser's address), else
//! on a private one that ends with this process, however that ends.

use server::{
    guard::Guard,
    mutation::{self, stands},
    postgres::{OWNER_ROLE, Private, PrivateSettings},
    store,
};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use std::sync::OnceLock;
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

/// One test's own.
pub struct Database {
    /// As the service: a role without rights beyond the service's.
    pub pool: PgPool,
    pub url: String,
    /// As the owner of the schema.
    pub owner: PgPool,
    pub owner_url: String,
}

/// Tables as every migration leaves them, and no row of anybody's.
pub async fn database() -> Database {
    let template = template().await;
    connect(&clone_of(Some(template)).await).await
}

/// Without any table, for tests of migrations.
pub async fn empty_database() -> Database {
    connect(&clone_of(None).await).await
}

impl Database {
    /// As a backup would have it. Nobody may be connected but this one, which is connected anew.
    pub async fn copy(&mut self) -> Self {
        let options = self.pool.connect_options();
        let name = options.get_database().unwrap().to_owned();
        self.pool.close().await;
        self.owner.close().await;
        let copy = clone_of(Some(&name)).await;
        *self = connect(&name).await;
        connect(&copy).await
    }
}

async fn connect(name: &str) -> Database {
    let (url, owner_url) = (url(name, store::RUNTIME_ROLE), url(name, OWNER_ROLE));
    Database {
        pool: store::connect(&url).await.unwrap(),
        owner: store::connect(&owner_url).await.unwrap(),
        url,
        owner_url,
    }
}

async fn clone_of(template: Option<&str>) -> String {
    roles().await;
    let name = format!("t_{}", Uuid::now_v7().simple());
    let template = template.unwrap_or("template0");
    order(format!(
        "CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER_ROLE}"
    ))
    .await
    .unwrap();
    name
}

/// As a private PostgreSQL has them.
async fn roles() {
    static ROLES: OnceCell<()> = OnceCell::const_new();
    ROLES
        .get_or_init(|| async {
            for role in [OWNER_ROLE, store::RUNTIME_ROLE] {
                let made = order(format!("CREATE ROLE {role} LOGIN")).await;
                // there already, or just being made by another process
                let fine = made.is_ok() || ["42710", "23505"].contains(&code(&made).as_str());
                assert!(fine, "could not create the role: {made:?}");
            }
        })
        .await;
}

/// Made once per set of migrations; of several processes at once, one makes it.
async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let mut hash = Sha256::new();
            for migration in store::MIGRATOR.iter() {
                hash.update(&migration.checksum);
            }
            hash.update(store::GRANTS);
            hash.update(guards_off().concat());
            let name = format!("template_{}", &hex::encode(hash.finalize())[..16]);

            let mut admin = PgConnection::connect(admin_url()).await.unwrap();
            sqlx::raw_sql("SELECT pg_advisory_lock(41)")
                .execute(&mut admin)
                .await
                .unwrap();
            let (exists,): (bool,) =
                sqlx::query_as("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                    .bind(&name)
                    .fetch_one(&mut admin)
                    .await
                    .unwrap();
            if !exists {
                // under another name until it is whole
                let half = clone_of(None).await;
                let owner = url(&half, OWNER_ROLE);
                store::migrate(&owner).await.unwrap();
                let mut owner = PgConnection::connect(&owner).await.unwrap();
                for sql in guards_off() {
                    sqlx::raw_sql(sql).execute(&mut owner).await.unwrap();
                }
                owner.close().await.unwrap();
                order(format!("ALTER DATABASE {half} RENAME TO {name}"))
                    .await
                    .unwrap();
            }
            admin.close().await.unwrap();
            name
        })
        .await
}

/// What `cargo xtask mutate-guards` takes away; else nothing.
fn guards_off() -> Vec<&'static str> {
    let mut off = Vec::new();
    if !stands(mutation::Guard::SqlEpoch) {
        off.push(
            "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('journal'::regproc),
                'v_current IS DISTINCT FROM p_epoch', 'false'); END $$",
        );
    }
    if !stands(mutation::Guard::OneActive) {
        off.push("DROP INDEX one_active_per_pool");
    }
    off
}

async fn order(sql: String) -> sqlx::Result<()> {
    let mut admin = PgConnection::connect(admin_url()).await?;
    let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await;
    admin.close().await?;
    done.map(drop)
}

fn code(done: &sqlx::Result<()>) -> String {
    let error = done.as_ref().err().and_then(|e| e.as_database_error());
    error
        .and_then(|e| e.code())
        .map(Into::into)
        .unwrap_or_default()
}

/// The admin's way in, acting as `role` in the database `name`.
fn url(name: &str, role: &str) -> String {
    let mut url = Url::parse(admin_url()).unwrap();
    url.set_path(name);
    url.query_pairs_mut().append_pair("options[role]", role);
    url.into()
}

fn admin_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| match std::env::var("DATABASE_URL") {
        Ok(url) if !url.is_empty() => url,
        _ => private(),
    })
}

/// Its keeper needs a runtime that lives as long as all tests.
fn private() -> String {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let guard = Guard::start().unwrap();
            let folder = tempfile::tempdir().unwrap().keep();
            guard.remove_dir(&folder).unwrap();
            let private = Private::start(PrivateSettings::for_testing(&folder))
                .await
                .unwrap();
            guard
                .watch_group(super::super::postgres::pid(&folder))
                .unwrap();
            send.send(private.superuser_url()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    receive.recv().unwrap()
}
