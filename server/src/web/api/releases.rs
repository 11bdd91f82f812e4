//! Artefacts in, releases out. A version names one artefact for ever: the same again is fine, another is refused.

use super::super::{problem::Problem, session::SignedIn, state::Web};
use crate::{
    gateway::{
        allow,
        refusal::{broken, no_application, wrong},
    },
    remote::artefact::archive,
    store::{self, audit::Act},
};
use app::{
    error::AppError,
    model::{
        access::{Subject, Verb},
        ids::{ApplicationId, ReleaseId},
        name::Name,
        release::Release,
        time::Timestamp,
    },
};
use axum::{
    Json,
    body::Body,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
};
use futures::StreamExt;
use http::StatusCode;
use serde::Deserialize;
use std::path::PathBuf;
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;

/// Most bytes of an artefact.
const LARGEST: u64 = 2 * 1024 * 1024 * 1024;
/// Releases listed.
const MANY: u32 = 500;

async fn application(web: &Web, name: &Name) -> Result<ApplicationId, AppError> {
    let mut connection = web.pool.acquire().await.map_err(broken)?;
    store::inventory::application(&mut connection, name)
        .await
        .map_err(broken)?
        .map(|(id, _)| id)
        .ok_or_else(|| no_application(name))
}

pub async fn list(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    name: Result<Path<Name>, PathRejection>,
) -> Result<Json<Vec<Release>>, Problem> {
    let Path(name) = name?;
    let id = application(&web, &name).await?;
    allow(&actor, Verb::View, Subject::Application(id))?;
    let releases = store::releases::list(&web.pool, id, MANY)
        .await
        .map_err(broken)?;
    Ok(Json(releases))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct New {
    version: Name,
    #[serde(default)]
    commit: Option<String>,
}

/// The body is the artefact. Nothing is kept of one that is refused.
pub async fn add(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    name: Result<Path<Name>, PathRejection>,
    query: Result<Query<New>, QueryRejection>,
    body: Body,
) -> Result<(StatusCode, Json<Release>), Problem> {
    let (Path(name), Query(new)) = (name?, query?);
    let id = application(&web, &name).await?;
    allow(&actor, Verb::RegisterRelease, Subject::Application(id))?;

    let file = receive(web.data.incoming(), body).await?;
    let path = file.to_path_buf();
    tokio::task::spawn_blocking(move || archive::inspect_file(&path))
        .await
        .map_err(broken)?
        .map_err(|error| AppError::Refused(error.trouble(&format!("{name} {}", new.version))))?;
    let (sha256, size) = web.objects.put_file(&file).await.map_err(broken)?;

    let release = Release {
        id: ReleaseId::generate(),
        application: id,
        version: new.version.clone(),
        sha256,
        size,
        commit: new.commit,
        created_at: Timestamp(chrono::Utc::now().timestamp_millis()),
        created_by: actor.name.clone(),
    };
    let mut transaction = web.pool.begin().await.map_err(broken)?;
    if !store::releases::insert(&mut *transaction, &release)
        .await
        .map_err(broken)?
    {
        let there = store::releases::find(&mut *transaction, id, &new.version)
            .await
            .map_err(broken)?;
        return match there {
            Some(there) if there.sha256 == release.sha256 => Ok((StatusCode::OK, Json(there))),
            _ => Err(Problem(wrong(
                format!(
                    "{name} {} is registered already, with another artefact.",
                    new.version
                ),
                "A release never changes: register this one under a new version.",
            ))),
        };
    }
    let act = Act {
        action: "release.registered",
        subject: &format!("application {name}"),
        words: &format!("{} registered {name} {}.", actor.name, release.version),
        detail: Some(serde_json::json!({
            "version": release.version, "sha256": release.sha256, "size": release.size, "commit": release.commit,
        })),
        ..Act::default()
    };
    store::audit::append(&mut *transaction, &actor, act)
        .await
        .map_err(broken)?;
    transaction.commit().await.map_err(broken)?;
    Ok((StatusCode::CREATED, Json(release)))
}

/// The body as a file that goes away by itself.
async fn receive(folder: PathBuf, body: Body) -> Result<TempPath, AppError> {
    let file = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        tempfile::NamedTempFile::new_in(&folder)
    })
    .await
    .map_err(broken)?
    .map_err(broken)?;
    let (file, path) = file.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut body = body.into_data_stream();
    let mut size = 0u64;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| {
            wrong(
                format!("The upload broke off: {error}."),
                "Send it once more; nothing was kept.",
            )
        })?;
        size += piece.len() as u64;
        if size > LARGEST {
            return Err(wrong(
                "The artefact is larger than 2 GiB.",
                "Leave out what the nodes do not need.",
            ));
        }
        file.write_all(&piece).await.map_err(broken)?;
    }
    file.flush().await.map_err(broken)?;
    Ok(path)
}
