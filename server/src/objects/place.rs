//! A folder, or a bucket; and whether it can be used.

use super::{ObjectError, Objects};
use crate::config::objects::{Bucket, Credentials, ObjectsConfig};
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    local::LocalFileSystem,
    path::Path as Key,
    prefix::PrefixStore,
};
use std::{
    error::Error, fs::DirBuilder, os::unix::fs::DirBuilderExt, path::Path, sync::Arc,
    time::Duration,
};
use tokio::time::timeout;
use tokio_util::bytes::Bytes;
use uuid::Uuid;

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// One request, its whole body included.
const LIMIT: Duration = Duration::from_secs(300);
/// Failing requests are repeated for so long.
const RETRY: Duration = Duration::from_secs(30);
/// The whole check at the start.
const CHECK: Duration = Duration::from_secs(20);
const LONGEST_WORDS: usize = 600;

impl Objects {
    pub fn open(config: &ObjectsConfig) -> Result<Self, ObjectError> {
        match config {
            ObjectsConfig::Folder(dir) => Self::local(dir),
            ObjectsConfig::Bucket(bucket) => Self::bucket(bucket),
        }
    }

    /// Blobs in a folder of this machine, made (0700) if it is missing.
    pub fn local(dir: &Path) -> Result<Self, ObjectError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|source| ObjectError::Folder {
                path: dir.to_owned(),
                source,
            })?;
        let place = dir.display().to_string();
        let store = LocalFileSystem::new_with_prefix(dir)
            .map_err(|error| ObjectError::Store {
                what: format!("opening `{place}`"),
                said: said(&error),
            })?
            .with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            place: place.into(),
        })
    }

    /// Speaks to nobody yet.
    pub fn bucket(bucket: &Bucket) -> Result<Self, ObjectError> {
        let place = match bucket.prefix.as_str() {
            "" => format!("s3://{}", bucket.name),
            prefix => format!("s3://{}/{prefix}", bucket.name),
        };
        let client = ClientOptions::new()
            .with_connect_timeout(CONNECT_LIMIT)
            .with_timeout(LIMIT);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_client_options(client)
            .with_allow_http(bucket.allow_http)
            .with_retry(RetryConfig {
                max_retries: 5,
                retry_timeout: RETRY,
                ..RetryConfig::default()
            });
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        }
        builder =
            match &bucket.credentials {
                Credentials::Keys(keys) => {
                    let builder = builder
                        .with_access_key_id(&keys.access_key_id)
                        .with_secret_access_key(&keys.secret_access_key);
                    match &keys.session_token {
                        Some(token) => builder.with_token(token),
                        None => builder,
                    }
                }
                Credentials::Lent(lent) => lent.iter().fold(builder, |builder, (name, value)| {
                    match name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
                        Ok(key) => builder.with_config(key, value),
                        Err(_) => builder,
                    }
                }),
                Credentials::Instance => builder,
            };
        let store = builder.build().map_err(|error| ObjectError::Store {
            what: format!("opening {place}"),
            said: said(&error),
        })?;
        let store: Arc<dyn ObjectStore> = match bucket.prefix.as_str() {
            "" => Arc::new(store),
            prefix => Arc::new(PrefixStore::new(store, prefix)),
        };
        Ok(Self {
            store,
            place: place.into(),
        })
    }

    /// Writes, reads and removes a small object, so that a wrong address or right is found at the start and not by a
    /// smoke test that cannot keep its pictures.
    pub async fn check(&self) -> Result<(), ObjectError> {
        let setting = match self.place.starts_with("s3://") {
            true => "objects.url",
            false => "data.dir",
        };
        let unusable = |doing, said| ObjectError::Unusable {
            setting,
            place: self.place.to_string(),
            doing,
            said,
        };
        let key = Key::from(format!("check-{}", Uuid::now_v7()));
        let bytes = Bytes::from_static(b"Pitlane can write here.\n");
        let check = async {
            let wrong = |doing| move |error: object_store::Error| unusable(doing, said(&error));
            self.store
                .put(&key, bytes.clone().into())
                .await
                .map_err(wrong("written"))?;
            let found = self.store.get(&key).await.map_err(wrong("read"))?;
            let read = found.bytes().await.map_err(wrong("read"))?;
            if read != bytes {
                return Err(unusable(
                    "read",
                    "something else was read than written".to_owned(),
                ));
            }
            self.store.delete(&key).await.map_err(wrong("removed"))
        };
        match timeout(CHECK, check).await {
            Ok(checked) => checked,
            Err(_) => Err(unusable(
                "handled",
                format!("no answer within {} s", CHECK.as_secs()),
            )),
        }
    }
}

/// What a store says of its failure. S3 repeats key and signature in the body of a refusal: of it, code and message
/// are all that is taken.
pub(super) fn said(error: &dyn Error) -> String {
    let mut words = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !words.iter().any(|known| known.contains(&text)) {
            words.push(text);
        }
        source = cause.source();
    }
    let text = words.join(": ");
    let cut = |text: &str| text.chars().take(LONGEST_WORDS).collect::<String>();
    let Some(body) = ["<?xml", "<Error"]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
    else {
        return cut(&text);
    };
    let element = |name: &str| {
        let (_, rest) = text[body..].split_once(&format!("<{name}>"))?;
        let (inner, _) = rest.split_once("</")?;
        Some(inner.to_owned())
    };
    let told: Vec<String> = [element("Code"), element("Message")]
        .into_iter()
        .flatten()
        .collect();
    let before = text[..body].trim_end_matches([':', ' ', '\n']);
    cut(&match told.is_empty() {
        true => before.to_owned(),
        false => format!("{before}: {}", told.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_that_can_be_used_is_left_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::local(dir.path()).unwrap();
        objects.check().await.unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_used_is_named_with_its_setting() {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::local(dir.path()).unwrap();
        // a file where a folder must be: also root cannot write through it
        std::fs::remove_dir(dir.path()).unwrap();
        std::fs::write(dir.path(), "").unwrap();
        let error = objects.check().await.unwrap_err().to_string();
        assert!(
            error.starts_with("`data.dir`: a test object could not be written in /"),
            "{error}"
        );
    }

    #[test]
    fn a_refusal_is_told_without_key_and_signature() {
        let body = "status 403: <?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code>\
            <Message>The signature is wrong.</Message><AWSAccessKeyId>AKIA1</AWSAccessKeyId>\
            <StringToSign>AWS4-HMAC</StringToSign></Error>";
        let words = said(&std::io::Error::other(body));
        assert_eq!(
            words,
            "status 403: SignatureDoesNotMatch, The signature is wrong."
        );
        assert_eq!(said(&std::io::Error::other("no route")), "no route");
    }
}
