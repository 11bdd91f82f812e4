//! Files that only their owner reads, who must be us: keys and secrets.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    #[error("could not read the file `{path}`")]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the file `{path}` can be read by others; make it `chmod 600`")]
    Open { path: PathBuf },
    #[error("the file `{path}` belongs to another user (uid {uid})")]
    Foreign { path: PathBuf, uid: u32 },
}

pub fn read(path: &Path) -> Result<String, PrivateFileError> {
    let unreadable = |source| PrivateFileError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let about = fs::metadata(path).map_err(unreadable)?;
    if about.mode() & 0o077 != 0 {
        let path = path.to_owned();
        return Err(PrivateFileError::Open { path });
    }
    if about.uid() != rustix::process::geteuid().as_raw() {
        let (path, uid) = (path.to_owned(), about.uid());
        return Err(PrivateFileError::Foreign { path, uid });
    }
    fs::read_to_string(path).map_err(unreadable)
}
