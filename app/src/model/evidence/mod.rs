//! Pictures judged: what differs from a picture taken elsewhere, and what people said about it.

/// How two pictures of the same step compare.
mod likeness;

/// What people said about pictures.
mod review;

pub use likeness::{Difference, Likeness, Rect, Size, share_words};
pub use review::{Mask, Review, StepKey, Verdict};
