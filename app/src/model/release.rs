//! An immutable, versioned artefact.

use super::{ids::*, name::Name, time::Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub id: ReleaseId,
    pub application: ApplicationId,
    pub version: Name,
    /// SHA-256 of the artefact in lower-case hex; also its key in the object store.
    pub sha256: String,
    pub size: u64,
    pub commit: Option<String>,
    pub created_at: Timestamp,
    pub created_by: String,
}
