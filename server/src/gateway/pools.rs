//! Overview and pool, put together from inventory, balancers, proofs and deployments.

use super::{
    LiveGateway,
    lookout::see,
    refusal::{broken, no_pool},
};
use crate::store::{self, deployments as rows, proofs::NodeProof};
use app::{
    error::AppError,
    gateway::PoolPath,
    model::{
        access::{Actor, Subject, Verb, can},
        environment::BalancerProduct,
        ids::NodeId,
        view::*,
    },
};
use std::collections::HashMap;

/// Deployments shown of one pool.
const RECENT: u32 = 10;
/// Deployments and releases to choose from.
const MANY: u32 = 100;

impl LiveGateway {
    pub(super) async fn show_overview(&self) -> Result<Overview, AppError> {
        let (inventories, lately, proofs) = {
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
            let proofs = store::proofs::latest(&mut *transaction, None)
                .await
                .map_err(broken)?;
            (inventories, lately, by_node(proofs))
        };
        let balancers = inventories
            .iter()
            .flat_map(|(_, _, balancers, ..)| balancers);
        let readings = self.lookout.read(balancers).await;
        let pools = inventories
            .into_iter()
            .map(|(line, nodes, balancers, recent, active, runs)| PoolCard {
                nodes: nodes
                    .into_iter()
                    .map(|node| NodeSquare {
                        admission: see(&node, &balancers, &readings).admission,
                        version: proofs.get(&node.id).and_then(|proof| proof.version.clone()),
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
        Ok(Overview { pools, lately })
    }

    pub(super) async fn show_pool(
        &self,
        actor: &Actor,
        path: &PoolPath,
    ) -> Result<PoolView, AppError> {
        let (pool, recent, releases, proofs) = {
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
            let proofs = store::proofs::latest(&mut *transaction, Some(pool.id))
                .await
                .map_err(broken)?;
            (pool, recent, releases, by_node(proofs))
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
        let nodes = pool
            .nodes
            .into_iter()
            .map(|node| {
                let seen = see(&node, &pool.balancers, &readings);
                let proof = proofs.get(&node.id);
                NodeRow {
                    admission: seen.admission,
                    words: seen.words,
                    open_work: seen.open_work,
                    version: proof.and_then(|proof| proof.version.clone()),
                    proven: proof.map(|proof| (proof.number, proof.at)),
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
        })
    }
}

fn by_node(proofs: Vec<NodeProof>) -> HashMap<NodeId, NodeProof> {
    proofs
        .into_iter()
        .map(|proof| (proof.node, proof))
        .collect()
}

fn product(product: &BalancerProduct) -> &'static str {
    match product {
        BalancerProduct::Apache { .. } => "Apache mod_proxy_balancer",
    }
}
