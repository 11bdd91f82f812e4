//! One attempt to bring a pool to a release: its plan and the states it goes through.

use super::{
    environment::{Balancer, Node},
    ids::*,
    name::Name,
    release::Release,
    smoke::Suite,
    stage::Work,
};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// Everything a deployment needs to know, as it was when it was asked for; its journal's first event.
/// A later change of the configuration does not reach a running deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub deployment: DeploymentId,
    /// Counts from 1 within the pool.
    pub number: u32,
    pub pool: PoolId,
    pub environment: Name,
    pub application: Name,
    pub release: Release,
    /// Folder below `releases/`, fixed here so that a takeover unpacks nothing twice: `20261123140211`.
    pub release_dir: Name,
    /// The nodes in the order they are rolled.
    pub nodes: Vec<PlannedNode>,
    /// Nodes of the pool that this deployment leaves alone.
    #[serde(default)]
    pub others: Vec<Node>,
    pub balancers: Vec<Balancer>,
    pub recipe: Recipe,
    pub probe: ProbeSettings,
    /// `None`: the pool has no suite; the plan says so in words.
    pub suite: Option<PlannedSuite>,
    pub policy: Policy,
    /// Address of a prober's report (`VisitorReport` as JSON), where the team runs one.
    #[serde(default)]
    pub visitors_url: Option<String>,
    pub asked_by: String,
    pub reason: Option<String>,
    /// It brings back what ran before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Undoes>,
}

/// A deployment of the same pool that is rolled back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undoes {
    pub number: u32,
    /// The release it had brought.
    pub version: Name,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedNode {
    pub node: Node,
    /// What it ran when the deployment was planned; `None`: unknown, so an undo is impossible and the plan says so.
    pub before: Option<Before>,
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

/// What a node runs before it is touched, and what proved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Where `current` points: a folder name below `releases/`.
    pub release_dir: Name,
    /// By its `REVISION` or its own answer.
    pub version: Option<Name>,
    /// The suite that last proved this release on this node; `None`: an undo proves by check alone, and says so.
    pub suite: Option<PlannedSuite>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedSuite {
    pub revision: SuiteRevisionId,
    pub suite: Suite,
}

/// How a release gets onto a node: Capistrano's layout below `deploy_root`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// Paths below the release that are links into `shared/`.
    #[serde(default)]
    pub shared: Vec<String>,
    /// Tells the supervisor to restart; exit 0 means it took the order.
    pub restart: String,
    /// Prints the application's last lines, for a release that does not come up.
    #[serde(default)]
    pub output: Option<String>,
    /// Releases kept on a node.
    pub keep: u32,
    pub command_limit_ms: u64,
    /// Nodes prepared at once.
    pub prepare_at_once: u32,
}

/// How a node is asked whether it is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeSettings {
    pub path: String,
    pub status: u16,
    /// Good answers in a row that prove it.
    pub good: u32,
    pub interval_ms: u64,
    pub limit_ms: u64,
    pub fingerprint: Fingerprint,
}

/// Where the application says which release answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fingerprint {
    Header(String),
    /// A path whose trimmed body is the version.
    Path(String),
    /// It does not say: an old process that kept the port would go unnoticed.
    None,
}

/// A pool's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Nodes out of service together.
    pub batch: u32,
    /// Fewest nodes that must stay in service.
    pub floor: u32,
    pub drain_limit_ms: u64,
    pub at_drain_limit: AtDrainLimit,
    /// A node out of service for longer raises an alarm.
    pub isolation_limit_ms: u64,
    /// What happens when the release fails on a node.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// How long a hold may keep a node out before it is put back.
    #[serde(default = "hold_limit_ms")]
    pub hold_limit_ms: u64,
    /// How long a node is watched after it rejoined, before the next one leaves; 0: not at all.
    #[serde(default)]
    pub soak_ms: u64,
    /// Whether the suite must pass on a node in service before the first one leaves.
    #[serde(default = "yes")]
    pub rehearse: bool,
    /// How often the suite is tried between deployments; 0: never.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rehearse_every_ms: u64,
    /// Where tries and limits differ from the usual ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageRule>,
}

fn yes() -> bool {
    true
}

fn hold_limit_ms() -> u64 {
    1_800_000
}

/// What happens when the release fails on a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// That node gets its old release back; the others keep what they have.
    #[default]
    UndoNode,
    /// Every node that has the new release gets its old one back, batch by batch, the last first.
    UndoAll,
    /// The node stays out as it is, for a person to look at.
    Leave,
}

/// A pool's own rule for one work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageRule {
    pub work: Work,
    /// How often it may be tried when our own means fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries: Option<u32>,
    /// Hard total of one attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtDrainLimit {
    /// Wait on, with an alarm.
    Wait,
    /// Go on although requests are open.
    Force,
    /// Put the node back untouched and halt.
    PutBack,
}

impl Policy {
    pub fn drain_limit(&self) -> Duration {
        Duration::from_millis(self.drain_limit_ms)
    }

    pub fn isolation_limit(&self) -> Duration {
        Duration::from_millis(self.isolation_limit_ms)
    }

    pub fn hold_limit(&self) -> Duration {
        Duration::from_millis(self.hold_limit_ms)
    }

    pub fn soak(&self) -> Duration {
        Duration::from_millis(self.soak_ms)
    }

    /// The pool's own rule for `work`, if it has one.
    pub fn rule(&self, work: Work) -> Option<&StageRule> {
        self.stages.iter().find(|rule| rule.work == work)
    }
}

impl Plan {
    /// `production/shop`.
    pub fn pool_name(&self) -> String {
        format!("{}/{}", self.environment, self.application)
    }

    /// `production/shop #42`.
    pub fn title(&self) -> String {
        format!("{} #{}", self.pool_name(), self.number)
    }

    pub fn node(&self, id: NodeId) -> Option<&PlannedNode> {
        self.nodes.iter().find(|planned| planned.node.id == id)
    }
}

/// Where a deployment stands. The first seven lock the pool; the last three are for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentState {
    Queued,
    Preparing,
    Rolling,
    Held,
    Undoing,
    Aborting,
    Halted,
    Succeeded,
    Undone,
    Aborted,
}

impl DeploymentState {
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Preparing,
        Self::Rolling,
        Self::Held,
        Self::Undoing,
        Self::Aborting,
        Self::Halted,
        Self::Succeeded,
        Self::Undone,
        Self::Aborted,
    ];

    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Undone | Self::Aborted)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Preparing => "preparing",
            Self::Rolling => "rolling",
            Self::Held => "held",
            Self::Undoing => "undoing",
            Self::Aborting => "aborting",
            Self::Halted => "halted",
            Self::Succeeded => "succeeded",
            Self::Undone => "undone",
            Self::Aborted => "aborted",
        }
    }

    /// Whether a deployment may go from here to `to`; a journal that says otherwise is damaged.
    pub fn may_become(self, to: Self) -> bool {
        use DeploymentState::*;
        match self {
            Queued => matches!(to, Preparing | Aborted | Halted),
            Preparing => matches!(to, Rolling | Aborted | Aborting | Halted),
            Rolling => matches!(to, Held | Undoing | Aborting | Halted | Succeeded),
            Held => matches!(to, Rolling | Undoing | Aborting | Halted),
            Undoing => matches!(to, Rolling | Undone | Aborting | Halted),
            Aborting => matches!(to, Aborted | Halted),
            // once more: a person asked to go on, and the two sides still disagree
            Halted => matches!(to, Preparing | Rolling | Undoing | Aborting | Halted),
            Succeeded | Undone | Aborted => false,
        }
    }

    /// Exit status of `pitlane deploy` and of `cargo xtask demo --roll`.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Undone | Self::Aborted => 1,
            Self::Queued
            | Self::Preparing
            | Self::Rolling
            | Self::Held
            | Self::Undoing
            | Self::Aborting
            | Self::Halted => 3,
        }
    }
}

impl fmt::Display for DeploymentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How far one node got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeRunState {
    Pending,
    Isolated,
    Drained,
    Deployed,
    Checked,
    Smoked,
    Rejoined,
    Undoing,
    Undone,
    Skipped,
}

impl NodeRunState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Isolated => "isolated",
            Self::Drained => "drained",
            Self::Deployed => "deployed",
            Self::Checked => "checked",
            Self::Smoked => "smoked",
            Self::Rejoined => "rejoined",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for NodeRunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_for_ever_and_nothing_returns_to_the_queue() {
        for from in DeploymentState::ALL {
            assert!(!from.may_become(DeploymentState::Queued), "{from}");
            for to in DeploymentState::ALL {
                assert!(!(from.is_over() && from.may_become(to)), "{from} -> {to}");
            }
        }
    }
}
