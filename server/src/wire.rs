//! Bodies of the JSON API that are no views.

use app::{
    gateway::{DeployOrder, SuiteFormat},
    model::{
        access::Role,
        command::Command,
        drift::Shown,
        evidence::{Rect, Verdict},
        import::SuiteFile,
        name::Name,
        view::DeploymentLine,
    },
};
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
    /// The deployment that is rolled back; `GET .../deployments/{number}/rollback` says this whole body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u32>,
    /// Start although the suite was not tried on what is in service.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unrehearsed: bool,
}

impl From<DeployOrder> for DeployBody {
    fn from(order: DeployOrder) -> Self {
        Self {
            version: order.version,
            nodes: order.nodes,
            reason: order.reason,
            undoes: order.undoes,
            unrehearsed: order.unrehearsed,
        }
    }
}

/// `POST /api/v1/pools/{environment}/{application}/deployments/{number}/rollback`; all may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackBody {
    /// Empty: all nodes that deployment was done with.
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

/// `POST /api/v1/pools/{environment}/{application}/deployments/{number}/review`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewBody {
    pub node: Name,
    pub flow: Name,
    /// Counts from 1.
    pub step: u32,
    pub verdict: Verdict,
    /// The picture that was looked at, as `GET .../evidence` shows it.
    pub new: String,
    /// What it was held against.
    #[serde(default)]
    pub old: Option<String>,
    /// The id of the last review of this picture, if there was one.
    #[serde(default)]
    pub after: Option<i64>,
    /// For the audit history; never empty.
    pub reason: String,
}

/// `POST /api/v1/pools/{environment}/{application}/masks`: one of `add` and `remove`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskBody {
    pub flow: Name,
    pub step: u32,
    #[serde(default)]
    pub add: Option<Rect>,
    /// A mask's id.
    #[serde(default)]
    pub remove: Option<i64>,
    /// For the audit history; never empty.
    pub reason: String,
}

/// `POST /api/v1/evidence/prune`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PruneBody {
    /// Say what would be done, do nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// A sentence or more.
    pub words: String,
}

/// `POST /api/v1/pools/{environment}/{application}/deployments/{number}/{command}`; may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandBody {
    /// For the commands that are about one node.
    #[serde(default)]
    pub node: Option<Name>,
    /// `turn` of the verbs it was decided by; without it, it is meant for whatever state there is.
    #[serde(default)]
    pub turn: Option<u64>,
    /// The same key again is the same wish.
    #[serde(default)]
    pub key: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
}

/// Its answer, 202: the wish is in the inbox, and the answer to it will be in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandTaken {
    pub number: u32,
    pub command: Command,
    pub node: Option<Name>,
    /// What it comes to: its one end state, in words.
    pub leads_to: String,
}

/// `GET /api/v1/pools/{environment}/{application}/running`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// `null`: nothing runs there.
    pub deployment: Option<DeploymentLine>,
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

/// `POST /api/v1/pools/{environment}/{application}/suite`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportBody {
    /// Each is added, or takes the place of the one of its name.
    pub files: Vec<SuiteFile>,
    /// Left out: as before, else as the files say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Unknown commands that are skipped with a warning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<String>,
    /// Files of before are left out.
    #[serde(default)]
    pub replace: bool,
    #[serde(default)]
    pub dry_run: bool,
}

/// `GET /api/v1/pools/{environment}/{application}/suite/export`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    pub format: SuiteFormat,
}

/// `PUT /api/v1/environments/{environment}/secrets/{name}` and `.../variables/{name}`. Nothing it prints holds the value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueBody {
    pub value: String,
}

/// `POST /api/v1/pools/{environment}/{application}/rehearsals`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RehearseBody {
    /// `None`: any that is in service.
    #[serde(default)]
    pub node: Option<Name>,
}
