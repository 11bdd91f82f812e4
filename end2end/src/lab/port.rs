//! Ports that no other lab takes. A node's port must stay its own while the node restarts, so it is claimed for the
//! lab's whole life: by listening on it at an address nobody talks to.

use anyhow::Context;
use std::{
    collections::BTreeMap,
    fs,
    net::{IpAddr, Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
};

/// Where claims are held.
const CLAIMS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 10);

/// Below the range from which the kernel takes ports for outgoing connections.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

pub struct Ports {
    held: Vec<TcpListener>,
    /// Ports by purpose as in the file, so that a kept lab has the same ones again.
    known: BTreeMap<String, u16>,
    file: PathBuf,
}

impl Ports {
    pub fn open(folder: &Path) -> Self {
        let file = folder.join("ports.toml");
        let known = fs::read_to_string(&file)
            .ok()
            .and_then(|text| toml::from_str(&text).ok())
            .unwrap_or_default();
        Self {
            held: Vec::new(),
            known,
            file,
        }
    }

    /// A port for `purpose` at `address`: the one it had, or a new one.
    pub fn claim(&mut self, purpose: &str, address: IpAddr) -> anyhow::Result<u16> {
        let before = self.known.get(purpose).copied();
        let chance = (0..500).map(|_| rand::random_range(RANGE));
        let (port, held) = before
            .into_iter()
            .chain(chance)
            .find_map(|port| {
                let held = TcpListener::bind((CLAIMS, port)).ok()?;
                TcpListener::bind((address, port)).ok()?;
                Some((port, held))
            })
            .with_context(|| format!("no free port at {address} for {purpose}"))?;
        self.held.push(held);
        if before != Some(port) {
            self.known.insert(purpose.to_owned(), port);
            fs::write(&self.file, toml::to_string(&self.known)?)?;
        }
        Ok(port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_labs_never_hold_the_same_port_and_one_keeps_its_own() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let address = "127.0.0.11".parse().unwrap();
        let mut first = Ports::open(one.path());
        let port = first.claim("app", address).unwrap();
        fs::write(two.path().join("ports.toml"), format!("app = {port}")).unwrap();
        assert_ne!(Ports::open(two.path()).claim("app", address).unwrap(), port);
        drop(first);
        assert_eq!(Ports::open(one.path()).claim("app", address).unwrap(), port);
    }
}
