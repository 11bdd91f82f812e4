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

    /// Writes one fact. On return it is stored and folded; an error means that nothing more may be done.
    pub async fn write(&self, node: Option<NodeId>, fact: Fact) -> Result<(), Lost> {
        self.append(node, fact, None).await
    }

    /// Writes the answer to a command, which is thereby handled.
    pub async fn answer(&self, command: CommandId, fact: Fact) -> Result<(), Lost> {
        self.append(None, fact, Some(command)).await
    }

    async fn append(
        &self,
        node: Option<NodeId>,
        fact: Fact,
        command: Option<CommandId>,
    ) -> Result<(), Lost> {
        let mut job = self.job.lock().await;
        loop {
            match self.attempt(&job, node, &fact, command).await {
                Ok(event) => return job.apply(&event).map_err(|impossible| damaged(&impossible)),
                Err(JournalError::Database(error)) => {
                    tracing::warn!(deployment.id = %self.lease.claim.deployment, %error, "the journal could not be written; trying again");
                    self.lease.guard()?;
                    self.clock.sleep(Duration::from_millis(500)).await;
                    if self.catch_up(&mut job, node, &fact).await {
                        return Ok(());
                    }
                }
                Err(error @ (JournalError::Fenced | JournalError::Twice | JournalError::Over)) => {
                    return Err(Lost(error.to_string()));
                }
            }
        }
    }

    async fn attempt(
        &self,
        job: &Job,
        node: Option<NodeId>,
        fact: &Fact,
        command: Option<CommandId>,
    ) -> Result<Event, JournalError> {
        let after = self.imagine(job, node, fact)?;
        let standing = Standing {
            state: after.state,
            why: &after.why,
            node_state: node.and_then(|node| after.run(node)).map(|run| run.state),
            done: after.done(),
        };
        let (deployment, epoch) = (self.lease.claim.deployment, self.lease.claim.epoch);
        let mut transaction = self.pool.begin().await?;
        let event = match command {
            Some(command) => {
                journal::append_handling(
                    &mut *transaction,
                    deployment,
                    epoch,
                    command,
                    fact,
                    standing,
                )
                .await?
            }
            None => {
                journal::append(&mut *transaction, deployment, epoch, node, fact, standing).await?
            }
        };
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
            let proven = if attempt.pass == Pass::Forward {
                forward
            } else {
                back
            };
            if let Some((dir, version)) = proven {
                proofs::record(&mut *transaction, deployment, node, version, dir, *suite).await?;
            }
        }
        transaction.commit().await?;
        Ok(event)
    }

    /// How things will stand with this fact; a fact that cannot be is refused before it is written.
    fn imagine(&self, job: &Job, node: Option<NodeId>, fact: &Fact) -> Result<Job, JournalError> {
        let mut after = job.clone();
        let event = Event {
            seq: job.seq + 1,
            epoch: self.lease.claim.epoch,
            at: self.clock.now(),
            node,
            fact: fact.clone(),
        };
        match after.apply(&event) {
            Ok(()) => Ok(after),
            Err(impossible) => Err(JournalError::Database(sqlx::Error::Protocol(
                impossible.to_string(),
            ))),
        }
    }

    /// After an error nobody knows whether the write took; `true`: it did.
    async fn catch_up(&self, job: &mut Job, node: Option<NodeId>, fact: &Fact) -> bool {
        let Ok(missed) =
            journal::events(&self.pool, self.lease.claim.deployment, job.seq, 100).await
        else {
            return false;
        };
        let mut ours = false;
        for event in missed {
            ours |= event.node == node && event.fact == *fact;
            if let Err(impossible) = job.apply(&event) {
                tracing::error!(%impossible, "the journal is damaged");
            }
        }
        ours
    }
}

fn damaged(impossible: &Impossible) -> Lost {
    tracing::error!(%impossible, "the journal is damaged");
    Lost(impossible.to_string())
}
