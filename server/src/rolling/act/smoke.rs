//! A browser on the isolated node, its steps into the timeline, and the node asked once more who it is.

use super::{Act, Scene};
use crate::{
    rolling::stage,
    smoke::{
        Browser, BrowserSession, BrowserTrouble, Target,
        runner::{self, Means, SmokeOrder},
        trial::no_browser,
    },
    vault::{self, Missing, Values},
};
use app::model::{
    environment::Node,
    ids::NodeId,
    journal::{Note, Proof},
    smoke::{Front, HostRule, StepReport, Suite},
    trouble::{Failure, Trouble},
};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{sync::mpsc, task::JoinHandle};

/// A browser, and the address whose answers alone it must see.
type Started = Result<(Box<dyn BrowserSession>, SocketAddr), BrowserTrouble>;

/// Browsers started while their node is being switched: half a second less out of service.
#[derive(Default)]
pub struct Warm(Mutex<HashMap<(NodeId, Surroundings), JoinHandle<Started>>>);

/// What of a suite a browser is started with.
#[derive(PartialEq, Eq, Hash)]
struct Surroundings {
    public_url: String,
    front: Front,
    hosts: Vec<HostRule>,
}

impl Surroundings {
    fn of(suite: &Suite) -> Self {
        Self {
            public_url: suite.public_url.clone(),
            front: suite.front,
            hosts: suite.hosts.clone(),
        }
    }
}

impl Warm {
    /// Begins to start a browser for `node` as the suite wants it, unless one is there.
    pub fn start(&self, browser: Arc<dyn Browser>, suite: &Suite, node: &Node) {
        let (suite, app_url) = (suite.clone(), node.app_url.clone());
        let surroundings = Surroundings::of(&suite);
        let start = || tokio::spawn(async move { start(&*browser, &suite, &app_url).await });
        self.0
            .lock()
            .expect("no holder of this lock panics")
            .entry((node.id, surroundings))
            .or_insert_with(start);
    }

    async fn take(&self, node: NodeId, suite: &Suite) -> Option<Started> {
        let started = self
            .0
            .lock()
            .expect("no holder of this lock panics")
            .remove(&(node, Surroundings::of(suite)));
        started?.await.ok()
    }

    /// Ends every browser nobody took.
    pub async fn close(&self) {
        let left: Vec<_> = self
            .0
            .lock()
            .expect("no holder of this lock panics")
            .drain()
            .collect();
        for (_, started) in left {
            if let Ok(Ok((session, _))) = started.await {
                session.close().await;
            }
        }
    }
}

async fn start(browser: &dyn Browser, suite: &Suite, app_url: &str) -> Started {
    let target = Target::resolve(suite, app_url).await?;
    Ok((browser.start(&target).await?, target.node))
}

impl Act<'_> {
    pub(super) async fn smoke(&self) -> Result<Proof, Failure> {
        let Scene {
            plan, ports, warm, ..
        } = self.scene;
        let pass = self.effect.attempt.pass;
        let Some(suite) = stage::smoke::suite(plan, self.planned, pass) else {
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
        let warmed = warm
            .take(self.node().id, &suite.suite)
            .await
            .and_then(Result::ok);
        let (mut session, address) = match warmed {
            Some(started) => started,
            None => start(&*ports.browser, &suite.suite, &self.node().app_url)
                .await
                .map_err(|trouble| no_browser(&trouble))?,
        };
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
        // nobody waits for a browser to end
        tokio::spawn(session.close());
        told?;
        let proof = proof?;
        self.still_the_same().await?;
        self.pictures(suite).await?;
        Ok(proof)
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
