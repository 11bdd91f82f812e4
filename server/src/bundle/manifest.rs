//! What is in an archive.

use app::model::{deployment::DeploymentState, ids::DeploymentId, name::Name};
use serde::{Deserialize, Serialize};

/// Raised when something changes its meaning or goes; a new field does not raise it.
pub const FORMAT: u32 = 1;

pub const MANIFEST: &str = "manifest.json";
pub const INDEX: &str = "index.html";
pub const PLAN: &str = "plan.json";
pub const JOURNAL: &str = "journal.jsonl";
pub const AUDIT: &str = "audit.jsonl";
pub const RECORD: &str = "record.json";
pub const COMPARISONS: &str = "comparisons.json";
pub const REVIEWS: &str = "reviews.json";
pub const VISITORS: &str = "visitors.json";
pub const LOG: &str = "log.txt";
pub const SUITES: &str = "suites/";
pub const BLOBS: &str = "blobs/";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// `pitlane 0.1.0`
    pub made_by: String,
    /// RFC 3339.
    pub made_at: String,
    pub exported_by: String,
    pub deployment: DeploymentId,
    pub environment: Name,
    pub application: Name,
    pub number: u32,
    pub version: Name,
    pub state: DeploymentState,
    /// Of the journal: how many events, and the hash of the last.
    pub events: u64,
    pub journal_hash: String,
    /// The audit history's head when it was exported; its entries are only those about this deployment.
    pub audit_seq: u64,
    pub audit_hash: String,
    /// What the journal names and the store had no more.
    pub missing: Vec<Missing>,
    /// Every other file.
    pub files: Vec<FileEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    pub sha256: String,
    /// When retention removed it, RFC 3339; `null`: nobody wrote that down.
    pub removed_at: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    pub path: String,
    pub size: u64,
    pub sha256: String,
}

/// A line of the journal or of the audit history: the exact text, and its hash over the one before and this text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The hash of the entry before; only in the audit history, of which not every entry is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    pub hash: String,
    pub canon: String,
}
