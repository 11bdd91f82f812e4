//! Overview and pool, put together from inventory, balancers, proofs and deployments.

use super::{
    LiveGateway,
    lookout::see,
    needs,
    refusal::{broken, no_pool},
};
use crate::{
    drift,
    rolling::fold::fold,
    store::{self, adoptions::Adoption, deployments as rows, drift::State, proofs::NodeProof},
};
use app::{
    error::AppError,
    gateway::PoolPath,
    model::{
        access::{Actor, Subject, Verb, can},
        deployment::DeploymentState,
        drift::{DriftLine, NodeDrift},
        environment::BalancerProduct,
        ids::{NodeId, PoolId},
        name::Name,
        view::*,
    },
};
use std::collections::HashMap;

/// What is known of what nodes run.
struct Known {
    proofs: HashMap<NodeId, NodeProof>,
    adoptions: HashMap<NodeId, Adoption>,
    states: HashMap<NodeId, State>,
}

/// Deployments shown of one pool.
const RECENT: u32 = 10;
/// Deployments and releases to choose from.
const MANY: u32 = 100;

impl LiveGateway {
    pub(super) async fn show_overview(&self) -> Result<Overview, AppError> {
        let (inventories, lately, known, alarms, tried) = {
            let mut transaction = self.begin().await?;
            let mut inventories = Vec::new();
            for line in store::pools::list(&mut *transaction)
                .await
                .map_err(broken)?
            {
                let nodes = store::pools::nodes(&mut transaction, line.id)
                    .await
                    .map_err(broken)?;
                let balancers = store::pools::balancers(&mut *transaction, line.id)
                    .await
                    .map_err(broken)?;
                let recent = rows::lines_of_pool(&mut *transaction, line.id, RECENT)
                    .await
                    .map_err(broken)?;
                let active = recent.iter().find(|line| !line.state.is_over()).cloned();
                let runs: HashMap<_, _> = match &active {
                    Some(line) => rows::node_runs(&mut *transaction, line.id)
                        .await
                        .map_err(broken)?
                        .into_iter()
                        .collect(),
                    None => HashMap::new(),
                };
                inventories.push((line, nodes, balancers, recent, active, runs));
            }
            let lately = rows::lines(&mut *transaction, 20).await.map_err(broken)?;
            let known = Known::read(&mut transaction, None).await.map_err(broken)?;
            let tried = store::rehearsals::latest(&mut transaction, None).await;
            let tried: HashMap<_, _> = tried.map_err(broken)?.into_iter().collect();
            let alarms = rows::alarms(&mut *transaction).await.map_err(broken)?;
            (inventories, lately, known, alarms, tried)
        };
        let balancers = inventories
            .iter()
            .flat_map(|(_, _, balancers, ..)| balancers);
        let readings = self.lookout.read(balancers).await;
        let mut gates = HashMap::new();
        let held = inventories
            .iter()
            .filter_map(|(.., active, _)| active.as_ref())
            .filter(|line| line.state == DeploymentState::Held);
        for line in held {
            let job = fold(&self.events(line.id).await?).ok();
            gates.extend(job.and_then(|job| Some((line.id, job.gate()?))));
        }
        let needs = needs::needs(inventories.iter().map(|(line, nodes, _, _, active, _)| {
            needs::Pool {
                environment: &line.environment,
                application: &line.application,
                active: active.as_ref(),
                tried: tried.get(&line.id),
                alarms: alarms
                    .iter()
                    .filter(|(id, _)| active.as_ref().is_some_and(|line| line.id == *id))
                    .map(|(_, words)| words.as_str())
                    .collect(),
                gate: active.as_ref().and_then(|line| gates.get(&line.id)),
                nodes: nodes
                    .iter()
                    .filter_map(|node| {
                        let state = known.states.get(&node.id)?;
                        Some((&node.name, state.compared.differences.as_slice()))
                    })
                    .collect(),
            }
        }));
        let pools = inventories
            .into_iter()
            .map(|(line, nodes, balancers, recent, active, runs)| PoolCard {
                nodes: nodes
                    .into_iter()
                    .map(|node| NodeSquare {
                        admission: see(&node, &balancers, &readings).admission,
                        version: known.version(node.id),
                        run: runs.get(&node.id).copied(),
                        name: node.name,
                    })
                    .collect(),
                environment: line.environment,
                application: line.application,
                active,
                recent,
            })
            .collect();
        Ok(Overview {
            needs,
            pools,
            lately,
        })
    }

    pub(super) async fn show_pool(
        &self,
        actor: &Actor,
        path: &PoolPath,
    ) -> Result<PoolView, AppError> {
        let (pool, recent, releases, known, tried) = {
            let mut transaction = self.begin().await?;
            let pool = store::pools::find(&mut transaction, &path.environment, &path.application)
                .await
                .map_err(broken)?
                .ok_or_else(|| no_pool(path))?;
            let recent = rows::lines_of_pool(&mut *transaction, pool.id, RECENT)
                .await
                .map_err(broken)?;
            let releases = store::releases::list(&mut *transaction, pool.application_id, MANY)
                .await
                .map_err(broken)?;
            let known = Known::read(&mut transaction, Some(pool.id))
                .await
                .map_err(broken)?;
            let tried = store::rehearsals::latest(&mut transaction, Some(pool.id))
                .await
                .map_err(broken)?;
            (pool, recent, releases, known, tried)
        };
        let readings = self.lookout.read(&pool.balancers).await;
        let active = recent.iter().find(|line| !line.state.is_over()).cloned();
        let deploy_refused = if let Err(why) = can(actor, Verb::Deploy, Subject::Pool(pool.id)) {
            Some(why)
        } else if let Some(line) = &active {
            Some(format!(
                "{} is deploying {} (deployment #{}, {})",
                line.asked_by, line.version, line.number, line.state
            ))
        } else if pool.nodes.is_empty() {
            Some("this pool has no nodes".to_owned())
        } else if releases.is_empty() {
            Some(format!(
                "no release of {} is registered yet",
                pool.application
            ))
        } else {
            None
        };
        let tried = tried.into_iter().next().map(|(_, view)| view);
        let rehearsal_refused = if let Err(why) = can(actor, Verb::Rehearse, Subject::Pool(pool.id))
        {
            Some(why)
        } else if pool.suite.is_none() {
            Some("this pool has no suite to try".to_owned())
        } else if active.is_some() {
            Some("a deployment of this pool is running".to_owned())
        } else if tried
            .as_ref()
            .is_some_and(|view| view.line.ended_at.is_none())
        {
            Some("the suite is being tried".to_owned())
        } else {
            None
        };
        let drift_refused = can(actor, Verb::Adopt, Subject::Pool(pool.id))
            .and_then(|()| can(actor, Verb::Revert, Subject::Pool(pool.id)))
            .err();
        let nodes = pool
            .nodes
            .into_iter()
            .map(|node| {
                let seen = see(&node, &pool.balancers, &readings);
                let proof = known.proofs.get(&node.id);
                NodeRow {
                    admission: seen.admission,
                    words: seen.words,
                    open_work: seen.open_work,
                    version: known.version(node.id),
                    proven: proof.map(|proof| (proof.number, proof.at)),
                    adopted: known
                        .adoption(node.id)
                        .map(|adoption| (adoption.by.clone(), adoption.at)),
                    drift: known
                        .states
                        .get(&node.id)
                        .map(|state| shown(&node.name, state)),
                    node,
                }
            })
            .collect();
        let balancers = pool
            .balancers
            .into_iter()
            .map(|balancer| BalancerLine {
                product: product(&balancer.product).to_owned(),
                trouble: readings
                    .get(&balancer.id)
                    .and_then(|reading| reading.as_ref().err().cloned()),
                name: balancer.name,
            })
            .collect();
        Ok(PoolView {
            environment: pool.environment,
            application: pool.application,
            nodes,
            balancers,
            releases,
            recent,
            active,
            policy: pool.policy,
            flows: pool
                .suite
                .into_iter()
                .flat_map(|planned| planned.suite.flows)
                .map(|flow| flow.title)
                .collect(),
            deploy_refused,
            rehearsal: tried.map(|view| {
                let flow = view.failing_flow().map(str::to_owned);
                (view.line, flow)
            }),
            rehearsal_refused,
            drift_refused,
        })
    }
}

impl Known {
    async fn read(conn: &mut sqlx::PgConnection, pool: Option<PoolId>) -> sqlx::Result<Self> {
        let proofs = store::proofs::latest(&mut *conn, pool).await?;
        let adoptions = store::adoptions::latest(&mut *conn, pool).await?;
        Ok(Self {
            proofs: proofs
                .into_iter()
                .map(|proof| (proof.node, proof))
                .collect(),
            adoptions: adoptions
                .into_iter()
                .map(|adoption| (adoption.node, adoption))
                .collect(),
            states: store::drift::states(conn, pool).await?,
        })
    }

    /// The adoption that counts: no proof came after it.
    fn adoption(&self, node: NodeId) -> Option<&Adoption> {
        let proof = self.proofs.get(&node);
        let adoption = self.adoptions.get(&node)?;
        proof
            .is_none_or(|proof| adoption.at > proof.at)
            .then_some(adoption)
    }

    /// What a node runs, as read between deployments; else what is expected there.
    fn version(&self, node: NodeId) -> Option<Name> {
        let read = self.states.get(&node);
        let read = read.and_then(|state| state.compared.running.as_ref());
        match (read, self.adoption(node), self.proofs.get(&node)) {
            (Some(running), ..) => running.version.clone(),
            (None, Some(adoption), _) => adoption.running.version.clone(),
            (None, None, proof) => proof?.version.clone(),
        }
    }
}

fn shown(node: &Name, state: &State) -> NodeDrift {
    let line = |difference: &app::model::drift::Difference| DriftLine {
        id: drift::id(difference),
        trouble: difference.trouble(node),
        difference: difference.clone(),
    };
    NodeDrift {
        differences: state.compared.differences.iter().map(line).collect(),
        unread: state.compared.unread.clone(),
        seen_at: state.seen_at,
    }
}

fn product(product: &BalancerProduct) -> &'static str {
    match product {
        BalancerProduct::Apache { .. } => "Apache mod_proxy_balancer",
    }
}
