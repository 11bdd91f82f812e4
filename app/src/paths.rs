//! One function per URL; nobody writes a path by hand.

use crate::model::{ids::DeploymentId, name::Name};

pub const OVERVIEW: &str = "/";
pub const SIGN_IN: &str = "/sign-in";
pub const SIGN_OUT: &str = "/sign-out";
/// First run: makes the first admin with the one-time code.
pub const SETUP: &str = "/setup";
pub const AUDIT: &str = "/audit";
pub const DEPLOYMENTS: &str = "/deployments";

pub fn pool(environment: &Name, application: &Name) -> String {
    format!("/pools/{environment}/{application}")
}

pub fn deployment(environment: &Name, application: &Name, number: u32) -> String {
    format!("{}/deployments/{number}", pool(environment, application))
}

/// One step's picture, large. `undo`: the picture taken while the node was put back.
pub fn picture(
    environment: &Name,
    application: &Name,
    number: u32,
    node: &Name,
    flow: &Name,
    step: u32,
    undo: bool,
) -> String {
    let pass = if undo { "undo" } else { "forward" };
    format!(
        "{}/pictures/{node}/{pass}/{flow}/{step}",
        deployment(environment, application, number)
    )
}

/// Evidence by hash, served as an image or attachment.
pub fn blob(sha256: &str) -> String {
    format!("/evidence/{sha256}")
}

/// The event stream of one deployment, from after `seq`.
pub fn events(deployment: DeploymentId, after: u64) -> String {
    format!("/events/deployments/{deployment}?after={after}")
}
