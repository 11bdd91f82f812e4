//! Back to what it was in every balancer, read back, and traffic seen to arrive.

use super::{Act, balancer_failure};
use crate::{
    balancer::{Wanted, WorkerState},
    rolling::stage::rejoin,
};
use app::model::{
    environment::Admission,
    ids::BalancerId,
    journal::Proof,
    trouble::{Failure, Trouble},
};
use std::time::Duration;

const READ_EVERY: Duration = Duration::from_millis(100);
/// How long the balancer may take to find the node well again.
const USABLE_WITHIN: Duration = Duration::from_secs(25);
/// How long traffic is looked for; low traffic is no error.
const TRAFFIC_WITHIN: Duration = Duration::from_secs(1);

impl Act<'_> {
    pub(super) async fn rejoin(&self) -> Result<Proof, Failure> {
        let before = self.before().await?;
        // until this ends nothing is repaired; if it fails the node must be out as before
        let mut must_be_out = self.scene.keeper.let_in(self.node().id).await;
        let mut served = Vec::new();
        for (balancer, wanted) in rejoin::wanted(&before) {
            for member in self
                .node()
                .members
                .iter()
                .filter(|member| member.balancer == balancer)
            {
                let state = self.order(balancer, &member.worker, wanted).await?;
                if wanted == Wanted::InService {
                    self.usable(balancer, state.clone()).await?;
                    served.push((balancer, state));
                }
            }
        }
        *must_be_out = false;
        drop(must_be_out);
        Ok(Proof::Rejoined {
            served: self.is_served(&served).await,
        })
    }

    async fn before(&self) -> Result<Vec<(BalancerId, Admission)>, Failure> {
        let job = self.scene.journal.job().await;
        let before = job.run(self.node().id).and_then(|run| run.before.clone());
        before.ok_or_else(|| {
            Failure::unsure(Trouble::new(format!(
                "How {} stood in the balancers before is not known.",
                self.node().name
            )))
        })
    }

    async fn order(
        &self,
        balancer: BalancerId,
        worker: &str,
        wanted: Wanted,
    ) -> Result<WorkerState, Failure> {
        let driver = self.scene.balancer(balancer)?;
        let now = driver
            .observe()
            .await
            .map_err(|error| balancer_failure(&error))?;
        // what was out before us is left alone
        if let (Wanted::Isolated, Some(state)) = (wanted, now.worker(worker)) {
            return Ok(state.clone());
        }
        self.guard()?;
        driver
            .set(worker, wanted, self.stamp())
            .await
            .map_err(|error| balancer_failure(&error))
    }

    /// A balancer that checks health by itself may need a while to believe.
    async fn usable(&self, balancer: BalancerId, mut state: WorkerState) -> Result<(), Failure> {
        let clock = &self.scene.ports.clock;
        let begun = clock.now();
        while state.admission != Admission::InService {
            if clock.now().since(begun) > USABLE_WITHIN {
                return Err(Failure::ours(Trouble::new(format!(
                    "{} was told to rejoin and the balancer still shows it as {} ({}).",
                    self.node().name,
                    state.admission.word(),
                    state.words
                ))));
            }
            clock.sleep(READ_EVERY).await;
            let seen = self
                .scene
                .balancer(balancer)?
                .observe()
                .await
                .map_err(|error| balancer_failure(&error))?;
            if let Some(now) = seen.worker(&state.worker) {
                state = now.clone();
            }
        }
        Ok(())
    }

    /// Whether any balancer sent a request since.
    async fn is_served(&self, since: &[(BalancerId, WorkerState)]) -> bool {
        let clock = &self.scene.ports.clock;
        let begun = clock.now();
        while clock.now().since(begun) < TRAFFIC_WITHIN && !since.is_empty() {
            if let Ok(seen) = self.scene.observe().await {
                let grew = |(balancer, old): &(BalancerId, WorkerState)| {
                    let now = seen
                        .get(balancer)
                        .and_then(|observation| observation.worker(&old.worker));
                    now.and_then(|now| now.served) > old.served
                };
                if since.iter().any(grew) {
                    return true;
                }
            }
            clock.sleep(READ_EVERY).await;
        }
        false
    }
}
