//! The loop: ask `next`, journal the intent, perform through ports, journal what was read back. Whatever else it knows
//! is a convenience; after its death the journal is enough.

use super::{
    act::{Act, Scene, Warm},
    fold::Job,
    journal::Journal,
    keeper::Keeper,
    lease::{Lease, Lost},
    next::{Effect, Next, may_abort, next},
    output::Log,
    ports::Ports,
    stage,
    visitors::Visitors,
};
use crate::{
    remote::artefact,
    store::{commands, leases},
};
use app::model::{
    deployment::DeploymentState,
    ids::{NodeId, RunId},
    journal::{Command, Fact, Outcome},
    stage::Attempt,
    time::Timestamp,
};
use sqlx::PgPool;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How often the inbox is read although nobody called.
const POLL: Duration = Duration::from_secs(2);

/// One claimed deployment and what it takes to drive it.
pub struct Drive {
    pub pool: PgPool,
    pub ports: Ports,
    pub lease: Arc<Lease>,
    pub owner: String,
    /// Changes when somebody asked something of a deployment.
    pub wake: watch::Receiver<u64>,
    pub stop: CancellationToken,
}

/// Drives a deployment until it needs no owner, or the lease is lost.
pub async fn drive(drive: Drive) {
    let deployment = drive.lease.claim.deployment;
    let span = tracing::info_span!("deployment", deployment.id = %deployment, epoch = drive.lease.claim.epoch);
    async {
        tracing::info!("deployment claimed");
        let ended = run(&drive).await;
        match &ended {
            Ok(state) => tracing::info!(%state, "deployment needs no owner"),
            Err(lost) => tracing::warn!(%lost, "deployment let go"),
        }
        // what could not be driven is not claimed again at once, and again; the lease's end is pause enough
        let give_back = ended.is_ok() || drive.stop.is_cancelled();
        if give_back && let Err(error) = leases::release(&drive.pool, drive.lease.claim).await {
            tracing::warn!(%error, "the lease was not given back; it ends by itself");
        }
    }
    .instrument(span)
    .await;
}

async fn run(drive: &Drive) -> Result<DeploymentState, Lost> {
    let Drive {
        pool,
        ports,
        lease,
        owner,
        wake,
        stop,
    } = drive;
    let journal = Arc::new(Journal::open(pool.clone(), lease.clone(), ports.clock.clone()).await?);
    journal
        .write(
            None,
            Fact::Claimed {
                owner: owner.clone(),
            },
        )
        .await?;
    let plan = journal.job().await.plan;
    let visitors = Visitors::new(plan.visitors_url.clone());
    let scene = Arc::new(Scene {
        keeper: Keeper::new(plan.nodes.iter().map(|planned| planned.node.id)),
        log: Log {
            pool: pool.clone(),
            deployment: plan.deployment,
            epoch: lease.claim.epoch,
            clock: ports.clock.clone(),
        },
        plan,
        ports: ports.clone(),
        journal,
        lease: lease.clone(),
        warm: Warm::default(),
        taking_out: tokio::sync::Mutex::default(),
    });
    // what the former owner may have left out stays out
    let job = scene.journal.job().await;
    for run in job.nodes.iter().filter(|run| run.isolated) {
        scene.keeper.keep_out(run.node).await;
    }
    let mut running = Driver {
        pool,
        scene: scene.clone(),
        wake: wake.clone(),
        visitors: &visitors,
        open: JoinSet::new(),
    };
    tokio::select! {
        ended = running.steps() => ended,
        lost = scene.keeper.watch(&scene.plan, ports, &scene.journal, lease) => Err(lost),
        never = visitors.watch(pool, ports, lease) => match never {},
        () = lease.lost() => Err(Lost("another server owns it".into())),
        () = stop.cancelled() => Err(Lost("this server is stopping".into())),
    }
}

struct Driver<'a> {
    pool: &'a PgPool,
    scene: Arc<Scene>,
    wake: watch::Receiver<u64>,
    visitors: &'a Visitors,
    open: JoinSet<(NodeId, Attempt, Outcome)>,
}

impl Driver<'_> {
    async fn steps(&mut self) -> Result<DeploymentState, Lost> {
        loop {
            self.answer_commands().await?;
            let job = self.scene.journal.job().await;
            match next(&job, self.scene.ports.clock.now()) {
                Next::Record(fact) => self.record(fact).await?,
                Next::Look(node) => self.look(node).await?,
                Next::Perform(effects) => {
                    for effect in effects {
                        self.begin(effect).await?;
                    }
                }
                Next::Wait { until } => self.wait(until).await?,
                Next::Watch => self.wait(None).await?,
                Next::Rest => return Ok(job.state),
            }
        }
    }

    async fn record(&mut self, fact: Fact) -> Result<(), Lost> {
        if let Fact::Became { state, .. } = &fact {
            if *state == DeploymentState::Succeeded {
                self.prune().await;
            }
            if state.is_over() || *state == DeploymentState::Halted {
                if let Some(report) = self.visitors.report().await {
                    self.scene
                        .journal
                        .write(None, Fact::Visited { report })
                        .await?;
                }
                self.scene.warm.close().await;
            }
            tracing::info!(%state, "deployment became");
        }
        self.scene.journal.write(None, fact).await
    }

    /// How the balancers treat a node before we touch it. Until it can be read, nothing is done.
    async fn look(&mut self, node: NodeId) -> Result<(), Lost> {
        match self.scene.observe().await {
            Ok(seen) => {
                let planned = self.scene.plan.node(node).expect("the plan's own node");
                let before = stage::isolate::admissions(&planned.node, &seen);
                self.scene
                    .journal
                    .write(Some(node), Fact::Observed { before })
                    .await
            }
            Err(failure) => {
                tracing::warn!(trouble = %failure.trouble, "the balancers could not be read; trying again");
                self.wait(Some(self.scene.ports.clock.now() + POLL)).await
            }
        }
    }

    /// Intent first; then the effect, while others go on.
    async fn begin(&mut self, effect: Effect) -> Result<(), Lost> {
        self.scene.lease.guard()?;
        let (scene, run) = (self.scene.clone(), RunId::generate());
        let deadline_at = scene.ports.clock.now() + effect.limit;
        scene
            .journal
            .write(
                Some(effect.node),
                Fact::Started {
                    attempt: effect.attempt,
                    run,
                    deadline_at,
                },
            )
            .await?;
        // writing may have taken long
        self.scene.lease.guard()?;
        let name = scene
            .plan
            .node(effect.node)
            .map(|planned| planned.node.name.to_string())
            .unwrap_or_default();
        let span = tracing::info_span!("stage", node.name = name, stage = %effect.attempt.work, attempt = effect.attempt.number, pass = ?effect.attempt.pass);
        self.open.spawn(
            async move {
                let planned = scene.plan.node(effect.node).expect("the plan's own node");
                let outcome = Act { scene: &scene, planned, effect, run }.perform().await;
                match &outcome {
                    Outcome::Passed { .. } => tracing::info!("stage passed"),
                    Outcome::Failed { failure } => tracing::warn!(class = ?failure.class, trouble = %failure.trouble, "stage failed"),
                }
                (effect.node, effect.attempt, outcome)
            }
            .instrument(span),
        );
        Ok(())
    }

    /// Until an effect ends, somebody calls, or it is time.
    async fn wait(&mut self, until: Option<Timestamp>) -> Result<(), Lost> {
        let clock = self.scene.ports.clock.clone();
        let span = until.map_or(POLL, |until| until.since(clock.now()).min(POLL));
        tokio::select! {
            Some(ended) = self.open.join_next() => {
                let (node, attempt, outcome) = ended.map_err(|error| Lost(format!("a stage ended unexpectedly: {error}")))?;
                self.scene.journal.write(Some(node), Fact::Finished { attempt, outcome }).await
            }
            Ok(()) = self.wake.changed() => Ok(()),
            () = clock.sleep(span) => Ok(()),
        }
    }

    async fn answer_commands(&mut self) -> Result<(), Lost> {
        // first it is said that a server died; an abort is about what comes after
        if self.scene.journal.job().await.taken_over {
            return Ok(());
        }
        let open = match commands::open(self.pool, self.scene.plan.deployment).await {
            Ok(open) => open,
            Err(error) => {
                tracing::warn!(%error, "the inbox could not be read");
                return Ok(());
            }
        };
        for asked in open {
            let job: Job = self.scene.journal.job().await;
            let refused = match asked.command {
                Command::Abort => may_abort(&job).err(),
            };
            let fact = Fact::Commanded {
                command: asked.command,
                by: asked.by,
                refused,
            };
            self.scene.journal.answer(asked.id, fact).await?;
        }
        Ok(())
    }

    /// Old releases off the nodes; nothing depends on it.
    async fn prune(&self) {
        let Scene {
            plan, ports, lease, ..
        } = &*self.scene;
        let stamp = || crate::balancer::Stamp {
            epoch: lease.claim.epoch,
            run: RunId::generate(),
        };
        let all = plan
            .nodes
            .iter()
            .map(|planned| artefact::prune(&*ports.shell, plan, &planned.node, stamp()));
        for failure in futures::future::join_all(all)
            .await
            .into_iter()
            .filter_map(Result::err)
        {
            tracing::warn!(trouble = %failure.trouble, "old releases were not removed");
        }
    }
}
