//! What `ssh` printed when it could not connect, as one of our errors. It has one exit status for all of them.

use super::{RemoteError, link::address};
use app::model::environment::Node;
use openssh::Error;
use std::io;

pub fn read(error: Error, node: &Node) -> RemoteError {
    match error {
        Error::Connect(cause) => read_text(cause.kind(), &cause.to_string(), node),
        Error::Master(cause) => RemoteError::Local(cause.to_string()),
        other => RemoteError::Unreachable {
            address: address(node),
            why: chain(&other),
        },
    }
}

fn read_text(kind: io::ErrorKind, text: &str, node: &Node) -> RemoteError {
    let says = |words: &str| text.contains(words);
    let address = address(node);
    if kind == io::ErrorKind::NotFound {
        RemoteError::Local("there is no `ssh`; the package openssh-client has it".to_owned())
    } else if says("Host key verification failed")
        || says("REMOTE HOST IDENTIFICATION HAS CHANGED")
        || says("no matching host key type")
    {
        RemoteError::HostKeyChanged {
            address,
            expected: node.ssh.host_key_fingerprint.clone(),
        }
    } else if says("Could not resolve hostname") {
        RemoteError::UnknownHost {
            host: node.ssh.host.clone(),
        }
    } else if says("Permission denied (") || says("Too many authentication failures") {
        RemoteError::SignInRefused {
            address,
            user: node.ssh.user.clone(),
        }
    } else if says("Connection refused") {
        RemoteError::ConnectionRefused { address }
    } else {
        let last = text.lines().rev().find(|line| !line.trim().is_empty());
        RemoteError::Unreachable {
            address,
            why: last.unwrap_or("ssh gave no reason").trim().to_owned(),
        }
    }
}

/// An error with its causes on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::fake::node_at;

    #[test]
    fn each_refusal_of_ssh_has_its_error() {
        let node = node_at("/srv/shop");
        let at = "127.0.0.11:2201";
        for (text, expected) in [
            (
                "connect to host 127.0.0.11 port 2201: Connection refused",
                format!("{at} refuses connections"),
            ),
            (
                "connect to host 127.0.0.11 port 2201: Connection timed out",
                format!(
                    "{at} cannot be reached: connect to host 127.0.0.11 port 2201: Connection timed out"
                ),
            ),
            (
                "Could not resolve hostname web-9: Name or service not known",
                "the name `127.0.0.11` cannot be resolved".to_owned(),
            ),
            (
                "@@@@\nIT IS POSSIBLE\nHost key verification failed.",
                format!("{at} shows another host key than the registered SHA256:registered"),
            ),
            (
                "Unable to negotiate with 127.0.0.11 port 2201: no matching host key type found. Their offer: ssh-rsa",
                format!("{at} shows another host key than the registered SHA256:registered"),
            ),
            (
                "deploy@127.0.0.11: Permission denied (publickey).",
                format!("{at} does not let user `deploy` in"),
            ),
            ("", format!("{at} cannot be reached: ssh gave no reason")),
        ] {
            let error = read_text(io::ErrorKind::Other, text, &node);
            assert_eq!(error.to_string(), expected);
        }
    }
}
