//! A compiler for wasm32-unknown-unknown: rustup's target where it can be had; else Debian's
//! `rustc-web`, which ships no standard library for wasm but its sources, so we build that once
//! into a folder of ours. Nothing below /usr is touched.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use crate::{guard::Signal, need::Machine, say, work::Work};

pub const TARGET: &str = "wasm32-unknown-unknown";

/// How far this machine is.
pub enum Wasm {
    Ready(Toolchain),
    /// rustup is there and has not refused yet.
    AskRustup,
    /// Debian's compiler and sources are there; the standard library is to be built.
    Build(Debian),
    /// Nothing but Debian's packages can help.
    Install,
}

pub enum Toolchain {
    /// The compiler that builds the server.
    Ours,
    Debian(Debian),
}

/// Debian's compiler, and the folder below `target/` with its standard library for wasm.
#[derive(Clone)]
pub struct Debian {
    rustc: PathBuf,
    cargo: PathBuf,
    host: String,
    sysroot: PathBuf,
}

impl Toolchain {
    /// The cargo to use, and what it must know, to build for wasm.
    pub fn cargo(&self, work: &Work) -> Command {
        match self {
            Self::Ours => without_flags(work.cargo()),
            Self::Debian(debian) => {
                let mut cargo = without_flags(debian.cargo(work));
                // for wasm alone: build scripts and macros use the compiler's own libraries
                cargo.env(
                    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
                    format!("--sysroot={}", debian.sysroot.display()),
                );
                cargo
            }
        }
    }
}

impl Debian {
    fn find(work: &Work) -> Option<Self> {
        let (rustc, cargo) = (Path::new("/usr/bin/rustc"), Path::new("/usr/bin/cargo"));
        if !rustc.is_file() || !cargo.is_file() {
            return None;
        }
        let about = work.answer(Command::new(rustc).arg("-vV"))?;
        let line = about.lines().next()?;
        if !is_recent(line) {
            return None;
        }
        let host = about.lines().find_map(|line| line.strip_prefix("host: "))?;
        let usual = work.answer(Command::new(rustc).args(["--print", "sysroot"]))?;
        let sources = Path::new(&usual).join("lib/rustlib/src/rust/library/std");
        sources.is_dir().then(|| Self {
            rustc: rustc.to_owned(),
            cargo: cargo.to_owned(),
            host: host.to_owned(),
            sysroot: folder(work).join(key(line)),
        })
    }

    fn cargo(&self, work: &Work) -> Command {
        let mut cargo = work.with_cargo(&self.cargo);
        cargo.env("RUSTC", &self.rustc);
        cargo.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
        cargo
    }

    fn is_built(&self) -> bool {
        // a link into a toolchain that is gone does not count
        linker_in(&self.sysroot, &self.host).exists()
    }

    /// About a minute and a half of work, once per version of the compiler.
    fn build(&self, work: &Work, machine: &Machine) -> anyhow::Result<()> {
        let linker = find_linker(work, machine, &self.host)?;
        let scratch = folder(work).join("building");
        let made = scratch.join("sysroot");
        let libraries = made.join("lib/rustlib").join(TARGET).join("lib");
        if scratch.exists() {
            fs::remove_dir_all(&scratch)?;
        }
        fs::create_dir_all(scratch.join("src"))?;
        fs::create_dir_all(&libraries)?;
        fs::write(
            scratch.join("Cargo.toml"),
            "[package]\nname = \"nothing\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
        )?;
        fs::write(scratch.join("src/lib.rs"), "#![no_std]\n")?;

        let mut cargo = without_flags(self.cargo(work));
        // the compiler is a stable one; building its own library is what this switch is for
        cargo.env("RUSTC_BOOTSTRAP", "1");
        cargo.args(["build", "--quiet", "--release", "--target", TARGET]);
        cargo.arg("-Zbuild-std=std,panic_abort");
        cargo.arg("--target-dir").arg(scratch.join("target"));
        work.run(cargo.current_dir(&scratch))?;

        let built = scratch.join("target").join(TARGET).join("release/deps");
        for entry in fs::read_dir(&built)? {
            let file = entry?.path();
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".rlib") && !name.starts_with("libnothing-") {
                fs::copy(&file, libraries.join(&*name))?;
            }
        }
        let link = linker_in(&made, &self.host);
        fs::create_dir_all(link.parent().context("a linker lies in a folder")?)?;
        symlink(linker, link)?;
        if self.sysroot.exists() {
            fs::remove_dir_all(&self.sysroot)?;
        }
        fs::rename(&made, &self.sysroot)?;
        fs::remove_dir_all(&scratch)?;
        Ok(())
    }
}

/// Quick: a few questions to compilers, nothing is built or asked from the network.
pub fn find(work: &Work, machine: &Machine) -> Wasm {
    let usual = usual_sysroot(work);
    if usual.join("lib/rustlib").join(TARGET).is_dir() {
        return Wasm::Ready(Toolchain::Ours);
    }
    let debian = Debian::find(work);
    if let Some(debian) = debian.as_ref().filter(|debian| debian.is_built()) {
        return Wasm::Ready(Toolchain::Debian(debian.clone()));
    }
    let refused_for = fs::read_to_string(refusal(work)).unwrap_or_default();
    if machine.program("rustup").is_some() && Path::new(&refused_for) != usual {
        return Wasm::AskRustup;
    }
    debian.map_or(Wasm::Install, Wasm::Build)
}

/// A refusal is remembered for the toolchain it was given to, so that a machine without
/// downloads does not wait for it at each start.
pub fn ask_rustup(work: &Work, machine: &Machine) -> anyhow::Result<Wasm> {
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]);
    if let Err(trouble) = run_for(work, &mut rustup, Duration::from_secs(180)) {
        say::note(&format!("{trouble:#}; falling back to Debian's compiler"));
        fs::create_dir_all(folder(work))?;
        let asked = usual_sysroot(work);
        fs::write(refusal(work), asked.display().to_string())?;
    }
    Ok(find(work, machine))
}

/// The last step of a set-up.
pub fn finish(work: &Work, machine: &Machine, wasm: Wasm) -> anyhow::Result<Toolchain> {
    match wasm {
        Wasm::Ready(toolchain) => Ok(toolchain),
        Wasm::Build(debian) => {
            say::step(
                "building the standard library for wasm32 with Debian's compiler, once",
                || debian.build(work, machine),
            )?;
            Ok(Toolchain::Debian(debian))
        }
        Wasm::AskRustup | Wasm::Install => bail!(
            "no compiler for {TARGET}: try `rustup target add {TARGET}`, \
             or install a Rust of at least {} with its sources",
            env!("CARGO_PKG_RUST_VERSION")
        ),
    }
}

/// Debian's packages for the fallback; the linker only where rustup brings none.
pub fn packages(work: &Work, machine: &Machine) -> Vec<String> {
    let mut names = ["rustc-web", "cargo-web", "rust-web-src"]
        .map(str::to_owned)
        .to_vec();
    if rustup_linker(work).is_none() && machine.newest_lld().is_none() {
        let known =
            work.answer(Command::new("apt-cache").args(["--names-only", "search", "^lld-[0-9]+$"]));
        names.push(newest_lld_package(&known.unwrap_or_default()));
    }
    names
}

fn newest_lld_package(known: &str) -> String {
    known
        .lines()
        .filter_map(|line| line.split_whitespace().next()?.strip_prefix("lld-"))
        .filter_map(|version| version.parse::<u32>().ok())
        .max()
        .map_or_else(|| "lld".to_owned(), |version| format!("lld-{version}"))
}

fn find_linker(work: &Work, machine: &Machine, host: &str) -> anyhow::Result<PathBuf> {
    let rustup = rustup_linker(work).unwrap_or_else(|| linker_in(&usual_sysroot(work), host));
    Some(rustup)
        .filter(|file| file.is_file())
        .or_else(|| machine.newest_lld())
        .context("no linker for wasm: neither rustup's `rust-lld` nor `lld` is here")
}

/// The linker that comes with the compiler that builds the server.
fn rustup_linker(work: &Work) -> Option<PathBuf> {
    fs::read_dir(usual_sysroot(work).join("lib/rustlib"))
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin/rust-lld"))
        .find(|file| file.is_file())
}

fn linker_in(sysroot: &Path, host: &str) -> PathBuf {
    sysroot.join("lib/rustlib").join(host).join("bin/rust-lld")
}

fn usual_sysroot(work: &Work) -> PathBuf {
    let beside_cargo = env::var_os("CARGO")
        .map(|cargo| Path::new(&cargo).with_file_name("rustc"))
        .filter(|rustc| rustc.is_file());
    let mut rustc = Command::new(beside_cargo.unwrap_or_else(|| "rustc".into()));
    work.answer(rustc.args(["--print", "sysroot"]))
        .unwrap_or_default()
        .into()
}

fn folder(work: &Work) -> PathBuf {
    work.target.join("wasm-toolchain")
}

fn refusal(work: &Work) -> PathBuf {
    folder(work).join("rustup-refused-for")
}

/// A folder name out of `rustc 1.96.0 (ac68faa20 2026-05-25)`.
fn key(line: &str) -> String {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

/// Whether `rustc 1.96.0 (...)` can compile this workspace.
fn is_recent(line: &str) -> bool {
    let minor = |version: &str| -> Option<u32> { version.split('.').nth(1)?.parse().ok() };
    let theirs = line.split_whitespace().nth(1).and_then(minor);
    theirs >= minor(env!("CARGO_PKG_RUST_VERSION"))
}

fn without_flags(mut cargo: Command) -> Command {
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        cargo.env_remove(name);
    }
    cargo
}

/// Ends the program when it takes longer than `limit`: a network that swallows packets.
fn run_for(work: &Work, command: &mut Command, limit: Duration) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut child = work.spawn(command.stdout(std::io::stderr()), Signal::Terminate)?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() > limit {
            child.kill()?;
            break child.wait()?;
        }
        thread::sleep(Duration::from_millis(50));
    };
    work.guard.forget(child.id());
    if !status.success() {
        bail!("rustup could not add the target ({status})");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_line_becomes_a_folder_name() {
        assert_eq!(
            key("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"),
            "rustc-1.96.0-ac68faa20-2026-05-25-built-from-a-source-tarball"
        );
    }

    #[test]
    fn a_compiler_older_than_the_workspace_asks_for_is_refused() {
        for (line, recent) in [
            ("rustc 1.63.0", false),
            ("rustc 1.95.0 (59807616e 2026-04-14)", true),
            ("rustc 1.100.0 (0 2027-01-01)", true),
            ("what", false),
        ] {
            assert_eq!(is_recent(line), recent, "{line}");
        }
    }

    #[test]
    fn the_newest_linker_is_chosen_by_number() {
        let known = "lld-9 - LLVM\nlld-22 - LLVM\nlld-14 - LLVM\n";
        assert_eq!(newest_lld_package(known), "lld-22");
        assert_eq!(newest_lld_package(""), "lld");
    }
}
