//! Configuration. What is in the body is `apply`'s own business.

use super::super::{problem::Problem, session::SignedIn, state::Web};
use crate::gateway::allow;
use app::model::access::{Subject, Verb};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use serde_json::Value;

pub async fn apply(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    allow(&actor, Verb::Configure, Subject::Installation)?;
    let Json(body) = body?;
    Ok(Json((web.apply)(actor, body).await?))
}
