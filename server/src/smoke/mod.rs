//! The browser test on one isolated node.
