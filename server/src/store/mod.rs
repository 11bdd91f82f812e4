//! PostgreSQL, one file per noun: rows in, model types out. All SQL of the service is here.
//!
//! Functions take an executor, or a connection where they need more than one statement, so the caller owns the
//! transaction. Three things are written by functions in the database alone, which the role used at run time may
//! call but whose tables it may not change: the journal, the deployment it describes, and the audit history.

use sqlx::{
    PgExecutor, PgPool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::time::Duration;
use uuid::Uuid;

/// From columns to model types, and errors that name the row.
mod row;

/// Environments, applications, balancers, pools and nodes as `apply` writes them.
pub mod inventory;

/// One pool with everything a plan needs.
pub mod pools;

/// Variables and sealed secrets of environments.
pub mod values;

/// Immutable texts of smoke suites.
pub mod suites;

/// Flows being edited.
pub mod drafts;

/// Registered artefacts.
pub mod releases;

/// What was proven on which node.
pub mod proofs;

/// What people said is right although we did not bring it about.
pub mod adoptions;

/// How nodes were last found to be, and whose turn it is to look.
pub mod drift;

/// Suites tried outside of deployments.
pub mod rehearsals;

/// What came of comparing pictures.
pub mod comparisons;

/// What of a picture is not looked at.
pub mod masks;

/// What people said about pictures.
pub mod reviews;

/// Which blobs are named by whom, and what became of those that are not.
pub mod retention;

/// Everything that was written down about one deployment, piece by piece.
pub mod bundle;

/// Deployments: queue one, list them.
pub mod deployments;

/// The events of a deployment; the only door to write one.
pub mod journal;

/// Who owns a deployment, and under which epoch.
pub mod leases;

/// What people ask of a running deployment.
pub mod commands;

/// Output of commands on nodes.
pub mod logs;

/// What a pool's prober counted.
pub mod visitors;

/// People.
pub mod users;

/// Signed-in browsers.
pub mod sessions;

/// Secrets of scripts.
pub mod tokens;

/// Sign-in attempts and their limit.
pub mod attempts;

/// Who did what; append-only.
pub mod audit;

/// `LISTEN` here. Payloads: `queued:<deployment>`, `journal:<deployment>:<seq>`, `command:<deployment>`,
/// `log:<deployment>:<id>`, `visitors:<deployment>`, `drift:<pool>`. A notification only says "look": read from your cursor.
pub const CHANNEL: &str = "pitlane";

/// The role that serves, where the installation separates roles.
pub const RUNTIME_ROLE: &str = "pitlane";

/// The migrations, part of the binary.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// The rights of [`RUNTIME_ROLE`], given after every migration.
pub const GRANTS: &str = include_str!("grants.sql");

/// A pool for the service's everyday statements.
pub async fn connect(url: &str) -> sqlx::Result<PgPool> {
    connect_with(url, 16, Duration::from_secs(30)).await
}

/// One connection of its own for heartbeats: a crowd in the service's pool must not cost a lease. Whatever takes
/// longer than 2 s fails.
pub async fn connect_for_heartbeats(direct_url: &str) -> sqlx::Result<PgPool> {
    connect_with(direct_url, 1, Duration::from_secs(2)).await
}

/// A pool of at most so many connections, where neither a statement nor the wait for a connection takes longer than
/// `limit`.
pub async fn connect_with(url: &str, connections: u32, limit: Duration) -> sqlx::Result<PgPool> {
    let options: PgConnectOptions = url.parse()?;
    let limit_ms = limit.as_millis().to_string();
    let options = options.application_name("pitlane").options([
        ("statement_timeout", limit_ms.as_str()),
        // a server frozen within a transaction must not keep a lease's row locked for longer than the lease
        ("idle_in_transaction_session_timeout", "12s"),
        // a rollback of nothing is no news
        ("client_min_messages", "error"),
    ]);
    PgPoolOptions::new()
        .max_connections(connections)
        // whoever is cancelled while a transaction begins leaves it open on the connection, unknown to sqlx 0.9
        .after_release(|connection, _| {
            Box::pin(async move {
                sqlx::raw_sql("ROLLBACK").execute(connection).await?;
                Ok(true)
            })
        })
        .acquire_timeout(limit.min(Duration::from_secs(10)))
        .connect_with(options)
        .await
}

/// Brings the schema up to date, as its owner. Safe to run from several servers at once.
///
/// A user who may not change the schema is no mistake as long as there is nothing to change.
///
/// Where the role [`RUNTIME_ROLE`] exists it gets exactly the rights the service needs; where it does not (somebody
/// else's PostgreSQL, one user), the service runs as the owner, and triggers alone guard what is append-only.
pub async fn migrate(owner_url: &str) -> Result<(), MigrateError> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect(owner_url)
        .await?;
    if may_change_schema(&pool).await? || !is_current(&pool).await? {
        MIGRATOR.run(&pool).await?;
        sqlx::raw_sql(GRANTS).execute(&pool).await?;
    }
    pool.close().await;
    Ok(())
}

async fn may_change_schema(pool: &PgPool) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT has_schema_privilege(current_schema(), 'CREATE')")
        .fetch_one(pool)
        .await
}

/// Whether exactly the migrations of this program were applied.
pub async fn is_current(pool: &PgPool) -> sqlx::Result<bool> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(pool)
        .await?;
    if !exists {
        return Ok(false);
    }
    let applied: Vec<i64> =
        sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")
            .fetch_all(pool)
            .await?;
    Ok(applied.into_iter().eq(MIGRATOR.iter().map(|m| m.version)))
}

/// Which installation this database is; part of folder names on the nodes.
pub async fn installation(executor: impl PgExecutor<'_>) -> sqlx::Result<Uuid> {
    sqlx::query_scalar!("SELECT id FROM installation")
        .fetch_one(executor)
        .await
}
