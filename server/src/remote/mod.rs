//! Shells on the nodes: one port, commands as values.
//!
//! What changes a node goes through its wrapper (`wrapper.sh`), which refuses stale owners, starts a run at most
//! once, ends it at its limit and keeps its result, so that a lost connection loses nothing: the same run asked for
//! again is re-attached to or its result adopted. What only reads runs bare.

/// Commands as values.
pub mod command;

/// What can go wrong, and the sentence for each.
pub mod error;

/// The registered host key, as OpenSSH wants it.
pub mod known_hosts;

/// The script on the node that starts, fences and remembers runs.
pub mod wrapper;

/// Output as bounded lines.
pub mod lines;

/// The port over the system's `ssh`.
pub mod openssh;

/// A port that answers from memory.
pub mod fake;

/// The recipe `artefact`: an archive in Capistrano's layout.
pub mod artefact;

use app::model::environment::Node;
use async_trait::async_trait;
use futures::stream::BoxStream;
use std::{io, sync::Arc, time::Duration};
use tokio_util::bytes::Bytes;

pub use crate::balancer::Stamp;
pub use command::{Order, Script};
pub use error::RemoteError;

/// Takes a command's output line by line, without the line end; long lines and floods are cut.
pub type Sink = Arc<dyn Fn(&str) + Send + Sync>;

/// A sink for output nobody wants.
pub fn no_sink() -> Sink {
    Arc::new(|_| {})
}

/// How a run on a node came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// By itself.
    Done,
    /// Ended at its time limit.
    Limit,
    /// Ended by a newer owner.
    Stopped,
}

/// The result of a run, read from what it left on the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// As a shell gives it: 128 + n for signal n.
    pub code: i32,
    pub ending: Ending,
    /// Last lines of its output, at most 40 and 4 KB.
    pub tail: String,
}

impl Ran {
    pub fn is_well(&self) -> bool {
        self.code == 0 && self.ending == Ending::Done
    }
}

/// What a reading command printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub code: i32,
    /// At most 256 KB.
    pub stdout: String,
    pub stderr: String,
}

/// Bytes to lie at `path` on the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Absolute; its folder is made if it is missing.
    pub path: String,
    /// Lower-case hex; the node compares before the file gets its name.
    pub sha256: String,
    pub limit: Duration,
}

/// The content of an upload.
pub type Body = BoxStream<'static, io::Result<Bytes>>;

/// The role every way to a node's shell plays.
#[async_trait]
pub trait RemoteShell: Send + Sync {
    /// Runs `order` in the node's deploy root and returns how it ended. Its run is `stamp.run` and the script's
    /// label: asked for again it is not started again. Safe to cancel: the run goes on to its own limit.
    async fn run(
        &self,
        node: &Node,
        order: &Order,
        stamp: Stamp,
        sink: Sink,
    ) -> Result<Ran, RemoteError>;

    /// Runs a script that changes nothing, outside the wrapper and without a stamp.
    async fn read(
        &self,
        node: &Node,
        script: &Script,
        limit: Duration,
    ) -> Result<Reading, RemoteError>;

    /// Streams `body` to the node; the file appears whole and with the right checksum, or not at all.
    /// Safe to repeat. A stale owner is refused.
    async fn put(
        &self,
        node: &Node,
        upload: &Upload,
        body: Body,
        stamp: Stamp,
    ) -> Result<(), RemoteError>;
}
