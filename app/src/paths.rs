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

/// The same, at its nodes.
pub fn pool_nodes(environment: &Name, application: &Name) -> String {
    format!("{}#nodes", pool(environment, application))
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

/// The same for a page, in the compact form of `model::wire`.
pub fn page_events(deployment: DeploymentId, after: u64) -> String {
    events(deployment, after) + "&as=page"
}

/// A pool's page with the Deploy form filled in. `refused`: it was sent and could not start.
pub fn deploy_form(
    environment: &Name,
    application: &Name,
    version: &Name,
    nodes: &[Name],
    refused: bool,
) -> String {
    // `+` is the one character of a name that a query would read as something else
    let escape = |name: &Name| name.as_str().replace('+', "%2B");
    let mut path = format!(
        "{}?version={}",
        pool(environment, application),
        escape(version)
    );
    for node in nodes {
        path.push_str(&format!("&nodes={}", escape(node)));
    }
    if refused {
        path.push_str("&refused=1");
    }
    path + "#deploy"
}

/// A deployment's page with one node's details open.
pub fn deployment_node(environment: &Name, application: &Name, number: u32, node: &Name) -> String {
    let node = node.as_str().replace('+', "%2B");
    format!(
        "{}?node={node}#details",
        deployment(environment, application, number)
    )
}

/// Sign-in, and where to go afterwards.
pub fn sign_in(next: &str) -> String {
    let mut path = format!("{SIGN_IN}?next=");
    for byte in next.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' => {
                path.push(byte as char)
            }
            other => path.push_str(&format!("%{other:02X}")),
        }
    }
    path
}
