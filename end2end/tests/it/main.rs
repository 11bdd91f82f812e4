/// The real browser on one of two nodes.
mod smoke;
