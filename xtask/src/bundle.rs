//! Builds what is served: the server and the lab as programs, the browser's half as a folder
//! `target/site`. Each part is left alone when nothing it is made of has changed.

use std::{
    ffi::OsString,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::UNIX_EPOCH,
};

use anyhow::Context as _;

use crate::{
    need::Machine,
    say,
    toolchain::{TARGET, Toolchain},
    work::Work,
};

/// Quick to build, or small to load.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Dev,
    Release,
}

/// The optimiser of wasm files. Debian's (108) breaks ours; 132 is tried.
const BINARYEN: &str = "binaryen@132.0.0";

impl Size {
    pub fn of(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    fn wasm_profile(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Release => "wasm-release",
        }
    }
}

pub fn run(work: &Work, toolchain: &Toolchain, size: Size) -> anyhow::Result<()> {
    programs(work, size)?;
    site(work, toolchain, size)
}

/// `pitlane` and `lab`.
pub fn programs(work: &Work, size: Size) -> anyhow::Result<()> {
    say::step("building the server and the lab", || {
        let mut cargo = work.cargo();
        cargo.args(["build", "--package", "server", "--package", "end2end"]);
        cargo.args(["--bins", "--quiet"]);
        if size == Size::Release {
            cargo.arg("--release");
        }
        work.run(&mut cargo)
    })
}

/// The folder the server hands out: `pkg/` with script, wasm and styles, and the static files.
pub fn site(work: &Work, toolchain: &Toolchain, size: Size) -> anyhow::Result<()> {
    let wasm = say::step("building the browser's half", || {
        wasm(work, toolchain, size)
    })?;
    let tool = say::step("building the tool that makes the site", || tool(work))?;
    let optimiser = match size {
        Size::Dev => None,
        Size::Release => optimiser(work)?,
    };
    say::step("making the site", || {
        let out = work.target.join("site");
        let made_of = [&wasm, &tool, &work.root.join("style")];
        let stamp = work.target.join("site.stamp");
        let how = format!("{} {optimiser:?}", size.wasm_profile());
        let recipe = inputs(&how, &made_of)?;
        if out.is_dir() && fs::read_to_string(&stamp).is_ok_and(|last| last == recipe) {
            say::note("unchanged");
            return Ok(());
        }
        let mut site = Command::new(&tool);
        site.current_dir(&work.root);
        site.arg("--wasm").arg(&wasm).arg("--out").arg(&out);
        site.args(["--style", "style/main.css", "--public", "style/public"]);
        if size == Size::Release {
            site.arg("--small");
        }
        if let Some(optimiser) = &optimiser {
            site.arg("--wasm-opt").arg(optimiser);
        }
        work.run(&mut site)?;
        fs::write(&stamp, recipe)?;
        Ok(())
    })
}

fn wasm(work: &Work, toolchain: &Toolchain, size: Size) -> anyhow::Result<PathBuf> {
    let profile = size.wasm_profile();
    // a target folder of its own: perhaps another compiler, surely other features
    let target = work.target.join("wasm");
    let mut cargo = toolchain.cargo(work);
    cargo.args(["build", "--package", "frontend", "--lib", "--quiet"]);
    cargo.args(["--target", TARGET, "--profile", profile]);
    work.run(cargo.arg("--target-dir").arg(&target))?;
    Ok(target.join(TARGET).join(profile).join("frontend.wasm"))
}

fn tool(work: &Work) -> anyhow::Result<PathBuf> {
    let mut cargo = work.cargo();
    cargo.args([
        "build",
        "--package",
        "xtask",
        "--bin",
        "make-site",
        "--quiet",
    ]);
    cargo.args(["--features", "site"]);
    work.run(&mut cargo)?;
    Ok(work.target.join("debug/make-site"))
}

/// `wasm-opt`, installed below `target/`; without npm the file stays about twice as large.
fn optimiser(work: &Work) -> anyhow::Result<Option<PathBuf>> {
    let folder = work.target.join("binaryen");
    let program = folder.join("node_modules/.bin/wasm-opt");
    if program.exists() {
        return Ok(Some(program));
    }
    if Machine::this().program("npm").is_none() {
        say::note("npm is not here, so the wasm file is not run through wasm-opt");
        return Ok(None);
    }
    say::step(&format!("installing {BINARYEN} with npm"), || {
        fs::create_dir_all(&folder)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--no-audit", "--no-fund"]);
        npm.args(["--loglevel", "error", "--prefix"]);
        work.run(npm.arg(&folder).arg(BINARYEN))
    })?;
    Ok(Some(program))
}

/// What a site is made of, as text: equal texts make equal sites.
fn inputs(how: &str, paths: &[&PathBuf]) -> anyhow::Result<String> {
    let mut text = format!("{how}\n");
    for path in paths {
        describe(path, &mut text)?;
    }
    Ok(text)
}

fn describe(path: &Path, text: &mut String) -> anyhow::Result<()> {
    if path.is_dir() {
        let entries: Result<Vec<_>, _> = fs::read_dir(path)?.collect();
        let mut names: Vec<OsString> = entries?
            .into_iter()
            .map(|entry| entry.file_name())
            .collect();
        names.sort();
        for name in names {
            describe(&path.join(name), text)?;
        }
    } else if path.exists() {
        let about =
            fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        let changed = about.modified()?.duration_since(UNIX_EPOCH)?;
        writeln!(text, "{} {} {changed:?}", path.display(), about.len())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_or_a_further_style_sheet_makes_another_site() {
        let folder = tempfile::tempdir().unwrap();
        let style = folder.path().join("style");
        fs::create_dir(&style).unwrap();
        fs::write(style.join("main.css"), "a{}").unwrap();
        let first = inputs("wasm-dev", &[&style]).unwrap();
        assert_eq!(inputs("wasm-dev", &[&style]).unwrap(), first);
        assert_ne!(inputs("wasm-release", &[&style]).unwrap(), first);
        fs::write(style.join("main.css"), "a{}b{}").unwrap();
        let second = inputs("wasm-dev", &[&style]).unwrap();
        assert_ne!(second, first);
        fs::write(style.join("more.css"), "").unwrap();
        assert_ne!(inputs("wasm-dev", &[&style]).unwrap(), second);
    }
}
