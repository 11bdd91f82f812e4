//! Suites, and trying them.

use super::Pool;
use crate::cli::reach::Reach;
use app::{gateway::SuiteFormat, model::name::Name};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum SuitesVerb {
    /// Make files part of a pool's suite: Selenium IDE projects, recordings of Chrome, our own TOML
    #[command(after_help = "\
Each command of each file is reported: supported, mapped to what it is called today, ignored with its reason, or unknown
with its line. A flow with an unknown command cannot run; the others can. A file of the same name takes the place of the
one before; what runs already keeps the suite it began with.

Examples:
  pitlane suites import shop.side --pool production/shop --dry-run     only report
  pitlane suites import shop.side checkout.json --pool production/shop
  pitlane suites import shop.side --pool production/shop --public-url https://shop.example.com
  pitlane suites import shop.side --pool production/shop --skip-unknown eyesCheckWindow")]
    Import(ImportArgs),
    /// Write a pool's suite as one file to standard output
    #[command(after_help = "\
Example:
  pitlane suites export production/shop --format side > shop.side")]
    Export {
        #[arg(value_name = "ENVIRONMENT/APPLICATION")]
        pool: Pool,
        /// side, a project of Selenium IDE, or toml, our own format
        #[arg(long, default_value = "side", value_parser = suite_format)]
        format: SuiteFormat,
        #[command(flatten)]
        reach: Reach,
    },
    /// Files and flows of a pool's suite
    Show {
        #[arg(value_name = "ENVIRONMENT/APPLICATION")]
        pool: Pool,
        /// As JSON, with every command
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        reach: Reach,
    },
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// At most 10 MB each
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[arg(long, value_name = "ENVIRONMENT/APPLICATION")]
    pub pool: Pool,
    /// The address users know [default: as before, else as the files say]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// How the file is called in the suite [default: its own name]
    #[arg(long)]
    pub name: Option<String>,
    /// Skip this unknown command instead of refusing its flows
    #[arg(long, value_name = "COMMAND")]
    pub skip_unknown: Vec<String>,
    /// Leave the files of before out
    #[arg(long)]
    pub replace: bool,
    /// Only report, change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The report as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reach: Reach,
}

fn suite_format(text: &str) -> Result<SuiteFormat, String> {
    match text {
        "side" => Ok(SuiteFormat::Side),
        "toml" => Ok(SuiteFormat::Toml),
        _ => Err(format!("`{text}` is no format: side or toml")),
    }
}

#[derive(Debug, Args)]
pub struct RehearseArgs {
    #[arg(value_name = "ENVIRONMENT/APPLICATION")]
    pub pool: Pool,
    /// On this one [default: the first that is in service]
    #[arg(long)]
    pub node: Option<Name>,
    /// All of it, as one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reach: Reach,
}
