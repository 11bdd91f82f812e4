//! Pictures compared, and what people said about them.

/// Two pictures to what differs: pure.
pub mod compare;

/// The same, kept.
pub mod comparer;

/// All pictures of a deployment beside those they are held against.
pub mod gallery;
