//! Setting and removing variables and secrets. A secret's value is in no address and in no answer.

use crate::{
    error::AppError,
    gateway::{Hidden, ValueChange, ValueOrder},
    model::name::Name,
    paths,
};
use leptos::prelude::*;

#[server(name = SetVariable, prefix = "/_fn", endpoint = "set-variable")]
pub async fn set_variable(
    environment: Name,
    name: String,
    #[server(default)] value: String,
) -> Result<(), AppError> {
    change(environment, name, ValueChange::SetVariable(value)).await
}

#[server(name = RemoveVariable, prefix = "/_fn", endpoint = "remove-variable")]
pub async fn remove_variable(environment: Name, name: String) -> Result<(), AppError> {
    change(environment, name, ValueChange::RemoveVariable).await
}

#[server(name = SetSecret, prefix = "/_fn", endpoint = "set-secret")]
pub async fn set_secret(
    environment: Name,
    name: String,
    #[server(default)] value: String,
) -> Result<(), AppError> {
    let change_to = ValueChange::SetSecret(Hidden::new(value));
    change(environment, name, change_to).await
}

#[server(name = RemoveSecret, prefix = "/_fn", endpoint = "remove-secret")]
pub async fn remove_secret(environment: Name, name: String) -> Result<(), AppError> {
    change(environment, name, ValueChange::RemoveSecret).await
}

/// Leads back to the environment's page, where it is told what came of it.
async fn change(environment: Name, name: String, change: ValueChange) -> Result<(), AppError> {
    let (gateway, actor) = super::asking()?;
    let page = paths::environment(&environment);
    let order = ValueOrder {
        environment,
        name,
        change,
    };
    let done = gateway.change_value(&actor, &order).await;
    super::told::answer(&page, &page, done)
}
