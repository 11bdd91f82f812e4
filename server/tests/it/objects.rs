//! Blobs in a store that speaks S3: a real server of that protocol, over a folder, in this process.

use crate::{
    harness::database,
    web::site::{config, start},
};
use futures::TryStreamExt;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use server::{
    config::objects::{Bucket, Credentials, Keys, ObjectsConfig},
    objects::{ObjectError, Objects},
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::bytes::Bytes;

const KEY: &str = "AKIAPITLANE";
const SECRET: &str = "hunter2hunter2";

struct Store {
    folder: TempDir,
    url: String,
}

impl Store {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("proofs")).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let http = Builder::new(TokioExecutor::new());
                    let _ = http.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self { folder, url }
    }

    fn bucket(&self) -> Bucket {
        Bucket {
            name: "proofs".into(),
            prefix: "pitlane/one".into(),
            endpoint: Some(self.url.parse().unwrap()),
            region: "eu-central-1".into(),
            allow_http: true,
            credentials: Credentials::Keys(Keys {
                access_key_id: KEY.into(),
                secret_access_key: SECRET.into(),
                session_token: None,
            }),
        }
    }

    /// As one server opens it.
    fn open(&self) -> Objects {
        Objects::bucket(&self.bucket()).unwrap()
    }
}

#[tokio::test]
async fn two_servers_share_what_is_in_a_bucket() {
    let store = Store::new().await;
    let (one, two) = (store.open(), store.open());
    assert_eq!(one.place(), "s3://proofs/pitlane/one");
    one.check().await.unwrap();
    let sha = one.put(Bytes::from_static(b"hello")).await.unwrap();
    assert_eq!(two.put(Bytes::from_static(b"hello")).await.unwrap(), sha);
    assert_eq!(two.get(&sha).await.unwrap().unwrap(), "hello");
    assert!(matches!(
        two.stream(&"0a".repeat(32)).await,
        Err(ObjectError::Missing(_))
    ));
    // the test object of the start is gone
    let listed: Vec<_> = two.list().try_collect().await.unwrap();
    assert!(matches!(&listed[..], [found] if found.sha == sha && found.size == 5 && !found.aside));

    // one sets aside what the other still finds, and puts again
    one.set_aside(&sha).await.unwrap();
    assert_eq!(two.get(&sha).await.unwrap().unwrap(), "hello");
    two.put(Bytes::from_static(b"hello")).await.unwrap();
    one.remove_aside(&sha).await.unwrap();
    one.remove_aside(&sha).await.unwrap();
    assert_eq!(one.get(&sha).await.unwrap().unwrap(), "hello");
    one.set_aside(&sha).await.unwrap();
    two.bring_back(&sha).await.unwrap();
    let listed: Vec<_> = one.list().try_collect().await.unwrap();
    assert!(matches!(&listed[..], [found] if !found.aside));
}

#[tokio::test]
async fn a_large_artefact_goes_there_in_parts_and_comes_back_whole() {
    let store = Store::new().await;
    let (one, two) = (store.open(), store.open());
    let content: Vec<u8> = (0..23_000_000u32).map(|n| (n % 251) as u8).collect();
    let path = store.folder.path().join("artefact");
    std::fs::write(&path, &content).unwrap();
    let (sha, size) = one.put_file(&path).await.unwrap();
    assert_eq!(size, 23_000_000);
    assert_eq!(sha, hex::encode(Sha256::digest(&content)));
    let pieces: Vec<Bytes> = two.stream(&sha).await.unwrap().try_collect().await.unwrap();
    assert!(pieces.concat() == content);
    assert_eq!(two.put_file(&path).await.unwrap(), (sha, size));
}

#[tokio::test]
async fn what_cannot_be_used_is_said_at_the_start_and_without_secrets() {
    let store = Store::new().await;
    let wrong_key = Bucket {
        credentials: Credentials::Keys(Keys {
            access_key_id: KEY.into(),
            secret_access_key: "not the one".into(),
            session_token: None,
        }),
        ..store.bucket()
    };
    let objects = Objects::bucket(&wrong_key).unwrap();
    let error = objects.check().await.unwrap_err();
    let said = format!("{error} {error:?}");
    assert!(
        said.starts_with("`objects.url`: a test object could not be written in s3://"),
        "{said}"
    );
    assert!(said.contains("SignatureDoesNotMatch"), "{said}");
    for secret in [KEY, SECRET, "not the one", "AWS4-HMAC"] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[tokio::test]
async fn a_service_keeps_its_blobs_in_a_bucket_and_does_not_start_without() {
    let store = Store::new().await;
    let (database, folder) = (database().await, tempfile::tempdir().unwrap());
    let mut config = config(&folder, &database);
    let mut bucket = store.bucket();
    config.objects = ObjectsConfig::Bucket(Box::new(bucket.clone()));
    let service = start(config.clone()).await.unwrap();
    let sha = service
        .web
        .objects
        .put(Bytes::from_static(b"hello"))
        .await
        .unwrap();
    assert!(
        store
            .folder
            .path()
            .join(format!(
                "proofs/pitlane/one/{}/{}/{sha}",
                &sha[..2],
                &sha[2..4]
            ))
            .is_file()
    );
    assert!(!folder.path().join("objects").exists());
    service.stop().await;

    bucket.credentials = Credentials::Keys(Keys {
        access_key_id: KEY.into(),
        secret_access_key: "not the one".into(),
        session_token: None,
    });
    config.objects = ObjectsConfig::Bucket(Box::new(bucket));
    let Err(error) = start(config).await else {
        panic!("it started")
    };
    assert!(error.to_string().contains("`objects.url`"), "{error}");
}
