//! Bytes to pixels, within limits. Pictures show hostile pages, and somebody may have put other bytes in their place.

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, Rgba};
use std::io::Cursor;

/// A whole page of 1,280 pixels' width may be 12,500 high.
pub const MOST_PIXELS: u64 = 16_000_000;
/// The longest side.
const LONGEST: u32 = 20_000;
/// Of the file.
pub const MOST_BYTES: usize = 32 * 1024 * 1024;
/// What a decoder may take beside the picture itself.
const MOST_ALLOC: u64 = 160 * 1024 * 1024;

/// The picture on white; the error goes on after "the old picture".
pub fn decode(bytes: &[u8]) -> Result<RgbImage, String> {
    if bytes.len() > MOST_BYTES {
        return Err(format!(
            "has {} MB, more than {} MB",
            bytes.len() / 1024 / 1024,
            MOST_BYTES / 1024 / 1024
        ));
    }
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png)) => format,
        Ok(_) | Err(_) => return Err("is neither JPEG nor PNG".to_owned()),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST);
    limits.max_image_height = Some(LONGEST);
    limits.max_alloc = Some(MOST_ALLOC);
    reader.limits(limits);
    let unreadable = |error: image::ImageError| format!("cannot be read: {error}");
    // the head alone says how large it would be
    let decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err("is empty".to_owned());
    }
    if u64::from(width) * u64::from(height) > MOST_PIXELS || width.max(height) > LONGEST {
        return Err(format!("is too large: {width} × {height}"));
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    if picture.color().has_alpha() {
        return Ok(on_white(&picture.into_rgba8()));
    }
    Ok(picture.into_rgb8())
}

fn on_white(picture: &image::RgbaImage) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let Rgba([r, g, b, a]) = *picture.get_pixel(x, y);
        let over = |c: u8| {
            let (c, a) = (u32::from(c), u32::from(a));
            u8::try_from((c * a + 255 * (255 - a)) / 255).unwrap_or(u8::MAX)
        };
        image::Rgb([over(r), over(g), over(b)])
    })
}
