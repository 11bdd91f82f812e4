//! Deployments: started, and asked of while they run.

use super::Pool;
use crate::cli::reach::Reach;
use app::model::name::Name;
use clap::Args;

#[derive(Debug, Args)]
pub struct DeployArgs {
    #[arg(value_name = "ENVIRONMENT/APPLICATION")]
    pub pool: Pool,
    /// A registered release
    pub version: Name,
    /// Do not try the suite on a node in service first: what runs now is broken
    #[arg(long)]
    pub without_rehearsal: bool,
    #[command(flatten)]
    pub start: StartArgs,
}

#[derive(Debug, Args)]
pub struct RollbackArgs {
    #[arg(value_name = "ENVIRONMENT/APPLICATION")]
    pub pool: Pool,
    /// The deployment to undo [default: the last one]
    pub number: Option<u32>,
    #[command(flatten)]
    pub start: StartArgs,
}

/// How a deployment is started, whatever it brings.
#[derive(Debug, Args)]
pub struct StartArgs {
    /// These nodes only, in the pool's order
    #[arg(long, value_delimiter = ',', value_name = "NODE,..")]
    pub nodes: Vec<Name>,
    /// For the audit history
    #[arg(long)]
    pub reason: Option<String>,
    /// Say what would happen, do nothing
    #[arg(long, conflicts_with = "follow")]
    pub dry_run: bool,
    /// Stay until it has ended or halted
    #[arg(long)]
    pub follow: bool,
    /// One JSON object per line; with --follow the deployment record last
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reach: Reach,
}

/// Something asked of a running deployment.
#[derive(Debug, Args)]
pub struct AskArgs {
    #[arg(value_name = "ENVIRONMENT/APPLICATION")]
    pub pool: Pool,
    /// The deployment's number [default: the running one]
    pub number: Option<u32>,
    /// For the audit history
    #[arg(long)]
    pub reason: Option<String>,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Debug, Args)]
pub struct HoldArgs {
    #[command(flatten)]
    pub ask: AskArgs,
    /// At the next stage boundary, also with a node out of service
    #[arg(long)]
    pub now: bool,
}

#[derive(Debug, Args)]
pub struct AskNodeArgs {
    #[arg(value_name = "ENVIRONMENT/APPLICATION")]
    pub pool: Pool,
    /// The node it is about
    pub node: Name,
    /// The deployment's number [default: the running one]
    pub number: Option<u32>,
    /// For the audit history
    #[arg(long)]
    pub reason: Option<String>,
    #[command(flatten)]
    pub reach: Reach,
}
