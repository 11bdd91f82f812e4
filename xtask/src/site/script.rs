use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};
use wasm_bindgen_cli_support::Bindgen;

/// What Chromium, Firefox and Safari all know. `--all-features` makes a file Chromium refuses.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
];

/// Writes `pitlane.js` and `pitlane_bg.wasm`, the names leptos asks for.
pub fn make(wasm: &Path, pkg: &Path, optimiser: Option<&Path>) -> anyhow::Result<()> {
    Bindgen::new()
        .input_path(wasm)
        .out_name("pitlane")
        .web(true)?
        .typescript(false)
        .generate(pkg)
        .with_context(|| format!("could not make a script for {}", wasm.display()))?;
    match optimiser {
        Some(optimiser) => optimise(optimiser, &pkg.join("pitlane_bg.wasm")),
        None => Ok(()),
    }
}

fn optimise(optimiser: &Path, wasm: &Path) -> anyhow::Result<()> {
    let small = wasm.with_extension("small");
    let status = Command::new(optimiser)
        .arg("-Oz")
        .args(FEATURES)
        .arg(wasm)
        .arg("-o")
        .arg(&small)
        .stdin(Stdio::null())
        .status()
        .context("could not start wasm-opt")?;
    if !status.success() {
        bail!("wasm-opt ended with {status}");
    }
    fs::rename(small, wasm)?;
    Ok(())
}
