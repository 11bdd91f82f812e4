//! What the web needs of the engine, and nothing more: a plan before a deployment, and somebody who runs jobs.

use app::{
    error::AppError,
    gateway::DeployOrder,
    model::{access::Actor, deployment::Plan},
};
use async_trait::async_trait;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Decides what a deployment would do, by the code that would do it.
#[async_trait]
pub trait Planner: Send + Sync {
    /// The plan as it stands now; its number is given when it is queued. [`AppError::Refused`]: it cannot be
    /// made, in words. Changes nothing.
    async fn plan(&self, order: &DeployOrder, actor: &Actor) -> Result<Plan, AppError>;
}

/// Runs the rolling jobs.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Claims and drives jobs until `stop`, then claims no more, releases its leases and returns, within 8 s.
    /// `wake` changes when a job was queued or a command given; it may also miss some, so poll too.
    async fn run(&self, wake: watch::Receiver<u64>, stop: CancellationToken);
}
