//! The port over the system's `ssh`, one master connection per node.
//!
//! The library's defaults are not ours: host keys are strict against a file with the one registered key, no
//! configuration of the user or the system leaks in, a master left by a killed server ends by itself, and the
//! folder of sockets belongs to one process (letting the library clean it would remove the sockets of our own
//! other connections).

use super::{
    Body, Order, Ran, Reading, RemoteError, RemoteShell, Script, Sink, Stamp, Upload, lines::Lines,
    wrapper, wrapper::Wrapper,
};
use app::model::{environment::Node, name::Name};
use async_trait::async_trait;
use std::{path::PathBuf, time::Duration};
use tokio::time::{Instant, sleep, timeout};

/// One cached connection.
mod link;

/// One call over a connection.
mod call;

/// What `ssh` prints when it cannot connect.
mod refusal;

use call::Called;
use link::Links;

/// How nodes are reached.
#[derive(Debug, Clone)]
pub struct SshSettings {
    /// Tells this installation's folder on a node from another's.
    pub installation: Name,
    /// Private key; `None`: the agent or the user's own keys.
    pub key: Option<PathBuf>,
    /// Socket of an agent; `None`: the one in the environment, if any.
    pub agent: Option<PathBuf>,
    /// Where the private folder of control sockets is made; short, or `/tmp` is used.
    pub control_root: PathBuf,
    pub connect_limit: Duration,
    /// How long an unused connection is kept.
    pub idle: Duration,
}

impl SshSettings {
    pub fn new(installation: Name, key: Option<PathBuf>, control_root: PathBuf) -> Self {
        Self {
            installation,
            key,
            agent: None,
            control_root,
            connect_limit: Duration::from_secs(10),
            idle: Duration::from_secs(60),
        }
    }
}

/// Beyond a command's limit on the node: connecting, ending the group, telling the result.
const GRACE: Duration = Duration::from_secs(30);
/// How often a lost connection is made anew to follow the same run.
const REATTACH: u32 = 2;
/// How long a node that was lost during a run is tried, before the run's result counts as unknown: its sshd may just be
/// starting again.
const WAY_BACK: Duration = Duration::from_secs(20);
const TRY_EVERY: Duration = Duration::from_secs(1);

/// Reaches every node; connections end when it is dropped.
#[derive(Debug)]
pub struct OpensshShell {
    links: Links,
    wrapper: Wrapper,
}

impl OpensshShell {
    /// Makes the private folder for control sockets and removes those of servers that are gone.
    pub fn new(settings: SshSettings) -> Result<Self, RemoteError> {
        Ok(Self {
            wrapper: Wrapper::new(settings.installation.clone()),
            links: Links::new(settings)?,
        })
    }

    async fn install(&self, node: &Node) -> Result<(), RemoteError> {
        let link = self.links.to(node).await;
        let called = link
            .call(&self.wrapper.install(node), None, GRACE, &mut |_| {})
            .await?;
        match called.code {
            0 => Ok(()),
            code => wrapper::judge(code, &called.stderr).map(|_| ()),
        }
    }

    /// Calls until the wrapper is there and the connection held to the end.
    async fn follow(
        &self,
        node: &Node,
        order: &Order,
        stamp: Stamp,
        lines: &mut Lines,
    ) -> Result<Called, RemoteError> {
        let link = self.links.to(node).await;
        let limit = order.limit + GRACE;
        let mut offset = 0;
        let mut lost = 0;
        let mut lost_at = None;
        let mut installed = false;
        loop {
            let script = self.wrapper.run(node, order, stamp, offset);
            let called = link
                .call(&script, None, limit, &mut |bytes| {
                    offset += bytes.len() as u64;
                    lines.push(bytes);
                })
                .await;
            match called {
                Ok(called) if called.code == wrapper::NOT_INSTALLED && !installed => {
                    installed = true;
                    self.install(node).await?;
                }
                Err(RemoteError::Cut { .. }) if lost < REATTACH => {
                    lost += 1;
                    lost_at = Some(Instant::now());
                }
                Err(error)
                    if !error.may_have_run()
                        && lost_at.is_some_and(|at: Instant| at.elapsed() < WAY_BACK) =>
                {
                    tracing::info!(node = %node.name, %error, "the node was lost during a run; trying again");
                    sleep(TRY_EVERY).await;
                }
                // no way back to a run that may be going on
                Err(error) if lost > 0 && !error.may_have_run() => {
                    tracing::warn!(node = %node.name, %error, "could not reconnect to node {}", node.name);
                    return Err(RemoteError::Cut {
                        address: link::address(node),
                    });
                }
                other => return other,
            }
        }
    }
}

#[async_trait]
impl RemoteShell for OpensshShell {
    async fn run(
        &self,
        node: &Node,
        order: &Order,
        stamp: Stamp,
        sink: Sink,
    ) -> Result<Ran, RemoteError> {
        let mut lines = Lines::new(sink);
        // three times the limit cannot be needed: the node ends the run after one
        let whole = order.limit * 3 + GRACE;
        let called = timeout(whole, self.follow(node, order, stamp, &mut lines))
            .await
            .unwrap_or_else(|_| {
                Err(RemoteError::TooLong {
                    address: link::address(node),
                })
            })?;
        let end = wrapper::judge(called.code, &called.stderr)?;
        Ok(Ran {
            code: end.code,
            ending: end.ending,
            tail: lines.finish(),
        })
    }

    async fn read(
        &self,
        node: &Node,
        script: &Script,
        limit: Duration,
    ) -> Result<Reading, RemoteError> {
        const MOST: usize = 256 * 1024;
        let mut stdout = Vec::new();
        let called = self
            .links
            .to(node)
            .await
            .call(script, None, limit, &mut |bytes| {
                let room = MOST - stdout.len();
                stdout.extend_from_slice(&bytes[..bytes.len().min(room)]);
            })
            .await?;
        Ok(Reading {
            code: called.code,
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: called.stderr,
        })
    }

    async fn put(
        &self,
        node: &Node,
        upload: &Upload,
        body: Body,
        stamp: Stamp,
    ) -> Result<(), RemoteError> {
        // a read-only no-op that installs the wrapper if need be: the bytes can be sent only once
        self.ready(node).await?;
        let link = self.links.to(node).await;
        let script = self.wrapper.put(node, upload, stamp);
        let called = link
            .call(&script, Some(body), upload.limit, &mut |_| {})
            .await?;
        match called.code {
            0 => Ok(()),
            code => wrapper::judge(code, &called.stderr).map(|_| ()),
        }
    }
}

impl OpensshShell {
    async fn ready(&self, node: &Node) -> Result<(), RemoteError> {
        let folder = self.wrapper.folder(node);
        let there = Script::new("ready", r#"[ -d "$1" ]"#).arg(folder);
        match self.read(node, &there, GRACE).await?.code {
            0 => Ok(()),
            _ => self.install(node).await,
        }
    }

    /// Opens the connection to `node` ahead of its first use, so that time out of the balancer is not spent on it.
    pub async fn warm(&self, node: &Node) -> Result<(), RemoteError> {
        self.ready(node).await
    }
}
