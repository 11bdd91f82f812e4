//! Pictures compared, and what people said about them.

/// Comparisons as facts that are kept.
mod kept;
