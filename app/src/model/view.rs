//! What pages and the API show: model types put together for reading.

use super::{
    audit::AuditEntry,
    command::Command,
    deployment::{DeploymentState, NodeRunState, Policy},
    drift::NodeDrift,
    environment::{Admission, Node},
    ids::*,
    journal::{Event, VisitorReport},
    name::Name,
    rehearsal::RehearsalLine,
    release::Release,
    stage::Work,
    time::Timestamp,
    trouble::Trouble,
};
use serde::{Deserialize, Serialize};

/// The first page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The inbox "Needs you", what is most pressing first.
    #[serde(default)]
    pub needs: Vec<Need>,
    pub pools: Vec<PoolCard>,
    pub lately: Vec<DeploymentLine>,
}

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Need {
    /// A node is out of service for longer than its pool allows.
    Alarm {
        line: Box<DeploymentLine>,
        /// Which node, for how long, and what can be done.
        words: String,
    },
    /// A node waits, isolated, until somebody has looked at its pictures.
    Review {
        line: Box<DeploymentLine>,
        /// How far it is, until when, and what happens then.
        words: String,
    },
    /// A deployment stopped by itself.
    Halted { line: Box<DeploymentLine> },
    /// Nodes of a pool are not as we left them.
    Drift {
        environment: Name,
        application: Name,
        /// Which nodes, each once.
        nodes: Vec<Name>,
        /// One sentence.
        words: String,
    },
    /// The last rehearsal that the pool's settings asked for failed.
    Rehearsal {
        line: Box<RehearsalLine>,
        /// One or two sentences.
        words: String,
    },
    /// Nobody deployed or adopted what nodes of a pool run.
    Unadopted {
        environment: Name,
        application: Name,
        nodes: Vec<Name>,
    },
}

/// One pool in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoolCard {
    pub environment: Name,
    pub application: Name,
    pub nodes: Vec<NodeSquare>,
    /// The unfinished deployment, if there is one; it locks the pool.
    pub active: Option<DeploymentLine>,
    /// Newest first, at most ten.
    pub recent: Vec<DeploymentLine>,
}

/// One node as a square.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeSquare {
    pub name: Name,
    /// The release it runs, as read; else the one last proven or adopted there.
    pub version: Option<Name>,
    pub admission: Admission,
    pub run: Option<NodeRunState>,
}

/// One deployment in a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeploymentLine {
    pub id: DeploymentId,
    pub environment: Name,
    pub application: Name,
    pub number: u32,
    pub version: Name,
    pub state: DeploymentState,
    /// Why it is in that state, one sentence.
    pub why: String,
    pub asked_by: String,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Nodes done, of how many.
    pub done: u32,
    pub of: u32,
}

/// One pool's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoolView {
    pub environment: Name,
    pub application: Name,
    pub nodes: Vec<NodeRow>,
    /// Name and product of each balancer, and why it cannot be read, if so.
    pub balancers: Vec<BalancerLine>,
    /// Newest first.
    pub releases: Vec<Release>,
    pub recent: Vec<DeploymentLine>,
    pub active: Option<DeploymentLine>,
    pub policy: Policy,
    /// Flow titles of the current suite, in order; empty: no suite.
    pub flows: Vec<String>,
    /// Why nobody, or not this person, can deploy now; `None`: the button works.
    pub deploy_refused: Option<String>,
    /// The last rehearsal, and the flow it failed in.
    #[serde(default)]
    pub rehearsal: Option<(RehearsalLine, Option<String>)>,
    /// Why nobody, or not this person, can begin one now.
    #[serde(default)]
    pub rehearsal_refused: Option<String>,
    /// The same for adopting and reverting differences.
    #[serde(default)]
    pub drift_refused: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRow {
    pub node: Node,
    pub admission: Admission,
    /// The balancer's own words.
    pub words: String,
    pub open_work: Option<u32>,
    /// The release it runs, as read; else the one last proven or adopted there.
    pub version: Option<Name>,
    /// Deployment number and time of the last proof.
    pub proven: Option<(u32, Timestamp)>,
    /// Who said after that proof, and when, that what it runs is right.
    #[serde(default)]
    pub adopted: Option<(String, Timestamp)>,
    /// Compared with what is expected; `None`: not since the last deployment ended.
    #[serde(default)]
    pub drift: Option<NodeDrift>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BalancerLine {
    pub name: Name,
    pub product: String,
    pub trouble: Option<String>,
}

/// One deployment's page: its journal from the first event, and the log so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeploymentView {
    pub events: Vec<Event>,
    pub log: Vec<LogChunk>,
    pub visitors: Option<VisitorReport>,
    pub now: Timestamp,
    pub verbs: Verbs,
    pub viewer: String,
    /// How long one node usually takes here, from isolate to rejoin, by this pool's last success; the
    /// estimate until this deployment's own first node is through.
    #[serde(default)]
    pub usual_node_ms: Option<u64>,
}

/// What can be asked of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verbs {
    /// The moment this is about; a button sends it along.
    pub turn: u64,
    /// Made anew for each reading: with command and node behind it, the key of one button.
    pub key: String,
    pub outlook: Outlook,
    pub verbs: Vec<VerbLine>,
}

/// How it goes on from here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Outlook {
    /// What happens next, one or two sentences.
    pub next: String,
    /// Who acts: `Pitlane`, `a person`, `nobody`.
    pub who: String,
    /// When it happens by itself at the latest; `None`: there is no such time.
    pub until: Option<Timestamp>,
}

/// One thing that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerbLine {
    pub command: Command,
    /// The node it would be about; per node only what is possible is listed.
    pub node: Option<Name>,
    /// Why not now, a clause; `None`: it is possible.
    pub refused: Option<String>,
}

/// Some lines of a command's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogChunk {
    /// Grows within the deployment; a cursor.
    pub id: i64,
    pub node: NodeId,
    pub work: Work,
    pub at: Timestamp,
    pub text: String,
}

/// What the event stream sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Push {
    /// SSE event `journal`, id = its `seq`.
    Journal { event: Box<Event> },
    /// SSE event `log`, no id.
    Log { chunk: LogChunk },
    /// SSE event `visitors`, no id.
    Visitors { report: VisitorReport },
    /// SSE event `engine`, no id: the database was lost, or answers again.
    Engine { paused: bool },
}

/// What a dry run shows, and what the Deploy form asks to confirm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanView {
    pub version: Name,
    pub nodes: Vec<PlanLine>,
    pub warnings: Vec<String>,
    /// Why it cannot start now.
    pub refused: Option<Trouble>,
}

impl PlanView {
    /// There is no plan, and why.
    pub fn refused(version: Name, why: Trouble) -> Self {
        Self {
            version,
            nodes: Vec::new(),
            warnings: Vec::new(),
            refused: Some(why),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanLine {
    pub node: Name,
    pub before: Option<Name>,
    pub words: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct AuditFilter {
    pub actor: Option<String>,
    pub action: Option<String>,
    pub subject: Option<String>,
    /// Entries older than this one.
    pub before: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditPage {
    /// Newest first.
    pub entries: Vec<AuditEntry>,
    /// Cursor of the next page.
    pub more: Option<u64>,
}
