//! Differences: adopt, revert. What they are is part of a pool's nodes.

use super::{
    super::{problem::Problem, session::SignedIn, state::Web},
    pools::{PoolNames, pool_path},
};
use crate::wire::{Done, DriftBody};
use app::gateway::{DriftOrder, Gateway};
use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
};

fn order(
    names: PoolNames,
    body: Result<Json<DriftBody>, JsonRejection>,
) -> Result<DriftOrder, Problem> {
    let (Path(names), Json(body)) = (names?, body?);
    Ok(DriftOrder {
        pool: pool_path(names),
        shown: body.shown,
        reason: body.reason.trim().to_owned(),
    })
}

pub async fn adopt(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    names: PoolNames,
    body: Result<Json<DriftBody>, JsonRejection>,
) -> Result<Json<Done>, Problem> {
    let words = web.gateway.adopt(&actor, &order(names, body)?).await?;
    Ok(Json(Done { words }))
}

pub async fn revert(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    names: PoolNames,
    body: Result<Json<DriftBody>, JsonRejection>,
) -> Result<Json<Done>, Problem> {
    let words = web.gateway.revert(&actor, &order(names, body)?).await?;
    Ok(Json(Done { words }))
}
