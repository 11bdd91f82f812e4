//! Load balancers: one port, one driver per product.
//!
//! Orders are absolute ("be isolated"), never toggles, and what was set is read back: a balancer's `200 OK`
//! proves nothing. A driver touches only the flag it needs, so whatever an operator set stays as it was.

/// Apache httpd 2.4 mod_proxy_balancer.
pub mod apache;

/// A balancer in memory, for tests.
pub mod fake;

use app::model::{
    environment::{Admission, Balancer, BalancerProduct},
    ids::RunId,
};
use async_trait::async_trait;
use std::sync::Arc;

/// Who orders: carried by every effect, also where a product cannot refuse a stale one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub epoch: u64,
    pub run: RunId,
}

/// What a worker shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wanted {
    InService,
    /// No request reaches it, sticky or not; running ones may end.
    Isolated,
}

/// One worker as the balancer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerState {
    /// The balancer's own, normalised spelling.
    pub worker: String,
    pub admission: Admission,
    /// Requests open on it; `None` when this product cannot count. Compare with zero and with itself only.
    pub open_work: Option<u32>,
    /// Requests sent to it so far; falls when the balancer restarted.
    pub served: Option<u64>,
    /// The balancer's own words, for people.
    pub words: String,
}

/// One balancer at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub workers: Vec<WorkerState>,
    /// Changes when the balancer forgot its counters (restart, reload): `open_work` of before cannot be trusted then.
    pub incarnation: String,
}

impl Observation {
    /// The worker spelled `worker`, which must be normalised by the same driver.
    pub fn worker(&self, worker: &str) -> Option<&WorkerState> {
        self.workers.iter().find(|state| state.worker == worker)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum BalancerError {
    /// The inventory is wrong: do not retry.
    #[error("balancer `{balancer}` has no worker `{worker}`; it has {known}")]
    UnknownWorker {
        balancer: String,
        worker: String,
        known: String,
    },
    /// The balancer cannot be managed as it is set up: do not retry, show the sentence.
    #[error("balancer `{balancer}` cannot be managed: {why}")]
    Refused { balancer: String, why: String },
    /// No answer, or none that could be read: look again.
    #[error("balancer `{balancer}` could not be reached: {why}")]
    Unreachable { balancer: String, why: String },
    /// It answered, yet the read-back shows another state: look again.
    #[error(
        "balancer `{balancer}` did not take the order for `{worker}`: wanted {wanted}, found {found}"
    )]
    NotTaken {
        balancer: String,
        worker: String,
        wanted: &'static str,
        found: String,
    },
}

/// The role every driver plays.
#[async_trait]
pub trait LoadBalancer: Send + Sync {
    /// The true state of all workers now. Changes nothing; safe at any time. Bounded to 3 s.
    async fn observe(&self) -> Result<Observation, BalancerError>;

    /// Makes `worker` be `wanted` and returns it as read back afterwards. Safe to repeat. Bounded to 3 s.
    async fn set(
        &self,
        worker: &str,
        wanted: Wanted,
        stamp: Stamp,
    ) -> Result<WorkerState, BalancerError>;

    /// Whether this balancer can be managed at all and knows all of `workers`; warnings in words, each a sentence.
    async fn preflight(&self, workers: &[String]) -> Result<Vec<String>, BalancerError>;

    /// `address` as this product spells it, so that configuration and observation compare equal.
    fn normalise(&self, address: &str) -> String;
}

/// The driver for `balancer`. Speaks to nobody yet.
pub fn connect(balancer: &Balancer) -> Result<Arc<dyn LoadBalancer>, BalancerError> {
    match &balancer.product {
        BalancerProduct::Apache {
            manager_url,
            balancer: on_page,
            referer,
            accept_no_persist,
        } => Ok(Arc::new(apache::ApacheBalancer::new(apache::Settings {
            name: balancer.name.to_string(),
            manager_url: manager_url.clone(),
            balancer: on_page.clone(),
            referer: referer.clone(),
            accept_no_persist: *accept_no_persist,
        })?)),
    }
}
