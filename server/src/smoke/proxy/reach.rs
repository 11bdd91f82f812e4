//! Connections onwards, with what they carry counted.

use super::{
    Gate,
    log::{Counts, Went},
};
use crate::clock::{Clock, SystemClock};
use std::{
    io,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_util::io::{InspectReader, InspectWriter};

const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Whom a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    Node,
    RealAddress,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Without brackets.
    pub host: String,
    pub port: u16,
}

impl Asked {
    pub fn new(host: &str, port: u16) -> Self {
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        Self { host, port }
    }

    /// As the log names it.
    pub fn words(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection onwards, and its line in the log.
pub struct Reached {
    pub stream: Box<dyn Stream>,
    pub counts: Arc<Counts>,
}

impl Gate {
    /// Opens a connection, or notes why that failed and says so in a clause.
    pub async fn reach(&self, asked: &Asked, whom: Whom) -> Result<Reached, String> {
        let (connected, name) = match whom {
            Whom::Node => {
                let node = self.target.node;
                let connected = timeout(CONNECT_LIMIT, TcpStream::connect(node)).await;
                (connected, format!("the node at {node}"))
            }
            Whom::RealAddress => {
                let to = (asked.host.as_str(), asked.port);
                let connected = timeout(CONNECT_LIMIT, TcpStream::connect(to)).await;
                (connected, asked.words())
            }
        };
        let reached = connected
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .and_then(|stream| {
                stream.set_nodelay(true)?;
                let peer = stream.peer_addr()?;
                Ok((stream, peer))
            });
        match reached {
            Ok((stream, peer)) => {
                let went = match whom {
                    Whom::Node => Went::Node(peer),
                    Whom::RealAddress => Went::RealAddress(peer),
                };
                let counts = self.note(asked, went);
                let stream = Box::new(metered(stream, Arc::clone(&counts)));
                Ok(Reached { stream, counts })
            }
            Err(error) => {
                let why = format!("{name} could not be reached: {error}");
                self.note(asked, Went::Failed(why.clone()));
                Err(why)
            }
        }
    }

    pub fn note(&self, asked: &Asked, went: Went) -> Arc<Counts> {
        self.log.note(SystemClock.now(), &asked.words(), went)
    }
}

/// Counts what comes back before anybody has it.
fn metered(stream: TcpStream, counts: Arc<Counts>) -> impl Stream {
    let sent = Arc::clone(&counts);
    let reader = InspectReader::new(stream, move |bytes: &[u8]| {
        counts.received.fetch_add(bytes.len() as u64, Relaxed);
    });
    InspectWriter::new(reader, move |bytes: &[u8]| {
        sent.sent.fetch_add(bytes.len() as u64, Relaxed);
    })
}
