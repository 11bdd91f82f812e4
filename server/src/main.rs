//! `pitlane`: the dashboard, the engine and the command line in one program.

use clap::Parser;
use server::{
    cli::{self, Cli, Command},
    config::{Config, ServeArgs, Sources},
    postgres::{PrivateSettings, foreground},
    serve, telemetry,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => in_runtime(run_service(args)),
        Command::Postgres { data } => {
            in_runtime(async { Ok(foreground::run(PrivateSettings::for_testing(data)).await?) })
        }
        Command::Client(command) => in_runtime_with(cli::run(*command)),
    }
}

fn in_runtime(work: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    in_runtime_with(async {
        match work.await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error),
        }
    })
}

/// Threads come after the arguments are right.
fn in_runtime_with(work: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => failed(&error.into()),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("pitlane: {error:#}");
    ExitCode::from(1)
}

async fn run_service(args: ServeArgs) -> anyhow::Result<()> {
    let config = Config::from_sources(&Sources::read(args)?)?;
    telemetry::start(&config.log);
    serve::until_signal(config).await
}
