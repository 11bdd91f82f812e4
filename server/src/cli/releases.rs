//! `pitlane releases add`, `pitlane releases list`.

use super::{
    Ended,
    args::ReleasesVerb,
    client::{Client, Failed},
    table::columns,
};
use app::model::{name::Name, release::Release};
use reqwest::{Body, Method, header};
use std::path::Path;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

pub async fn run(verb: ReleasesVerb) -> Result<Ended, Failed> {
    match verb {
        ReleasesVerb::Add {
            application,
            version,
            file,
            commit,
            reach,
        } => add(&Client::new(&reach)?, &application, &version, &file, commit).await,
        ReleasesVerb::List {
            application,
            json,
            reach,
        } => list(&Client::new(&reach)?, &application, json).await,
    }
}

async fn add(
    client: &Client,
    application: &Name,
    version: &Name,
    path: &Path,
    commit: Option<String>,
) -> Result<Ended, Failed> {
    let unreadable = |error| Failed::Here(format!("{} cannot be read: {error}.", path.display()));
    let file = File::open(path).await.map_err(unreadable)?;
    let metadata = file.metadata().await.map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Failed::Here(format!("{} is no file.", path.display())));
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("version", version.as_str());
    if let Some(commit) = &commit {
        query.append_pair("commit", commit);
    }
    let address = format!(
        "/api/v1/applications/{application}/releases?{}",
        query.finish()
    );
    let request = client
        .request(Method::POST, &address)
        .header(header::CONTENT_TYPE, "application/gzip")
        .header(header::CONTENT_LENGTH, metadata.len())
        .body(Body::wrap_stream(ReaderStream::new(file)));
    let release: Release = client.json(request).await?;
    println!(
        "Release {} of {application} is registered: {}, SHA-256 {}.",
        release.version,
        spoken_size(release.size),
        release.sha256
    );
    Ok(Ended::WELL)
}

async fn list(client: &Client, application: &Name, json: bool) -> Result<Ended, Failed> {
    let releases: Vec<Release> = client
        .get(&format!("/applications/{application}/releases"))
        .await?;
    if json {
        for release in &releases {
            println!(
                "{}",
                serde_json::to_string(release).expect("a release becomes JSON")
            );
        }
        return Ok(Ended::WELL);
    }
    if releases.is_empty() {
        println!("{application} has no releases yet; `pitlane releases add` registers one.");
    }
    let row = |release: &Release| {
        vec![
            release.version.to_string(),
            release.created_at.full(),
            release.created_by.clone(),
            spoken_size(release.size),
            release.sha256.chars().take(12).collect(),
            release.commit.clone().unwrap_or_default(),
        ]
    };
    for line in columns(&releases.iter().map(row).collect::<Vec<_>>()) {
        println!("{line}");
    }
    Ok(Ended::WELL)
}

fn spoken_size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "for people, with one decimal")]
    let bytes = bytes as f64;
    match bytes {
        b if b < 1_000.0 => format!("{b} bytes"),
        b if b < 1e6 => format!("{:.1} kB", b / 1e3),
        b if b < 1e9 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}
