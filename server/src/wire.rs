//! Bodies of the JSON API that are no views.

use app::model::{access::Role, drift::Shown, name::Name};
use serde::{Deserialize, Serialize};

/// `POST /api/v1/pools/{environment}/{application}/plan` and `.../deployments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeployBody {
    pub version: Name,
    /// Empty: all nodes of the pool.
    #[serde(default)]
    pub nodes: Vec<Name>,
    #[serde(default)]
    pub reason: Option<String>,
}

/// `POST /api/v1/pools/{environment}/{application}/adopt` and `.../revert`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftBody {
    /// `NODE:DIFFERENCE` as a pool's nodes show them.
    pub shown: Vec<Shown>,
    /// For the audit history; never empty.
    pub reason: String,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// A sentence or more.
    pub words: String,
}

/// `POST /api/v1/users`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    pub name: String,
    pub role: Role,
    pub password: String,
}

/// `GET /api/v1/audit/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum AuditVerdict {
    /// So many entries, and the hash of the last.
    Whole { entries: u64, head: String },
    /// The first entry that does not fit.
    Broken { seq: u64, why: String },
}
