//! The real parts behind the web's seams. Tests put others in their place.

use crate::{
    balancer,
    config::Config,
    gateway::{Connect, refusal::wrong},
    objects::Objects,
    seam::{Engine, Planner},
};
use app::{
    error::AppError,
    gateway::DeployOrder,
    model::{access::Actor, deployment::Plan},
};
use async_trait::async_trait;
use sqlx::PgPool;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What the parts are made of.
#[derive(Clone)]
pub struct Core {
    pub config: Arc<Config>,
    pub pool: PgPool,
    /// The same database without a pooler.
    pub direct_url: String,
    pub objects: Objects,
}

/// What stands behind the seams.
pub struct Parts {
    pub planner: Arc<dyn Planner>,
    pub engine: Arc<dyn Engine>,
    pub connect: Connect,
}

pub fn parts(_core: &Core) -> Parts {
    Parts {
        planner: Arc::new(Missing),
        engine: Arc::new(Missing),
        connect: Arc::new(balancer::connect),
    }
}

/// A build without an engine: it shows, and starts nothing.
struct Missing;

#[async_trait]
impl Planner for Missing {
    async fn plan(&self, _: &DeployOrder, _: &Actor) -> Result<Plan, AppError> {
        Err(wrong("This build has no engine.", "Use a complete build."))
    }
}

#[async_trait]
impl Engine for Missing {
    async fn run(&self, _: watch::Receiver<u64>, stop: CancellationToken) {
        stop.cancelled().await;
    }
}
