//! What a deployment would do.

use crate::{error::AppError, model::name::Name};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{components::deploy_form::plan_view, model::view::PlanView};

/// The plan for these nodes of a pool (none named: refused, as in the form), decided by the engine's own code and
/// drawn as below the form. What stands in the way of a plan is drawn in its place.
#[server(name = PreviewPlan, prefix = "/_fn", endpoint = "preview-plan")]
pub async fn preview_plan(
    environment: Name,
    application: Name,
    version: Name,
    #[server(default)] nodes: Vec<Name>,
    #[server(default)] undoes: Option<u32>,
) -> Result<String, AppError> {
    let wanted = version.clone();
    let plan = async {
        let (gateway, actor) = super::asking()?;
        let order =
            super::deployments::order(environment, application, version, nodes, None, undoes)?;
        gateway.plan(&actor, &order).await
    };
    let plan = plan.await;
    let plan = plan.unwrap_or_else(|error| PlanView::refused(wanted, error.trouble()));
    Ok(plan_view(plan).to_html())
}
