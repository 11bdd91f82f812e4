//! Claims deployments that need an owner, and drives each.

use super::{
    driver::{self, Drive},
    lease::{Lease, LeaseTimes, boot_ms},
    ports::Ports,
};
use crate::{seam, store::leases};
use async_trait::async_trait;
use sqlx::PgPool;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// The engine of one server process.
#[derive(Clone)]
pub struct Engine {
    pub pool: PgPool,
    pub ports: Ports,
    pub times: LeaseTimes,
    /// How often the table is read although nobody called.
    pub poll: Duration,
    /// Unique per process start: host, process, chance.
    pub owner: String,
}

#[async_trait]
impl seam::Engine for Engine {
    /// After `stop` it claims nothing more and lets go of what it drives. A stage under way gets a few seconds to end;
    /// what takes longer is gone on with by the successor.
    async fn run(&self, mut wake: watch::Receiver<u64>, stop: CancellationToken) {
        let mut jobs = JoinSet::new();
        while !stop.is_cancelled() {
            let asked_at = boot_ms();
            match leases::claim(&self.pool, &self.owner, self.times.ttl).await {
                Ok(Some(claim)) => {
                    let lease = Lease::hold(
                        self.pool.clone(),
                        claim,
                        self.owner.clone(),
                        self.times,
                        asked_at,
                    );
                    let drive = Drive {
                        pool: self.pool.clone(),
                        ports: self.ports.clone(),
                        lease: Arc::new(lease),
                        owner: self.owner.clone(),
                        wake: wake.clone(),
                        stop: stop.clone(),
                    };
                    jobs.spawn(driver::drive(drive));
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "deployments could not be looked for"),
            }
            tokio::select! {
                Ok(()) = wake.changed() => {}
                () = self.ports.clock.sleep(self.poll) => {}
                () = stop.cancelled() => {}
                Some(_) = jobs.join_next() => {}
            }
        }
        while jobs.join_next().await.is_some() {}
    }
}
