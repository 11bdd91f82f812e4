use super::site::{Site, config, start};
use crate::harness::{database, sample};
use app::model::access::Role;
use futures::StreamExt;
use http::StatusCode;
use server::store::deployments;
use std::{os::unix::fs::PermissionsExt, time::Duration};
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn a_stop_is_clean_and_quick_also_with_an_open_event_stream() {
    let site = Site::open().await;
    let shop = sample::pool(site.pool(), "production", 1).await;
    let mut plan = sample::plan(site.pool(), &shop).await;
    let mut conn = site.pool().acquire().await.unwrap();
    deployments::create(&mut conn, &mut plan).await.unwrap();
    let ann = site.signed_in("ann", Role::Viewer).await;
    let ready = site.stranger().get("/readyz").await;
    assert_eq!(ready.status(), StatusCode::OK);
    let stream = ann.get(&app::paths::events(plan.deployment, 0)).await;
    let mut stream = stream.bytes_stream();
    stream.next().await.unwrap().unwrap();

    let socket = site.service.web.web.socket.clone();
    let mode = socket.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let begun = Instant::now();
    timeout(Duration::from_secs(10), site.service.stop())
        .await
        .expect("a stop takes at most 10 s");
    println!("stopped in {:?} with an open stream", begun.elapsed());
    while let Some(piece) = stream.next().await {
        piece.expect("the stream ends as it should");
    }
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_taken_port_and_a_socket_in_use_are_named_and_a_dead_socket_is_taken_over() {
    let site = Site::open().await;
    let (other, folder) = (database().await, tempfile::tempdir().unwrap());

    let mut taken = config(&folder, &other);
    taken.web.listen = site.service.address;
    let error = start(taken).await.err().unwrap().to_string();
    assert!(error.contains(&site.service.address.to_string()), "{error}");

    let mut taken = config(&folder, &other);
    taken.web.socket = site.service.web.web.socket.clone();
    let error = start(taken).await.err().unwrap().to_string();
    assert!(
        error.contains("another pitlane serves on the socket"),
        "{error}"
    );

    let dead = config(&folder, &other);
    drop(std::os::unix::net::UnixListener::bind(&dead.web.socket).unwrap());
    assert!(dead.web.socket.exists());
    let service = start(dead).await.unwrap();
    assert!(
        tokio::net::UnixStream::connect(&service.web.web.socket)
            .await
            .is_ok()
    );
    service.stop().await;
}
