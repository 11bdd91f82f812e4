//! The registered host key of a node as OpenSSH's `known_hosts` wants it, and its fingerprint.
//!
//! Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"; fingerprints as `ssh-keygen -l` prints them.

use app::model::environment::SshAddress;
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

/// The registered text is no host key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no host key; it must read like `ssh-ed25519 AAAA...`")]
pub struct BadHostKey(String);

/// `ssh-ed25519 AAAA...` without a comment, checked: the base64 text names the same kind of key.
pub fn parse(key: &str) -> Result<String, BadHostKey> {
    let bad = || BadHostKey(key.chars().take(80).collect());
    let mut words = key.split_whitespace();
    let (kind, text) = words.next().zip(words.next()).ok_or_else(bad)?;
    let raw = BASE64_STANDARD.decode(text).map_err(|_| bad())?;
    let length = raw.first_chunk().map(|c| u32::from_be_bytes(*c) as usize);
    let named = length.and_then(|length| raw.get(4..4 + length));
    if named == Some(kind.as_bytes()) && !key.contains('\n') {
        Ok(format!("{kind} {text}"))
    } else {
        Err(bad())
    }
}

/// `SHA256:...` of a key that [`parse`] takes.
pub fn fingerprint(key: &str) -> Result<String, BadHostKey> {
    let key = parse(key)?;
    let text = key.split(' ').nth(1).expect("a parsed key has two words");
    let raw = BASE64_STANDARD
        .decode(text)
        .expect("a parsed key is base64");
    Ok(format!(
        "SHA256:{}",
        BASE64_STANDARD_NO_PAD.encode(Sha256::digest(raw))
    ))
}

/// One line for this node alone. A name on port 22 stands bare, otherwise `[name]:port`.
pub fn line(address: &SshAddress) -> Result<String, BadHostKey> {
    let key = parse(&address.host_key)?;
    let host = &address.host;
    Ok(if address.port == 22 {
        format!("{host} {key}\n")
    } else {
        format!("[{host}]:{} {key}\n", address.port)
    })
}

/// The key's kind, for `HostKeyAlgorithms`: the node must show this one and no other of its keys.
pub fn algorithms(key: &str) -> Result<String, BadHostKey> {
    let key = parse(key)?;
    let kind = key.split(' ').next().expect("a parsed key has two words");
    Ok(match kind {
        "ssh-rsa" => "rsa-sha2-512,rsa-sha2-256".to_owned(),
        kind => kind.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    fn at(host: &str, port: u16) -> SshAddress {
        SshAddress {
            user: "deploy".into(),
            host: host.into(),
            port,
            host_key_fingerprint: String::new(),
            host_key: KEY.into(),
        }
    }

    #[test]
    fn the_port_shows_only_where_it_is_not_22() {
        assert_eq!(line(&at("web-1", 22)).unwrap(), format!("web-1 {KEY}\n"));
        assert_eq!(
            line(&at("127.0.0.11", 2201)).unwrap(),
            format!("[127.0.0.11]:2201 {KEY}\n")
        );
    }

    #[test]
    fn a_comment_goes_and_what_is_no_key_is_refused() {
        assert_eq!(parse(&format!("{KEY} root@web-1")).unwrap(), KEY);
        let other_kind = KEY.replace("ssh-ed25519 ", "ssh-rsa ");
        for bad in [
            "",
            "ssh-ed25519",
            "ssh-ed25519 ???",
            "ssh-ed25519 AAAA",
            &other_kind,
            &format!("{KEY}\nevil {KEY}"),
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_fingerprint_is_the_one_ssh_keygen_prints() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pub");
        std::fs::write(&path, KEY).unwrap();
        let told = std::process::Command::new("ssh-keygen")
            .arg("-lf")
            .arg(&path)
            .output()
            .unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        assert!(told.contains(&fingerprint(KEY).unwrap()), "{told}");
    }
}
