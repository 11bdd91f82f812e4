//! Journal writes of which nobody knows whether they took, and journals that cannot be.

use super::ops::Ops;
use app::model::{deployment::DeploymentState, journal::Fact};
use server::{
    rolling::{
        driver::{self, Drive},
        journal::Journal,
        lease::{Lease, LeaseTimes, boot_ms},
    },
    store::{
        journal::{self, Standing},
        leases,
    },
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const OWNER: &str = "the test";

async fn hold(ops: &Ops) -> Arc<Lease> {
    let asked_at = boot_ms();
    let times = LeaseTimes::default();
    let claim = leases::claim(&ops.database.pool, OWNER, times.ttl)
        .await
        .unwrap()
        .unwrap();
    let pool = ops.database.pool.clone();
    Arc::new(Lease::hold(pool, claim, OWNER.into(), times, asked_at))
}

fn claimed() -> Fact {
    Fact::Claimed {
        owner: OWNER.into(),
    }
}

/// Writes past the journal of this process: what it wrote itself, and never heard of again, looks so to it.
async fn write_unheard(ops: &Ops, lease: &Lease, fact: &Fact) {
    let standing = Standing {
        state: DeploymentState::Queued,
        why: "Waiting for a server to begin.",
        node_state: None,
        done: 0,
    };
    let claim = lease.claim;
    journal::append(
        &ops.database.pool,
        claim.deployment,
        claim.epoch,
        None,
        fact,
        standing,
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn an_event_whose_commit_was_not_answered_is_not_written_twice() {
    let mut ops = Ops::new().await;
    ops.kill().await;
    ops.deploy("1.1").await;
    let lease = hold(&ops).await;
    let clock = ops.ports.clock.clone();
    let journal = Journal::open(ops.database.pool.clone(), lease.clone(), clock)
        .await
        .unwrap();
    write_unheard(&ops, &lease, &claimed()).await;
    journal.write(None, claimed()).await.unwrap();
    assert_eq!(journal.job().await, ops.job().await);
    assert_eq!(ops.events().await.len(), 2);
    ops.check_history().await;
}

#[tokio::test]
async fn a_database_that_refuses_for_a_while_costs_nothing_but_time() {
    let mut ops = Ops::new().await;
    ops.shut_gate_after(20).await;
    ops.deploy("1.1").await;
    ops.until_refused().await;
    ops.open_gate().await;
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.1")])
        .await;
}

#[tokio::test]
async fn a_fact_that_cannot_be_is_refused_at_once_and_not_written() {
    let mut ops = Ops::new().await;
    ops.kill().await;
    ops.deploy("1.1").await;
    let lease = hold(&ops).await;
    let clock = ops.ports.clock.clone();
    let journal = Journal::open(ops.database.pool.clone(), lease, clock)
        .await
        .unwrap();
    let fact = Fact::Became {
        state: DeploymentState::Succeeded,
        why: "it cannot be".into(),
    };
    assert!(journal.write(None, fact).await.is_err());
    assert_eq!(ops.events().await.len(), 1);
}

#[tokio::test]
async fn a_journal_that_makes_no_sense_is_not_claimed_over_and_over() {
    let mut ops = Ops::new().await;
    ops.kill().await;
    ops.deploy("1.1").await;
    let lease = hold(&ops).await;
    let nonsense = Fact::Became {
        state: DeploymentState::Undone,
        why: "it never rolled".into(),
    };
    write_unheard(&ops, &lease, &nonsense).await;
    let (_wake, woken) = watch::channel(0);
    driver::drive(Drive {
        pool: ops.database.pool.clone(),
        ports: ops.ports.clone(),
        lease,
        owner: OWNER.into(),
        wake: woken,
        stop: CancellationToken::new(),
    })
    .await;
    let again = leases::claim(&ops.database.pool, "another", Duration::from_secs(15))
        .await
        .unwrap();
    assert_eq!(
        again, None,
        "the lease ends by itself, so that nobody spins"
    );
}
