//! Pictures, and what people say about them.

use super::{
    super::{problem::Problem, session::SignedIn, state::Web},
    deployments::{DeploymentNames, names},
    pools::{PoolNames, pool_path},
};
use crate::{
    gateway::refusal::wrong,
    wire::{Done, MaskBody, ReviewBody},
};
use app::{
    gateway::{Gateway, MaskChange, MaskOrder, ReviewOrder},
    model::evidence::{EvidenceView, StepKey},
};
use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
};

pub async fn show(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: DeploymentNames,
) -> Result<Json<EvidenceView>, Problem> {
    let (pool, number) = names(path)?;
    Ok(Json(web.gateway.evidence(&actor, &pool, number).await?))
}

pub async fn review(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: DeploymentNames,
    body: Result<Json<ReviewBody>, JsonRejection>,
) -> Result<Json<Done>, Problem> {
    let ((pool, number), Json(body)) = (names(path)?, body?);
    let order = ReviewOrder {
        pool,
        number,
        node: body.node,
        at_step: StepKey {
            flow: body.flow,
            step: body.step,
        },
        verdict: body.verdict,
        new: body.new,
        old: body.old,
        after: body.after,
        reason: body.reason,
    };
    let words = web.gateway.review(&actor, &order).await?;
    Ok(Json(Done { words }))
}

pub async fn mask(
    State(web): State<Web>,
    SignedIn(actor): SignedIn,
    path: PoolNames,
    body: Result<Json<MaskBody>, JsonRejection>,
) -> Result<Json<Done>, Problem> {
    let (Path(path), Json(body)) = (path?, body?);
    let change = match (body.add, body.remove) {
        (Some(rect), None) => MaskChange::Add(rect),
        (None, Some(id)) => MaskChange::Remove(id),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Problem(wrong(
                "A change of masks is one of `add` and `remove`.",
                "Send one of them.",
            )));
        }
    };
    let order = MaskOrder {
        pool: pool_path(path),
        at_step: StepKey {
            flow: body.flow,
            step: body.step,
        },
        change,
        reason: body.reason,
    };
    let words = web.gateway.mask(&actor, &order).await?;
    Ok(Json(Done { words }))
}
