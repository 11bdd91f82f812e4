//! Browser and driver of the smoke tests.

use super::{ConfigError, Sources, data::existing_file, source::truth};
use crate::smoke::chrome::grid::GridSettings;
use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

/// A Grid has a queue of its own; ours is seen by people.
const ON_A_GRID: NonZeroUsize = NonZeroUsize::new(8).expect("it is not zero");

#[derive(Debug, Clone)]
pub struct BrowserConfig {
    /// `None`: not on this machine; a suite is refused in words then, not the start.
    pub chromedriver: Option<PathBuf>,
    pub chromium: Option<PathBuf>,
    /// Only ever by explicit wish.
    pub no_sandbox: bool,
    /// Browsers of this process together.
    pub at_once: NonZeroUsize,
    pub grid: Option<GridSettings>,
}

impl BrowserConfig {
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let path = sources.surrounding("PATH").unwrap_or_default();
        let find = |names: &[&str]| names.iter().find_map(|name| in_path(path, name));
        let grid = sources.parsed("browser.grid_url", GridSettings::parse)?;
        let at_once = sources.parsed("browser.at_once", |text| {
            text.parse()
                .ok()
                .filter(|count: &NonZeroUsize| count.get() <= 256)
                .ok_or_else(|| format!("`{text}` is no number from 1 to 256"))
        })?;
        let usual = if grid.is_some() {
            ON_A_GRID
        } else {
            one_per_core_pair()
        };
        Ok(Self {
            at_once: at_once.unwrap_or(usual),
            grid,
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
            at_once: one_per_core_pair(),
            grid: None,
        }
    }
}

/// Two browsers on two cores take as long as one after the other.
fn one_per_core_pair() -> NonZeroUsize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new(cores / 2).unwrap_or(NonZeroUsize::MIN)
}

fn in_path(path: &str, name: &str) -> Option<PathBuf> {
    path.split(':')
        .filter(|dir| !dir.is_empty())
        .map(|dir| Path::new(dir).join(name))
        .find(|file| file.is_file())
}
