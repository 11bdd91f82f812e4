//! The loop: ask `next`, journal the intent, perform through ports, journal what was read back. Whatever else it knows
//! is a convenience; after its death the journal is enough.

use super::{
    act::{Act, Scene, Warm},
    fold::{Job, Open},
    journal::Journal,
    keeper::Keeper,
    lease::{Lease, Lost},
    next::{Effect, Next, next},
    output::Log,
    ports::Ports,
    reconcile, stage,
    visitors::Visitors,
};
use crate::{
    evidence::{comparer::Comparer, gallery::Gallery},
    remote::artefact,
    store::{
        commands::{self, OpenCommand},
        leases,
    },
};
use app::model::{
    command::{Command, is_current, possible},
    deployment::DeploymentState,
    ids::{NodeId, RunId},
    journal::{Fact, Outcome},
    stage::{Attempt, Stage, Work},
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

/// How long a server that stops lets what it began come to its end.
const LET_END: Duration = Duration::from_secs(5);
/// How often nodes that cannot be read are tried, before a person is asked.
const LOOKS: u32 = 5;

/// How driving came to its end.
enum Ended {
    /// It needs no owner.
    Rest(DeploymentState),
    /// What runs is to be stopped: under a new epoch the nodes end it themselves.
    Anew(&'static str),
}

/// Drives a deployment until it needs no owner, or the lease is lost.
pub async fn drive(drive: Drive) {
    let deployment = drive.lease.claim.deployment;
    let span = tracing::info_span!("deployment", deployment.id = %deployment, epoch = drive.lease.claim.epoch);
    async {
        tracing::info!("deployment claimed");
        let ended = run(&drive).await;
        match &ended {
            Ok(Ended::Rest(state)) => tracing::info!(%state, "deployment needs no owner"),
            Ok(Ended::Anew(why)) => tracing::info!("deployment is claimed anew: {why}"),
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

async fn run(drive: &Drive) -> Result<Ended, Lost> {
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
    let visitors = Arc::new(Visitors::new(plan.visitors_url.clone()));
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
        gallery: Gallery::new(
            pool.clone(),
            Comparer::new(pool.clone(), ports.objects.clone()),
        ),
        visitors: visitors.clone(),
        taking_out: tokio::sync::Mutex::default(),
    });
    // what the former owner left out stays out
    keep_out(&scene, &scene.journal.job().await).await;
    let mut running = Driver {
        pool,
        scene: scene.clone(),
        wake: wake.clone(),
        open: JoinSet::new(),
        looks: 0,
    };
    let ended = tokio::select! {
        ended = running.steps() => return ended,
        lost = scene.keeper.watch(&scene.plan, ports, &scene.journal, lease) => Err(lost),
        never = visitors.watch(pool, ports, lease) => match never {},
        () = lease.lost() => Err(Lost("another server owns it".into())),
        () = stop.cancelled() => Err(Lost("this server is stopping".into())),
    };
    if stop.is_cancelled() {
        running.let_end().await;
    }
    ended
}

/// Nodes that are read back as out are kept out, but for one that rejoins just now.
async fn keep_out(scene: &Scene, job: &Job) {
    let rejoins = |open: &Open| open.attempt.work == Work::Stage(Stage::Rejoin);
    for run in job.nodes.iter().filter(|run| run.isolated) {
        if !run.open.as_ref().is_some_and(rejoins) {
            scene.keeper.keep_out(run.node).await;
        }
    }
}

struct Driver<'a> {
    pool: &'a PgPool,
    scene: Arc<Scene>,
    wake: watch::Receiver<u64>,
    /// How often nodes could not be read in a row.
    looks: u32,
    open: JoinSet<(NodeId, Attempt, Outcome)>,
}

impl Driver<'_> {
    async fn steps(&mut self) -> Result<Ended, Lost> {
        loop {
            if self.answer_commands().await? {
                return Ok(Ended::Anew("a person asked to abort"));
            }
            let mut job = self.scene.journal.job().await;
            if self.take_in_reviews(&job).await? {
                job = self.scene.journal.job().await;
            }
            keep_out(&self.scene, &job).await;
            match next(&job, self.scene.ports.clock.now()) {
                Next::Record(node, fact) => self.record(node, fact).await?,
                Next::Reconcile => {
                    if let Some(anew) = self.reconcile(&job).await? {
                        return Ok(anew);
                    }
                }
                Next::Adopt(effect) => self.adopt(&job, effect).await?,
                Next::Look(node) => self.look(node).await?,
                Next::Perform(effects) => {
                    for effect in effects {
                        self.begin(effect).await?;
                    }
                }
                Next::Wait { until } | Next::Watch { until } => self.wait(until).await?,
                Next::Rest => return Ok(Ended::Rest(job.state)),
            }
        }
    }

    async fn record(&mut self, node: Option<NodeId>, fact: Fact) -> Result<(), Lost> {
        if let Fact::Alarmed { words } = &fact {
            tracing::warn!("{words}");
        }
        if let Fact::Became { state, .. } = &fact {
            if *state == DeploymentState::Succeeded {
                self.prune().await;
            }
            if state.is_over() || *state == DeploymentState::Halted {
                if let Some(report) = self.scene.visitors.report().await {
                    self.scene
                        .journal
                        .write(None, Fact::Visited { report })
                        .await?;
                }
                self.scene.warm.close().await;
            }
            tracing::info!(%state, "deployment became");
        }
        self.scene.journal.write(node, fact).await
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

    /// Reads the world. A node that cannot be read is tried again for a while; then the journal says so.
    async fn reconcile(&mut self, job: &Job) -> Result<Option<Ended>, Lost> {
        self.scene.lease.guard()?;
        let world = self.scene.reconcile(job).await;
        if let Some((node, seen)) = world.ahead {
            return self.catch_up(&node, seen).await.map(Some);
        }
        let unread = world.seen.iter().find(|found| {
            found.unread.is_some() && job.run(found.node).is_some_and(reconcile::matters)
        });
        self.looks += 1;
        if let (Some(found), true) = (unread, self.looks < LOOKS) {
            tracing::warn!(node = %found.node, why = ?found.unread, "a node could not be read; trying again");
            let pause = stage::back_off(self.looks, 25);
            self.wait(Some(self.scene.ports.clock.now() + pause))
                .await?;
            return Ok(None);
        }
        self.looks = 0;
        self.record(None, Fact::Reconciled { seen: world.seen })
            .await
            .map(|()| None)
    }

    /// A node took orders of an epoch that the database has not given out, although the lease is ours: the database
    /// was restored from before. Its epochs are raised, and a person looks at what it forgot.
    async fn catch_up(&mut self, node: &str, seen: u64) -> Result<Ended, Lost> {
        let ours = self.scene.lease.claim;
        let broken = |error: sqlx::Error| Lost(error.to_string());
        if !leases::holds(self.pool, ours).await.map_err(broken)? {
            return Err(Lost("another server owns it".into()));
        }
        leases::raise_epoch(self.pool, seen).await.map_err(broken)?;
        let words = format!(
            "The database is behind the nodes: {node} took orders of epoch {seen}, and the database has given out {} only. \
             It was probably restored from before, so what happened in between is not in this journal. Nothing is done \
             until a person has looked at balancer and nodes; then retry, continue or abort.",
            ours.epoch
        );
        tracing::error!("{words}");
        self.record(None, Fact::Behind { words }).await?;
        Ok(Ended::Anew("the nodes know of a later epoch"))
    }

    /// Intent first; then the effect, while others go on.
    async fn begin(&mut self, effect: Effect) -> Result<(), Lost> {
        self.scene.lease.guard()?;
        let (run, now) = (RunId::generate(), self.scene.ports.clock.now());
        let started = Fact::Started {
            attempt: effect.attempt,
            run,
            deadline_at: now + effect.limit,
        };
        self.scene.journal.write(Some(effect.node), started).await?;
        self.perform(effect, run, now)
    }

    /// The same run under this owner's epoch: the node tells its result, lets it go on, or begins it.
    async fn adopt(&mut self, job: &Job, effect: Effect) -> Result<(), Lost> {
        let open = job.run(effect.node).and_then(|run| run.open.clone());
        let open = open.ok_or_else(|| Lost("there is nothing to go on with".into()))?;
        let adopted = Fact::Adopted {
            attempt: effect.attempt,
        };
        self.scene.journal.write(Some(effect.node), adopted).await?;
        let whole = stage::limit(&self.scene.plan, effect.attempt.work);
        self.perform(effect, open.run, open.deadline_at.before(whole))
    }

    fn perform(&mut self, effect: Effect, run: RunId, since: Timestamp) -> Result<(), Lost> {
        // writing may have taken long
        self.scene.lease.guard()?;
        let scene = self.scene.clone();
        let name = scene
            .plan
            .node(effect.node)
            .map(|planned| planned.node.name.to_string())
            .unwrap_or_default();
        let span = tracing::info_span!("stage", node.name = name, stage = %effect.attempt.work, attempt = effect.attempt.number, pass = ?effect.attempt.pass);
        self.open.spawn(
            async move {
                let planned = scene.plan.node(effect.node).expect("the plan's own node");
                let act = Act { scene: &scene, planned, effect, run, since };
                let outcome = act.perform().await;
                match &outcome {
                    Outcome::Passed { .. } => tracing::info!("stage passed"),
                    Outcome::Stopped { why } => tracing::info!(why, "stage stopped"),
                    Outcome::Failed { failure } => tracing::warn!(class = ?failure.class, trouble = %failure.trouble, "stage failed"),
                }
                (effect.node, effect.attempt, outcome)
            }
            .instrument(span),
        );
        Ok(())
    }

    /// A server that stops begins nothing more; what ends soon is written down, the rest is gone on with by the next.
    async fn let_end(&mut self) {
        let all = async {
            while let Some(Ok((node, attempt, outcome))) = self.open.join_next().await {
                let ended = Fact::Finished { attempt, outcome };
                if self.scene.journal.write(Some(node), ended).await.is_err() {
                    return;
                }
            }
        };
        if tokio::time::timeout(LET_END, all).await.is_err() {
            tracing::info!("a stage is under way; the next server goes on with it");
        }
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

    /// Answers what was asked; `true`: what runs is to be stopped.
    async fn answer_commands(&mut self) -> Result<bool, Lost> {
        let open = match commands::open(self.pool, self.scene.plan.deployment).await {
            Ok(open) => open,
            Err(error) => {
                tracing::warn!(%error, "the inbox could not be read");
                return Ok(false);
            }
        };
        let mut stop = false;
        for OpenCommand { id, asked, .. } in open {
            let job: Job = self.scene.journal.job().await;
            let situation = job.situation();
            let refused = if is_current(&situation, asked.command, asked.turn) {
                possible(&situation, asked.command, asked.node).err()
            } else {
                Some(format!(
                    "the deployment has moved on since that was asked: it is {} now",
                    job.state
                ))
            };
            stop |= asked.command == Command::Abort && refused.is_none() && runs_long(&job);
            // an answer about a node the plan does not have is about the whole
            let node = asked.node.filter(|node| job.run(*node).is_some());
            let fact = Fact::Commanded {
                command: asked.command,
                by: asked.by,
                refused,
            };
            self.scene.journal.answer(id, node, fact).await?;
        }
        Ok(stop)
    }

    /// Writes down what was said of the pictures that are waited for; `true`: something was.
    async fn take_in_reviews(&self, job: &Job) -> Result<bool, Lost> {
        let Some(waiting) = &job.review else {
            return Ok(false);
        };
        let gallery = &self.scene.gallery;
        let said = gallery
            .said(job.plan.pool, &waiting.differences, waiting.after)
            .await;
        let said = match said {
            Ok(said) => said,
            Err(error) => {
                tracing::warn!(%error, "what was said of pictures could not be read");
                return Ok(false);
            }
        };
        let some = !said.is_empty();
        for review in said {
            // an earlier one may have ended the wait
            let waits = |job: &Job| job.review.is_some();
            if !self.scene.journal.ask(waits).await {
                break;
            }
            let fact = Fact::Reviewed {
                review: review.id,
                flow: review.at_step.flow,
                step: review.at_step.step,
                new: review.new,
                verdict: review.verdict,
                by: review.by,
                reason: review.reason,
            };
            self.scene.journal.write(Some(waiting.node), fact).await?;
        }
        Ok(some)
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

/// Whether something runs that is stopped rather than waited for.
fn runs_long(job: &Job) -> bool {
    let short = [Work::Stage(Stage::Isolate), Work::Stage(Stage::Rejoin)];
    let open = job.nodes.iter().filter_map(|node| node.open.as_ref());
    open.into_iter()
        .any(|open| !short.contains(&open.attempt.work))
}
