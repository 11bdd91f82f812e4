//! Many stories of the pure core against a failing world.

use crate::work::Work;
use clap::Args;

#[derive(Args)]
pub struct Options {
    /// How many stories, from seed 0 on
    #[arg(long, default_value_t = 20_000)]
    seeds: u64,
    /// Tell this one story instead
    #[arg(long)]
    seed: Option<u64>,
}

pub fn run(work: &Work, options: &Options) -> anyhow::Result<()> {
    let mut cargo = work.cargo();
    cargo.args(["test", "--quiet", "--package", "server", "--lib", "--"]);
    cargo.args(["rolling::simulation", "--nocapture"]);
    match options.seed {
        Some(seed) => cargo.env("SEED", seed.to_string()),
        None => cargo.env("SEEDS", options.seeds.to_string()),
    };
    work.run(&mut cargo)
}
