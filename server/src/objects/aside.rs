//! What lies in the store, set aside, brought back, removed. Who decides that is `retention`.

use super::{ObjectError, Objects, at, place::said};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, future};
use object_store::{ObjectStoreExt, path::Path as Key};

const FOLDER: &str = "aside";

/// A blob as the store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub sha: String,
    pub size: u64,
    /// When it was written, by the store's clock.
    pub written_at: DateTime<Utc>,
    pub aside: bool,
}

/// Where a blob lies that was set aside.
pub(super) fn key(sha: &str) -> Result<Key, ObjectError> {
    Ok(Key::from(format!("{FOLDER}/{}", super::key(sha)?)))
}

impl Objects {
    /// Every blob there is, in no order. What is no blob of ours is left out.
    pub fn list(&self) -> impl Stream<Item = Result<Found, ObjectError>> + Send + '_ {
        self.store.list(None).filter_map(|listed| {
            future::ready(match listed {
                Ok(object) => found(&object).map(Ok),
                Err(error) => Some(Err(ObjectError::Store {
                    what: format!("listing {}", self.place),
                    said: said(&error),
                })),
            })
        })
    }

    /// Still found by whoever asks for it; [`Objects::put`] writes it anew.
    pub async fn set_aside(&self, sha: &str) -> Result<(), ObjectError> {
        self.moved(sha, super::key(sha)?, key(sha)?).await
    }

    /// Back to where it belongs.
    pub async fn bring_back(&self, sha: &str) -> Result<(), ObjectError> {
        self.moved(sha, key(sha)?, super::key(sha)?).await
    }

    /// For ever, and only of what was set aside. One that is gone already is no mistake.
    pub async fn remove_aside(&self, sha: &str) -> Result<(), ObjectError> {
        match self.store.delete(&key(sha)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(at(sha, &error)),
        }
    }

    async fn moved(&self, sha: &str, from: Key, to: Key) -> Result<(), ObjectError> {
        match self.store.rename(&from, &to).await {
            // another server was faster
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(at(sha, &error)),
        }
    }
}

fn found(object: &object_store::ObjectMeta) -> Option<Found> {
    let sha = object.location.filename()?;
    let aside = match &object.location {
        location if super::key(sha).ok()? == *location => false,
        location if key(sha).ok()? == *location => true,
        _ => return None,
    };
    Some(Found {
        sha: sha.to_owned(),
        size: object.size,
        written_at: object.last_modified,
        aside,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::TryStreamExt;
    use tokio_util::bytes::Bytes;

    #[tokio::test]
    async fn what_is_set_aside_is_still_found_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::local(dir.path()).unwrap();
        let sha = objects.put(Bytes::from_static(b"hello")).await.unwrap();
        std::fs::write(dir.path().join("readme"), "not ours").unwrap();
        let listed = async || objects.list().try_collect::<Vec<_>>().await.unwrap();

        objects.set_aside(&sha).await.unwrap();
        assert_eq!(objects.get(&sha).await.unwrap().unwrap(), "hello");
        assert!(
            matches!(&listed().await[..], [found] if found.aside && found.sha == sha && found.size == 5)
        );
        // the same bytes again are written where they belong, and removing the others takes nothing away
        objects.put(Bytes::from_static(b"hello")).await.unwrap();
        assert_eq!(listed().await.len(), 2);
        for _ in 0..2 {
            objects.remove_aside(&sha).await.unwrap();
        }
        assert!(matches!(&listed().await[..], [found] if !found.aside));

        objects.set_aside(&sha).await.unwrap();
        objects.set_aside(&sha).await.unwrap();
        objects.bring_back(&sha).await.unwrap();
        assert!(matches!(&listed().await[..], [found] if !found.aside));
        objects.set_aside(&sha).await.unwrap();
        objects.remove_aside(&sha).await.unwrap();
        assert_eq!(objects.get(&sha).await.unwrap(), None);
    }

    /// A sweep that believes a blob is needed by nobody, while others put the same bytes again and again.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_blob_put_while_it_is_set_aside_and_removed_is_always_found() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::local(dir.path()).unwrap();
        let sha = objects.put(Bytes::from_static(b"again")).await.unwrap();
        let sweeper = {
            let (objects, sha) = (objects.clone(), sha.clone());
            tokio::spawn(async move {
                for _ in 0..200 {
                    objects.set_aside(&sha).await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        };
        for _ in 0..200 {
            let again = objects.put(Bytes::from_static(b"again")).await.unwrap();
            assert_eq!(again, sha);
            assert!(objects.get(&sha).await.unwrap().is_some());
        }
        sweeper.await.unwrap();
    }
}
