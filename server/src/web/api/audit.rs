//! The audit history, and whether it is whole.

use super::super::{problem::Problem, session::SignedIn, state::Web};
use crate::{
    gateway::{allow, refusal::broken},
    store::{self, journal::Verdict},
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
use serde::Serialize;

pub async fn page(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    filter: Result<Query<AuditFilter>, QueryRejection>,
) -> Result<Json<AuditPage>, Problem> {
    let Query(filter) = filter?;
    Ok(Json(web.gateway.audit(&actor, &filter).await?))
}

#[derive(Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verified {
    Whole {
        entries: u64,
        head: String,
    },
    /// The first entry that does not fit.
    Broken {
        seq: u64,
        why: &'static str,
    },
}

pub async fn verify(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
) -> Result<Json<Verified>, Problem> {
    allow(&actor, Verb::View, Subject::Installation)?;
    Ok(Json(
        match store::audit::verify(&web.pool).await.map_err(broken)? {
            Verdict::Whole { entries, head } => Verified::Whole { entries, head },
            Verdict::Broken { seq, why } => Verified::Broken { seq, why },
        },
    ))
}
