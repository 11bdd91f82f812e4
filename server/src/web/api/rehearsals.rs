//! Suites tried outside of deployments: asked for, and how they stand.

use super::{
    super::{problem::Problem, session::SignedIn, state::Web},
    pools::{PoolNames, pool_path},
};
use crate::wire::RehearseBody;
use app::{
    gateway::Gateway,
    model::{
        ids::RehearsalId,
        name::Name,
        rehearsal::{RehearsalLine, RehearsalView},
    },
};
use axum::{
    Json,
    extract::{
        Path, State,
        rejection::{JsonRejection, PathRejection},
    },
};
use http::StatusCode;

pub async fn rehearse(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    names: PoolNames,
    body: Result<Json<RehearseBody>, JsonRejection>,
) -> Result<(StatusCode, Json<RehearsalLine>), Problem> {
    let (Path(names), Json(body)) = (names?, body?);
    let pool = pool_path(names);
    let line = web
        .gateway
        .rehearse(&actor, &pool, body.node.as_ref())
        .await?;
    Ok((StatusCode::CREATED, Json(line)))
}

pub async fn show(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    place: Result<Path<(Name, Name, RehearsalId)>, PathRejection>,
) -> Result<Json<RehearsalView>, Problem> {
    let Path((environment, application, id)) = place?;
    let pool = pool_path((environment, application));
    Ok(Json(web.gateway.rehearsal(&actor, &pool, id).await?))
}
