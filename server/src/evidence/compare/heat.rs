//! The picture of the difference: the new picture, faded to grey, with what changed in red.

use app::model::evidence::{Rect, Size};
use image::{
    ExtendedColorType, ImageEncoder, Rgb, RgbImage,
    codecs::png::{CompressionType, FilterType, PngEncoder},
};

const CHANGED: Rgb<u8> = Rgb([214, 40, 32]);
const SMOOTHED: Rgb<u8> = Rgb([240, 196, 92]);
const BEYOND: [u8; 3] = [240, 182, 77];
const MASKED: [u8; 3] = [96, 120, 160];

pub struct Heat(RgbImage);

impl Heat {
    pub fn new(new: &RgbImage) -> Self {
        let mut faded = new.clone();
        for Rgb([r, g, b]) in faded.pixels_mut() {
            let grey = (u32::from(*r) * 77 + u32::from(*g) * 150 + u32::from(*b) * 29) / 256;
            let faint = u8::try_from(190 + grey * 65 / 255).unwrap_or(u8::MAX);
            (*r, *g, *b) = (faint, faint, faint);
        }
        Self(faded)
    }

    pub fn changed(&mut self, x: u32, y: u32) {
        self.0.put_pixel(x, y, CHANGED);
    }

    pub fn smoothed(&mut self, x: u32, y: u32) {
        self.0.put_pixel(x, y, SMOOTHED);
    }

    /// Striped, for it was not looked at.
    pub fn masked(&mut self, mask: &Rect) {
        for y in mask.y..mask.y.saturating_add(mask.height).min(self.0.height()) {
            for x in mask.x..mask.x.saturating_add(mask.width).min(self.0.width()) {
                if (x + y) % 8 < 3 {
                    self.tint(x, y, MASKED);
                }
            }
        }
    }

    /// Tinted where the old picture had nothing.
    pub fn beyond(&mut self, both: Size) {
        for y in 0..self.0.height() {
            let from = if y < both.height { both.width } else { 0 };
            for x in from..self.0.width() {
                self.tint(x, y, BEYOND);
            }
        }
    }

    fn tint(&mut self, x: u32, y: u32, colour: [u8; 3]) {
        let Rgb(at) = self.0.get_pixel_mut(x, y);
        for (channel, wanted) in at.iter_mut().zip(colour) {
            *channel = u8::midpoint(*channel, wanted);
        }
    }

    /// `None`: it could not be written, which leaves the figures.
    pub fn png(self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let encoder =
            PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Sub);
        let Self(picture) = self;
        let (width, height) = picture.dimensions();
        encoder
            .write_image(picture.as_raw(), width, height, ExtendedColorType::Rgb8)
            .ok()
            .map(|()| bytes)
    }
}
