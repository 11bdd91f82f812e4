//! A browser on the isolated node, its steps into the timeline, and the node asked once more who it is.

use super::{Act, Broken, Scene, held_now, warm};
use crate::{
    rolling::stage,
    smoke::{
        queue::{Place, Urgency},
        runner::{self, Means, SmokeOrder},
        trial::no_browser,
    },
    vault::{self, Missing, Values},
};
use app::model::{
    deployment::PlannedSuite,
    journal::{Note, Proof},
    smoke::{StepReport, Suite},
    stage::Pass,
    trouble::{Failure, Trouble},
};
use std::time::Duration;
use tokio::sync::mpsc;

/// How often somebody who waits for a browser is asked whether a person wants to hold.
const ASK_EVERY: Duration = Duration::from_millis(500);

impl Act<'_> {
    /// A node leaves when the browser that will test it is ready, or cannot be had soon.
    pub(super) async fn until_its_browser_is_ready(&self) {
        let pass = self.effect.attempt.pass;
        let suite = stage::smoke::suite(&self.scene.plan, self.planned, pass);
        if let Some(suite) = suite {
            let node = self.node().id;
            self.scene.warm.ready(node, &suite.suite).await;
        }
    }

    /// Until a browser is there. That counts against nobody: the attempt's limit begins after it.
    pub(super) async fn browser(&self) -> Result<Option<warm::Ready>, Broken> {
        let Scene {
            plan, ports, warm, ..
        } = self.scene;
        let pass = self.effect.attempt.pass;
        let Some(suite) = stage::smoke::suite(plan, self.planned, pass) else {
            return Ok(None);
        };
        let urgency = match pass {
            Pass::Rehearsal => Urgency::Trial,
            Pass::Forward | Pass::Undo => Urgency::Isolated,
        };
        if let Some(ready) = warm.take(self.node().id, &suite.suite).await {
            ready.place.needed(urgency);
            return Ok(Some(ready));
        }
        let place = self.place(urgency).await?;
        let started = warm::start(&*ports.browser, &suite.suite, self.node()).await;
        let (session, address) = started.map_err(|trouble| no_browser(&trouble))?;
        Ok(Some(warm::Ready {
            session,
            address,
            place,
        }))
    }

    /// Waits for its turn, and says so while it does.
    async fn place(&self, urgency: Urgency) -> Result<Place, Broken> {
        let turn = self.scene.ports.browsers.enter(urgency);
        let words = |words: String| self.note(Note::Words { words });
        let Some(mut told) = turn.waits_for() else {
            return Ok(turn.come().await);
        };
        words(told.words()).await?;
        while let Some(now) = turn.waits_for() {
            if now.before != told.before {
                words(now.words()).await?;
            }
            told = now;
            tokio::select! {
                () = turn.moves(told) => {}
                // only a roll can be held
                () = self.scene.ports.clock.sleep(ASK_EVERY), if self.effect.attempt.pass == Pass::Forward => {
                    if let Some(by) = self.scene.journal.ask(held_now).await {
                        return Err(Broken::Stopped(format!(
                            "{by} asked to hold while the smoke test of {} waited for a browser.",
                            self.node().name
                        )));
                    }
                }
            }
        }
        words("A browser is free; the smoke test begins.".to_owned()).await?;
        Ok(turn.come().await)
    }

    pub(super) async fn smoke(&self, ready: Option<warm::Ready>) -> Result<Proof, Failure> {
        let Scene { plan, ports, .. } = self.scene;
        let pass = self.effect.attempt.pass;
        let (Some(ready), Some(suite)) = (ready, stage::smoke::suite(plan, self.planned, pass))
        else {
            self.note(Note::Words { words: "No suite has proven this release on this node before; the check alone proves it.".into() }).await?;
            return Ok(Proof::Smoked {
                suite: None,
                flows: 0,
                steps: 0,
                answered_by: Vec::new(),
                proxy_log: None,
                warnings: Vec::new(),
            });
        };
        let values = self.values(&suite.suite).await?;
        let warm::Ready {
            mut session,
            address,
            place,
        } = ready;
        let (send, mut reports) = mpsc::unbounded_channel::<StepReport>();
        let deadline = ports.clock.now() + self.effect.limit;
        let order = SmokeOrder {
            node: self.node().name.clone(),
            address,
            run: self.run,
            deadline,
        };
        let means = Means {
            objects: &ports.objects,
            secrets: &values.secrets,
            variables: &values.variables,
            clock: &*ports.clock,
        };
        let run = async {
            let keep = move |report| {
                // the receiver lives as long as this future
                let _ = send.send(report);
            };
            runner::run(&mut *session, suite, &order, means, keep).await
        };
        let tell = async {
            while let Some(report) = reports.recv().await {
                self.note(Note::Step {
                    report: Box::new(report),
                })
                .await?;
            }
            Ok::<(), Failure>(())
        };
        let (proof, told) = tokio::join!(run, tell);
        // nobody here waits for a browser to end; who is next in the queue does
        tokio::spawn(async move {
            session.close().await;
            drop(place);
        });
        told?;
        let proof = proof?;
        match self.stands(suite).await {
            Ok(()) => Ok(proof),
            Err(failure) => Err(failure.proxied(proof.proxy_log().map(str::to_owned))),
        }
    }

    /// Whether a run that passed counts.
    async fn stands(&self, suite: &PlannedSuite) -> Result<(), Failure> {
        self.still_the_same().await?;
        self.pictures(suite).await
    }

    /// What the pool's environment gives now, and all that the suite needs is among it.
    async fn values(&self, suite: &Suite) -> Result<Values, Failure> {
        let plan = &self.scene.plan;
        let values = self
            .scene
            .ports
            .vault
            .of_pool(plan.pool)
            .await
            .map_err(|error| {
                Failure::ours(
                    Trouble::new(format!(
                        "What {} gives to smoke suites could not be read: {error}.",
                        plan.environment
                    ))
                    .remedy("Look at the server's log and at its key for secrets."),
                )
            })?;
        match Missing::told(&vault::missing(suite, &values), &values.environment) {
            Some(trouble) => Err(Failure::ours(trouble)),
            None => Ok(values),
        }
    }

    /// The same release answers after the test as before it.
    async fn still_the_same(&self) -> Result<(), Failure> {
        let plan = &self.scene.plan;
        let Some(expected) = stage::check::expected(
            &plan.release.version,
            self.planned,
            self.effect.attempt.pass,
        ) else {
            return Ok(());
        };
        let probed = self.scene.ports.probe.probe(self.node(), &plan.probe).await;
        match probed.fingerprint {
            Some(found) if found != expected.as_str() => {
                Err(Failure::unsure(Trouble::new(format!(
                    "After the smoke test {} answers as {found}, not as {expected}.",
                    self.node().name
                ))))
            }
            Some(_) | None => Ok(()),
        }
    }
}
