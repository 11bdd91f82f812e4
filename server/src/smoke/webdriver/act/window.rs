//! Windows, frames, sizes, the network.

use super::{Doing, find::Ask, ours};
use crate::smoke::webdriver::{own::Network, wire::Snag};
use app::model::smoke::{Find, Viewport};
use serde_json::json;

/// Of a page's width and height; pictures of larger ones would not fit anywhere.
const LARGEST: u32 = 4_000;
const LARGEST_SCALE_PERCENT: u32 = 400;

pub async fn open(on: &mut Doing<'_>, path: &str) -> Result<(), Snag> {
    let path = on.text(path);
    let url = on
        .public
        .join(&path)
        .map_err(|error| ours(format!("`{path}` cannot be opened: {error}")))?;
    on.spot.at_top();
    on.wire
        .post("url", json!({ "url": url.as_str() }), on.limit)
        .await
        .map(drop)
}

pub async fn size(on: &mut Doing<'_>, width: u32, height: u32) -> Result<(), Snag> {
    bounded(width, height)?;
    on.spot.viewport = None;
    on.spot.resize(on.wire, on.limit).await?;
    let rect = json!({ "width": width, "height": height });
    on.wire.post("window/rect", rect, on.limit).await.map(drop)
}

pub async fn viewport(on: &mut Doing<'_>, viewport: Viewport) -> Result<(), Snag> {
    bounded(viewport.width, viewport.height)?;
    if !(1..=LARGEST_SCALE_PERCENT).contains(&viewport.scale_percent) {
        return Err(Snag::No(format!(
            "a scale of {} % cannot be had; at most {LARGEST_SCALE_PERCENT} %",
            viewport.scale_percent
        )));
    }
    on.spot.viewport = Some(viewport);
    on.spot.resize(on.wire, on.limit).await
}

fn bounded(width: u32, height: u32) -> Result<(), Snag> {
    if (1..=LARGEST).contains(&width) && (1..=LARGEST).contains(&height) {
        Ok(())
    } else {
        Err(Snag::No(format!(
            "{width}x{height} cannot be had; at most {LARGEST}x{LARGEST}"
        )))
    }
}

pub async fn network(
    on: &mut Doing<'_>,
    download: Option<u64>,
    upload: Option<u64>,
    latency_ms: u64,
) -> Result<(), Snag> {
    let network = Network {
        download,
        upload,
        latency_ms,
    };
    on.wire.network(&on.spot.window, network, on.limit).await
}

pub async fn switch(on: &mut Doing<'_>, handle: &str) -> Result<(), Snag> {
    let handle = on.text(handle);
    match on.spot.switch(on.wire, &handle, on.limit).await {
        Err(Snag::Gone) => Err(Snag::No(format!("there is no window `{handle}`"))),
        other => other,
    }
}

pub async fn enter(on: &mut Doing<'_>, find: &Find) -> Result<(), Snag> {
    let found = on.find(find, Ask::default()).await?;
    // it is no element of the page that follows
    on.found = false;
    on.spot.enter(on.wire, found.reference(), on.limit).await
}
