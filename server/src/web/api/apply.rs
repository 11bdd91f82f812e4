//! Configuration: what `pitlane apply` sends.

use super::super::{problem::Problem, session::SignedIn, state::Web};
use crate::{
    apply::{Applied, ApplyRequest, carry_out_with},
    gateway::{allow, refusal::logged},
};
use app::model::access::{Subject, Verb};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};

pub async fn apply(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    body: Result<Json<ApplyRequest>, JsonRejection>,
) -> Result<Json<Applied>, Problem> {
    allow(&actor, Verb::Configure, Subject::Installation)?;
    let Json(request) = body?;
    carry_out_with(&web.pool, &*web.connect, &request, &actor)
        .await
        .map(Json)
        .map_err(|error| Problem(logged(error)))
}
