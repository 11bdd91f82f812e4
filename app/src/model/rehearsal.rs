//! A pool's suite tried on a node in service, outside of any deployment.

use super::{
    ids::{RehearsalId, SuiteRevisionId},
    name::Name,
    smoke::{StepReport, StepVerdict},
    time::Timestamp,
    trouble::Trouble,
};
use serde::{Deserialize, Serialize};

/// Why it was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    ByHand,
    Scheduled,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    Passed {
        flows: u32,
        steps: u32,
    },
    /// What is in service, or the suite itself, does not do what the suite expects.
    Failed {
        trouble: Trouble,
    },
    /// It says nothing about the release: our own trouble, or something else came first.
    Ended {
        trouble: Trouble,
    },
}

/// One rehearsal without its steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RehearsalLine {
    pub id: RehearsalId,
    pub environment: Name,
    pub application: Name,
    pub cause: Cause,
    /// A person, or `Pitlane`.
    pub asked_by: String,
    pub asked_at: Timestamp,
    /// `None`: none was chosen yet.
    pub node: Option<Name>,
    /// What that node ran; `None`: unknown.
    pub version: Option<Name>,
    pub suite: Option<SuiteRevisionId>,
    pub ended_at: Option<Timestamp>,
    /// `None`: it has not ended.
    pub verdict: Option<Verdict>,
}

/// One rehearsal's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RehearsalView {
    pub line: RehearsalLine,
    /// In the order they ran.
    pub steps: Vec<StepReport>,
    /// What went through the browser's proxy, where it had one: SHA-256 in the object store (JSON lines).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_log: Option<String>,
}

impl RehearsalView {
    /// The flow that failed, by its title.
    pub fn failing_flow(&self) -> Option<&str> {
        let failed = |step: &&StepReport| match step.verdict {
            StepVerdict::Passed => false,
            StepVerdict::Failed(_) | StepVerdict::Broken(_) => true,
        };
        let step = self.steps.iter().rev().find(failed)?;
        Some(&step.flow_title)
    }
}

impl RehearsalLine {
    /// How it stands, one sentence.
    pub fn words(&self) -> String {
        let on = match (&self.node, &self.version) {
            (Some(node), Some(version)) => format!(" on {node}, which runs {version}"),
            (Some(node), None) => format!(" on {node}"),
            (None, _) => String::new(),
        };
        match &self.verdict {
            None if self.node.is_none() => "The rehearsal waits for a server.".to_owned(),
            None => format!("The suite is being tried{on}."),
            Some(Verdict::Passed { flows, .. }) => {
                let s = if *flows == 1 { "" } else { "s" };
                format!("The suite passed{on}: {flows} flow{s}.")
            }
            Some(Verdict::Failed { trouble }) => {
                format!("The suite failed{on}: {}", trouble.what)
            }
            Some(Verdict::Ended { trouble }) => {
                format!("The rehearsal{on} came to nothing: {}", trouble.what)
            }
        }
    }
}
