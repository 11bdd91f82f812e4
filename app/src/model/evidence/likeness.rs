//! How two pictures of the same step compare.

use crate::model::smoke::ElementBox;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A part of a picture, in its pixels from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rect {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Rect {
    /// The part of an element's box that lies right of and below the corner; one pixel of the page is one of the
    /// picture. `None`: nothing of it does.
    pub fn of(covered: ElementBox) -> Option<Self> {
        let clipped = |from: i32, length: u32| {
            let end = i64::from(from) + i64::from(length);
            let from = from.max(0).unsigned_abs();
            let length = u32::try_from(end - i64::from(from)).ok()?;
            (length > 0).then_some((from, length))
        };
        let (x, width) = clipped(covered.x, covered.width)?;
        let (y, height) = clipped(covered.y, covered.height)?;
        Some(Self {
            x,
            y,
            width,
            height,
        })
    }

    /// Wider by `by` on every side, as far as pixels go.
    pub fn widened(self, by: u32) -> Self {
        let (x, y) = (self.x.saturating_sub(by), self.y.saturating_sub(by));
        Self {
            x,
            y,
            width: self.width + (self.x - x) + by,
            height: self.height + (self.y - y) + by,
        }
    }

    pub fn contains(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && self.x.saturating_add(self.width) >= other.x.saturating_add(other.width)
            && self.y.saturating_add(self.height) >= other.y.saturating_add(other.height)
    }
}

impl fmt::Display for Rect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            x,
            y,
            width,
            height,
        } = self;
        write!(f, "{width} × {height} at {x}, {y}")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {}", self.width, self.height)
    }
}

/// An old picture against a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "likeness", rename_all = "snake_case")]
pub enum Likeness {
    /// Nobody could tell them apart.
    Equal,
    Differs(Difference),
    /// One of them cannot be read or is too large; says nothing about the page.
    Incomparable {
        why: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Pixels anybody would see as changed; 0 where only the size is another.
    pub changed: u64,
    /// Pixels both have, less the masked ones.
    pub of: u64,
    /// Of the new picture.
    pub size: Size,
    /// Of the old one, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Size>,
    /// What changed, the largest first.
    pub regions: Vec<Rect>,
    /// Changed regions that are not in the list.
    #[serde(default)]
    pub more_regions: u32,
    /// The new picture, faded, with what changed in red: SHA-256 in the object store (PNG).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heat: Option<String>,
}

impl Difference {
    /// By more than so many of a million pixels. Another size always does: no share of pixels says how much it is.
    pub fn exceeds(&self, above_ppm: u32) -> bool {
        let (changed, of) = (u128::from(self.changed), u128::from(self.of));
        self.was.is_some() || changed * 1_000_000 > u128::from(above_ppm) * of
    }

    /// `2.1 % differs`, `another size`.
    pub fn words(&self) -> String {
        match (self.changed, self.was) {
            (0, _) => self.short(),
            (_, None) => format!("{} differs", self.short()),
            (_, Some(_)) => format!("{} differs, another size", self.short()),
        }
    }

    /// `2.1 %`, `another size`: where a sign says the rest.
    pub fn short(&self) -> String {
        match self.changed {
            0 => "another size".to_owned(),
            changed => share_words(changed, self.of),
        }
    }
}

/// A share as people say it: never 0 where something is, never 100 where something is not.
pub fn share_words(part: u64, of: u64) -> String {
    if part == 0 || of == 0 {
        return "0 %".to_owned();
    }
    #[expect(clippy::cast_precision_loss, reason = "only shown")]
    let percent = part as f64 * 100.0 / of as f64;
    match percent {
        p if p < 0.01 => "under 0.01 %".to_owned(),
        p if p < 0.1 => format!("{p:.2} %"),
        p if part < of => format!("{:.1} %", p.min(99.9)),
        _ => "100 %".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_clipped_at_the_pictures_corner() {
        for (x, width, part) in [
            (10, 5, Some((10, 5))),
            (-3, 5, Some((0, 2))),
            (-5, 5, None),
            (-9, 5, None),
            (0, 0, None),
            (i32::MAX, u32::MAX, Some((2_147_483_647, u32::MAX))),
        ] {
            let covered = ElementBox {
                x,
                y: 0,
                width,
                height: 1,
            };
            let rect = Rect::of(covered).map(|rect| (rect.x, rect.width));
            assert_eq!(rect, part, "{x} {width}");
        }
    }

    #[test]
    fn a_share_is_never_rounded_away() {
        for (part, of, words) in [
            (0, 1_024_000, "0 %"),
            (1, 1_024_000, "under 0.01 %"),
            (205, 1_024_000, "0.02 %"),
            (21_504, 1_024_000, "2.1 %"),
            (1_023_999, 1_024_000, "99.9 %"),
            (1_024_000, 1_024_000, "100 %"),
            (0, 0, "0 %"),
        ] {
            assert_eq!(share_words(part, of), words, "{part} of {of}");
        }
    }

    #[test]
    fn what_may_differ_is_a_share_of_the_pixels_and_never_a_size() {
        let size = Size {
            width: 10,
            height: 10,
        };
        for (changed, of, was, above, exceeds) in [
            (1, 100, None, 0, true),
            (1, 100, None, 10_000, false),
            (2, 100, None, 10_000, true),
            (100, 100, None, 1_000_000, false),
            (0, 100, Some(size), 1_000_000, true),
            // all of it is masked
            (0, 0, None, 0, false),
        ] {
            let difference = Difference {
                changed,
                of,
                size,
                was,
                regions: Vec::new(),
                more_regions: 0,
                heat: None,
            };
            let said = difference.exceeds(above);
            assert_eq!(said, exceeds, "{changed} of {of}, {was:?}, above {above}");
        }
    }

    #[test]
    fn a_likeness_is_kept_as_readable_json() {
        let differs = Likeness::Differs(Difference {
            changed: 12,
            of: 400,
            size: Size {
                width: 20,
                height: 20,
            },
            was: None,
            regions: vec![Rect {
                x: 1,
                y: 2,
                width: 3,
                height: 4,
            }],
            more_regions: 0,
            heat: None,
        });
        let text = serde_json::to_string(&differs).unwrap();
        assert!(text.starts_with(r#"{"likeness":"differs","changed":12,"of":400"#));
        assert_eq!(serde_json::from_str::<Likeness>(&text).unwrap(), differs);
        let equal = serde_json::from_str::<Likeness>(r#"{"likeness":"equal"}"#);
        assert_eq!(equal.unwrap(), Likeness::Equal);
    }
}
