//! Environment, application, pool, node, balancer and member.

use super::{ids::*, name::Name};
use serde::{Deserialize, Serialize};

/// One machine of a pool, with the addresses under which three parties know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub id: NodeId,
    pub name: Name,
    /// For example a colour or a rack; nodes without one say so with `None`.
    pub group: Option<Name>,
    pub ssh: SshAddress,
    /// Where the application answers on this node itself, `http://10.0.0.11:9000`.
    pub app_url: String,
    /// Absolute folder on the node that holds `releases/`, `shared/`, `current`; with the SSH address unique over all pools.
    pub deploy_root: String,
    /// Where this node is a worker; it is out only when it is out in every one.
    pub members: Vec<Member>,
}

/// Who and where to sign in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshAddress {
    pub user: String,
    pub host: String,
    pub port: u16,
    /// `SHA256:...`, as `ssh-keygen -l` prints it; strict once registered.
    pub host_key_fingerprint: String,
    /// The registered key as a `known_hosts` line has it, without the host: `ssh-ed25519 AAAA...`.
    pub host_key: String,
}

/// A load balancer and how to speak to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balancer {
    pub id: BalancerId,
    pub name: Name,
    pub product: BalancerProduct,
}

/// One variant per driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "product", rename_all = "snake_case")]
pub enum BalancerProduct {
    /// Apache httpd 2.4 mod_proxy_balancer, through its balancer-manager.
    Apache {
        manager_url: String,
        /// The balancer on that page, without `balancer://`.
        balancer: String,
        /// Sent as `Referer` where the server's canonical name is not the host dialled.
        #[serde(default)]
        referer: Option<String>,
        /// The team knows that any reload re-enables an isolated node (`BalancerPersist Off`) and accepts our repairing it.
        #[serde(default)]
        accept_no_persist: bool,
    },
}

/// A node seen from a balancer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Member {
    pub balancer: BalancerId,
    /// The balancer's own spelling of the worker, normalised by its driver.
    pub worker: String,
}

/// What a balancer does with one worker, as last read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// New requests are sent to it.
    InService,
    /// Taken out, by us or by a person.
    Isolated,
    /// In rotation by its flags, but the balancer finds it unwell.
    Failing,
    /// Could not be read.
    Unknown,
}

impl Admission {
    pub fn word(self) -> &'static str {
        match self {
            Self::InService => "in service",
            Self::Isolated => "isolated",
            Self::Failing => "failing",
            Self::Unknown => "unknown",
        }
    }
}
