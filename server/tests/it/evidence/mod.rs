//! Pictures compared, and what people said about them.

use crate::rolling::ops::Ops;
use app::model::deployment::DeploymentState;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage, codecs::png::PngEncoder};

/// Comparisons as facts that are kept.
mod kept;

/// What people say about pictures.
mod said;

/// Evidence that leaves the house.
mod exported;

/// What is kept, and what is removed.
mod retained;

/// What follows from pictures that differ.
mod gates;

/// A white page with a bar of this many pixels' width, as PNG.
pub fn page(bar: u32) -> Vec<u8> {
    let page = RgbImage::from_fn(200, 100, |x, y| match y < 20 && x < bar {
        true => Rgb([31, 111, 107]),
        false => Rgb([255, 255, 255]),
    });
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(page.as_raw(), 200, 100, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

/// A pool to which #1 brought 1.1, and #2 brought 1.2, whose page has a longer bar.
pub async fn two_releases() -> Ops {
    let mut ops = Ops::new().await;
    ops.browser.look_like(page(100));
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    ops.browser.look_like(page(150));
    ops.deploy("1.2").await;
    ops.until(DeploymentState::Succeeded).await;
    ops
}
