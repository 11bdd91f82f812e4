//! How long pictures and pages are kept. Journals, artefacts and what people said are kept for ever.
//!
//! Every six hours one server looks through the store. What no kept deployment, release or review names is *set aside*,
//! where it is still found, and a day later *removed*, unless it has been named again: then it is brought back. A blob
//! that is younger than a day is left alone, for whoever wrote it may be about to name it. Two servers that do this at
//! once, or one that froze in between, do no harm: nothing is removed that was not aside for a day.

/// Pure: which deployments, and what becomes of a blob.
mod decide;

/// Looks through the store.
mod sweeper;

pub use sweeper::{SweepError, Sweeper};
