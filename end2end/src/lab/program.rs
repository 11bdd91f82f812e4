//! Our own programs, beside the one that runs: Cargo puts them into one folder, and tests one below it.

use anyhow::Context;
use std::path::PathBuf;

pub fn find(name: &str) -> anyhow::Result<PathBuf> {
    let folder = folder()?;
    Some(folder.join(name))
        .filter(|path| path.is_file())
        .with_context(|| {
            format!(
                "there is no {name} in {}; build the workspace first",
                folder.display()
            )
        })
}

/// `target/debug` or `target/release`.
pub fn folder() -> anyhow::Result<PathBuf> {
    let me = std::env::current_exe().context("could not find out which program runs")?;
    me.ancestors()
        .skip(1)
        .find(|folder| !folder.ends_with("deps"))
        .map(PathBuf::from)
        .context("this program lies in no folder")
}

/// `target`.
pub fn target() -> anyhow::Result<PathBuf> {
    let folder = folder()?;
    Ok(folder.parent().unwrap_or(&folder).to_owned())
}
