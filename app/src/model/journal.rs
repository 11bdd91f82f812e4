//! The append-only facts of one deployment. The journal *is* the timeline: the page shows it, the event
//! stream sends it, a takeover folds it.

use super::{
    command::Command,
    deployment::{DeploymentState, Plan},
    environment::Admission,
    evidence::{PictureReport, Verdict},
    ids::*,
    name::Name,
    smoke::StepReport,
    stage::Attempt,
    time::Timestamp,
    trouble::Failure,
};
use serde::{Deserialize, Serialize};

/// Version of the payload written today; older ones must still fold.
pub const VERSION: u16 = 4;

/// One fact, in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Gap-free within the deployment, from 1.
    pub seq: u64,
    /// The lease under which it was written; one sequence for the whole installation.
    pub epoch: u64,
    pub at: Timestamp,
    /// `None` for what concerns the deployment as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    #[serde(flatten)]
    pub fact: Fact,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// Always the first.
    Planned { plan: Box<Plan> },
    /// A server took the job over, at its start or after another's end.
    Claimed { owner: String },
    /// The deployment as a whole moved on.
    Became { state: DeploymentState, why: String },
    /// How each balancer treated the node before we touched it. A node that was already out somewhere stays out
    /// there: only what we changed is changed back.
    Observed {
        before: Vec<(BalancerId, Admission)>,
    },
    /// What a new owner found before it did anything else.
    Reconciled { seen: Vec<Found> },
    /// The nodes know of a later time than the journal: the database was restored from before.
    Behind { words: String },
    /// A new owner goes on with an attempt that the former one had begun, under the same run.
    Adopted { attempt: Attempt },
    /// A node that was put back is to be rolled again.
    Requeued {},
    /// What this program cannot read: a later one wrote it, in this version of the payload. Never written; while two
    /// versions run beside each other, the older one's pages show it in its place.
    Newer { version: u16 },
    /// A node has been out of service for longer than its pool allows.
    Alarmed { words: String },
    /// Intent: written before any effect of this attempt.
    Started {
        attempt: Attempt,
        run: RunId,
        deadline_at: Timestamp,
    },
    /// Seen on the way; changes no state.
    Noted { attempt: Attempt, note: Note },
    /// The attempt's one result.
    Finished { attempt: Attempt, outcome: Outcome },
    /// How the pictures of the attempt compare with those of the old release, where something may follow from it.
    Pictured {
        attempt: Attempt,
        report: Box<PictureReport>,
    },
    /// Somebody spoke of a picture that the event's node waits for.
    Reviewed {
        /// The review's id: each is taken in once.
        review: i64,
        flow: Name,
        step: u32,
        new: String,
        verdict: Verdict,
        by: String,
        reason: String,
    },
    /// While the node was out its balancer state was not what it must be, and was set right.
    Reasserted {
        balancer: Name,
        found: Admission,
        words: String,
    },
    /// What visitors felt since the deployment began, as the pool's prober counted it.
    Visited { report: VisitorReport },
    /// A person asked for something, of the event's node if it names one; accepted or not, with the reason.
    Commanded {
        command: Command,
        by: String,
        refused: Option<String>,
    },
}

/// One node as a new owner found it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    pub node: NodeId,
    /// How each balancer that lists it treats it.
    pub admissions: Vec<(BalancerId, Admission)>,
    /// Where `current` points; `None`: nowhere, or it could not be read.
    pub current: Option<Name>,
    /// Why it could not be read, a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    OpenWork { open: u32 },
    Probed { good: u32, of: u32, words: String },
    Step { report: Box<StepReport> },
    Words { words: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Passed {
        proof: Proof,
    },
    Failed {
        #[serde(flatten)]
        failure: Failure,
    },
    /// Ended before it could pass or fail, by nobody's fault: it counts against nothing.
    Stopped {
        why: String,
    },
}

/// What was read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "snake_case")]
pub enum Proof {
    Prepared {
        release_dir: Name,
        sha256: String,
    },
    /// Read back as out of every balancer that lists it.
    Isolated,
    Drained {
        idle_reads: u32,
        forced: bool,
    },
    Deployed {
        release_dir: Name,
    },
    Checked {
        good: u32,
        fingerprint: Option<String>,
    },
    /// `suite: None`: there was no suite to prove it with, and the timeline says so.
    Smoked {
        suite: Option<SuiteRevisionId>,
        flows: u32,
        steps: u32,
        answered_by: Vec<String>,
        /// What went through the browser's proxy, where it had one: SHA-256 in the object store (JSON lines).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proxy_log: Option<String>,
        /// What did not count against the release and should be looked at, each a sentence.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
    },
    /// Watched for so long after it rejoined, and nothing got worse.
    Soaked {
        watched_ms: u64,
    },
    /// `served`: requests arrived afterwards, as far as we waited; low traffic is no error.
    Rejoined {
        served: bool,
    },
}

impl Proof {
    /// The log of the browser's proxy, where it had one.
    pub fn proxy_log(&self) -> Option<&str> {
        match self {
            Self::Smoked { proxy_log, .. } => proxy_log.as_deref(),
            Self::Prepared { .. }
            | Self::Isolated
            | Self::Drained { .. }
            | Self::Deployed { .. }
            | Self::Checked { .. }
            | Self::Soaked { .. }
            | Self::Rejoined { .. } => None,
        }
    }
}

impl Outcome {
    /// The same, however the run ended.
    pub fn proxy_log(&self) -> Option<&str> {
        match self {
            Self::Passed { proof } => proof.proxy_log(),
            Self::Failed { failure } => failure.proxy_log.as_deref(),
            Self::Stopped { .. } => None,
        }
    }
}

/// What a prober that sends traffic through the balancer counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct VisitorReport {
    pub requests: u64,
    pub failed: u64,
    /// Longest time without any answer.
    pub longest_gap_ms: u64,
    #[serde(default)]
    pub p50_ms: f64,
    #[serde(default)]
    pub p99_ms: f64,
}
