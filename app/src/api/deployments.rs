//! Starting deployments.

use crate::{error::AppError, model::name::Name};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    gateway::{DeployOrder, PoolPath},
    model::trouble::Trouble,
    paths,
};

/// What the Deploy form sends; goes on to the new deployment, or back to the form, which then says why not.
#[server(name = Deploy, prefix = "/_fn", endpoint = "deploy")]
pub async fn deploy(
    environment: Name,
    application: Name,
    version: Name,
    #[server(default)] nodes: Vec<Name>,
    #[server(default)] reason: String,
    #[server(default)] undoes: Option<u32>,
    #[server(default)] unrehearsed: bool,
) -> Result<(), AppError> {
    let form = paths::DeployForm {
        version: &version,
        nodes: &nodes,
        undoes,
        refused: true,
    };
    let back = form.path(&environment, &application);
    let (gateway, actor) = super::asking()?;
    let started = async {
        let reason = Some(reason);
        let order = order(environment, application, version, nodes, reason, undoes)?;
        let order = DeployOrder {
            unrehearsed,
            ..order
        };
        gateway.deploy(&actor, &order).await
    };
    leptos_axum::redirect(&match started.await {
        Ok(line) => paths::deployment(&line.environment, &line.application, line.number),
        Err(AppError::Refused(_)) => back,
        Err(other) => return Err(other),
    });
    Ok(())
}

/// A form with no box ticked means nobody, while the gateway's empty list means everybody.
#[cfg(feature = "ssr")]
pub(super) fn order(
    environment: Name,
    application: Name,
    version: Name,
    nodes: Vec<Name>,
    reason: Option<String>,
    undoes: Option<u32>,
) -> Result<DeployOrder, AppError> {
    if nodes.is_empty() {
        return Err(AppError::Refused(
            Trouble::new("No node is chosen.").remedy("Tick at least one node."),
        ));
    }
    Ok(DeployOrder {
        pool: PoolPath {
            environment,
            application,
        },
        version,
        nodes,
        reason: reason
            .map(|r| r.trim().to_owned())
            .filter(|r| !r.is_empty()),
        undoes,
        unrehearsed: false,
    })
}
