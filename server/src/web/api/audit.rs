//! The audit history, and whether it is whole.

use super::super::{problem::Problem, session::SignedIn, state::Web};
use crate::{
    gateway::{allow, refusal::broken},
    store::{self, journal::Verdict},
    wire::AuditVerdict,
};
use app::{
    gateway::Gateway,
    model::{
        access::{Subject, Verb},
        view::{AuditFilter, AuditPage},
    },
};
use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};

pub async fn page(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    filter: Result<Query<AuditFilter>, QueryRejection>,
) -> Result<Json<AuditPage>, Problem> {
    let Query(filter) = filter?;
    Ok(Json(web.gateway.audit(&actor, &filter).await?))
}

pub async fn verify(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
) -> Result<Json<AuditVerdict>, Problem> {
    allow(&actor, Verb::View, Subject::Installation)?;
    Ok(Json(
        match store::audit::verify(&web.pool).await.map_err(broken)? {
            Verdict::Whole { entries, head } => AuditVerdict::Whole { entries, head },
            Verdict::Broken { seq, why } => AuditVerdict::Broken {
                seq,
                why: why.to_owned(),
            },
        },
    ))
}
