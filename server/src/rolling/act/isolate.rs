//! Out of every balancer that lists the node, read back.

use super::{Act, balancer_failure};
use crate::{
    balancer::Wanted,
    mutation::{Guard, stands},
    rolling::stage::isolate,
};
use app::model::{
    environment::Admission,
    journal::Proof,
    trouble::{Failure, Trouble},
};

impl Act<'_> {
    pub(super) async fn isolate(&self) -> Result<Proof, Failure> {
        let _alone = self.scene.taking_out.lock().await;
        let seen = self.scene.observe().await?;
        // one that is out already leaves nobody with less
        if !isolate::is_out(self.node(), &seen) {
            isolate::may_isolate(&self.scene.plan, self.node().id, &seen).map_err(Failure::ours)?;
        }
        for member in &self.node().members {
            let now = seen
                .get(&member.balancer)
                .and_then(|observation| observation.worker(&member.worker));
            // what an operator took out is out already, and is not ours to touch
            if now.is_some_and(|worker| worker.admission == Admission::Isolated) {
                continue;
            }
            self.guard()?;
            let driver = self.scene.balancer(member.balancer)?;
            let state = driver
                .set(&member.worker, Wanted::Isolated, self.stamp())
                .await
                .map_err(|error| balancer_failure(&error))?;
            if state.admission != Admission::Isolated && stands(Guard::ReadBack) {
                return Err(Failure::ours(Trouble::new(format!(
                    "The balancer was told to take {} out and still shows it as {} ({}).",
                    self.node().name,
                    state.admission.word(),
                    state.words
                ))));
            }
        }
        self.scene.keeper.keep_out(self.node().id).await;
        Ok(Proof::Isolated)
    }
}
