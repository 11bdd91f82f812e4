//! Browser and driver of the smoke tests.

use super::{ConfigError, Sources, data::existing_file, source::truth};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Default)]
pub struct BrowserConfig {
    /// `None`: not on this machine; a suite is refused in words then, not the start.
    pub chromedriver: Option<PathBuf>,
    pub chromium: Option<PathBuf>,
    /// Only ever by explicit wish.
    pub no_sandbox: bool,
}

impl BrowserConfig {
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let path = sources.surrounding("PATH").unwrap_or_default();
        let find = |names: &[&str]| names.iter().find_map(|name| in_path(path, name));
        Ok(Self {
            chromedriver: sources
                .parsed("browser.chromedriver", existing_file)?
                .or_else(|| find(&["chromedriver"])),
            chromium: sources
                .parsed("browser.chromium", existing_file)?
                .or_else(|| find(&["chromium", "chromium-browser", "google-chrome"])),
            no_sandbox: sources
                .parsed("browser.no_sandbox", truth)?
                .unwrap_or(false),
        })
    }

    pub fn for_testing() -> Self {
        let path = std::env::var("PATH").unwrap_or_default();
        Self {
            chromedriver: in_path(&path, "chromedriver"),
            chromium: in_path(&path, "chromium"),
            no_sandbox: true,
        }
    }
}

fn in_path(path: &str, name: &str) -> Option<PathBuf> {
    path.split(':')
        .filter(|dir| !dir.is_empty())
        .map(|dir| Path::new(dir).join(name))
        .find(|file| file.is_file())
}
