//! What this node's environment file says.

use super::release::Manifest;
use std::{env, net::SocketAddr};

pub struct Settings {
    pub node: String,
    pub address: SocketAddr,
    pub database_url: String,
}

impl Settings {
    /// A setting the release needs and the node has not: named, with where it belongs.
    pub fn from_env(manifest: &Manifest) -> Result<Self, String> {
        let missing: Vec<_> = manifest
            .needs
            .iter()
            .filter(|name| env::var_os(name).is_none())
            .map(String::as_str)
            .collect();
        if !missing.is_empty() {
            return Err(format!(
                "shop {} cannot start: setting missing: {}\nadd it to shared/.env of this node, then restart",
                manifest.version,
                missing.join(", "),
            ));
        }
        let get = |name: &str| env::var(name).map_err(|_| format!("setting missing: {name}"));
        Ok(Self {
            node: get("SHOP_NODE")?,
            address: get("SHOP_ADDRESS")?
                .parse()
                .map_err(|error| format!("SHOP_ADDRESS is no address with a port: {error}"))?,
            database_url: get("DATABASE_URL")?,
        })
    }
}
