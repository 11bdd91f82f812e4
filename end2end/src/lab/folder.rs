//! The private folder. Apache and PostgreSQL may run as other users, so the way to it must be open to them.

use anyhow::{Context, bail};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// What temporary labs are called; the sweep looks for it.
pub const PREFIX: &str = "pitlane-lab-";

/// A new one below the system's temporary folder. Nothing removes it but its owner.
pub fn temporary() -> anyhow::Result<PathBuf> {
    let folder = tempfile::Builder::new()
        .prefix(PREFIX)
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .context("could not make a temporary folder")?;
    Ok(folder.keep().canonicalize()?)
}

/// `path` itself, made if need be.
pub fn kept(path: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(path).with_context(|| format!("could not make {}", path.display()))?;
    let path = path.canonicalize()?;
    if let Some(closed) = closed_ancestor(&path) {
        bail!(
            "{} is closed to other users, and as root Apache and PostgreSQL run as such; choose another folder",
            closed.display()
        );
    }
    Ok(path)
}

/// A folder on the way to `path` that only its owner may pass, if we are root and it matters.
pub fn closed_ancestor(path: &Path) -> Option<PathBuf> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    path.ancestors()
        .find(|part| fs::metadata(part).is_ok_and(|facts| facts.permissions().mode() & 0o001 == 0))
        .map(Path::to_owned)
}

/// A file only its owner reads.
pub fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("could not write {}", path.display()))?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    Ok(())
}
