//! Trying a pool's suite outside of a deployment.

use crate::{error::AppError, gateway::PoolPath, model::name::Name, paths};
use leptos::prelude::*;

/// Leads to the rehearsal; where it cannot be made, the pool's page says why.
#[server(name = Rehearse, prefix = "/_fn", endpoint = "rehearse")]
pub async fn rehearse(
    environment: Name,
    application: Name,
    #[server(default)] node: String,
) -> Result<(), AppError> {
    let (gateway, actor) = super::asking()?;
    let pool = PoolPath {
        environment,
        application,
    };
    let page = paths::pool(&pool.environment, &pool.application);
    let node: Option<Name> = node.parse().ok();
    match gateway.rehearse(&actor, &pool, node.as_ref()).await {
        Ok(line) => {
            let path = paths::rehearsal(&pool.environment, &pool.application, line.id);
            leptos_axum::redirect(&path);
            Ok(())
        }
        Err(error) => super::told::answer(&page, &page, Err(error)),
    }
}
