//! What evidence takes up, what retention would remove, and one deployment's evidence as an archive.

use super::{
    super::{problem::Problem, session::SignedIn, state::Web},
    deployments::{DeploymentNames, names},
};
use crate::{bundle, wire::PruneBody};
use app::model::evidence::{Storage, Swept};
use axum::{
    Json,
    body::Body,
    extract::{State, rejection::JsonRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

pub async fn storage(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
) -> Result<Json<Storage>, Problem> {
    Ok(Json(web.gateway.storage(&actor).await?))
}

pub async fn prune(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    body: Result<Json<PruneBody>, JsonRejection>,
) -> Result<Json<Swept>, Problem> {
    let Json(body) = body?;
    Ok(Json(match body.dry_run {
        true => web.gateway.would_prune(&actor).await?,
        false => web.gateway.prune(&actor).await?,
    }))
}

/// The archive, as it is made: its length is not known before.
pub async fn export(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    method: Method,
    path: DeploymentNames,
) -> Result<Response, Problem> {
    let (pool, number) = names(path)?;
    let name = format!(
        "{}-{}-{number}-evidence.zip",
        pool.application, pool.environment
    );
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/zip"),
    );
    // it is packed already, and nothing on the way must hold it back
    headers.insert(
        header::CONTENT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    // whoever only asks for the head takes nothing away
    if method == Method::HEAD {
        return Ok((StatusCode::OK, headers).into_response());
    }
    let material = web
        .gateway
        .evidence_bundle(&actor, &pool, number, &web.objects)
        .await?;
    Ok((headers, Body::from_stream(bundle::export(material))).into_response())
}
