//! Blobs by their SHA-256: artefacts, pictures, page sources, log chunks. PostgreSQL holds the rest.
//!
//! A blob lies at `ab/cd/abcd…` and is written beside and then renamed, so whoever finds it finds all of it.
//! What is there is never written again: the same bytes are the same blob.
//!
//! What nobody needs is first set aside (`aside/ab/cd/abcd…`), where it is still found, and removed much later. So
//! whoever put the same bytes again, and found them there, loses nothing by a sweep at the same moment.

/// A folder, or a bucket; and whether it can be used.
mod place;

/// What lies there, set aside, brought back, removed.
mod aside;

pub use aside::Found;

use futures::{StreamExt, stream::BoxStream};
use object_store::{
    GetResult, ObjectStore, ObjectStoreExt, buffered::BufWriter, path::Path as Key,
};
use sha2::{Digest, Sha256};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::bytes::Bytes;

const CHUNK: usize = 256 * 1024;

/// The one place where blobs are kept. Clones share it.
#[derive(Debug, Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// A folder, or `s3://bucket/prefix`; for people.
    place: Arc<str>,
}

#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The caller's mistake, or somebody guessing.
    #[error("`{0}` is no SHA-256 in hexadecimal")]
    BadSha(String),
    #[error("there is no object {0}")]
    Missing(String),
    #[error("could not read the file `{path}`")]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Somebody wrote to it while it was stored; try again with a file at rest.
    #[error("the file `{0}` changed while it was read")]
    Changed(PathBuf),
    #[error("could not use the object folder `{path}`")]
    Folder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// `said` is the store's own words, without what it repeats of our signature.
    #[error("the object store failed at {what}: {said}")]
    Store { what: String, said: String },
    /// At the start: nothing could be kept there.
    #[error("`{setting}`: a test object could not be {doing} in {place}: {said}")]
    Unusable {
        setting: &'static str,
        place: String,
        doing: &'static str,
        said: String,
    },
}

impl Objects {
    /// A folder of this machine, or `s3://bucket/prefix`.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Keeps `bytes` and returns their SHA-256. Safe to repeat.
    pub async fn put(&self, bytes: Bytes) -> Result<String, ObjectError> {
        let sha = hex::encode(Sha256::digest(&bytes));
        let key = key(&sha)?;
        if !self.has(&sha, &key).await? {
            self.store
                .put(&key, bytes.into())
                .await
                .map_err(|error| at(&sha, &error))?;
        }
        Ok(sha)
    }

    /// Keeps the content of a file, however large, and returns its SHA-256 and size. Safe to repeat.
    pub async fn put_file(&self, path: &Path) -> Result<(String, u64), ObjectError> {
        let (sha, size) = hash(path, None).await?;
        let key = key(&sha)?;
        if self.has(&sha, &key).await? {
            return Ok((sha, size));
        }
        let mut writer = BufWriter::new(Arc::clone(&self.store), key);
        match hash(path, Some(&mut writer)).await {
            Ok((again, _)) if again == sha => {
                writer.shutdown().await.map_err(|error| at(&sha, &error))?;
                Ok((sha, size))
            }
            other => {
                // the blob is not there before `shutdown`; what was staged is only litter
                let _ = writer.abort().await;
                other.and(Err(ObjectError::Changed(path.to_owned())))
            }
        }
    }

    /// The whole blob, or `None` when there is none. For what is known to be small.
    pub async fn get(&self, sha: &str) -> Result<Option<Bytes>, ObjectError> {
        match self.find(sha).await? {
            Some(found) => found
                .bytes()
                .await
                .map(Some)
                .map_err(|error| at(sha, &error)),
            None => Ok(None),
        }
    }

    /// The blob piece by piece. [`ObjectError::Missing`] when there is none.
    pub async fn stream(
        &self,
        sha: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, ObjectError>>, ObjectError> {
        let found = self.find(sha).await?;
        let found = found.ok_or_else(|| ObjectError::Missing(sha.to_owned()))?;
        let sha = sha.to_owned();
        Ok(found
            .into_stream()
            .map(move |piece| piece.map_err(|error| at(&sha, &error)))
            .boxed())
    }

    /// Where it belongs, else among what was set aside, else where it may have been brought back to meanwhile.
    async fn find(&self, sha: &str) -> Result<Option<GetResult>, ObjectError> {
        for key in [key(sha)?, aside::key(sha)?, key(sha)?] {
            match self.store.get(&key).await {
                Ok(found) => return Ok(Some(found)),
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(at(sha, &error)),
            }
        }
        Ok(None)
    }

    async fn has(&self, sha: &str, key: &Key) -> Result<bool, ObjectError> {
        match self.store.head(key).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(at(sha, &error)),
        }
    }
}

/// Where a blob lies. A text that is no SHA-256 never becomes a path.
fn key(sha: &str) -> Result<Key, ObjectError> {
    let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if sha.len() == 64 && sha.bytes().all(lower_hex) {
        Ok(Key::from(format!("{}/{}/{sha}", &sha[..2], &sha[2..4])))
    } else {
        Err(ObjectError::BadSha(sha.chars().take(80).collect()))
    }
}

fn at(sha: &str, error: &dyn std::error::Error) -> ObjectError {
    ObjectError::Store {
        what: format!("object {sha}"),
        said: place::said(error),
    }
}

async fn hash(
    path: &Path,
    mut copy_to: Option<&mut BufWriter>,
) -> Result<(String, u64), ObjectError> {
    let unreadable = |source| ObjectError::File {
        path: path.to_owned(),
        source,
    };
    let mut file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let (mut hasher, mut size) = (Sha256::new(), 0u64);
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read(&mut chunk).await.map_err(unreadable)?;
        if read == 0 {
            return Ok((hex::encode(hasher.finalize()), size));
        }
        hasher.update(&chunk[..read]);
        size += u64::try_from(read).expect("a chunk fits");
        if let Some(writer) = copy_to.as_deref_mut() {
            writer
                .write_all(&chunk[..read])
                .await
                .map_err(|error| ObjectError::Store {
                    what: format!("storing `{}`", path.display()),
                    said: place::said(&error),
                })?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::TryStreamExt;

    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    #[tokio::test]
    async fn what_was_put_is_found_under_its_hash_in_two_levels_of_folders() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::local(&dir.path().join("objects")).unwrap();
        assert_eq!(objects.get(HELLO).await.unwrap(), None);
        for _ in 0..2 {
            let sha = objects.put(Bytes::from_static(b"hello")).await.unwrap();
            assert_eq!(sha, HELLO);
        }
        assert!(dir.path().join("objects/2c/f2").join(HELLO).is_file());
        assert_eq!(
            objects.get(HELLO).await.unwrap().as_deref(),
            Some(&b"hello"[..])
        );
    }

    #[tokio::test]
    async fn a_large_file_is_streamed_in_and_out() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::local(dir.path()).unwrap();
        let content: Vec<u8> = (0..23_000_000u32).map(|n| (n % 251) as u8).collect();
        let path = dir.path().join("big");
        std::fs::write(&path, &content).unwrap();
        let (sha, size) = objects.put_file(&path).await.unwrap();
        assert_eq!(size, 23_000_000);
        assert_eq!(sha, hex::encode(Sha256::digest(&content)));
        let pieces: Vec<Bytes> = objects
            .stream(&sha)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert!(pieces.len() > 1, "comes in pieces");
        assert!(pieces.concat() == content);
        assert_eq!(objects.put_file(&path).await.unwrap(), (sha, size));
    }

    #[tokio::test]
    async fn only_a_hash_becomes_a_path() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::local(dir.path()).unwrap();
        for bad in [
            "",
            "../../etc/passwd",
            &HELLO[1..],
            &HELLO.to_uppercase(),
            &format!("../{}", &HELLO[3..]),
        ] {
            assert!(
                matches!(objects.get(bad).await, Err(ObjectError::BadSha(_))),
                "{bad}"
            );
        }
        assert!(matches!(
            objects.stream(HELLO).await,
            Err(ObjectError::Missing(_))
        ));
    }

    #[tokio::test]
    async fn a_missing_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::local(dir.path()).unwrap();
        let error = objects
            .put_file(Path::new("/nowhere/to/be.found"))
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "could not read the file `/nowhere/to/be.found`"
        );
    }
}
