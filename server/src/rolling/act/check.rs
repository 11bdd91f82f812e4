//! Asks the node until it is well, or will not be.

use super::{Act, Scene};
use crate::{
    probe::{Verdict, judge},
    remote::artefact,
    rolling::stage,
};
use app::model::{
    journal::{Note, Proof},
    trouble::{Failure, FailureClass},
};
use std::time::Duration;

impl Act<'_> {
    pub(super) async fn check(&self) -> Result<Proof, Failure> {
        let Scene { plan, ports, .. } = self.scene;
        let expected = stage::check::expected(
            &plan.release.version,
            self.planned,
            self.effect.attempt.pass,
        );
        let begun = ports.clock.now();
        let mut asked = Vec::new();
        let mut told = None;
        loop {
            asked.push(ports.probe.probe(self.node(), &plan.probe).await);
            let elapsed = ports.clock.now().since(begun);
            match judge(self.node(), &asked, &plan.probe, expected, elapsed) {
                Verdict::Well { good, fingerprint } => {
                    return Ok(Proof::Checked { good, fingerprint });
                }
                Verdict::Unwell(failure) => return Err(self.with_output(failure).await),
                Verdict::Waiting { good, words } => {
                    // a page wants to see a change, not every question
                    if told.as_ref() != Some(&words) {
                        self.note(Note::Probed {
                            good,
                            of: plan.probe.good,
                            words: words.clone(),
                        })
                        .await?;
                        told = Some(words);
                    }
                }
            }
            ports
                .clock
                .sleep(Duration::from_millis(plan.probe.interval_ms))
                .await;
        }
    }

    /// The application's own last words say more than "refused".
    async fn with_output(&self, mut failure: Failure) -> Failure {
        if failure.class == FailureClass::Release && failure.trouble.detail.is_none() {
            failure.trouble.detail =
                artefact::last_output(&*self.scene.ports.shell, &self.scene.plan, self.node())
                    .await;
        }
        failure
    }
}
