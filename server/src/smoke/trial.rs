//! A suite tried on one node by itself: browser, run, and the browser closed. Nothing but the browser's requests
//! reaches the node; balancers are not asked. A trial that is dropped ends its browser.

use super::{
    Browser, BrowserTrouble, Target,
    queue::{Queue, Urgency},
    runner::{self, Means, SmokeOrder},
};
use crate::{clock::Clock, objects::Objects, vault::Values};
use app::model::{
    deployment::PlannedSuite,
    environment::Node,
    ids::RunId,
    journal::Proof,
    smoke::StepReport,
    time::spoken,
    trouble::{Failure, Trouble},
};
use std::time::Duration;

/// What a trial works with.
#[derive(Clone, Copy)]
pub struct Trial<'a> {
    pub browser: &'a dyn Browser,
    /// Isolated nodes go before it.
    pub browsers: &'a Queue,
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
        let place = tokio::select! {
            place = self.browsers.enter(Urgency::Trial).come() => place,
            () = self.clock.sleep(limit) => {
                return Err(Failure::ours(
                    Trouble::new(format!("No browser was free within {}.", spoken(limit)))
                        .remedy("Try again when no deployment needs one, or give the server more of them (`browser.at_once`)."),
                ));
            }
        };
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
        // nobody here waits for a browser to end; who is next in the queue does
        tokio::spawn(async move {
            session.close().await;
            drop(place);
        });
        proof
    }
}

/// It is ours: the release was not even asked.
pub fn no_browser(trouble: &BrowserTrouble) -> Failure {
    let mut words = Trouble::new(format!(
        "No browser could be started for the smoke test: {trouble}."
    ))
    .remedy("Look whether the browser and its driver run on Pitlane's machine, or whether its Grid has such a browser.");
    words.detail.clone_from(&trouble.detail);
    Failure::ours(words)
}
