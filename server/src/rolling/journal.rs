//! The only writer of a deployment's events in this process. It folds what it writes, so the tables' states are the
//! fold's, and keeps trying while the lease lasts when the database does not answer.

use super::{
    fold::{Impossible, Job, fold},
    lease::{Lease, Lost},
};
use crate::{
    clock::Clock,
    store::{
        commands::CommandId,
        journal::{self, JournalError, Standing},
        proofs,
    },
};
use app::model::{
    ids::NodeId,
    journal::{Event, Fact, Outcome, Proof},
    stage::Pass,
};
use sqlx::PgPool;
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

pub struct Journal {
    pool: PgPool,
    lease: Arc<Lease>,
    clock: Arc<dyn Clock>,
    job: Mutex<Job>,
}

/// The whole journal of a deployment as stored.
pub async fn load(
    pool: &PgPool,
    deployment: app::model::ids::DeploymentId,
) -> Result<Vec<Event>, JournalError> {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let page = journal::events(
            pool,
            deployment,
            events.last().map_or(0, |event| event.seq),
            500,
        )
        .await?;
        let last = page.len() < 500;
        events.extend(page);
        if last {
            return Ok(events);
        }
    }
}

impl Journal {
    pub async fn open(
        pool: PgPool,
        lease: Arc<Lease>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Lost> {
        let events = load(&pool, lease.claim.deployment)
            .await
            .map_err(|error| Lost(error.to_string()))?;
        let job = fold(&events).map_err(|impossible| damaged(&impossible))?;
        Ok(Self {
            pool,
            lease,
            clock,
            job: Mutex::new(job),
        })
    }

    /// Where the deployment stands now.
    pub async fn job(&self) -> Job {
        self.job.lock().await.clone()
    }

    /// Asks the present job something, without a copy of it.
    pub async fn ask<T>(&self, question: impl FnOnce(&Job) -> T) -> T {
        question(&*self.job.lock().await)
    }

    /// Writes one fact. On return it is stored and folded; an error means that nothing more may be done.
    pub async fn write(&self, node: Option<NodeId>, fact: Fact) -> Result<(), Lost> {
        self.append(node, fact, None).await
    }

    /// Writes the answer to a command, which is thereby handled.
    pub async fn answer(
        &self,
        command: CommandId,
        node: Option<NodeId>,
        fact: Fact,
    ) -> Result<(), Lost> {
        self.append(node, fact, Some(command)).await
    }

    async fn append(
        &self,
        node: Option<NodeId>,
        fact: Fact,
        command: Option<CommandId>,
    ) -> Result<(), Lost> {
        let mut job = self.job.lock().await;
        loop {
            let seq = job.seq;
            let error = match self.attempt(&job, node, &fact, command).await {
                Ok(event) => return job.apply(&event).map_err(|impossible| damaged(&impossible)),
                Err(Unwritten::Impossible(impossible)) => return Err(damaged(&impossible)),
                Err(Unwritten::Refused(JournalError::Fenced)) => {
                    return Err(Lost(JournalError::Fenced.to_string()));
                }
                Err(Unwritten::Refused(error)) => Some(error),
                Err(Unwritten::Behind) => None,
            };
            if let Some(JournalError::Database(error)) = &error {
                tracing::warn!(deployment.id = %self.lease.claim.deployment, %error, "the journal could not be written; trying again");
                self.pause().await?;
            }
            // whether it took is for the journal to say: nothing is written before it answered
            if self.catch_up(&mut job, node, &fact).await? {
                return Ok(());
            }
            if let (Some(error @ (JournalError::Twice | JournalError::Over)), true) =
                (error, job.seq == seq)
            {
                return Err(Lost(error.to_string()));
            }
        }
    }

    async fn pause(&self) -> Result<(), Lost> {
        self.lease.guard()?;
        self.clock.sleep(Duration::from_millis(500)).await;
        self.lease.guard()
    }

    async fn attempt(
        &self,
        job: &Job,
        node: Option<NodeId>,
        fact: &Fact,
        command: Option<CommandId>,
    ) -> Result<Event, Unwritten> {
        let after = self.imagine(job, node, fact)?;
        let standing = Standing {
            state: after.state,
            why: &after.why,
            node_state: node.and_then(|node| after.run(node)).map(|run| run.state),
            done: after.done(),
        };
        let (deployment, epoch) = (self.lease.claim.deployment, self.lease.claim.epoch);
        let mut transaction = self.pool.begin().await.map_err(JournalError::from)?;
        let event = match command {
            Some(command) => {
                journal::append_handling(
                    &mut *transaction,
                    deployment,
                    epoch,
                    command,
                    node,
                    fact,
                    standing,
                )
                .await?
            }
            None => {
                journal::append(&mut *transaction, deployment, epoch, node, fact, standing).await?
            }
        };
        if event.seq != job.seq + 1 {
            return Err(Unwritten::Behind);
        }
        if let (
            Some(node),
            Fact::Finished {
                attempt,
                outcome:
                    Outcome::Passed {
                        proof: Proof::Smoked { suite, .. },
                    },
            },
        ) = (node, fact)
        {
            let planned = after.plan.node(node).expect("events name planned nodes");
            let forward = Some((&after.plan.release_dir, Some(&after.plan.release.version)));
            let back = planned
                .before
                .as_ref()
                .map(|before| (&before.release_dir, before.version.as_ref()));
            let proven = match attempt.pass {
                Pass::Forward => forward,
                Pass::Rehearsal | Pass::Undo => back,
            };
            if let Some((dir, version)) = proven {
                proofs::record(&mut *transaction, deployment, node, version, dir, *suite)
                    .await
                    .map_err(JournalError::from)?;
            }
        }
        transaction.commit().await.map_err(JournalError::from)?;
        Ok(event)
    }

    /// How things will stand with this fact; a fact that cannot be is refused before it is written.
    fn imagine(&self, job: &Job, node: Option<NodeId>, fact: &Fact) -> Result<Job, Unwritten> {
        let mut after = job.clone();
        let event = Event {
            seq: job.seq + 1,
            epoch: self.lease.claim.epoch,
            at: self.clock.now(),
            node,
            fact: fact.clone(),
        };
        after.apply(&event).map_err(Unwritten::Impossible)?;
        Ok(after)
    }

    /// After an error nobody knows whether the write took; `true`: it did. Asks until the database answers.
    async fn catch_up(
        &self,
        job: &mut Job,
        node: Option<NodeId>,
        fact: &Fact,
    ) -> Result<bool, Lost> {
        let missed = loop {
            let read = journal::events(&self.pool, self.lease.claim.deployment, job.seq, 100).await;
            match read {
                Ok(missed) => break missed,
                Err(error) => {
                    tracing::warn!(deployment.id = %self.lease.claim.deployment, %error, "the journal could not be read; trying again");
                    self.pause().await?;
                }
            }
        };
        let mut ours = false;
        for event in missed {
            ours |= event.node == node && event.fact == *fact;
            job.apply(&event)
                .map_err(|impossible| damaged(&impossible))?;
        }
        Ok(ours)
    }
}

/// Why an attempt to write an event stored nothing, as far as we know.
enum Unwritten {
    /// It cannot follow what came before.
    Impossible(Impossible),
    /// An event of ours is stored that we never heard of.
    Behind,
    Refused(JournalError),
}

impl From<JournalError> for Unwritten {
    fn from(error: JournalError) -> Self {
        Self::Refused(error)
    }
}

fn damaged(impossible: &Impossible) -> Lost {
    tracing::error!(%impossible, "the journal is damaged");
    Lost(impossible.to_string())
}
