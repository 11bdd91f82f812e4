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

/// Immutable texts of smoke suites.
pub mod suites;

/// Registered artefacts.
pub mod releases;

/// What was proven on which node.
pub mod proofs;

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
/// `log:<deployment>:<id>`, `visitors:<deployment>`. A notification only says "look": read from your cursor.
pub const CHANNEL: &str = "pitlane";

/// The role that serves, where the installation separates roles.
pub const RUNTIME_ROLE: &str = "pitlane";

/// The migrations, part of the binary.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// The rights of [`RUNTIME_ROLE`], given after every migration.
pub const GRANTS: &str = include_str!("grants.sql");

/// A pool for the service. Statements and waits for a connection are bounded.
pub async fn connect(url: &str) -> sqlx::Result<PgPool> {
    let options: PgConnectOptions = url.parse()?;
    let options = options
        .application_name("pitlane")
        .options([("statement_timeout", "30s"), ("lock_timeout", "10s")]);
    PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await
}

/// Brings the schema up to date, as its owner. Safe to run from several servers at once.
///
/// Where the role [`RUNTIME_ROLE`] exists it gets exactly the rights the service needs; where it does not (somebody
/// else's PostgreSQL, one user), the service runs as the owner, and triggers alone guard what is append-only.
pub async fn migrate(owner_url: &str) -> Result<(), MigrateError> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect(owner_url)
        .await?;
    MIGRATOR.run(&pool).await?;
    sqlx::raw_sql(GRANTS).execute(&pool).await?;
    pool.close().await;
    Ok(())
}

/// Which installation this database is; part of folder names on the nodes.
pub async fn installation(executor: impl PgExecutor<'_>) -> sqlx::Result<Uuid> {
    sqlx::query_scalar!("SELECT id FROM installation")
        .fetch_one(executor)
        .await
}
