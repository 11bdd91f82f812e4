//! Keys that secrets are encrypted with: 32 bytes as 64 hex digits, a line each.
//!
//! The first one seals, all of them open. That is how a key is replaced without a moment in which nothing can be
//! opened: the new key becomes the first line on every server, all secrets are sealed anew, the old line goes.

use crate::private_file::{self, PrivateFileError};
use sha2::{Digest, Sha256};
use std::{
    fmt,
    io::{self, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// Nothing it prints holds the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

/// Names a key without giving it away: the beginning of its hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(String);

/// The first one seals, all of them open; there is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

/// Where the keys are; the file is read at each use, so that a changed one needs no restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    Given(Keys),
    File(PathBuf),
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// Without the text: it may be a key with a slip in it.
    #[error(
        "{place}: a key is 64 hex digits, as `openssl rand -hex 32` prints them; see line {line}"
    )]
    NoKey { place: String, line: usize },
    #[error("{place} holds no key")]
    Empty { place: String },
    #[error("the key file `{path}` could not be made")]
    NotMade {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl Key {
    pub fn random() -> Self {
        Self(rand::random())
    }

    pub fn id(&self) -> KeyId {
        let mut hash = Sha256::new();
        hash.update(b"the id of a pitlane key");
        hash.update(self.0);
        KeyId(hex::encode(&hash.finalize()[..8]))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id())
    }
}

impl KeyId {
    /// As it was stored; one that is nobody's opens nothing.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Keys {
    pub fn one(key: Key) -> Self {
        Self(vec![key])
    }

    /// `place` is for the error. Empty lines and those that begin with # are nobody's.
    pub fn parse(place: &str, text: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut bytes = [0; 32];
            hex::decode_to_slice(line, &mut bytes).map_err(|_| KeyError::NoKey {
                place: place.to_owned(),
                line: index + 1,
            })?;
            keys.push(Key(bytes));
        }
        if keys.is_empty() {
            let place = place.to_owned();
            return Err(KeyError::Empty { place });
        }
        Ok(Self(keys))
    }

    pub fn sealing(&self) -> &Key {
        self.0.first().expect("there is at least one key")
    }

    pub fn find(&self, id: &KeyId) -> Option<&Key> {
        self.0.iter().find(|key| key.id() == *id)
    }

    /// The ids of all, the sealing one first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.iter().map(Key::id)
    }
}

impl KeyPlace {
    /// `None`: there is no key yet.
    pub fn read(&self) -> Result<Option<Keys>, KeyError> {
        match self {
            Self::Given(keys) => Ok(Some(keys.clone())),
            Self::File(path) if !path.exists() => Ok(None),
            Self::File(path) => {
                Keys::parse(&path.display().to_string(), &private_file::read(path)?).map(Some)
            }
        }
    }

    /// The same, and a key is made where there is none. Of several that make one at once, one wins.
    pub fn read_or_make(&self) -> Result<Keys, KeyError> {
        if let Some(keys) = self.read()? {
            return Ok(keys);
        }
        match self {
            Self::Given(keys) => Ok(keys.clone()),
            Self::File(path) => {
                make(path).map_err(|source| KeyError::NotMade {
                    path: path.clone(),
                    source,
                })?;
                let place = path.display().to_string();
                Keys::parse(&place, &private_file::read(path)?)
            }
        }
    }

    /// For people: where a key is to be put.
    pub fn words(&self) -> String {
        match self {
            Self::Given(_) => "PITLANE_SECRETS_KEY".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

/// Whole or not at all; a file that is there already stays.
fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    writeln!(file, "{}", hex::encode(Key::random().bytes()))?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt};

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.key");
        let place = KeyPlace::File(path.clone());
        assert_eq!(place.read().unwrap(), None);
        let made = place.read_or_make().unwrap();
        assert_eq!(place.read_or_make().unwrap(), made);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = place.read().unwrap_err().to_string();
        assert!(error.ends_with("make it `chmod 600`"), "{error}");
    }

    #[test]
    fn the_first_key_seals_and_all_are_known_by_their_ids() {
        let (new, old) = ("ab".repeat(32), "cd".repeat(32));
        let keys = Keys::parse("the file", &format!("# new\n{new}\n\n {old} \n")).unwrap();
        let ids: Vec<_> = keys.ids().collect();
        assert_eq!(ids.len(), 2);
        assert_eq!(keys.sealing().id(), ids[0]);
        assert_eq!(keys.find(&ids[1]).unwrap().bytes(), &[0xcd; 32]);
        assert_eq!(keys.find(&Key::random().id()), None);
    }

    #[test]
    fn what_is_no_key_is_named_by_its_line_and_never_repeated() {
        let good = "ab".repeat(32);
        for (text, said) in [
            (
                format!("{good}\nhunter2"),
                "the file: a key is 64 hex digits, as `openssl rand -hex 32` prints them; see line 2",
            ),
            (
                good[2..].to_owned(),
                "the file: a key is 64 hex digits, as `openssl rand -hex 32` prints them; see line 1",
            ),
            ("# none\n".to_owned(), "the file holds no key"),
        ] {
            let error = Keys::parse("the file", &text).unwrap_err();
            assert_eq!(error.to_string(), said);
            assert!(!format!("{error:?}").contains("hunter2"));
        }
        let printed = format!("{:?}", Keys::parse("the file", &good).unwrap());
        assert!(!printed.contains("abab"), "{printed}");
    }
}
