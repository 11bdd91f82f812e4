//! Who did what to which subject, when, why and from where; never edited.

use super::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Gap-free, from 1.
    pub seq: u64,
    pub at: Timestamp,
    pub actor: String,
    pub from: String,
    /// Dotted verb: `deployment.started`, `session.opened`, `configuration.applied`.
    pub action: String,
    /// `production/shop`, `user ann`.
    pub subject: String,
    /// One sentence.
    pub words: String,
    pub reason: Option<String>,
    /// Before and after, where something changed.
    pub detail: Option<serde_json::Value>,
    /// Hex SHA-256 over the entry before and this one's exact text.
    pub hash: String,
}
