//! The append-only facts of one deployment. The journal *is* the timeline: the page shows it, the event
//! stream sends it, a takeover folds it.

use super::{
    deployment::{DeploymentState, Plan},
    environment::Admission,
    ids::*,
    name::Name,
    smoke::StepReport,
    stage::Attempt,
    time::Timestamp,
    trouble::Failure,
};
use serde::{Deserialize, Serialize};

/// Version of the payload written today; older ones must still fold.
pub const VERSION: u16 = 1;

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
    /// While the node was out its balancer state was not what it must be, and was set right.
    Reasserted {
        balancer: Name,
        found: Admission,
        words: String,
    },
    /// What visitors felt since the deployment began, as the pool's prober counted it.
    Visited { report: VisitorReport },
    /// A person asked for something; accepted or not, with the reason.
    Commanded {
        command: Command,
        by: String,
        refused: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Put the node at hand back, proven, and touch no further one.
    Abort,
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
    },
    /// `served`: requests arrived afterwards, as far as we waited; low traffic is no error.
    Rejoined {
        served: bool,
    },
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
