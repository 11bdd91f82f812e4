//! Finds what is missing, names it first, installs it; silent and quick when nothing is.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::{
    apt::Apt,
    need::{Machine, Need},
    say,
    toolchain::{self, Toolchain, Wasm},
    work::Work,
};

/// Everything the lab and the build need.
pub fn run(work: &Work) -> anyhow::Result<Toolchain> {
    let machine = Machine::this();
    complete(work, &machine, machine.lacks())
}

/// What tests and figures need too.
pub fn tests(work: &Work) -> anyhow::Result<Toolchain> {
    let machine = Machine::this();
    complete(work, &machine, machine.lacks_for_tests())
}

/// Only what the build needs.
pub fn wasm(work: &Work) -> anyhow::Result<Toolchain> {
    complete(work, &Machine::this(), Vec::new())
}

fn complete(work: &Work, machine: &Machine, lacks: Vec<&Need>) -> anyhow::Result<Toolchain> {
    let mut wasm = match toolchain::find(work, machine) {
        Wasm::Ready(toolchain) if lacks.is_empty() => return Ok(toolchain),
        other => other,
    };
    eprintln!("Missing on this machine:");
    for need in &lacks {
        eprintln!("  - {} ({})", need.what, need.used_for);
    }
    if !matches!(wasm, Wasm::Ready(_)) {
        eprintln!("  - a Rust compiler for wasm32 (the browser's half of the dashboard)");
    }
    if matches!(wasm, Wasm::AskRustup) {
        wasm = say::step("asking rustup for its wasm32 target", || {
            toolchain::ask_rustup(work, machine)
        })?;
    }
    let mut packages: BTreeSet<_> = lacks
        .iter()
        .flat_map(|need| need.packages.iter().copied().map(str::to_owned))
        .collect();
    if matches!(wasm, Wasm::Install) {
        packages.extend(toolchain::packages(work, machine));
    }
    if !packages.is_empty() {
        install(machine, &packages)?;
        if let Some(need) = lacks.iter().find(|need| !need.is_met(machine)) {
            bail!("{} is still not found after the installation", need.what);
        }
        if matches!(wasm, Wasm::Install) {
            wasm = toolchain::find(work, machine);
        }
    }
    toolchain::finish(work, machine, wasm)
}

fn install(machine: &Machine, packages: &BTreeSet<String>) -> anyhow::Result<()> {
    let names: Vec<_> = packages.iter().map(String::as_str).collect();
    let apt = match Apt::find(machine) {
        Ok(apt) => apt,
        Err(reason) => bail!(
            "{reason}: please install what is listed above yourself \
             (on Debian the packages are called {})",
            names.join(", ")
        ),
    };
    say::step(
        &format!("installing {} from Debian", names.join(", ")),
        || {
            say::note("no service is started or enabled and no database cluster is created");
            apt.install(&names)
        },
    )
}
