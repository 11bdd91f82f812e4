//! The acting half of the stages: each performs one attempt through the ports and says what it read back. What may be
//! done, and what it means, is decided in `stage/` and `next.rs`.

use super::{
    fold::Job,
    journal::Journal,
    keeper::Keeper,
    lease::{Lease, Lost},
    next::Effect,
    output::{Log, Sink},
    ports::Ports,
    stage::isolate::Observations,
    visitors::Visitors,
};
use crate::{
    balancer::{LoadBalancer, Stamp},
    evidence::gallery::Gallery,
};
use app::model::{
    deployment::{Plan, PlannedNode},
    environment::Node,
    ids::{BalancerId, RunId},
    journal::{Fact, Note, Outcome, Proof},
    stage::{Stage, Work},
    time::{Timestamp, spoken},
    trouble::{Failure, Trouble},
};
use std::sync::Arc;

mod check;
mod deploy;
mod drain;
mod isolate;
mod pictures;
mod prepare;
mod reconcile;
mod rejoin;
mod smoke;
mod soak;
mod warm;

pub use warm::Warm;

/// What every effect of one deployment shares.
pub struct Scene {
    pub plan: Plan,
    pub ports: Ports,
    pub journal: Arc<Journal>,
    pub lease: Arc<Lease>,
    pub keeper: Keeper,
    pub log: Log,
    /// Browsers started ahead, while a node is being switched.
    pub warm: Warm,
    /// Pictures held against others.
    pub gallery: Gallery,
    pub visitors: Arc<Visitors>,
    /// Held from counting the usable nodes until one fewer is: nodes of one batch must not count each other.
    pub taking_out: tokio::sync::Mutex<()>,
}

/// One attempt on one node.
pub struct Act<'a> {
    pub scene: &'a Scene,
    pub planned: &'a PlannedNode,
    pub effect: Effect,
    pub run: RunId,
    /// When the attempt began, maybe under a former owner.
    pub since: Timestamp,
}

/// Why an attempt brought no proof.
pub enum Broken {
    Failed(Failure),
    /// By nobody's fault: it counts against nothing.
    Stopped(String),
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Who asked to hold at once, which ends what only waits.
fn held_now(job: &Job) -> Option<String> {
    let hold = job.hold.as_ref().filter(|hold| hold.now);
    hold.map(|hold| hold.by.clone())
}

impl Act<'_> {
    /// Performs the attempt within its limit. A release is never blamed for our running out of time.
    pub async fn perform(&self) -> Outcome {
        let clock = self.scene.ports.clock.clone();
        let browser = match self.effect.attempt.work {
            Work::Stage(Stage::Smoke) => self.browser().await,
            Work::Stage(Stage::Isolate) => {
                self.until_its_browser_is_ready().await;
                Ok(None)
            }
            _ => Ok(None),
        };
        let outcome = tokio::select! {
            result = self.work(browser) => result,
            () = clock.sleep(self.effect.limit) => Err(Failure::ours(Trouble::new(format!(
                "{} on {} did not end within {}.", self.effect.attempt.work, self.node().name, spoken(self.effect.limit)
            ))).into()),
        };
        match outcome {
            Ok(proof) => Outcome::Passed { proof },
            Err(Broken::Failed(failure)) => Outcome::Failed { failure },
            Err(Broken::Stopped(why)) => Outcome::Stopped { why },
        }
    }

    async fn work(&self, browser: Result<Option<warm::Ready>, Broken>) -> Result<Proof, Broken> {
        let browser = browser?;
        Ok(match self.effect.attempt.work {
            Work::Prepare => self.prepare().await?,
            Work::Stage(Stage::Isolate) => self.isolate().await?,
            Work::Stage(Stage::Drain) => self.drain().await?,
            Work::Stage(Stage::Deploy) => self.deploy().await?,
            Work::Stage(Stage::Check) => self.check().await?,
            Work::Stage(Stage::Smoke) => self.smoke(browser).await?,
            Work::Stage(Stage::Rejoin) => self.rejoin().await?,
            Work::Soak => self.soak().await?,
        })
    }

    pub fn node(&self) -> &Node {
        &self.planned.node
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            epoch: self.scene.lease.claim.epoch,
            run: self.run,
        }
    }

    fn sink(&self) -> Sink {
        self.scene
            .log
            .sink(self.node().id, self.effect.attempt.work)
    }

    /// Puts something seen on the way into the timeline.
    async fn note(&self, note: Note) -> Result<(), Failure> {
        let fact = Fact::Noted {
            attempt: self.effect.attempt,
            note,
        };
        self.scene
            .journal
            .write(Some(self.node().id), fact)
            .await
            .map_err(lost)
    }

    /// Asked again before a late effect of a long attempt.
    fn guard(&self) -> Result<(), Failure> {
        self.scene.lease.guard().map_err(lost)
    }
}

impl Scene {
    /// The driver of one of the plan's balancers.
    pub fn balancer(&self, id: BalancerId) -> Result<Arc<dyn LoadBalancer>, Failure> {
        let balancer = self
            .plan
            .balancers
            .iter()
            .find(|balancer| balancer.id == id);
        let balancer = balancer.ok_or_else(|| {
            Failure::unsure(Trouble::new(
                "The plan names a balancer it does not describe.",
            ))
        })?;
        self.ports
            .balancer(balancer)
            .map_err(|error| balancer_failure(&error))
    }

    /// All balancers of the plan, as they are now.
    pub async fn observe(&self) -> Result<Observations, Failure> {
        let mut seen = Observations::new();
        for balancer in &self.plan.balancers {
            let observation = self
                .balancer(balancer.id)?
                .observe()
                .await
                .map_err(|error| balancer_failure(&error))?;
            seen.insert(balancer.id, observation);
        }
        Ok(seen)
    }
}

/// A balancer that does not do as told is our trouble, not the release's.
fn balancer_failure(error: &crate::balancer::BalancerError) -> Failure {
    let mut what = error.to_string();
    if let Some(first) = what.get(..1) {
        let first = first.to_uppercase();
        what.replace_range(..1, &first);
    }
    Failure::ours(
        Trouble::new(format!("{what}."))
            .remedy("Look at the balancer's own page, and whether Pitlane may reach it."),
    )
}

fn lost(lost: Lost) -> Failure {
    Failure::ours(Trouble::new(format!("This server had to stop: {lost}.")))
}
