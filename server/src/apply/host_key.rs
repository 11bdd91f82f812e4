//! Host keys: their text as `known_hosts` has it, their fingerprints, and the one case in which a key may be
//! taken on trust.

use base64::{Engine, engine::general_purpose};
use sha2::{Digest, Sha256};

/// A checked key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// `ssh-ed25519 AAAA...`, without host and comment.
    pub text: String,
    /// `SHA256:...`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

/// The error is a clause.
pub fn parse(text: &str) -> Result<HostKey, String> {
    let wrong =
        || "this is no host key; write it as known_hosts does, \"ssh-ed25519 AAAA...\"".to_owned();
    let mut words = text.split_whitespace();
    let (kind, body) = words.next().zip(words.next()).ok_or_else(wrong)?;
    let blob = general_purpose::STANDARD
        .decode(body)
        .map_err(|_| wrong())?;
    // The blob begins with its own kind, after that text's length.
    let named = blob
        .split_at_checked(4)
        .and_then(|(length, rest)| {
            let length = u32::from_be_bytes(length.try_into().ok()?);
            rest.get(..usize::try_from(length).ok()?)
        })
        .ok_or_else(wrong)?;
    if named != kind.as_bytes() {
        return Err(format!(
            "this host key calls itself {kind}, but is something else"
        ));
    }
    let hash = general_purpose::STANDARD_NO_PAD.encode(Sha256::digest(&blob));
    Ok(HostKey {
        text: format!("{kind} {body}"),
        fingerprint: format!("SHA256:{hash}"),
    })
}

/// Whether nobody can stand between this machine and `host`.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// The best key in what `ssh-keyscan` printed.
pub fn from_scan(output: &str) -> Option<HostKey> {
    let keys: Vec<_> = output
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| parse(line.split_once(' ')?.1).ok())
        .collect();
    ["ssh-ed25519", "ecdsa-", "ssh-rsa"]
        .iter()
        .find_map(|kind| keys.iter().find(|key| key.text.starts_with(kind)))
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";

    #[test]
    fn a_key_is_kept_without_its_comment() {
        let key = parse(&format!("{KEY} root@red")).unwrap();
        assert_eq!(key.text, KEY);
        assert_eq!(key.fingerprint.len(), "SHA256:".len() + 43);
        for bad in [
            "",
            "ssh-ed25519",
            "ssh-ed25519 %%%",
            "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQ=",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_scan_s_best_key_is_taken() {
        let scan = format!("# 127.0.0.11:22 SSH-2.0\n[127.0.0.11]:2201 {KEY}\nnonsense\n");
        assert_eq!(from_scan(&scan).unwrap().text, KEY);
        assert_eq!(from_scan("# nothing\n"), None);
    }

    #[test]
    fn only_loopback_is_beyond_eavesdroppers() {
        for (host, expected) in [
            ("127.0.0.11", true),
            ("::1", true),
            ("localhost", true),
            ("10.0.0.1", false),
            ("localhost.example", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
