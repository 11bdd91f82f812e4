//! Immutable texts of smoke suites. Every proof names the one that made it.

use super::{
    inventory::Change,
    row::{Row, clean, json_of},
};
use app::model::{deployment::PlannedSuite, ids::*, name::Name, smoke::Suite};
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgExecutor};

/// Makes `suite`, written as `text`, the pool's current one; a text seen before keeps its revision.
pub async fn set(
    conn: &mut PgConnection,
    pool: PoolId,
    text: &str,
    suite: &Suite,
) -> sqlx::Result<(SuiteRevisionId, Change)> {
    let sha256 = Sha256::digest(text.as_bytes()).to_vec();
    let seen = sqlx::query_scalar!(
        "SELECT id FROM suite_revisions WHERE pool_id = $1 AND sha256 = $2",
        pool.0,
        sha256
    )
    .fetch_optional(&mut *conn)
    .await?;
    let revision = match seen {
        Some(id) => SuiteRevisionId(id),
        None => {
            let id = SuiteRevisionId::generate();
            sqlx::query!(
                "INSERT INTO suite_revisions (id, pool_id, sha256, text, suite) VALUES ($1, $2, $3, $4, $5)",
                id.0,
                pool.0,
                sha256,
                clean(text),
                json_of(suite)
            )
            .execute(&mut *conn)
            .await?;
            id
        }
    };
    let before = sqlx::query_scalar!("SELECT suite_revision_id FROM pools WHERE id = $1", pool.0)
        .fetch_one(&mut *conn)
        .await?;
    let change = match before {
        Some(id) if id == revision.0 => return Ok((revision, Change::Same)),
        Some(_) => Change::Changed,
        None => Change::Created,
    };
    sqlx::query!(
        "UPDATE pools SET suite_revision_id = $2 WHERE id = $1",
        pool.0,
        revision.0
    )
    .execute(conn)
    .await?;
    Ok((revision, change))
}

pub async fn get(
    executor: impl PgExecutor<'_>,
    revision: SuiteRevisionId,
) -> sqlx::Result<Option<PlannedSuite>> {
    sqlx::query_scalar!(
        "SELECT suite FROM suite_revisions WHERE id = $1",
        revision.0
    )
    .fetch_optional(executor)
    .await?
    .map(|suite| {
        Ok(PlannedSuite {
            revision,
            suite: Row::new("suite_revisions", &revision).json("suite", suite)?,
        })
    })
    .transpose()
}

/// As it was given to [`set`].
pub async fn text(
    executor: impl PgExecutor<'_>,
    revision: SuiteRevisionId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("SELECT text FROM suite_revisions WHERE id = $1", revision.0)
        .fetch_optional(executor)
        .await
}

/// The public address of a pool's current suite; `None`: there is no such pool, or it has no suite.
pub async fn public_url(
    executor: impl PgExecutor<'_>,
    environment: &Name,
    application: &Name,
) -> sqlx::Result<Option<String>> {
    let found = sqlx::query_scalar!(
        "SELECT s.suite ->> 'public_url' AS \"url?\" FROM suite_revisions s JOIN pools p ON p.suite_revision_id = s.id
        JOIN environments e ON e.id = p.environment_id JOIN applications a ON a.id = p.application_id
        WHERE e.name = $1 AND a.name = $2",
        environment.as_str(),
        application.as_str()
    )
    .fetch_optional(executor)
    .await?;
    Ok(found.flatten())
}

/// Current suites of an environment's pools, by application.
pub async fn of_environment(
    executor: impl PgExecutor<'_>,
    environment: EnvironmentId,
) -> sqlx::Result<Vec<(Name, Option<PlannedSuite>)>> {
    sqlx::query!(
        r#"SELECT a.name, s.id AS "id?", s.suite AS "suite?" FROM pools p
        JOIN applications a ON a.id = p.application_id
        LEFT JOIN suite_revisions s ON s.id = p.suite_revision_id
        WHERE p.environment_id = $1 ORDER BY a.name"#,
        environment.0
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(|row| {
        let application = Row::new("applications", &row.name).text("name", &row.name)?;
        let planned = row.id.zip(row.suite).map(|(id, suite)| {
            Ok::<_, sqlx::Error>(PlannedSuite {
                revision: SuiteRevisionId(id),
                suite: Row::new("suite_revisions", &id).json("suite", suite)?,
            })
        });
        Ok((application, planned.transpose()?))
    })
    .collect()
}
