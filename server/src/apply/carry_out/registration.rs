//! Which host key is registered for a node: strict once there is one.

use crate::apply::{host_key, request::NodeOrder};
use app::model::environment::Node;

/// The key to register, or why there is none.
pub fn host_key_of(
    given: &NodeOrder,
    old: Option<&Node>,
    accept_changed: bool,
) -> Result<host_key::HostKey, String> {
    let old = old.filter(|old| (&old.ssh.host, old.ssh.port) == (&given.ssh.host, given.ssh.port));
    let (host, port) = (&given.ssh.host, given.ssh.port);
    match (&given.host_key, old) {
        (Some(text), old) => {
            let key = host_key::parse(text)?;
            match old {
                Some(old) if old.ssh.host_key != key.text && !accept_changed => Err(format!(
                    "node `{}` has another host key than the registered one ({} instead of {}); if that is meant, \
                     apply with --accept-changed-host-keys",
                    given.name, key.fingerprint, old.ssh.host_key_fingerprint
                )),
                _ => Ok(key),
            }
        }
        (None, Some(old)) => host_key::parse(&old.ssh.host_key),
        (None, None) => Err(format!(
            "no host key is known for node `{}`; look at it on the node itself and write host_key = \"ssh-ed25519 ...\" \
             (ssh-keyscan -p {port} {host} prints what answers there)",
            given.name
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::request::SshOrder;
    use app::model::{environment::SshAddress, ids::NodeId};
    use std::collections::BTreeMap;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";
    const OTHER: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP8CAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";

    fn order(host_key: Option<&str>) -> NodeOrder {
        NodeOrder {
            name: "red".parse().unwrap(),
            group: None,
            ssh: SshOrder {
                user: "deploy".to_owned(),
                host: "10.0.0.11".to_owned(),
                port: 22,
            },
            host_key: host_key.map(str::to_owned),
            app_url: "http://10.0.0.11:9000".to_owned(),
            deploy_root: "/srv/red".to_owned(),
            workers: BTreeMap::new(),
        }
    }

    fn stored(host: &str) -> Node {
        let key = host_key::parse(KEY).unwrap();
        Node {
            id: NodeId::generate(),
            name: "red".parse().unwrap(),
            group: None,
            ssh: SshAddress {
                user: "deploy".to_owned(),
                host: host.to_owned(),
                port: 22,
                host_key_fingerprint: key.fingerprint,
                host_key: key.text,
            },
            app_url: String::new(),
            deploy_root: String::new(),
            members: Vec::new(),
        }
    }

    #[test]
    fn a_host_key_is_strict_once_registered() {
        let (here, elsewhere) = (stored("10.0.0.11"), stored("10.0.0.99"));
        let cases = [
            (Some(KEY), None, false, Ok(KEY)),
            (None, None, false, Err("no host key is known")),
            (None, Some(&here), false, Ok(KEY)),
            (
                Some(OTHER),
                Some(&here),
                false,
                Err("--accept-changed-host-keys"),
            ),
            (Some(OTHER), Some(&here), true, Ok(OTHER)),
            (Some(OTHER), Some(&elsewhere), false, Ok(OTHER)),
            (None, Some(&elsewhere), false, Err("no host key is known")),
        ];
        for (given, old, accept, expected) in cases {
            match (host_key_of(&order(given), old, accept), expected) {
                (Ok(key), Ok(text)) => assert_eq!(key.text, text),
                (Err(words), Err(part)) => assert!(words.contains(part), "{words}"),
                (found, wanted) => panic!("wanted {wanted:?}, found {found:?}"),
            }
        }
    }
}
