use std::fs;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use crate::{bundle, setup, work::Work};

#[derive(Subcommand)]
pub enum What {
    /// Bytes of the browser's half in a release: as it is, and as brotli, which is what a browser has to load
    Wasm,
}

/// For the wasm file as brotli.
const WASM_BUDGET: u64 = 150_000;

pub fn run(work: &Work, what: &What) -> anyhow::Result<()> {
    match what {
        What::Wasm => wasm(work),
    }
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
