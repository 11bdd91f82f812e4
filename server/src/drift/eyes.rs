//! Reads how balancers and nodes stand. Changes nothing; whatever does not answer in time is unknown.

use super::compare::{Read, Seen, SeenMember};
use crate::{
    balancer::{LoadBalancer, Observation},
    gateway::Connect,
    probe::{Probe, Probed},
    remote::{RemoteShell, artefact},
    store::pools::PoolInventory,
};
use app::model::{
    deployment::{Fingerprint, ProbeSettings},
    drift::{Placed, Pointing, Running},
    environment::{Balancer, Node},
    ids::{BalancerId, NodeId},
    release::Release,
    trouble::FailureClass,
};
use futures::{StreamExt, future::join, future::join_all, stream};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::timeout;

const BALANCER_LIMIT: Duration = Duration::from_secs(4);
const NODE_LIMIT: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Eyes {
    pub connect: Connect,
    pub shell: Arc<dyn RemoteShell>,
    pub probe: Arc<dyn Probe>,
    /// Nodes looked at together.
    pub at_once: usize,
}

type Observed = Result<Observation, String>;

impl Eyes {
    /// `nodes` of `pool`. `releases`: what is registered of the application.
    pub async fn look(
        &self,
        pool: &PoolInventory,
        releases: &[Release],
        nodes: Vec<Node>,
    ) -> Vec<(NodeId, Seen)> {
        let on_nodes = stream::iter(nodes)
            .map(|node| async move {
                let current = self.current(&node, releases);
                let (current, answers) = join(current, self.answers(&node, &pool.probe)).await;
                (node, current, answers)
            })
            .buffered(self.at_once.max(1))
            .collect::<Vec<_>>();
        let (balancers, nodes) = join(self.balancers(&pool.balancers), on_nodes).await;
        nodes
            .into_iter()
            .map(|(node, current, answers)| {
                let seen = Seen {
                    members: members(&node, &pool.balancers, &balancers),
                    current,
                    answers,
                };
                (node.id, seen)
            })
            .collect()
    }

    /// All of them, at the same time.
    pub async fn balancers(&self, balancers: &[Balancer]) -> HashMap<BalancerId, Observed> {
        let all = balancers.iter().map(|balancer| async move {
            let observed = match self.driver(balancer) {
                Err(why) => Err(why),
                Ok(driver) => match timeout(BALANCER_LIMIT, driver.observe()).await {
                    Ok(observed) => observed.map_err(|error| error.to_string()),
                    Err(_) => Err("it did not answer in time".to_owned()),
                },
            };
            (balancer.id, observed)
        });
        join_all(all).await.into_iter().collect()
    }

    fn driver(&self, balancer: &Balancer) -> Result<Arc<dyn LoadBalancer>, String> {
        (self.connect)(balancer).map_err(|error| error.to_string())
    }

    async fn current(&self, node: &Node, releases: &[Release]) -> Read<Pointing> {
        let looked = timeout(NODE_LIMIT, artefact::observe(&*self.shell, node)).await;
        match looked {
            Err(_) => Read::Unknown("it did not answer over SSH in time".to_owned()),
            Ok(Err(failure)) if failure.class == FailureClass::Unsure => {
                Read::Is(Pointing::Elsewhere {
                    words: clause(&failure.trouble.what),
                })
            }
            Ok(Err(failure)) => Read::Unknown(clause(&failure.trouble.what)),
            Ok(Ok(there)) => Read::Is(match there.current {
                None => Pointing::Nothing,
                Some(release_dir) => {
                    let registered = |release: &&Release| {
                        there.revision.as_deref() == Some(release.sha256.as_str())
                    };
                    let version = releases.iter().find(registered);
                    Pointing::Release(Running {
                        release_dir,
                        version: version.map(|release| release.version.clone()),
                    })
                }
            }),
        }
    }

    async fn answers(&self, node: &Node, settings: &ProbeSettings) -> Option<Read<String>> {
        if settings.fingerprint == Fingerprint::None {
            return None;
        }
        let Ok(probed) = timeout(NODE_LIMIT, self.probe.probe(node, settings)).await else {
            return Some(Read::Unknown("it did not answer in time".to_owned()));
        };
        Some(match probed {
            Probed {
                fingerprint: Some(fingerprint),
                ..
            } => Read::Is(fingerprint),
            Probed {
                error: Some(error), ..
            } => Read::Unknown(error),
            Probed {
                status: Some(status),
                ..
            } => Read::Unknown(format!("it answered {status} and named no release")),
            Probed { .. } => Read::Unknown("it did not answer".to_owned()),
        })
    }
}

/// A node in each balancer that lists it.
pub fn members(
    node: &Node,
    balancers: &[Balancer],
    observed: &HashMap<BalancerId, Observed>,
) -> Vec<SeenMember> {
    let member = |member: &app::model::environment::Member| {
        let balancer = balancers.iter().find(|one| one.id == member.balancer)?;
        let placed = match observed.get(&balancer.id) {
            None => Read::Unknown("it was not read".to_owned()),
            Some(Err(why)) => Read::Unknown(why.clone()),
            Some(Ok(observation)) => match observation.worker(&member.worker) {
                None => Read::Unknown(format!("it has no worker {}", member.worker)),
                Some(state) => match Placed::of(state.admission) {
                    Some(placed) => Read::Is(placed),
                    None => Read::Unknown(format!("it says `{}`", state.words)),
                },
            },
        };
        Some(SeenMember {
            member: member.clone(),
            name: balancer.name.clone(),
            placed,
        })
    };
    node.members.iter().filter_map(member).collect()
}

/// A sentence without its full stop.
fn clause(sentence: &str) -> String {
    sentence.trim_end_matches('.').to_owned()
}
