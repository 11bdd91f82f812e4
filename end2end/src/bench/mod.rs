//! How fast a smoke test is, held against the cold run of the same flow by a test runner; and whether it ever fails by
//! our own fault.

use clap::Parser;
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// A small shop, as a node serves it.
mod site;

/// Our browsers, as the engine uses them.
mod ours;

/// The reference flow against a cold runner.
mod race;

/// The same flows again and again.
mod repeat;

/// Processes that keep the cores busy.
mod load;

#[derive(Parser)]
#[command(about = "Measures the smoke test")]
pub struct Arguments {
    /// Runs of each side, one after the other
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// The folder below which npm put playwright-core
    #[arg(long, value_name = "FOLDER", required_unless_present = "repeat")]
    modules: Option<PathBuf>,
    /// Instead: both flows of the lab so many times; one failure is too many
    #[arg(long, value_name = "TIMES")]
    repeat: Option<u32>,
    /// Keep every core busy meanwhile
    #[arg(long)]
    load: bool,
}

pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let load = load::Load::start(arguments.load)?;
    let is_good = match (arguments.repeat, arguments.modules) {
        (Some(times), _) => repeat::run(times).await?,
        (None, Some(modules)) => race::run(arguments.runs, &modules).await?,
        (None, None) => anyhow::bail!("--modules says where playwright-core is"),
    };
    drop(load);
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The `percent`th percentile, by nearest rank.
fn percentile(spans: &[Duration], percent: usize) -> Duration {
    let mut sorted = spans.to_vec();
    sorted.sort();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_spans_that_were_measured() {
        let spans: Vec<_> = (1..=20).rev().map(Duration::from_millis).collect();
        let at = |percent| percentile(&spans, percent).as_millis();
        assert_eq!((at(50), at(95), at(100)), (10, 19, 20));
        assert_eq!(percentile(&spans[..1], 50).as_millis(), 20);
    }
}
