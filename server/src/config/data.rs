//! Folders, and the file of secrets.

use super::{ConfigError, Sources, setting::SECRETS_KEY};
use crate::vault::{KeyPlace, Keys};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct DataConfig {
    /// Everything that must survive: private PostgreSQL, blobs, one-time code.
    pub dir: PathBuf,
    /// Secrets by name; the file need not exist unless it was named.
    pub secrets: PathBuf,
    /// Where the keys are that secrets of environments are encrypted with.
    pub secrets_key: KeyPlace,
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
        let secrets_key = secrets_key(sources, &dir)?;
        Ok(Self {
            dir,
            secrets,
            secrets_key,
        })
    }

    pub fn for_testing(folder: &Path) -> Self {
        Self {
            dir: folder.to_owned(),
            secrets: folder.join("secrets.toml"),
            secrets_key: KeyPlace::File(folder.join("secrets.key")),
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

fn secrets_key(sources: &Sources, dir: &Path) -> Result<KeyPlace, ConfigError> {
    let file = sources.parsed("data.secrets_key_file", absolute)?;
    match (sources.surrounding(SECRETS_KEY), file) {
        (Some(_), Some(_)) => Err(sources.wrong(
            "data.secrets_key_file",
            format!("{SECRETS_KEY} gives a key already; keep one of both"),
        )),
        // keys have no blanks in them, so several fit into one line
        (Some(text), None) => {
            let lines: Vec<_> = text.split([',', ' ', '\n']).collect();
            Keys::parse(SECRETS_KEY, &lines.join("\n"))
                .map(KeyPlace::Given)
                .map_err(|error| ConfigError::Wrong {
                    key: "data.secrets_key_file",
                    from: format!("environment {SECRETS_KEY}"),
                    why: error.to_string(),
                })
        }
        (None, file) => Ok(KeyPlace::File(
            file.unwrap_or_else(|| dir.join("secrets.key")),
        )),
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
