//! HTTP probes of one node.
