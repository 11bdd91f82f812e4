//! Addresses, cookies, proxies, the browser's half.

use super::{
    ConfigError, Sources,
    data::{absolute, is_root},
};
use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};
use url::Url;

#[derive(Debug, Clone)]
pub struct WebConfig {
    pub listen: SocketAddr,
    pub socket: PathBuf,
    /// Scheme and host people use; no path.
    pub public_url: Url,
    pub trusted_proxies: Vec<Network>,
    /// Holds `pkg/` with wasm and styles.
    pub site: PathBuf,
}

impl WebConfig {
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let listen = sources
            .parsed("web.listen", |text| {
                text.parse().map_err(|_| {
                    format!("`{text}` is no address with port, such as 127.0.0.1:7700")
                })
            })?
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 7700)));
        let socket = match sources.parsed("web.socket", absolute)? {
            Some(socket) => socket,
            None => default_socket(sources)?,
        };
        let public_url = match sources.parsed("web.public_url", public_url)? {
            Some(url) => url,
            None => own_url(listen),
        };
        let site = match sources.parsed("web.site", absolute)? {
            Some(site) => site,
            None => beside_the_program("site"),
        };
        Ok(Self {
            listen,
            socket,
            public_url,
            trusted_proxies: sources
                .parsed("web.trusted_proxies", networks)?
                .unwrap_or_default(),
            site,
        })
    }

    pub fn for_testing(folder: &Path) -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen,
            socket: folder.join("pitlane.sock"),
            public_url: own_url(listen),
            trusted_proxies: Vec::new(),
            site: folder.join("site"),
        }
    }

    /// Whether people come over https, so that cookies may insist on it.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Who really asks: the last address before our own proxies.
    pub fn client(&self, peer: IpAddr, forwarded_for: Option<&str>) -> IpAddr {
        let ours = |address: IpAddr| self.trusted_proxies.iter().any(|net| net.contains(address));
        let mut client = peer;
        for hop in forwarded_for.unwrap_or_default().rsplit(',') {
            if !ours(client) {
                break;
            }
            match hop.trim().parse() {
                Ok(address) => client = address,
                Err(_) => break,
            }
        }
        client
    }
}

/// Addresses that share their first `bits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    pub fn contains(self, address: IpAddr) -> bool {
        let same = |a: &[u8], b: &[u8]| {
            (0..usize::from(self.bits))
                .all(|bit| (a[bit / 8] ^ b[bit / 8]) & (0x80 >> (bit % 8)) == 0)
        };
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(&a.octets(), &b.octets()),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(&a.octets(), &b.octets()),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl std::str::FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no address or network, such as 10.0.0.5 or 10.0.0.0/8");
        let (base, bits) = text
            .split_once('/')
            .map_or((text, None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| bad())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| bad()))?;
        if bits > most {
            return Err(bad());
        }
        Ok(Self { base, bits })
    }
}

fn networks(text: &str) -> Result<Vec<Network>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::parse)
        .collect()
}

fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| format!("`{text}` is no address, such as https://deploy.example.org"))?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return Err("must be scheme and host only, without a path or a user".to_owned());
    }
    Ok(url)
}

fn own_url(listen: SocketAddr) -> Url {
    Url::parse(&format!("http://{listen}/")).expect("a socket address makes a host and a port")
}

fn default_socket(sources: &Sources) -> Result<PathBuf, ConfigError> {
    if is_root() {
        return Ok(PathBuf::from("/run/pitlane/pitlane.sock"));
    }
    sources
        .surrounding("XDG_RUNTIME_DIR")
        .map(|dir| Path::new(dir).join("pitlane/pitlane.sock"))
        .ok_or_else(|| sources.wrong("web.socket", "XDG_RUNTIME_DIR is not set; name a file"))
}

fn beside_the_program(name: &str) -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.join(name)))
        .unwrap_or_else(|| PathBuf::from(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let mut config = WebConfig::for_testing(Path::new("/x"));
        config.trusted_proxies = networks("127.0.0.1, 10.0.0.0/8, fd00::/8").unwrap();
        let cases = [
            ("127.0.0.1", Some("203.0.113.9"), "203.0.113.9"),
            (
                "127.0.0.1",
                Some("6.6.6.6, 203.0.113.9, 10.1.2.3"),
                "203.0.113.9",
            ),
            ("127.0.0.1", Some("6.6.6.6, nonsense"), "127.0.0.1"),
            ("127.0.0.1", None, "127.0.0.1"),
            ("203.0.113.1", Some("6.6.6.6"), "203.0.113.1"),
            ("fd12::1", Some("2001:db8::1"), "2001:db8::1"),
            ("::ffff:10.0.0.1", Some("203.0.113.9"), "203.0.113.9"),
        ];
        for (peer, forwarded, client) in cases {
            let found = config.client(peer.parse().unwrap(), forwarded);
            assert_eq!(found.to_string(), client, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn networks_are_addresses_or_prefixes() {
        for bad in ["10.0.0.0/33", "10.0.0", "x/8", "::/129", "1.2.3.4/-1"] {
            assert!(networks(bad).is_err(), "{bad}");
        }
        assert!(networks("").unwrap().is_empty());
    }
}
