//! Programs that only crates.io carries, each in its pinned version, compiled once below cargo's target folder.

use std::path::PathBuf;

use anyhow::bail;

use crate::{say, work::Work};

/// One of them.
pub struct Program {
    pub name: &'static str,
    pub version: &'static str,
    pub used_for: &'static str,
}

/// Debian carries Firefox, but not its driver.
pub const GECKODRIVER: Program = Program {
    name: "geckodriver",
    version: "0.37.1",
    used_for: "steering Firefox in the tests",
};

impl Program {
    /// Compiles it unless it is there; the program itself.
    pub fn installed(&self, work: &Work) -> anyhow::Result<PathBuf> {
        let root = work.target.join("cargo").join(self.name).join(self.version);
        let program = root.join("bin").join(self.name);
        if program.is_file() {
            return Ok(program);
        }
        let (name, version) = (self.name, self.version);
        let what = format!("compiling {name} {version} ({}; once)", self.used_for);
        say::step(&what, || {
            let mut cargo = work.cargo();
            // it works as well unoptimised, and is there in half the time
            cargo
                .args(["install", "--quiet", "--locked", "--debug", name])
                .args(["--version", version, "--root"])
                .arg(&root)
                // not among our own crates: other features, and to be built once only
                .env_remove("CARGO_TARGET_DIR");
            work.run(&mut cargo)
        })?;
        if !program.is_file() {
            bail!(
                "cargo installed {name}, but it is not at {}",
                program.display()
            );
        }
        Ok(program)
    }
}
