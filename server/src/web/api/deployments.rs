//! Deployments: look, record, abort.

use super::{
    super::{problem::Problem, session::SignedIn, state::Web},
    pools::pool_path,
};
use crate::{gateway::refusal::broken, store};
use app::{
    gateway::{Gateway, PoolPath},
    model::{
        journal::{Event, VisitorReport},
        name::Name,
        view::{DeploymentLine, DeploymentView},
    },
};
use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
};
use http::StatusCode;
use serde::Serialize;

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

/// A deployment as scripts keep it: its line, its whole journal, what visitors felt.
#[derive(Debug, Serialize)]
pub struct Record {
    pub deployment: DeploymentLine,
    /// As `pitlane deploy` ends with it; `null` while it runs.
    pub exit_code: Option<u8>,
    pub events: Vec<Event>,
    pub visitors: Option<VisitorReport>,
}

pub async fn record(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: DeploymentNames,
) -> Result<Json<Record>, Problem> {
    let (pool, number) = names(path)?;
    let view = web.gateway.deployment(&actor, &pool, number).await?;
    let deployment =
        store::deployments::by_number(&web.pool, &pool.environment, &pool.application, number)
            .await
            .map_err(broken)?
            .ok_or_else(|| crate::gateway::refusal::no_deployment(&pool, number))?;
    let state = deployment.state;
    Ok(Json(Record {
        exit_code: state.is_over().then(|| state.exit_code()),
        deployment,
        events: view.events,
        visitors: view.visitors,
    }))
}

pub async fn abort(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: DeploymentNames,
) -> Result<StatusCode, Problem> {
    let (pool, number) = names(path)?;
    web.gateway.abort(&actor, &pool, number).await?;
    Ok(StatusCode::ACCEPTED)
}

pub async fn list(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
) -> Result<Json<Vec<DeploymentLine>>, Problem> {
    Ok(Json(web.gateway.deployments(&actor).await?))
}
