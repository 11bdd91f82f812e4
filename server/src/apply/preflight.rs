//! Are the balancers as the request says? Asked before anything is written, and without holding any lock.

use super::request::{ApplyRequest, BalancerOrder, Problem};
use crate::balancer::{BalancerError, LoadBalancer};
use app::model::{environment::Balancer, ids::BalancerId, name::Name};
use futures::future::join_all;
use std::{collections::BTreeMap, sync::Arc};

/// How a driver is made; tests make fakes.
pub type Connect<'a> =
    &'a (dyn Fn(&Balancer) -> Result<Arc<dyn LoadBalancer>, BalancerError> + Send + Sync);

/// Balancers that can be managed and know their workers.
pub struct Ready {
    drivers: BTreeMap<Name, Arc<dyn LoadBalancer>>,
    pub warnings: Vec<String>,
}

impl Ready {
    /// `worker` as `balancer` spells it.
    pub fn normalise(&self, balancer: &Name, worker: &str) -> String {
        match self.drivers.get(balancer) {
            Some(driver) => driver.normalise(worker),
            None => worker.to_owned(),
        }
    }
}

/// Asks all balancers at once; each answers within its own 3 s.
pub async fn ask(request: &ApplyRequest, connect: Connect<'_>) -> Result<Ready, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut drivers = BTreeMap::new();
    for (i, order) in request.balancers.iter().enumerate() {
        let balancer = Balancer {
            id: BalancerId::generate(),
            name: order.name.clone(),
            product: order.product.clone(),
        };
        match connect(&balancer) {
            Ok(driver) => {
                drivers.insert(order.name.clone(), driver);
            }
            Err(error) => problems.push(Problem::new(format!("balancer[{i}]"), error.to_string())),
        }
    }
    let asked = request
        .balancers
        .iter()
        .enumerate()
        .filter_map(|(i, order)| {
            let driver = drivers.get(&order.name)?;
            Some(one(request, i, order, driver.as_ref()))
        });
    let mut warnings = Vec::new();
    for answer in join_all(asked).await {
        match answer {
            Ok(words) => warnings.extend(words),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(Ready { drivers, warnings })
    } else {
        Err(problems)
    }
}

async fn one(
    request: &ApplyRequest,
    index: usize,
    order: &BalancerOrder,
    driver: &dyn LoadBalancer,
) -> Result<Vec<String>, Problem> {
    let mut workers = Vec::new();
    let mut places = BTreeMap::new();
    for (p, pool) in request.pools.iter().enumerate() {
        for (n, node) in pool.nodes.iter().enumerate() {
            if let Some(worker) = node.workers.get(&order.name) {
                let worker = driver.normalise(worker);
                let at = format!("pool[{p}].node[{n}].workers.{}", order.name);
                places.insert(worker.clone(), (at, &node.name));
                workers.push(worker);
            }
        }
    }
    driver.preflight(&workers).await.map_err(|error| {
        if let BalancerError::UnknownWorker { worker, known, .. } = &error
            && let Some((at, node)) = places.get(worker)
        {
            let words = format!(
                "node `{node}` is no member of balancer `{}`: it has no worker `{worker}`, only {known}",
                order.name
            );
            return Problem::new(at, words);
        }
        Problem::new(format!("balancer[{index}]"), error.to_string())
    })
}
