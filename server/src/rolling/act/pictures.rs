//! What the smoke test saw, held against the old release: journalled before the stage ends, so that whoever goes on
//! knows what is to be looked at.

use super::{Act, lost};
use crate::rolling::stage::gate;
use app::model::{
    deployment::PlannedSuite,
    journal::Fact,
    stage::Pass,
    time::spoken,
    trouble::{Failure, Trouble},
};
use std::time::Duration;

/// Two pictures take a tenth of a second; some hundred of them, on a busy machine, less than this.
const LIMIT: Duration = Duration::from_secs(120);

impl Act<'_> {
    /// Nothing, where nothing follows from a difference. Who fails to compare does not blame the release.
    pub(super) async fn pictures(&self, planned: &PlannedSuite) -> Result<(), Failure> {
        let pictures = &planned.suite.pictures;
        if self.effect.attempt.pass != Pass::Forward || !gate::looks(pictures) {
            return Ok(());
        }
        let plan = &self.scene.plan;
        let compared = tokio::select! {
            compared = self.scene.gallery.report(plan, self.node().id) => compared,
            () = self.scene.ports.clock.sleep(LIMIT) => {
                return Err(unseen(format!("it took longer than {}", spoken(LIMIT))));
            }
        };
        let report = compared.map_err(|error| unseen(error.to_string()))?;
        let fact = Fact::Pictured {
            attempt: self.effect.attempt,
            report: Box::new(report.clone()),
        };
        let journal = &self.scene.journal;
        journal
            .write(Some(self.node().id), fact)
            .await
            .map_err(lost)?;
        gate::judge(pictures, &report, &plan.release.version, &self.node().name)
    }
}

fn unseen(why: String) -> Failure {
    Failure::ours(
        Trouble::new(format!(
            "The pictures of the smoke test could not be held against the old release: {why}."
        ))
        .remedy("Look whether database and object store answer."),
    )
}
