//! Deployments: look, record, abort.

use super::{
    super::{problem::Problem, session::SignedIn, state::Web},
    pools::pool_path,
};
use crate::{
    gateway::refusal::broken,
    record::{self, DeploymentRecord},
};
use app::{
    gateway::{CommandOrder, Gateway, PoolPath},
    model::{
        command::Command,
        name::Name,
        view::{DeploymentLine, DeploymentView},
    },
};
use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use http::StatusCode;

type DeploymentNames = Result<Path<(Name, Name, u32)>, PathRejection>;

fn names(names: DeploymentNames) -> Result<(PoolPath, u32), Problem> {
    let Path((environment, application, number)) = names?;
    Ok((pool_path((environment, application)), number))
}

pub async fn show(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: DeploymentNames,
) -> Result<Json<DeploymentView>, Problem> {
    let (pool, number) = names(path)?;
    Ok(Json(web.gateway.deployment(&actor, &pool, number).await?))
}

/// What a script keeps of a deployment.
pub async fn record(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: DeploymentNames,
) -> Result<Json<DeploymentRecord>, Problem> {
    let (pool, number) = names(path)?;
    let view = web.gateway.deployment(&actor, &pool, number).await?;
    let record = record::record(&view.events, view.visitors).map_err(broken)?;
    Ok(Json(record))
}

pub async fn abort(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: DeploymentNames,
) -> Result<StatusCode, Problem> {
    let (pool, number) = names(path)?;
    let order = CommandOrder {
        pool,
        number,
        command: Command::Abort,
        node: None,
        turn: None,
        key: None,
        reason: None,
    };
    web.gateway.command(&actor, &order).await?;
    Ok(StatusCode::ACCEPTED)
}

pub async fn list(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
) -> Result<Json<Vec<DeploymentLine>>, Problem> {
    Ok(Json(web.gateway.deployments(&actor).await?))
}
