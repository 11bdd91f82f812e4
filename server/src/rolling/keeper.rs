//! Keeps nodes out while they must be out: a reload, a log rotation or a person may put an unproven node back into
//! rotation at any moment, so the true state is read again every few seconds and set right.

use super::{
    journal::Journal,
    lease::{Lease, Lost},
    ports::Ports,
};
use crate::{
    balancer::{Stamp, Wanted},
    mutation::{Guard, stands},
};
use app::model::{
    deployment::Plan,
    environment::{Admission, Node},
    ids::{BalancerId, NodeId, RunId},
    journal::Fact,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// An unproven node is in rotation for at most this long and one answer of the balancer.
pub const PERIOD: Duration = Duration::from_secs(3);

/// Which nodes must be out. Each has a lock of its own, so that a rejoin and a repair never overlap.
pub struct Keeper {
    must_be_out: HashMap<NodeId, Arc<Mutex<bool>>>,
}

impl Keeper {
    pub fn new(nodes: impl IntoIterator<Item = NodeId>) -> Self {
        Self {
            must_be_out: nodes
                .into_iter()
                .map(|node| (node, Arc::default()))
                .collect(),
        }
    }

    pub async fn keep_out(&self, node: NodeId) {
        if let Some(out) = self.must_be_out.get(&node) {
            *out.lock().await = true;
        }
    }

    /// Held while a rejoin is under way: nothing is repaired meanwhile. Write `false` through it when the node is back.
    pub async fn let_in(&self, node: NodeId) -> OwnedMutexGuard<bool> {
        let lock = self.must_be_out.get(&node).cloned().unwrap_or_default();
        lock.lock_owned().await
    }

    /// Reads and repairs, once a period, until the lease is lost or the future dropped.
    pub async fn watch(
        &self,
        plan: &Plan,
        ports: &Ports,
        journal: &Journal,
        lease: &Lease,
    ) -> Lost {
        loop {
            ports.clock.sleep(PERIOD).await;
            for planned in &plan.nodes {
                if let Err(lost) = self
                    .look_after(&planned.node, plan, ports, journal, lease)
                    .await
                {
                    return lost;
                }
            }
        }
    }

    async fn look_after(
        &self,
        node: &Node,
        plan: &Plan,
        ports: &Ports,
        journal: &Journal,
        lease: &Lease,
    ) -> Result<(), Lost> {
        let Some(lock) = self.must_be_out.get(&node.id) else {
            return Ok(());
        };
        // a rejoin may take its time; the other nodes are looked after meanwhile
        let Ok(must_be_out) = lock.try_lock() else {
            return Ok(());
        };
        if !*must_be_out {
            return Ok(());
        }
        for member in &node.members {
            lease.guard()?;
            let Some((name, found)) = self
                .repair(member.balancer, &member.worker, plan, ports, lease)
                .await
            else {
                continue;
            };
            let words = format!(
                "{} was {} again in balancer {name} while it must be out; it was taken out at once.",
                node.name,
                found.word()
            );
            tracing::warn!(node.name = %node.name, "{words}");
            journal
                .write(
                    Some(node.id),
                    Fact::Reasserted {
                        balancer: name,
                        found,
                        words,
                    },
                )
                .await?;
        }
        Ok(())
    }

    /// `Some`: the worker was in rotation and is out again.
    async fn repair(
        &self,
        id: BalancerId,
        worker: &str,
        plan: &Plan,
        ports: &Ports,
        lease: &Lease,
    ) -> Option<(app::model::name::Name, Admission)> {
        let balancer = plan.balancers.iter().find(|balancer| balancer.id == id)?;
        let driver = ports.balancer(balancer).ok()?;
        let found = driver.observe().await.ok()?.worker(worker)?.admission;
        if found == Admission::Isolated || !stands(Guard::Reassert) {
            return None;
        }
        let stamp = Stamp {
            epoch: lease.claim.epoch,
            run: RunId::generate(),
        };
        driver.set(worker, Wanted::Isolated, stamp).await.ok()?;
        Some((balancer.name.clone(), found))
    }
}
