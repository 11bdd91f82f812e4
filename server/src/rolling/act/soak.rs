//! Watches a node after it rejoined: its own answers, what its balancers think of it, and what visitors feel.

use super::{Act, Broken};
use crate::probe::words;
use app::model::{
    environment::Admission,
    journal::{Note, Proof, VisitorReport},
    time::spoken,
    trouble::{Failure, Trouble},
};
use std::time::Duration;

/// One bad answer may be chance; so many in a row are not.
const BAD_IN_A_ROW: u32 = 3;

impl Act<'_> {
    pub(super) async fn soak(&self) -> Result<Proof, Broken> {
        let (plan, ports) = (&self.scene.plan, &self.scene.ports);
        let every = Duration::from_millis(plan.probe.interval_ms).max(Duration::from_secs(1));
        let start = self.scene.visitors.report().await;
        let (mut bad, mut told) = (0, None);
        loop {
            let watched = ports.clock.now().since(self.since);
            if watched >= plan.policy.soak() {
                return Ok(Proof::Soaked {
                    watched_ms: u64::try_from(watched.as_millis()).unwrap_or(u64::MAX),
                });
            }
            if let Some(by) = self.scene.journal.ask(super::held_now).await {
                return Err(Broken::Stopped(format!(
                    "{by} asked to hold; {} is watched again when it goes on.",
                    self.node().name
                )));
            }
            let answer = ports.probe.probe(self.node(), &plan.probe).await;
            let (good, says) = (answer.status == Some(plan.probe.status), words(&answer));
            bad = if good { 0 } else { bad + 1 };
            if bad >= BAD_IN_A_ROW {
                return Err(self
                    .got_worse(watched, &format!("it answers {says}."))
                    .into());
            }
            if let Some(words) = self.balancer_complains().await {
                return Err(self.got_worse(watched, &words).into());
            }
            if let Some(words) = visitors_complain(start, self.scene.visitors.report().await) {
                return Err(self.got_worse(watched, &words).into());
            }
            // the page shows a bar that grows by itself; it wants to hear of a change
            if told != Some(good) {
                told = Some(good);
                self.note(Note::Words {
                    words: format!("{} answers {says}.", self.node().name),
                })
                .await?;
            }
            ports.clock.sleep(every).await;
        }
    }

    fn got_worse(&self, watched: Duration, words: &str) -> Failure {
        let trouble = Trouble::new(format!(
            "{} got worse {} after it rejoined with {}: {words}",
            self.node().name,
            spoken(watched),
            self.scene.plan.release.version
        ));
        Failure::release(trouble.remedy("Look at the application's own log of that time."))
    }

    async fn balancer_complains(&self) -> Option<String> {
        let seen = self.scene.observe().await.ok()?;
        self.node().members.iter().find_map(|member| {
            let worker = seen.get(&member.balancer)?.worker(&member.worker)?;
            (worker.admission == Admission::Failing)
                .then(|| format!("its balancer calls it {}.", worker.words))
        })
    }
}

/// Requests that failed since the watch began; they are counted over the whole pool.
fn visitors_complain(start: Option<VisitorReport>, now: Option<VisitorReport>) -> Option<String> {
    let (start, now) = (start?, now?);
    let failed = now.failed.saturating_sub(start.failed);
    let of = now.requests.saturating_sub(start.requests);
    (failed > 0).then(|| format!("{failed} of {of} requests of the pool's prober failed."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_complain_only_about_what_failed_since() {
        let report = |requests, failed| {
            Some(VisitorReport {
                requests,
                failed,
                ..VisitorReport::default()
            })
        };
        assert_eq!(visitors_complain(report(10, 3), report(90, 3)), None);
        assert_eq!(visitors_complain(None, report(90, 3)), None);
        assert_eq!(visitors_complain(report(10, 3), None), None);
        insta::assert_snapshot!(visitors_complain(report(10, 3), report(90, 5)).unwrap(), @"2 of 80 requests of the pool's prober failed.");
    }
}
