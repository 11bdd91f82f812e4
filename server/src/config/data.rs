//! Folders, and the file of secrets.

use super::{ConfigError, Sources};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct DataConfig {
    /// Everything that must survive: private PostgreSQL, blobs, one-time code.
    pub dir: PathBuf,
    /// Secrets by name; the file need not exist unless it was named.
    pub secrets: PathBuf,
}

impl DataConfig {
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let dir = match sources.parsed("data.dir", absolute)? {
            Some(dir) => dir,
            None if is_root() => PathBuf::from("/var/lib/pitlane"),
            None => xdg_data(sources).ok_or_else(|| {
                sources.wrong(
                    "data.dir",
                    "neither XDG_DATA_HOME nor HOME is set; name a folder",
                )
            })?,
        };
        let secrets = sources
            .parsed("data.secrets", existing_file)?
            .unwrap_or_else(|| dir.join("secrets.toml"));
        Ok(Self { dir, secrets })
    }

    pub fn for_testing(folder: &Path) -> Self {
        Self {
            dir: folder.to_owned(),
            secrets: folder.join("secrets.toml"),
        }
    }

    /// Blobs by hash.
    pub fn objects(&self) -> PathBuf {
        self.dir.join("objects")
    }

    /// Uploads on their way into the object store.
    pub fn incoming(&self) -> PathBuf {
        self.dir.join("incoming")
    }

    /// The first-run page's one-time code, 0600.
    pub fn setup_code(&self) -> PathBuf {
        self.dir.join("setup-code")
    }
}

fn xdg_data(sources: &Sources) -> Option<PathBuf> {
    sources
        .surrounding("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(sources.surrounding("HOME")?).join(".local/share")))
        .map(|base| base.join("pitlane"))
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A path, relative ones seen from where the service was started.
pub(super) fn absolute(text: &str) -> Result<PathBuf, String> {
    std::path::absolute(text).map_err(|error| format!("`{text}` is no path: {error}"))
}

pub(super) fn existing_file(text: &str) -> Result<PathBuf, String> {
    let path = absolute(text)?;
    if path.is_dir() || !path.exists() {
        return Err(format!("there is no file {}", path.display()));
    }
    Ok(path)
}
