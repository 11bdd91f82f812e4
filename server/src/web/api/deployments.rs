//! Deployments: look, record, what can be asked of them.

use super::{
    super::{problem::Problem, session::SignedIn, state::Web},
    pools::pool_path,
};
use crate::{
    gateway::refusal::broken,
    record::{self, DeploymentRecord},
    wire::{CommandBody, CommandTaken, DeployBody, RollbackBody},
};
use app::{
    error::AppError,
    gateway::{CommandOrder, DeployOrder, Gateway, PoolPath},
    model::{
        command::Command,
        name::Name,
        trouble::Trouble,
        view::{DeploymentLine, DeploymentView, Verbs},
    },
};
use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
};
use http::StatusCode;
use serde::Deserialize;

pub(super) type DeploymentNames = Result<Path<(Name, Name, u32)>, PathRejection>;

pub(super) fn names(names: DeploymentNames) -> Result<(PoolPath, u32), Problem> {
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

/// What can be asked of it now, and how it goes on.
pub async fn verbs(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: DeploymentNames,
) -> Result<Json<Verbs>, Problem> {
    let (pool, number) = names(path)?;
    Ok(Json(web.gateway.verbs(&actor, &pool, number).await?))
}

/// The order that would bring back what ran before it; `?nodes=red,blue` for these only.
pub async fn rollback_order(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: DeploymentNames,
    query: Result<Query<Chosen>, QueryRejection>,
) -> Result<Json<DeployBody>, Problem> {
    let ((pool, number), Query(chosen)) = (names(path)?, query?);
    let nodes = chosen.nodes.split(',').filter(|name| !name.is_empty());
    let nodes = nodes.map(named).collect::<Result<Vec<_>, _>>()?;
    let order = web.gateway.rollback(&actor, &pool, number, &nodes).await?;
    Ok(Json(order.into()))
}

#[derive(Debug, Deserialize)]
pub struct Chosen {
    #[serde(default)]
    nodes: String,
}

fn named(text: &str) -> Result<Name, Problem> {
    text.parse()
        .map_err(|error| Problem(AppError::Refused(Trouble::new(format!("nodes: {error}")))))
}

/// Starts the deployment that brings back what ran before it; the body may be left out.
pub async fn rollback(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: DeploymentNames,
    body: Result<Option<Json<RollbackBody>>, JsonRejection>,
) -> Result<(StatusCode, Json<DeploymentLine>), Problem> {
    let (pool, number) = names(path)?;
    let body = body?.map(|Json(body)| body).unwrap_or_default();
    let order = web.gateway.rollback(&actor, &pool, number, &body.nodes);
    let order = DeployOrder {
        reason: body
            .reason
            .map(|reason| reason.trim().to_owned())
            .filter(|reason| !reason.is_empty()),
        ..order.await?
    };
    let line = web.gateway.deploy(&actor, &order).await?;
    Ok((StatusCode::CREATED, Json(line)))
}

/// Asks it something; the body may be left out.
pub async fn command(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: Result<Path<(Name, Name, u32, String)>, PathRejection>,
    body: Result<Option<Json<CommandBody>>, JsonRejection>,
) -> Result<(StatusCode, Json<CommandTaken>), Problem> {
    let Path((environment, application, number, word)) = path?;
    let body = body?.map(|Json(body)| body).unwrap_or_default();
    let command = Command::from_word(&word).ok_or_else(|| no_command(&word))?;
    let order = CommandOrder {
        pool: pool_path((environment, application)),
        number,
        command,
        node: body.node,
        turn: body.turn,
        key: body.key,
        reason: body
            .reason
            .map(|reason| reason.trim().to_owned())
            .filter(|reason| !reason.is_empty()),
    };
    web.gateway.command(&actor, &order).await?;
    let taken = CommandTaken {
        number,
        command,
        node: order.node,
        leads_to: command.leads_to().to_owned(),
    };
    Ok((StatusCode::ACCEPTED, Json(taken)))
}

fn no_command(word: &str) -> Problem {
    let words = Command::ALL.map(Command::word).join(", ");
    Problem(AppError::NotFound(
        Trouble::new(format!("Nobody can ask a deployment to {word}."))
            .remedy(format!("What can be asked: {words}.")),
    ))
}

pub async fn list(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
) -> Result<Json<Vec<DeploymentLine>>, Problem> {
    Ok(Json(web.gateway.deployments(&actor).await?))
}
