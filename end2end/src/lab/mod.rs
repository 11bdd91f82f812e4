//! Real parts as ordinary child processes on loopback: no containers, no systemd.

/// Apache httpd with mod_proxy_balancer and its manager.
pub mod apache;
