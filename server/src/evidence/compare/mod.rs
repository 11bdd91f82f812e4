//! Two pictures of the same step, the old one and the new one, to what anybody would see as different.
//!
//! Equal bytes are equal pictures. Else both are decoded (within limits: a page may be hostile) and compared pixel
//! by pixel over the area both have:
//!
//! 1. The colour distance is taken in YIQ, which weighs brightness as eyes do; below the threshold it is no
//!    difference, so that what compression leaves does not count. Within plain areas, where compression leaves
//!    nothing and an eye sees most, a much smaller one counts: a header that goes from blue to green at equal
//!    brightness is another header.
//! 2. A pixel that looks like the smoothed edge of a line in either picture is no difference: fonts are rasterised
//!    a little differently from run to run.
//! 3. Masked rectangles are not looked at.
//! 4. What is left is counted, gathered into regions, and drawn red on the faded new picture.
//!
//! Source: Kotsarenko and Ramos, "Measuring perceived color difference using YIQ NTSC transmission color space in
//! mobile applications" (2010); Vysniauskas, "Anti-aliased pixel and intensity slope detector" (2009).

/// Bytes to pixels, within limits.
mod decode;

/// One pixel against another.
mod pixel;

/// Changed pixels to a few rectangles.
mod region;

/// The picture of the difference.
mod heat;

#[cfg(test)]
mod tests;

pub use decode::{MOST_BYTES, MOST_PIXELS};

use self::{decode::decode, heat::Heat, region::Regions};
use app::model::evidence::{Difference, Likeness, Rect, Size};
use image::RgbImage;

/// Counts up when the same two pictures may be judged differently: what was kept of an older method is void.
pub const METHOD: i16 = 2;

/// Beyond this share of the largest possible colour distance a pixel differs.
const THRESHOLD: f32 = 0.1;
/// The same where both pictures are plain: eight steps of grey of 256.
const PLAIN_THRESHOLD: f32 = 0.03;

/// What came of a comparison; the heat picture (PNG) still has to be kept somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    pub likeness: Likeness,
    pub heat: Option<Vec<u8>>,
}

impl From<Likeness> for Compared {
    fn from(likeness: Likeness) -> Self {
        Self {
            likeness,
            heat: None,
        }
    }
}

/// Takes tens of milliseconds and some hundred megabytes at most: not for an asynchronous thread.
pub fn compare(old: &[u8], new: &[u8], masks: &[Rect]) -> Compared {
    if old == new {
        return Likeness::Equal.into();
    }
    let decoded = decode(old)
        .map_err(|why| format!("the old picture {why}"))
        .and_then(|old| {
            let new = decode(new).map_err(|why| format!("the new picture {why}"))?;
            Ok((old, new))
        });
    match decoded {
        Ok((old, new)) => pixels(&old, &new, masks),
        Err(why) => Likeness::Incomparable { why }.into(),
    }
}

fn pixels(old: &RgbImage, new: &RgbImage, masks: &[Rect]) -> Compared {
    let both = Size {
        width: old.width().min(new.width()),
        height: old.height().min(new.height()),
    };
    let (limit, plain_limit) = (pixel::limit(THRESHOLD), pixel::limit(PLAIN_THRESHOLD));
    let (mut changed, mut looked_at) = (0u64, 0u64);
    let mut regions = Regions::new(both);
    let mut heat = None;
    for y in 0..both.height {
        let bars = spans(masks, y, both.width);
        let masked: u32 = bars.iter().map(|(from, to)| to - from).sum();
        looked_at += u64::from(both.width - masked);
        if row(old, y, both.width) == row(new, y, both.width) {
            continue;
        }
        let mut bars = bars.into_iter().peekable();
        for x in 0..both.width {
            while bars.next_if(|(_, to)| *to <= x).is_some() {}
            if bars.peek().is_some_and(|(from, _)| *from <= x) {
                continue;
            }
            let (a, b) = (old.get_pixel(x, y), new.get_pixel(x, y));
            if a == b {
                continue;
            }
            let distance = pixel::distance(*a, *b);
            let is_plain = || pixel::is_plain(old, both, x, y) && pixel::is_plain(new, both, x, y);
            if distance <= plain_limit || (distance <= limit && !is_plain()) {
                continue;
            }
            let heat = heat.get_or_insert_with(|| Heat::new(new));
            if pixel::is_smoothed(old, new, both, x, y) || pixel::is_smoothed(new, old, both, x, y)
            {
                heat.smoothed(x, y);
                continue;
            }
            changed += 1;
            regions.add(x, y);
            heat.changed(x, y);
        }
    }
    let size = |picture: &RgbImage| Size {
        width: picture.width(),
        height: picture.height(),
    };
    let (was, is) = (size(old), size(new));
    if changed == 0 && was == is {
        return Likeness::Equal.into();
    }
    let mut heat = heat.unwrap_or_else(|| Heat::new(new));
    masks.iter().for_each(|mask| heat.masked(mask));
    heat.beyond(both);
    let (regions, more_regions) = regions.gathered();
    let likeness = Likeness::Differs(Difference {
        changed,
        of: looked_at,
        size: is,
        was: (was != is).then_some(was),
        regions,
        more_regions,
        heat: None,
    });
    Compared {
        likeness,
        heat: heat.png(),
    }
}

fn row(picture: &RgbImage, y: u32, width: u32) -> &[u8] {
    let line = picture.width() as usize * 3;
    let from = y as usize * line;
    &picture.as_raw()[from..from + width as usize * 3]
}

/// What masks cover of row `y`, as spans in order that do not overlap.
fn spans(masks: &[Rect], y: u32, width: u32) -> Vec<(u32, u32)> {
    let covers = |mask: &&Rect| mask.y <= y && y < mask.y.saturating_add(mask.height);
    let mut all: Vec<(u32, u32)> = masks
        .iter()
        .filter(covers)
        .map(|mask| {
            (
                mask.x.min(width),
                mask.x.saturating_add(mask.width).min(width),
            )
        })
        .filter(|(from, to)| from < to)
        .collect();
    all.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::with_capacity(all.len());
    for (from, to) in all {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    joined
}
