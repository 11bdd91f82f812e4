//! A pool's suite tried on a node in service, outside of any deployment; or one flow of it that is still being edited,
//! on any node.

use super::{
    ids::{RehearsalId, SuiteRevisionId},
    name::Name,
    smoke::{StepReport, StepVerdict, Suite},
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

/// What a trial tries instead of the pool's suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftOf {
    /// The flow whose editor asked for it; `None`: a new one.
    pub flow: Option<Name>,
}

/// A flow that runs, or is to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFlow {
    pub name: Name,
    pub title: String,
    /// In words.
    pub steps: Vec<String>,
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
    /// It is a trial of a draft, and says nothing about the pool's suite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<DraftOf>,
}

/// One rehearsal's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RehearsalView {
    pub line: RehearsalLine,
    /// In the order they ran.
    pub steps: Vec<StepReport>,
    /// What runs, as far as that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<PlannedFlow>,
}

impl PlannedFlow {
    /// Those of a suite that can run.
    pub fn all(suite: &Suite) -> Vec<Self> {
        let flow = |flow: &super::smoke::Flow| Self {
            name: flow.name.clone(),
            title: flow.title.clone(),
            steps: flow.steps.iter().map(super::smoke::Step::words).collect(),
        };
        suite.runnable().map(flow).collect()
    }
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
        if self.draft.is_some() {
            return self.trial_words(&on);
        }
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

    fn trial_words(&self, on: &str) -> String {
        match &self.verdict {
            None if self.node.is_none() => "The trial waits for a server.".to_owned(),
            None => format!("The draft is being tried{on}."),
            Some(Verdict::Passed { .. }) => format!("The draft passed{on}."),
            Some(Verdict::Failed { trouble }) => format!("The draft failed{on}: {}", trouble.what),
            Some(Verdict::Ended { trouble }) => {
                format!("The trial{on} came to nothing: {}", trouble.what)
            }
        }
    }
}
