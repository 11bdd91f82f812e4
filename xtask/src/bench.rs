use std::{fs, process::Command};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use crate::{bundle, guard::Signal, npm, setup, work::Work};

#[derive(Subcommand)]
pub enum What {
    /// Bytes of the browser's half in a release: as it is, and as brotli, which is what a browser has to load
    Wasm,
    /// The smoke test of a reference flow in a warm browser, held against a cold Playwright run of the same flow
    Smoke(Smoke),
}

#[derive(Args)]
pub struct Smoke {
    /// Runs of each side, in turn
    #[arg(
        long,
        value_name = "TIMES",
        default_value_t = 7,
        conflicts_with = "repeat"
    )]
    runs: u32,
    /// Instead: both flows of the lab so many times; no failure is allowed
    #[arg(long, value_name = "TIMES")]
    repeat: Option<u32>,
    /// Keep every core busy meanwhile
    #[arg(long)]
    load: bool,
}

/// For the wasm file as brotli.
const WASM_BUDGET: u64 = 150_000;

pub fn run(work: &Work, what: &What) -> anyhow::Result<()> {
    match what {
        What::Wasm => wasm(work),
        What::Smoke(options) => smoke(work, options),
    }
}

fn smoke(work: &Work, options: &Smoke) -> anyhow::Result<()> {
    setup::tests(work)?;
    bundle::programs(work, bundle::Size::Dev)?;
    let mut bench = Command::new(work.target.join("debug/bench"));
    match options.repeat {
        Some(times) => bench.args(["--repeat", &times.to_string()]),
        None => bench
            .args(["--runs", &options.runs.to_string(), "--modules"])
            .arg(npm::PLAYWRIGHT.installed(work)?),
    };
    if options.load {
        bench.arg("--load");
    }
    let mut child = work.spawn(&mut bench, Signal::Terminate)?;
    let status = child.wait();
    work.guard.forget(child.id());
    if !status?.success() {
        bail!("the smoke test is not within its budget, see above");
    }
    Ok(())
}

fn wasm(work: &Work) -> anyhow::Result<()> {
    let toolchain = setup::wasm(work)?;
    bundle::site(work, &toolchain, bundle::Size::Release)?;
    let file = work.target.join("site/pkg/pitlane_bg.wasm");
    let bytes = |ending: &str| {
        let path = file.with_extension(ending);
        let about =
            fs::metadata(&path).with_context(|| format!("cannot read {}", path.display()))?;
        anyhow::Ok(about.len())
    };
    let (raw, small) = (bytes("wasm")?, bytes("wasm.br")?);
    println!("wasm: {raw} bytes, as brotli {small} bytes, budget {WASM_BUDGET} bytes");
    if small > WASM_BUDGET {
        bail!(
            "the wasm file is {} bytes over its budget",
            small - WASM_BUDGET
        );
    }
    Ok(())
}
