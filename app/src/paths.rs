//! One function per URL; nobody writes a path by hand.

use crate::model::{
    ids::{DeploymentId, RehearsalId},
    name::Name,
    stage::Pass,
};

pub const OVERVIEW: &str = "/";
pub const SIGN_IN: &str = "/sign-in";
pub const SIGN_OUT: &str = "/sign-out";
/// First run: makes the first admin with the one-time code.
pub const SETUP: &str = "/setup";
pub const AUDIT: &str = "/audit";
pub const DEPLOYMENTS: &str = "/deployments";

/// What an environment gives to its suites.
pub fn environment(name: &Name) -> String {
    format!("/environments/{name}")
}

pub fn pool(environment: &Name, application: &Name) -> String {
    format!("/pools/{environment}/{application}")
}

/// The same, at its nodes.
pub fn pool_nodes(environment: &Name, application: &Name) -> String {
    format!("{}#nodes", pool(environment, application))
}

/// A pool's suite; forms send files there too.
pub fn suite(environment: &Name, application: &Name) -> String {
    format!("{}/suite", pool(environment, application))
}

/// The same as a pattern, for who takes what the forms send.
pub const SUITE: &str = "/pools/{environment}/{application}/suite";

/// The editor of all flows of a pool's suite; its form is sent there too.
pub fn suite_edit(environment: &Name, application: &Name) -> String {
    format!("{}/edit", suite(environment, application))
}

/// The same of one flow, or of a new one.
pub fn edit_flow(environment: &Name, application: &Name, flow: Option<&Name>) -> String {
    let page = suite_edit(environment, application);
    match flow {
        Some(flow) => format!("{page}?flow={}", escape(flow)),
        None => page,
    }
}

/// The same as a pattern, for who takes what the form sends.
pub const SUITE_EDIT: &str = "/pools/{environment}/{application}/suite/edit";

pub fn deployment(environment: &Name, application: &Name, number: u32) -> String {
    format!("{}/deployments/{number}", pool(environment, application))
}

/// One step's picture, large.
pub fn picture(
    environment: &Name,
    application: &Name,
    number: u32,
    node: &Name,
    flow: &Name,
    step: u32,
    pass: Pass,
) -> String {
    let pass = pass.word();
    format!(
        "{}/pictures/{node}/{pass}/{flow}/{step}",
        deployment(environment, application, number)
    )
}

/// All pictures of a deployment, held against others.
pub fn evidence(environment: &Name, application: &Name, number: u32) -> String {
    format!("{}/evidence", deployment(environment, application, number))
}

/// The same as one archive.
pub fn evidence_bundle(environment: &Name, application: &Name, number: u32) -> String {
    format!("{}.zip", evidence(environment, application, number))
}

/// One rehearsal with its pictures.
pub fn rehearsal(environment: &Name, application: &Name, id: RehearsalId) -> String {
    format!("{}/rehearsals/{id}", pool(environment, application))
}

/// The script of the evidence page; all of that page works without it.
pub const EVIDENCE_SCRIPT: &str = "/evidence.js";

/// One picture on the evidence page, and how it is looked at.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, Copy)]
pub struct EvidenceSpot<'a> {
    pub flow: &'a Name,
    pub step: u32,
    pub node: &'a Name,
    pub taken: crate::model::evidence::Taken,
    /// `side`, `slider`, `blink`, `heat`.
    pub view: &'a str,
    /// `sibling`, `last-good`, `accepted`; empty: the best there is.
    pub with: &'a str,
}

#[cfg(feature = "ssr")]
impl EvidenceSpot<'_> {
    /// Behind [`evidence`].
    pub fn query(self) -> String {
        let mut query = format!(
            "?flow={}&step={}&node={}",
            escape(self.flow),
            self.step,
            escape(self.node)
        );
        let mut add = |name: &str, value: &str, usual: &str| {
            if value != usual && !value.is_empty() {
                query.push_str(&format!("&{name}={value}"));
            }
        };
        add("row", self.taken.word(), "new");
        add("view", self.view, "side");
        add("with", self.with, "");
        query + "#picture"
    }
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

/// What the Deploy form of a pool's page is filled in with.
#[derive(Debug, Clone, Copy)]
pub struct DeployForm<'a> {
    pub version: &'a Name,
    pub nodes: &'a [Name],
    pub undoes: Option<u32>,
    /// It was sent and could not start.
    pub refused: bool,
}

impl DeployForm<'_> {
    pub fn path(self, environment: &Name, application: &Name) -> String {
        let mut path = format!(
            "{}?version={}",
            pool(environment, application),
            escape(self.version)
        );
        for node in self.nodes {
            path.push_str(&format!("&nodes={}", escape(node)));
        }
        if let Some(number) = self.undoes {
            path.push_str(&format!("&undoes={number}"));
        }
        if self.refused {
            path.push_str("&refused=1");
        }
        path + "#deploy"
    }
}

/// A pool's page with the Deploy form filled in to bring back what ran before deployment `number`.
pub fn rollback_form(environment: &Name, application: &Name, number: u32) -> String {
    format!("{}?undoes={number}#deploy", pool(environment, application))
}

/// `+` is the one character of a name that a query would read as something else.
fn escape(name: &Name) -> String {
    name.as_str().replace('+', "%2B")
}

/// A deployment's page with one node's details open.
pub fn deployment_node(environment: &Name, application: &Name, number: u32, node: &Name) -> String {
    let node = escape(node);
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
