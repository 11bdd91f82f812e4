//! Sentences for what cannot be done.

use app::{
    error::AppError,
    gateway::PoolPath,
    model::{name::Name, trouble::Trouble, view::DeploymentLine},
};
use std::fmt::Display;

pub fn forbidden(why: String) -> AppError {
    AppError::Forbidden(
        Trouble::new(format!("You may not do this: {why}.")).remedy("Ask an admin for the role."),
    )
}

pub fn no_pool(path: &PoolPath) -> AppError {
    AppError::NotFound(
        Trouble::new(format!(
            "There is no pool {}/{}.",
            path.environment, path.application
        ))
        .remedy("Look at the overview for those there are."),
    )
}

pub fn no_environment(name: &Name) -> AppError {
    AppError::NotFound(
        Trouble::new(format!("There is no environment {name}."))
            .remedy("Look at the overview for those there are."),
    )
}

pub fn no_node(path: &PoolPath, node: &Name) -> AppError {
    AppError::NotFound(Trouble::new(format!(
        "The pool {}/{} has no node {node}.",
        path.environment, path.application
    )))
}

pub fn no_deployment(path: &PoolPath, number: u32) -> AppError {
    AppError::NotFound(Trouble::new(format!(
        "The pool {}/{} has no deployment #{number}.",
        path.environment, path.application
    )))
}

pub fn no_application(name: &Name) -> AppError {
    AppError::NotFound(
        Trouble::new(format!("There is no application {name}."))
            .remedy("`pitlane apply` makes one."),
    )
}

/// Who is deploying what.
pub fn busy(line: &DeploymentLine) -> Trouble {
    Trouble::new(format!(
        "{} is deploying {} to {}/{} (deployment #{}, {}).",
        line.asked_by, line.version, line.environment, line.application, line.number, line.state
    ))
    .stands("A pool takes one deployment at a time.")
    .remedy("Wait until it has ended, or abort it.")
}

/// Something of ours failed; the cause goes into the log, once, and not to the person.
pub fn broken(error: impl Into<anyhow::Error>) -> AppError {
    let error = error.into();
    tracing::error!(
        error = format!("{error:#}"),
        "a request failed for a cause of ours"
    );
    AppError::Internal(
        Trouble::new("The service could not do this: something of its own failed.")
            .stands("Nothing was changed.")
            .remedy("Try again; the cause is in the service's log."),
    )
}

/// A request that makes no sense.
pub fn wrong(what: impl Display, remedy: impl Display) -> AppError {
    AppError::Refused(Trouble::new(what.to_string()).remedy(remedy.to_string()))
}
