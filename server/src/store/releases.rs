//! Registered artefacts. Immutable: a version names one artefact for ever.

use super::row::{Row, clean, date, timestamp};
use app::model::{ids::*, name::Name, release::Release};
use chrono::{DateTime, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

struct ReleaseRow {
    id: Uuid,
    application_id: Uuid,
    version: String,
    sha256: String,
    size: i64,
    commit: Option<String>,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<ReleaseRow> for Release {
    type Error = sqlx::Error;
    fn try_from(row: ReleaseRow) -> sqlx::Result<Self> {
        let at = Row::new("releases", &row.id);
        Ok(Self {
            id: ReleaseId(row.id),
            application: ApplicationId(row.application_id),
            version: at.text("version", &row.version)?,
            sha256: row.sha256,
            size: at.number("size", row.size)?,
            commit: row.commit,
            created_at: timestamp(row.created_at),
            created_by: row.created_by,
        })
    }
}

/// `false`: the application has a release of this version already, which stays as it is.
pub async fn insert(executor: impl PgExecutor<'_>, release: &Release) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO releases (id, application_id, version, sha256, size, commit, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (application_id, version) DO NOTHING",
        release.id.0,
        release.application.0,
        release.version.as_str(),
        release.sha256,
        i64::try_from(release.size).unwrap_or(i64::MAX),
        release.commit.as_deref().map(clean),
        date(release.created_at),
        release.created_by
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Newest first.
pub async fn list(
    executor: impl PgExecutor<'_>,
    application: ApplicationId,
    limit: u32,
) -> sqlx::Result<Vec<Release>> {
    sqlx::query_as!(
        ReleaseRow,
        "SELECT * FROM releases WHERE application_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
        application.0,
        i64::from(limit)
    )
    .fetch_all(executor)
    .await?
    .into_iter()
    .map(TryInto::try_into)
    .collect()
}

pub async fn find(
    executor: impl PgExecutor<'_>,
    application: ApplicationId,
    version: &Name,
) -> sqlx::Result<Option<Release>> {
    sqlx::query_as!(
        ReleaseRow,
        "SELECT * FROM releases WHERE application_id = $1 AND version = $2",
        application.0,
        version.as_str()
    )
    .fetch_optional(executor)
    .await?
    .map(TryInto::try_into)
    .transpose()
}
