//! `cargo xtask`: everything around the code, from a fresh machine to a running demo.
//!
//! One file per verb. This crate stays light, because it is compiled before anything can be said
//! to the person waiting; the heavy half, which makes the site, is the program `make-site` beside it.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Sentences to the person waiting: steps, and how long each took.
mod say;

/// A watcher that ends what we started when we are gone.
mod guard;

/// Where the workspace lies, and how commands are run in it.
mod work;

/// What a machine must have, and whether it does.
mod need;

/// Debian packages, installed without starting anything.
mod apt;

/// Programs that only npm carries.
mod npm;

/// Programs that only crates.io carries.
mod crates;

/// A compiler for the browser's half.
mod toolchain;

/// A throw-away PostgreSQL.
mod postgres;

/// Counts what the test programs report.
mod tally;

/// Finds what is missing, names it, installs it.
mod setup;

/// Builds server, wasm and styles.
mod bundle;

/// Starts the lab and the dashboard.
mod demo;

/// Runs every test.
mod test;

/// Figures that anybody can measure again.
mod bench;

/// Format and lints.
mod lint;

/// Stories of the engine against a failing world.
mod simulate;

/// Whether the tests notice that a guard is missing.
mod mutate;

/// Regenerates the query metadata in `.sqlx`.
mod prepare;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, version)]
struct Line {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Name what this machine lacks, then install it
    Setup,
    /// Build the server, the wasm file and the styles
    Build {
        /// Optimise; shrink the wasm file and print what a browser has to load
        #[arg(long)]
        release: bool,
        /// Leave the server alone: the wasm file and the styles only
        #[arg(long)]
        site: bool,
    },
    /// Set up, build, start the lab and the dashboard
    Demo(demo::Options),
    /// Set up, build, run every test; ends with `N passed, N failed`
    Test(test::Options),
    /// Measure, and print the figures
    Bench {
        #[command(subcommand)]
        what: bench::What,
    },
    /// Play many stories of the engine against a world that fails; a failing one is told in words
    Simulate(simulate::Options),
    /// Switch each safety guard off in turn, and see that a test fails
    MutateGuards,
    /// Check format and lints, warnings denied
    Lint,
    /// Regenerate the query metadata in .sqlx from the migrations
    Prepare {
        /// Change nothing; fail if something would change
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match act(Line::parse()) {
        Ok(code) => code,
        Err(trouble) => {
            eprintln!("error: {trouble:#}");
            ExitCode::FAILURE
        }
    }
}

fn act(line: Line) -> anyhow::Result<ExitCode> {
    let work = work::Work::open()?;
    match line.verb {
        Verb::Setup => drop(setup::tests(&work)?),
        Verb::Build { release, site } => {
            let toolchain = setup::wasm(&work)?;
            let size = bundle::Size::of(release);
            if !site {
                bundle::programs(&work, size)?;
            }
            bundle::site(&work, &toolchain, size)?;
        }
        Verb::Demo(options) => return demo::run(work, &options),
        Verb::Test(options) => return test::run(&work, &options),
        Verb::Bench { what } => bench::run(&work, &what)?,
        Verb::Simulate(options) => simulate::run(&work, &options)?,
        Verb::MutateGuards => mutate::run(&work)?,
        Verb::Lint => lint::run(&work)?,
        Verb::Prepare { check } => prepare::run(&work, check)?,
    }
    Ok(ExitCode::SUCCESS)
}
