//! What a page needs of the plan. Addresses, keys and recipes stay on the server.

use crate::model::{deployment::Plan, ids::DeploymentId, name::Name, smoke};

#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    pub deployment: DeploymentId,
    pub number: u32,
    pub environment: Name,
    pub application: Name,
    pub version: Name,
    pub asked_by: String,
    /// The deployment that this one rolls back.
    pub undoes: Option<u32>,
    /// Nodes of the pool that are left alone.
    pub others: usize,
    pub floor: u32,
    /// Somebody counts what visitors feel.
    pub watched: bool,
    /// `None`: nodes are proven by check alone.
    pub suite: Option<Suite>,
}

/// A browser test in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    pub public_url: String,
    pub flows: Vec<Flow>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    pub name: Name,
    pub title: String,
    /// Words of each step.
    pub steps: Vec<String>,
}

impl Outline {
    /// `production/shop #42`.
    pub fn title(&self) -> String {
        format!("{}/{} #{}", self.environment, self.application, self.number)
    }
}

impl From<&smoke::Suite> for Suite {
    fn from(suite: &smoke::Suite) -> Self {
        let flow = |flow: &smoke::Flow| Flow {
            name: flow.name.clone(),
            title: flow.title.clone(),
            steps: flow.steps.iter().map(smoke::Step::words).collect(),
        };
        Self {
            public_url: suite.public_url.clone(),
            flows: suite.flows.iter().map(flow).collect(),
        }
    }
}

impl From<&Plan> for Outline {
    fn from(plan: &Plan) -> Self {
        Self {
            deployment: plan.deployment,
            number: plan.number,
            environment: plan.environment.clone(),
            application: plan.application.clone(),
            version: plan.release.version.clone(),
            asked_by: plan.asked_by.clone(),
            undoes: plan.undoes.as_ref().map(|undoes| undoes.number),
            others: plan.others.len(),
            floor: plan.policy.floor,
            watched: plan.visitors_url.is_some(),
            suite: plan.suite.as_ref().map(|planned| (&planned.suite).into()),
        }
    }
}
