//! A suite tried on one node by itself: browser, run, and the browser closed. Nothing but the browser's requests
//! reaches the node; balancers are not asked. A trial that is dropped ends its browser.

use super::{
    Browser, BrowserTrouble, Target,
    runner::{self, Means, SmokeOrder},
};
use crate::{clock::Clock, objects::Objects, vault::Values};
use app::model::{
    deployment::PlannedSuite,
    environment::Node,
    ids::RunId,
    journal::Proof,
    smoke::StepReport,
    trouble::{Failure, Trouble},
};
use std::time::Duration;

/// What a trial works with.
#[derive(Clone, Copy)]
pub struct Trial<'a> {
    pub browser: &'a dyn Browser,
    pub objects: &'a Objects,
    pub clock: &'a dyn Clock,
    /// Variables and secrets of the node's environment.
    pub values: &'a Values,
}

impl Trial<'_> {
    /// `note` gets each step when it has ended, its pictures stored.
    pub async fn run(
        self,
        suite: &PlannedSuite,
        node: &Node,
        run: RunId,
        limit: Duration,
        note: impl Fn(StepReport) + Send + Sync,
    ) -> Result<Proof, Failure> {
        let deadline = self.clock.now() + limit;
        let target = Target::resolve(&suite.suite, &node.app_url)
            .await
            .map_err(|trouble| no_browser(&trouble))?;
        let mut session = self
            .browser
            .start(&target)
            .await
            .map_err(|trouble| no_browser(&trouble))?;
        let order = SmokeOrder {
            node: node.name.clone(),
            address: target.node,
            run,
            deadline,
        };
        let means = Means {
            objects: self.objects,
            secrets: &self.values.secrets,
            variables: &self.values.variables,
            clock: self.clock,
        };
        let proof = runner::run(&mut *session, suite, &order, means, note).await;
        // nobody waits for a browser to end
        tokio::spawn(session.close());
        proof
    }
}

/// It is ours: the release was not even asked.
pub fn no_browser(trouble: &BrowserTrouble) -> Failure {
    let mut words = Trouble::new(format!(
        "No browser could be started for the smoke test: {trouble}."
    ))
    .remedy("Look whether chromium and chromedriver run on Pitlane's machine, or whether its Grid has a browser.");
    words.detail.clone_from(&trouble.detail);
    Failure::ours(words)
}
