//! What is asked for: the body of `POST /api/v1/apply`.

use app::model::{
    deployment::{Policy, ProbeSettings, Recipe},
    environment::BalancerProduct,
    name::Name,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// A whole configuration, self-contained: whatever a pool names is in here too.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyRequest {
    #[serde(default)]
    pub environments: Vec<Name>,
    /// Variables of these environments; one that is not named stays as it is.
    #[serde(default)]
    pub variables: BTreeMap<Name, BTreeMap<String, String>>,
    #[serde(default)]
    pub applications: Vec<ApplicationOrder>,
    #[serde(default)]
    pub balancers: Vec<BalancerOrder>,
    #[serde(default)]
    pub pools: Vec<PoolOrder>,
    /// A node may answer with another host key than the registered one; without this it is refused.
    #[serde(default)]
    pub accept_changed_host_keys: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationOrder {
    pub name: Name,
    pub recipe: Recipe,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalancerOrder {
    pub name: Name,
    pub product: BalancerProduct,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolOrder {
    pub environment: Name,
    pub application: Name,
    pub balancers: Vec<Name>,
    pub policy: Policy,
    pub probe: ProbeSettings,
    /// The suite's text, or its files as `smoke::files` puts them together; `None` leaves the pool's suite as it is.
    #[serde(default)]
    pub suite: Option<String>,
    #[serde(default)]
    pub visitors_url: Option<String>,
    pub nodes: Vec<NodeOrder>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeOrder {
    pub name: Name,
    #[serde(default)]
    pub group: Option<Name>,
    pub ssh: SshOrder,
    /// As a `known_hosts` line has it, without the host; `None`: the one registered already.
    #[serde(default)]
    pub host_key: Option<String>,
    pub app_url: String,
    pub deploy_root: String,
    /// Which worker it is in which balancer.
    pub workers: BTreeMap<Name, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SshOrder {
    pub user: String,
    pub host: String,
    pub port: u16,
}

impl PoolOrder {
    /// `production/shop`.
    pub fn title(&self) -> String {
        format!("{}/{}", self.environment, self.application)
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Applied {
    /// One sentence each, in the order they were done; empty: nothing changed.
    pub changes: Vec<String>,
    /// What works but should be known.
    pub warnings: Vec<String>,
    /// What is configured, but not in the request; it stays.
    pub unmentioned: Vec<String>,
}

/// Something wrong with a request, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// As the file writes it: `pool[0].node[2].ssh`, counted from 0.
    pub at: String,
    /// A clause without a full stop.
    pub words: String,
}

impl Problem {
    pub fn new(at: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            at: at.into(),
            words: words.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.words)
    }
}
