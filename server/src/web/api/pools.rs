//! Pools: look, plan, deploy.

use super::super::{problem::Problem, session::SignedIn, state::Web};
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
use serde::Deserialize;

pub type PoolNames = Result<Path<(Name, Name)>, PathRejection>;

pub fn pool_path((environment, application): (Name, Name)) -> PoolPath {
    PoolPath {
        environment,
        application,
    }
}

/// What a deployment is asked for with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    version: Name,
    /// None named: all.
    #[serde(default)]
    nodes: Vec<Name>,
    #[serde(default)]
    reason: Option<String>,
}

fn order(
    names: PoolNames,
    body: Result<Json<Order>, JsonRejection>,
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

pub async fn plan(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    names: PoolNames,
    body: Result<Json<Order>, JsonRejection>,
) -> Result<Json<PlanView>, Problem> {
    let order = order(names, body)?;
    Ok(Json(web.gateway.plan(&actor, &order).await?))
}

pub async fn deploy(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    names: PoolNames,
    body: Result<Json<Order>, JsonRejection>,
) -> Result<(StatusCode, Json<DeploymentLine>), Problem> {
    let order = order(names, body)?;
    let line = web.gateway.deploy(&actor, &order).await?;
    Ok((StatusCode::CREATED, Json(line)))
}
