//! Everything the engine reaches the world through.

use crate::{
    balancer::{self, BalancerError, LoadBalancer},
    clock::Clock,
    objects::Objects,
    probe::Probe,
    remote::RemoteShell,
    smoke::Browser,
    vault::Vault,
};
use app::model::environment::Balancer;
use std::sync::Arc;

/// Makes the driver for a balancer.
pub type Connect =
    Arc<dyn Fn(&Balancer) -> Result<Arc<dyn LoadBalancer>, BalancerError> + Send + Sync>;

#[derive(Clone)]
pub struct Ports {
    pub connect: Connect,
    pub shell: Arc<dyn RemoteShell>,
    pub probe: Arc<dyn Probe>,
    pub browser: Arc<dyn Browser>,
    pub clock: Arc<dyn Clock>,
    pub objects: Objects,
    pub vault: Arc<Vault>,
}

impl Ports {
    /// The real drivers.
    pub fn connect() -> Connect {
        Arc::new(balancer::connect)
    }

    pub fn balancer(&self, balancer: &Balancer) -> Result<Arc<dyn LoadBalancer>, BalancerError> {
        (self.connect)(balancer)
    }
}
