//! Pools: look, plan, deploy.

use super::super::{problem::Problem, session::SignedIn, state::Web};
use crate::wire::{DeployBody, Running};
use app::{
    gateway::{DeployOrder, Gateway, PoolPath},
    model::{
        name::Name,
        view::{DeploymentLine, PlanView, PoolView},
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

pub type PoolNames = Result<Path<(Name, Name)>, PathRejection>;

pub fn pool_path((environment, application): (Name, Name)) -> PoolPath {
    PoolPath {
        environment,
        application,
    }
}

fn order(
    names: PoolNames,
    body: Result<Json<DeployBody>, JsonRejection>,
) -> Result<DeployOrder, Problem> {
    let (Path(names), Json(order)) = (names?, body?);
    Ok(DeployOrder {
        pool: pool_path(names),
        version: order.version,
        nodes: order.nodes,
        reason: order
            .reason
            .map(|reason| reason.trim().to_owned())
            .filter(|reason| !reason.is_empty()),
        undoes: order.undoes,
        unrehearsed: order.unrehearsed,
    })
}

pub async fn show(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    names: PoolNames,
) -> Result<Json<PoolView>, Problem> {
    let Path(names) = names?;
    Ok(Json(web.gateway.pool(&actor, &pool_path(names)).await?))
}

pub async fn running(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    names: PoolNames,
) -> Result<Json<Running>, Problem> {
    let Path(names) = names?;
    let deployment = web.gateway.running(&actor, &pool_path(names)).await?;
    Ok(Json(Running { deployment }))
}

pub async fn plan(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    names: PoolNames,
    body: Result<Json<DeployBody>, JsonRejection>,
) -> Result<Json<PlanView>, Problem> {
    let order = order(names, body)?;
    Ok(Json(web.gateway.plan(&actor, &order).await?))
}

pub async fn deploy(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    names: PoolNames,
    body: Result<Json<DeployBody>, JsonRejection>,
) -> Result<(StatusCode, Json<DeploymentLine>), Problem> {
    let order = order(names, body)?;
    let line = web.gateway.deploy(&actor, &order).await?;
    Ok((StatusCode::CREATED, Json(line)))
}
