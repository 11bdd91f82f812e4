//! What a deployment would do.

use crate::{
    error::AppError,
    model::{name::Name, view::PlanView},
};
use leptos::prelude::*;

/// The plan for these nodes of a pool (none named: refused, as in the form), decided by the engine's own code.
#[server(name = PreviewPlan, prefix = "/_fn", endpoint = "preview-plan")]
pub async fn preview_plan(
    environment: Name,
    application: Name,
    version: Name,
    #[server(default)] nodes: Vec<Name>,
) -> Result<PlanView, AppError> {
    let (gateway, actor) = super::asking()?;
    let order = super::deployments::order(environment, application, version, nodes, None)?;
    gateway.plan(&actor, &order).await
}
