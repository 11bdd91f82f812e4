//! Pictures compared, and what people said about them.

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
