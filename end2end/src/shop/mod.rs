//! `shop`, the application the lab deploys: sign in, look at products, place an order. It runs from its
//! release folder; people, sessions and orders live in a PostgreSQL that all nodes share.

/// What this node's environment file says.
pub mod setting;

/// What the release folder holds, read once at the start.
pub mod release;

/// Placeholders in HTML files.
pub mod template;

/// People, their passwords and their sessions.
pub mod account;

/// Orders.
pub mod order;

/// The routes.
pub mod web;

use setting::Settings;
use std::{path::Path, sync::Arc};

/// Serves the release in `folder` until SIGTERM. The error is what an operator reads in the log.
pub async fn run(folder: &Path) -> Result<(), String> {
    let release = release::Release::read(folder)?;
    let settings = Settings::from_env(&release.manifest)?;
    println!(
        "shop {} starts on {}",
        release.manifest.version, settings.node
    );
    tokio::time::sleep(release.manifest.start_delay()).await;

    let address = settings.address;
    let shop = web::Shop::new(release, settings)?;
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    println!("shop listens on {address}");
    axum::serve(listener, web::router(Arc::new(shop)))
        .with_graceful_shutdown(stop_asked())
        .await
        .map_err(|error| format!("serving stopped: {error}"))?;
    println!("shop has answered its last request");
    Ok(())
}

async fn stop_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(error) => {
            eprintln!("SIGTERM cannot be watched: {error}");
            std::future::pending::<()>().await;
        }
    }
}
