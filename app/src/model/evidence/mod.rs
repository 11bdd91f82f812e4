//! Pictures judged: what differs from a picture taken elsewhere, and what people said about it.

/// How two pictures of the same step compare.
mod likeness;

pub use likeness::{Difference, Likeness, Rect, Size, share_words};
