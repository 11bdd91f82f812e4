//! One pixel against another, and against its neighbours.

use app::model::evidence::Size;
use image::{Rgb, RgbImage};

/// The largest distance two colours can have.
const FARTHEST: f32 = 35_215.0;

/// Steps of a channel that a plain area may have: JPEG leaves one or two.
const PLAIN: u8 = 2;

/// The distance that `threshold`, a share of the largest difference, stands for.
pub fn limit(threshold: f32) -> f32 {
    FARTHEST * threshold * threshold
}

fn channels(Rgb(rgb): Rgb<u8>) -> [f32; 3] {
    rgb.map(f32::from)
}

fn brightness([r, g, b]: [f32; 3]) -> f32 {
    r * 0.298_895_3 + g * 0.586_622_5 + b * 0.114_482_23
}

/// How far apart two colours are for an eye, squared.
pub fn distance(a: Rgb<u8>, b: Rgb<u8>) -> f32 {
    let (a, b) = (channels(a), channels(b));
    let [r, g, bl] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    let y = brightness([r, g, bl]);
    let i = r * 0.595_977_99 - g * 0.274_176_1 - bl * 0.321_801_9;
    let q = r * 0.211_470_17 - g * 0.522_617_1 + bl * 0.311_146_94;
    0.5053 * y * y + 0.299 * i * i + 0.1957 * q * q
}

/// The up to eight pixels around one.
fn around(within: Size, x: u32, y: u32) -> impl Iterator<Item = (u32, u32)> {
    let columns = x.saturating_sub(1)..=(x + 1).min(within.width - 1);
    let rows = y.saturating_sub(1)..=(y + 1).min(within.height - 1);
    rows.flat_map(move |row| columns.clone().map(move |column| (column, row)))
        .filter(move |at| *at != (x, y))
}

/// Whether the pixel looks like a line's smoothed edge in `picture`: it lies on a slope between a darker and a lighter
/// neighbour, and one of those two belongs to an even area in both pictures.
pub fn is_smoothed(picture: &RgbImage, other: &RgbImage, within: Size, x: u32, y: u32) -> bool {
    let light = |x, y| brightness(channels(*picture.get_pixel(x, y)));
    let here = light(x, y);
    let mut equal = u8::from(at_the_edge(within, x, y));
    let (mut darkest, mut lightest) = ((0.0, (x, y)), (0.0, (x, y)));
    for (column, row) in around(within, x, y) {
        let step = light(column, row) - here;
        if step == 0.0 {
            equal += 1;
            if equal > 2 {
                return false;
            }
        } else if step < darkest.0 {
            darkest = (step, (column, row));
        } else if step > lightest.0 {
            lightest = (step, (column, row));
        }
    }
    if darkest.0 == 0.0 || lightest.0 == 0.0 {
        return false;
    }
    [darkest.1, lightest.1]
        .into_iter()
        .any(|(x, y)| is_even(picture, within, x, y) && is_even(other, within, x, y))
}

/// Whether all its neighbours have nearly its colour, as inside a bar or a button.
pub fn is_plain(picture: &RgbImage, within: Size, x: u32, y: u32) -> bool {
    let Rgb(here) = picture.get_pixel(x, y);
    around(within, x, y).all(|(column, row)| {
        let Rgb(there) = picture.get_pixel(column, row);
        here.iter().zip(there).all(|(a, b)| a.abs_diff(*b) <= PLAIN)
    })
}

/// Whether three or more neighbours have exactly its colour.
fn is_even(picture: &RgbImage, within: Size, x: u32, y: u32) -> bool {
    let colour = picture.get_pixel(x, y);
    let mut same = u8::from(at_the_edge(within, x, y));
    around(within, x, y).any(|(column, row)| {
        same += u8::from(picture.get_pixel(column, row) == colour);
        same > 2
    })
}

fn at_the_edge(within: Size, x: u32, y: u32) -> bool {
    x == 0 || y == 0 || x + 1 == within.width || y + 1 == within.height
}
