//! Configuration: what `pitlane apply` sends.

use super::super::{problem::Problem, session::SignedIn, state::Web};
use crate::{
    apply::{Applied, ApplyError, ApplyRequest, carry_out_with},
    gateway::{
        allow,
        refusal::{broken, forbidden},
    },
};
use app::{
    error::AppError,
    model::{
        access::{Subject, Verb},
        trouble::Trouble,
    },
};
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
        .map_err(|error| Problem(said(error)))
}

/// The problems of a refused configuration travel as JSON in the trouble's detail: the client knows their lines.
fn said(error: ApplyError) -> AppError {
    match error {
        ApplyError::Forbidden(why) => forbidden(why),
        ApplyError::Refused(problems) => AppError::Refused(
            Trouble::new("The configuration was refused.")
                .stands("Nothing was changed.")
                .detail(serde_json::to_string(&problems).expect("problems are JSON")),
        ),
        ApplyError::Store(error) => broken(error),
    }
}
