//! Shells on the nodes, and what is done there.
