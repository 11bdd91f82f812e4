//! Once a minute each pool that nobody deploys to is looked at, by one server, and what was found is stored. Of
//! several servers each takes the turns the others left.

use super::{
    compare::{Ours, compare},
    expected::expected,
    eyes::Eyes,
};
use crate::{
    clock::Clock,
    config::DriftConfig,
    store::{self, drift::Turn},
};
use futures::{StreamExt, stream::FuturesUnordered};
use sqlx::PgPool;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Pools that one server looks at together.
const POOLS_AT_ONCE: usize = 4;
/// A turn is given up before it is anybody else's.
const MARGIN: Duration = Duration::from_secs(10);

pub struct Watcher {
    pub pool: PgPool,
    pub eyes: Eyes,
    pub clock: Arc<dyn Clock>,
    pub config: DriftConfig,
    /// Unique per process start.
    pub owner: String,
    turns: AtomicU64,
}

/// What came of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// Stored; so many nodes changed.
    Stored { changed: usize },
    /// A deployment began, or somebody acted, while we looked.
    Void,
}

impl Watcher {
    pub fn new(
        pool: PgPool,
        eyes: Eyes,
        clock: Arc<dyn Clock>,
        config: DriftConfig,
        owner: String,
    ) -> Self {
        Self {
            pool,
            eyes,
            clock,
            config,
            owner,
            turns: AtomicU64::new(0),
        }
    }

    /// Looks whenever something is due, until `stop`; then leaves everything as it is and gives its turns back.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.round(&stop).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep(self.config.poll()) => {}
            }
        }
    }

    /// Looks at every pool that is due now.
    async fn round(&self, stop: &CancellationToken) {
        let mut looking = FuturesUnordered::new();
        let mut due = true;
        loop {
            while due && looking.len() < POOLS_AT_ONCE && !stop.is_cancelled() {
                match self.claim().await {
                    Ok(Some(turn)) => looking.push(self.take(turn, stop)),
                    Ok(None) => due = false,
                    Err(error) => {
                        tracing::warn!(%error, "no pool could be looked at for differences");
                        due = false;
                    }
                }
            }
            if looking.next().await.is_none() {
                return;
            }
        }
    }

    /// The turn at one pool that is due, if there is one.
    pub async fn claim(&self) -> sqlx::Result<Option<Turn>> {
        store::drift::enrol(&self.pool).await?;
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let owner = format!("{} turn {turn}", self.owner);
        let limit = self.config.limit() + MARGIN;
        store::drift::claim(&self.pool, &owner, self.config.period, limit).await
    }

    async fn take(&self, turn: Turn, stop: &CancellationToken) {
        let pool = format!("{}/{}", turn.environment, turn.application);
        let looked = tokio::select! {
            () = stop.cancelled() => None,
            looked = timeout(self.config.limit(), self.look(&turn)) => Some(looked),
        };
        match looked {
            Some(Ok(Ok(Looked::Stored { changed }))) => {
                if changed > 0 {
                    tracing::info!(%pool, changed, "nodes changed since they were last compared");
                }
                return;
            }
            Some(Ok(Ok(Looked::Void))) | None => {}
            Some(Ok(Err(error))) => {
                tracing::warn!(%pool, %error, "differences could not be looked for");
            }
            Some(Err(_)) => tracing::warn!(%pool, "there was no time to look at all nodes"),
        }
        // not needed: the turn ends by itself
        if let Err(error) = store::drift::end(&self.pool, &turn).await {
            tracing::warn!(%pool, %error, "a turn could not be given back");
        }
    }

    /// Looks at all nodes of the turn's pool and stores what was found, unless that is void.
    pub async fn look(&self, turn: &Turn) -> sqlx::Result<Looked> {
        let mut transaction = self.pool.begin().await?;
        let found =
            store::pools::find(&mut transaction, &turn.environment, &turn.application).await?;
        let Some(pool) = found else {
            return Ok(Looked::Void);
        };
        let releases =
            store::releases::list(&mut *transaction, pool.application_id, u32::MAX).await?;
        drop(transaction);

        let seen = self.eyes.look(&pool, &releases, pool.nodes.clone()).await;

        let mut transaction = self.pool.begin().await?;
        if !store::drift::holds(&mut transaction, turn).await? {
            // now, and not when its connection is used next: others wait for the pool
            transaction.rollback().await?;
            return Ok(Looked::Void);
        }
        // what is expected is read only now: somebody may have adopted something meanwhile
        let expected = expected(&mut transaction, turn.pool).await?;
        let nothing = Ours::default();
        let compared: Vec<_> = seen
            .iter()
            .map(|(node, seen)| (*node, compare(expected.get(node).unwrap_or(&nothing), seen)))
            .collect();
        let changed = store::drift::save(&mut transaction, turn.pool, &compared, turn.at).await?;
        store::drift::end(&mut *transaction, turn).await?;
        transaction.commit().await?;
        Ok(Looked::Stored {
            changed: changed.len(),
        })
    }
}
