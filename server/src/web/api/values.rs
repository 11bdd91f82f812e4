//! Variables and secrets of environments. A secret goes in and never comes out.

use super::super::{problem::Problem, session::SignedIn, state::Web};
use crate::wire::{Done, ValueBody};
use app::{
    gateway::{Gateway, Hidden, ValueChange, ValueOrder},
    model::{access::Actor, name::Name, values::EnvironmentView},
};
use axum::{
    Json,
    extract::{
        Path, State,
        rejection::{JsonRejection, PathRejection},
    },
};

type Environment = Result<Path<Name>, PathRejection>;
type Value = Result<Path<(Name, String)>, PathRejection>;
type Body = Result<Json<ValueBody>, JsonRejection>;

pub async fn show(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    name: Environment,
) -> Result<Json<EnvironmentView>, Problem> {
    let Path(name) = name?;
    Ok(Json(web.gateway.environment(&actor, &name).await?))
}

pub async fn set_secret(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    value: Value,
    body: Body,
) -> Result<Json<Done>, Problem> {
    let Json(body) = body.map_err(unread)?;
    let change = ValueChange::SetSecret(Hidden::new(body.value));
    change_value(&web, &actor, value, change).await
}

pub async fn remove_secret(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    value: Value,
) -> Result<Json<Done>, Problem> {
    change_value(&web, &actor, value, ValueChange::RemoveSecret).await
}

pub async fn set_variable(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    value: Value,
    body: Body,
) -> Result<Json<Done>, Problem> {
    let Json(body) = body?;
    change_value(&web, &actor, value, ValueChange::SetVariable(body.value)).await
}

pub async fn remove_variable(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    value: Value,
) -> Result<Json<Done>, Problem> {
    change_value(&web, &actor, value, ValueChange::RemoveVariable).await
}

pub async fn rekey(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
) -> Result<Json<Done>, Problem> {
    let words = web.gateway.rekey(&actor).await?;
    Ok(Json(Done { words }))
}

async fn change_value(
    web: &Web,
    actor: &Actor,
    value: Value,
    change: ValueChange,
) -> Result<Json<Done>, Problem> {
    let Path((environment, name)) = value?;
    let order = ValueOrder {
        environment,
        name,
        change,
    };
    let words = web.gateway.change_value(actor, &order).await?;
    Ok(Json(Done { words }))
}

/// Without the parser's words: they may quote the value.
fn unread(_: JsonRejection) -> Problem {
    use app::{error::AppError, model::trouble::Trouble};
    Problem(AppError::Refused(
        Trouble::new("The request was not understood.")
            .stands("Nothing was changed.")
            .remedy("Send {\"value\": \"...\"} as JSON."),
    ))
}
