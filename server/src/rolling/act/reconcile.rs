//! Reads the world for a new owner: what is left of the former one on the nodes is ended or gone on with, and what
//! balancers and nodes show is written down before anything is decided.

use super::Scene;
use crate::{
    balancer::Stamp,
    remote::{Order, RemoteError, Script, artefact, no_sink},
    rolling::{
        fold::{Job, NodeRun},
        next,
        stage::isolate::{Observations, admissions},
    },
};
use app::model::{environment::Node, ids::RunId, journal::Found, stage::Work, trouble::Failure};
use futures::{FutureExt, future::join_all};
use std::time::Duration;

const AT_ONCE: usize = 8;
/// A command that does nothing: it shows the node the new epoch, and the node ends what a former owner left running.
const CLOSE_THE_DOOR: &str = ":";
const LIMIT: Duration = Duration::from_secs(10);

/// What was found.
pub struct World {
    pub seen: Vec<Found>,
    /// The highest epoch a node knows beyond ours, with its name: the database is behind.
    pub ahead: Option<(String, u64)>,
}

impl Scene {
    /// Every node the job may have had in hand. Safe to repeat.
    pub async fn reconcile(&self, job: &Job) -> World {
        let balancers = self.observe().await;
        let in_hand: Vec<_> = job.nodes.iter().filter(|run| in_hand(job, run)).collect();
        let mut found = Vec::new();
        for some in in_hand.chunks(AT_ONCE) {
            let looks = some
                .iter()
                .map(|run| self.look_at(job, run, &balancers).boxed());
            found.extend(join_all(looks).await);
        }
        let ahead = found
            .iter()
            .filter_map(|(found, ahead)| {
                let node = self.plan.node(found.node)?;
                Some((node.node.name.to_string(), (*ahead)?))
            })
            .max_by_key(|(_, epoch)| *epoch);
        World {
            seen: found.into_iter().map(|(found, _)| found).collect(),
            ahead,
        }
    }

    async fn look_at(
        &self,
        job: &Job,
        run: &NodeRun,
        balancers: &Result<Observations, Failure>,
    ) -> (Found, Option<u64>) {
        let node = &job.planned(run).node;
        let mut found = Found {
            node: run.node,
            admissions: Vec::new(),
            current: None,
            unread: None,
        };
        match balancers {
            Ok(seen) => found.admissions = admissions(node, seen),
            Err(failure) => found.unread = Some(failure.trouble.what.clone()),
        }
        // a run that is gone on with must not be ended; it meets the new epoch when it is
        if !next::is_adopted(job, run) {
            match self.close_the_door(node).await {
                Ok(()) => {}
                Err(RemoteError::Fenced { newest }) => return (found, newest.trim().parse().ok()),
                Err(error) => found.unread = Some(error.trouble(node).what),
            }
        }
        match artefact::observe(&*self.ports.shell, node).await {
            Ok(there) => found.current = there.current,
            Err(failure) => found.unread = Some(failure.trouble.what),
        }
        (found, None)
    }

    async fn close_the_door(&self, node: &Node) -> Result<(), RemoteError> {
        let order = Order::new(Script::new("close", CLOSE_THE_DOOR), LIMIT);
        let stamp = Stamp {
            epoch: self.lease.claim.epoch,
            run: RunId::generate(),
        };
        self.ports
            .shell
            .run(node, &order, stamp, no_sink())
            .await
            .map(drop)
    }
}

/// Before the first node is isolated only those whose preparation was cut short.
fn in_hand(job: &Job, run: &NodeRun) -> bool {
    let preparing = job.nodes.iter().any(|node| !node.prepared);
    let left = matches!(&run.open, Some(open) if open.attempt.work == Work::Prepare);
    if preparing && !job.any_out() {
        left
    } else {
        true
    }
}
