//! Who connects: a TCP address, or a user of this machine over the Unix socket.

use app::model::access::{Actor, Role};
use axum::{extract::connect_info::Connected, serve::IncomingStream};
use std::net::SocketAddr;
use tokio::net::{TcpListener, UnixListener};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Tcp(SocketAddr),
    /// `None`: the system would not say who it is.
    Socket {
        uid: Option<u32>,
    },
}

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self::Tcp(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self::Socket {
            uid: stream.io().peer_cred().ok().map(|peer| peer.uid()),
        }
    }
}

/// The owner of the socket, and root, are admins under their own names; nobody else is anybody.
pub fn socket_actor(uid: Option<u32>) -> Option<Actor> {
    let uid = uid?;
    let owner = rustix::process::geteuid().as_raw();
    (uid == owner || uid == 0).then(|| Actor {
        user: None,
        name: user_name(uid),
        role: Role::Admin,
        from: "socket".to_owned(),
    })
}

fn user_name(uid: u32) -> String {
    std::fs::read_to_string("/etc/passwd")
        .ok()
        .and_then(|passwd| name_in(&passwd, uid))
        .unwrap_or_else(|| format!("uid {uid}"))
}

fn name_in(passwd: &str, uid: u32) -> Option<String> {
    let uid = uid.to_string();
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_has_the_name_passwd_gives_it() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(name_in(passwd, 1000).as_deref(), Some("ann"));
        assert_eq!(name_in(passwd, 0).as_deref(), Some("root"));
        assert_eq!(name_in(passwd, 100), None);
    }

    #[test]
    fn only_the_owner_and_root_are_somebody() {
        let own = rustix::process::geteuid().as_raw();
        assert_eq!(socket_actor(Some(own)).unwrap().role, Role::Admin);
        assert_eq!(socket_actor(Some(0)).unwrap().from, "socket");
        assert_eq!(socket_actor(Some(own.wrapping_add(4_321))), None);
        assert_eq!(socket_actor(None), None);
    }
}
