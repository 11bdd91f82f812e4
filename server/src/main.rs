//! `pitlane`: the dashboard, the engine and the command line in one program.

use clap::{Parser, Subcommand};
use server::{
    config::{Config, ServeArgs, Sources},
    postgres::{PrivateSettings, foreground},
    serve, telemetry,
};
use std::{path::PathBuf, process::ExitCode};

/// Rolls releases over the nodes behind a load balancer, one at a time, each proven in a real browser.
#[derive(Parser)]
#[command(name = "pitlane", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the dashboard and the engine
    Serve(ServeArgs),
    /// A private PostgreSQL in the foreground, for tests
    #[command(hide = true)]
    Postgres {
        /// Where its data lie
        #[arg(long)]
        data: PathBuf,
    },
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => in_runtime(run_service(args)),
        Command::Postgres { data } => {
            in_runtime(async { Ok(foreground::run(PrivateSettings::for_testing(data)).await?) })
        }
    }
}

/// Threads come after the arguments are right.
fn in_runtime(work: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    let result = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(work));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pitlane: {error:#}");
            ExitCode::from(1)
        }
    }
}

async fn run_service(args: ServeArgs) -> anyhow::Result<()> {
    let config = Config::from_sources(&Sources::read(args)?)?;
    telemetry::start(&config.log);
    serve::until_signal(config).await
}
