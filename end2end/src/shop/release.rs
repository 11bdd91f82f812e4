//! What the release folder holds, read once at the start: a folder removed later does no harm.

use super::template::Templates;
use serde::Deserialize;
use std::{collections::HashMap, fs, path::Path, time::Duration};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub version: String,
    /// Settings without which it does not start.
    pub needs: Vec<String>,
    start_delay_ms: u64,
    pub routes: Routes,
    #[serde(rename = "product")]
    pub products: Vec<Product>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routes {
    pub sign_in: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub name: String,
    pub price: String,
    pub colour: String,
}

impl Manifest {
    pub fn start_delay(&self) -> Duration {
        Duration::from_millis(self.start_delay_ms)
    }
}

pub struct Release {
    pub manifest: Manifest,
    pub templates: Templates,
    pub assets: HashMap<String, Vec<u8>>,
}

impl Release {
    pub fn read(folder: &Path) -> Result<Self, String> {
        let manifest = fs::read_to_string(folder.join("release.toml"))
            .map_err(|error| format!("release.toml cannot be read: {error}"))?;
        let templates = files(&folder.join("templates"))?
            .into_iter()
            .map(|(name, bytes)| (name, String::from_utf8_lossy(&bytes).into_owned()));
        Ok(Self {
            manifest: toml::from_str(&manifest)
                .map_err(|error| format!("release.toml: {error}"))?,
            templates: Templates::new(templates),
            assets: files(&folder.join("static"))?,
        })
    }
}

fn files(folder: &Path) -> Result<HashMap<String, Vec<u8>>, String> {
    let read = || {
        fs::read_dir(folder)?
            .map(|entry| {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                Ok((name, fs::read(entry.path())?))
            })
            .collect::<std::io::Result<HashMap<_, _>>>()
    };
    read().map_err(|error| format!("{} cannot be read: {error}", folder.display()))
}
