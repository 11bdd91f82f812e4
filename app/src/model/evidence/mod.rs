//! Pictures judged: what differs from a picture taken elsewhere, and what people said about it.
//!
//! `film` puts the reports of a journal into rows, `judge` holds each new picture against others, `words` says it in a
//! sentence. All of it is pure: pages, API and tests share it; who compares two pictures is an argument.

/// How two pictures of the same step compare.
mod likeness;

/// What people said about pictures.
mod review;

/// Pictures in rows and columns.
mod film;

/// What to think of each picture.
mod judge;

/// What it takes up, and how long it is kept.
mod storage;

/// What follows from a difference.
mod gate;

/// What differs by itself.
mod proposal;

/// What went through the browsers' proxies.
mod proxied;

/// All of it together.
mod view;

/// What is said before any picture is shown.
mod words;

pub use film::{Before, Cell, Row, Strip, Taken, strips};
pub use gate::{Gate, Looked, Noticed, PictureReport, above_ppm, is_gated, report};
pub use judge::{Against, Baseline, Judged, Standing, Wanted, baselines, judge};
pub use likeness::{Difference, Likeness, Rect, Size, share_words};
pub use proposal::{Pair, Proposal, pairs, proposals};
pub use proxied::{Proxied, proxied};
pub use review::{Mask, Review, StepKey, Verdict};
pub use storage::{Amount, Storage, Swept, size_words};
pub use view::{EvidenceView, Spot};
pub use words::Tally;
