//! Who owns a deployment, seen from the owner's side: a heartbeat, and a local deadline before every effect.
//!
//! The database decides who owns a deployment; but a server that was frozen, or cut off, must know by itself that its
//! lease may be over. So each heartbeat notes the machine's own clock *before* it is sent, and nothing is begun later
//! than that plus the lease's length less a margin.

use crate::{
    mutation::{Guard, stands},
    store::leases::{self, Claim},
};
use rustix::time::{ClockId, clock_gettime};
use sqlx::PgPool;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Lengths of a lease (`engine` decisions in `docs/architecture.md`).
#[derive(Debug, Clone, Copy)]
pub struct LeaseTimes {
    pub ttl: Duration,
    pub heartbeat: Duration,
    /// Nothing is begun in the last part of a lease.
    pub margin: Duration,
}

impl Default for LeaseTimes {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(15),
            heartbeat: Duration::from_secs(4),
            margin: Duration::from_secs(5),
        }
    }
}

/// The deployment is not ours any more, or cannot be known to be: nothing may be begun.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the lease on this deployment is lost: {0}")]
pub struct Lost(pub String);

/// A held lease. Dropping it ends the heartbeat but does not give the lease back.
pub struct Lease {
    pub claim: Claim,
    times: LeaseTimes,
    /// Boot clock in ms before the last good heartbeat was sent.
    confirmed: Arc<AtomicU64>,
    lost: CancellationToken,
    _ended: tokio_util::sync::DropGuard,
}

impl Lease {
    /// Takes charge of a fresh claim; `asked_at` is [`boot_ms`] from before it was asked for.
    pub fn hold(
        pool: PgPool,
        claim: Claim,
        owner: String,
        times: LeaseTimes,
        asked_at: u64,
    ) -> Self {
        let confirmed = Arc::new(AtomicU64::new(asked_at));
        let (lost, ended) = (CancellationToken::new(), CancellationToken::new());
        tokio::spawn(beat(
            pool,
            claim,
            owner,
            times,
            confirmed.clone(),
            lost.clone(),
            ended.clone(),
        ));
        Self {
            claim,
            times,
            confirmed,
            lost,
            _ended: ended.drop_guard(),
        }
    }

    /// Asked before every effect.
    pub fn guard(&self) -> Result<(), Lost> {
        if self.lost.is_cancelled() {
            return Err(Lost(
                "another server owns it, or the database said no".into(),
            ));
        }
        let deadline = self.confirmed.load(Ordering::Acquire)
            + millis(self.times.ttl.saturating_sub(self.times.margin));
        match boot_ms() < deadline || !stands(Guard::LocalDeadline) {
            true => Ok(()),
            false => Err(Lost("it was not confirmed in time".into())),
        }
    }

    /// Ends when the database says that another has it.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }
}

async fn beat(
    pool: PgPool,
    claim: Claim,
    owner: String,
    times: LeaseTimes,
    confirmed: Arc<AtomicU64>,
    lost: CancellationToken,
    ended: CancellationToken,
) {
    while ended
        .run_until_cancelled(tokio::time::sleep(times.heartbeat))
        .await
        .is_some()
    {
        let asked_at = boot_ms();
        match tokio::time::timeout(
            times.heartbeat,
            leases::heartbeat(&pool, claim, &owner, times.ttl),
        )
        .await
        {
            Ok(Ok(true)) => confirmed.store(asked_at, Ordering::Release),
            Ok(Ok(false)) => return lost.cancel(),
            Ok(Err(error)) => {
                tracing::warn!(deployment.id = %claim.deployment, %error, "heartbeat failed")
            }
            Err(_) => {
                tracing::warn!(deployment.id = %claim.deployment, "heartbeat was not answered in time")
            }
        }
    }
}

/// Milliseconds since boot, counting time asleep: a suspended machine finds its lease over.
pub fn boot_ms() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000
        + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::ids::DeploymentId;

    /// Held since so many seconds, with a database that never answers.
    fn held(for_s: u64) -> Lease {
        let nowhere = PgPool::connect_lazy("postgres://nobody@127.0.0.1:1/nothing").unwrap();
        let claim = Claim {
            deployment: DeploymentId::generate(),
            epoch: 7,
        };
        let asked_at = boot_ms().saturating_sub(for_s * 1_000);
        Lease::hold(nowhere, claim, "a".into(), LeaseTimes::default(), asked_at)
    }

    #[tokio::test]
    async fn an_owner_that_was_not_confirmed_in_time_may_begin_nothing() {
        assert!(held(0).guard().is_ok());
        // the lease of 15 s is another's from then on, the margin of 5 s is nobody's
        for late in [11, 15, 60] {
            let refused = held(late).guard().unwrap_err().to_string();
            assert!(refused.contains("not confirmed in time"), "{refused}");
        }
    }

    #[tokio::test]
    async fn what_the_database_denied_is_lost_at_once() {
        let lease = held(0);
        lease.lost.cancel();
        assert!(lease.guard().is_err());
    }
}
