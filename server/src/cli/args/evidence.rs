//! Pictures, and what is said of them.

use super::Pool;
use crate::cli::reach::Reach;
use app::model::name::Name;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ReviewArgs {
    #[arg(value_name = "ENVIRONMENT/APPLICATION")]
    pub pool: Pool,
    /// Of the deployment
    pub number: u32,
    pub verdict: Said,
    /// The flow's name
    #[arg(long, required_unless_present = "all")]
    pub flow: Option<Name>,
    /// The step, counted from 1
    #[arg(long, required_unless_present = "all")]
    pub step: Option<u32>,
    /// The node the picture was taken on
    #[arg(long, required_unless_present = "all")]
    pub node: Option<Name>,
    /// Every difference nobody has spoken of; only to accept
    #[arg(long, conflicts_with_all = ["flow", "step", "node"])]
    pub all: bool,
    /// For the audit history
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Said {
    Accept,
    Reject,
}

#[derive(Debug, Args)]
pub struct EvidenceArgs {
    #[command(subcommand)]
    pub verb: Option<EvidenceVerb>,
    #[arg(value_name = "ENVIRONMENT/APPLICATION", required = true)]
    pub pool: Option<Pool>,
    /// Of the deployment
    #[arg(required = true)]
    pub number: Option<u32>,
    /// All of it, as one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Debug, Subcommand)]
pub enum EvidenceVerb {
    /// Everything known about a deployment in one archive, which opens from disk
    #[command(after_help = "\
The archive holds plan, timeline, audit entries, output, pictures, comparisons and the prober's counts; unpacked, its
index.html shows them without network. That it was exported is in the audit history.

Example:
  pitlane evidence export production/shop 43 -o shop-43.zip")]
    Export {
        #[arg(value_name = "ENVIRONMENT/APPLICATION")]
        pool: Pool,
        /// The deployment's number
        number: u32,
        /// Where to write it [default: APPLICATION-ENVIRONMENT-NUMBER-evidence.zip]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        reach: Reach,
    },
    /// Check such an archive, without any service: is it as it was exported?
    #[command(after_help = "\
Checks every file's hash, the journal's chain of hashes, the audit entry that vouches for it, and that every picture
named there is there and nothing else. Exit status: 0 it holds, 1 it does not, with the first thing that is wrong.

Example:
  pitlane evidence verify shop-production-43-evidence.zip")]
    Verify {
        file: PathBuf,
        /// A head of the audit history that you kept elsewhere, as `pitlane audit verify` said it
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
    /// What evidence takes up, how long it is kept, what was removed last
    Storage {
        /// As one JSON object
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        reach: Reach,
    },
    /// Remove now what retention would remove within hours
    #[command(after_help = "\
What nobody needs is set aside first and removed a day later, unless it is needed again by then.

Example:
  pitlane evidence prune --dry-run")]
    Prune {
        /// Say what would be done, do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        reach: Reach,
    },
}
