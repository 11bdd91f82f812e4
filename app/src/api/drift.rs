//! Adopting and reverting what differs from what we left.

use crate::{
    error::AppError,
    model::{drift::Shown, name::Name},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    api::told,
    gateway::{DriftOrder, PoolPath},
    paths,
};

/// What the Adopt forms send. The pool's page then says what came of it.
#[server(name = Adopt, prefix = "/_fn", endpoint = "adopt")]
pub async fn adopt(
    environment: Name,
    application: Name,
    #[server(default)] shown: Vec<Shown>,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    let (gateway, actor) = super::asking()?;
    let order = order(environment, application, shown, reason);
    answer(&order.pool, gateway.adopt(&actor, &order).await)
}

/// What the Revert forms send.
#[server(name = Revert, prefix = "/_fn", endpoint = "revert")]
pub async fn revert(
    environment: Name,
    application: Name,
    #[server(default)] shown: Vec<Shown>,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    let (gateway, actor) = super::asking()?;
    let order = order(environment, application, shown, reason);
    answer(&order.pool, gateway.revert(&actor, &order).await)
}

#[cfg(feature = "ssr")]
fn order(environment: Name, application: Name, shown: Vec<Shown>, reason: String) -> DriftOrder {
    DriftOrder {
        pool: PoolPath {
            environment,
            application,
        },
        shown,
        reason: reason.trim().to_owned(),
    }
}

#[cfg(feature = "ssr")]
fn answer(pool: &PoolPath, done: Result<String, AppError>) -> Result<(), AppError> {
    let (environment, application) = (&pool.environment, &pool.application);
    let page = paths::pool(environment, application);
    told::answer(&page, &paths::pool_nodes(environment, application), done)
}
