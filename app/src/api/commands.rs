//! What people ask of a running deployment.

use crate::{error::AppError, model::name::Name};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    api::told::{self, Told},
    gateway::{CommandOrder, PoolPath},
    model::{command::Command, trouble::Trouble, wire},
    paths,
};

/// What each of the buttons sends; back to the deployment, which says why not if it was refused.
#[server(name = Ask, prefix = "/_fn", endpoint = "ask")]
pub async fn ask(
    environment: Name,
    application: Name,
    number: u32,
    command: String,
    #[server(default)] node: Option<Name>,
    #[server(default)] turn: Option<u64>,
    #[server(default)] key: Option<String>,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    let (gateway, actor) = super::asking()?;
    let back = paths::deployment(&environment, &application, number);
    let command = Command::from_word(&command).ok_or_else(|| {
        AppError::Refused(
            Trouble::new("The form was not understood.").remedy("Reload the page and try again."),
        )
    })?;
    let order = CommandOrder {
        pool: PoolPath {
            environment,
            application,
        },
        number,
        command,
        node,
        turn,
        key,
        reason: Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty()),
    };
    match gateway.command(&actor, &order).await {
        Ok(()) => {}
        Err(AppError::Refused(why) | AppError::Forbidden(why)) => {
            let told = Told {
                done: false,
                trouble: why,
            };
            told::tell(&back, &told);
        }
        Err(other) => return Err(other),
    }
    leptos_axum::redirect(&back);
    Ok(())
}

/// What can be asked now, in the form of `model::wire`; the page reads it again when something happened that changes it.
#[server(name = ReadVerbs, prefix = "/_fn", endpoint = "verbs")]
pub async fn read_verbs(
    environment: Name,
    application: Name,
    number: u32,
) -> Result<String, AppError> {
    let (gateway, actor) = super::asking()?;
    let pool = PoolPath {
        environment,
        application,
    };
    let verbs = gateway.verbs(&actor, &pool, number).await?;
    Ok(wire::write(&verbs))
}
