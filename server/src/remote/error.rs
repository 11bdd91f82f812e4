//! What can go wrong between us and a node, and the sentence for each.

use app::model::{
    environment::Node,
    trouble::{Failure, Trouble},
};

/// Why a remote call brought no result.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Nothing listens there.
    #[error("{address} refuses connections")]
    ConnectionRefused { address: String },
    /// No answer in time, or no way there.
    #[error("{address} cannot be reached: {why}")]
    Unreachable { address: String, why: String },
    #[error("the name `{host}` cannot be resolved")]
    UnknownHost { host: String },
    /// Another machine, or somebody in between.
    #[error("{address} shows another host key than the registered {expected}")]
    HostKeyChanged { address: String, expected: String },
    #[error("{address} does not let user `{user}` in")]
    SignInRefused { address: String, user: String },
    /// Our own side: no `ssh`, no folder for sockets, an unusable host key.
    #[error("ssh cannot be used here: {0}")]
    Local(String),
    /// Cut on the way: the command may have run.
    #[error("the connection to {address} was lost")]
    Cut { address: String },
    /// Our own limit, beyond the one on the node: the command may have run.
    #[error("{address} did not finish in time")]
    TooLong { address: String },
    /// The node has seen a newer owner; this one must stop.
    #[error("the node takes orders of epoch {newest} only")]
    Fenced { newest: String },
    /// Another run is alive there.
    #[error("the run {run} is still going on there")]
    Busy { run: String },
    #[error("another call keeps the wrapper's lock")]
    Locked,
    /// The wrapper's folder cannot be used or written.
    #[error("the wrapper's folder cannot be used: {why}")]
    Folder { why: String },
    #[error("the epoch file is damaged: {why}")]
    DamagedEpoch { why: String },
    /// Started, ended, and nobody knows how.
    #[error("the command was started and left no result")]
    NoResult,
    #[error("the disk of the node is full")]
    DiskFull,
    #[error("the bytes arrived with SHA-256 {found}")]
    Checksum { found: String },
    /// What should have been sent could not be read here.
    #[error("the upload's source failed: {0}")]
    Source(String),
    /// The node said something that makes no sense.
    #[error("{0}")]
    Nonsense(String),
}

impl RemoteError {
    /// Whether the command may have had an effect although there is no result.
    pub fn may_have_run(&self) -> bool {
        match self {
            Self::Cut { .. } | Self::TooLong { .. } | Self::NoResult | Self::Nonsense(_) => true,
            Self::ConnectionRefused { .. }
            | Self::Unreachable { .. }
            | Self::UnknownHost { .. }
            | Self::HostKeyChanged { .. }
            | Self::SignInRefused { .. }
            | Self::Local(_)
            | Self::Fenced { .. }
            | Self::Busy { .. }
            | Self::Locked
            | Self::Folder { .. }
            | Self::DamagedEpoch { .. }
            | Self::DiskFull
            | Self::Checksum { .. }
            | Self::Source(_) => false,
        }
    }

    /// The operator's sentence; `stands` is the caller's to add.
    pub fn trouble(&self, node: &Node) -> Trouble {
        let name = &node.name;
        match self {
            Self::ConnectionRefused { address } => Trouble::new(format!(
                "Node {name} refuses SSH connections at {address}."
            ))
            .remedy("Start its SSH service or correct the address, then retry."),
            Self::Unreachable { address, why } => Trouble::new(format!(
                "Node {name} cannot be reached over SSH at {address}."
            ))
            .remedy("See whether the machine is up and the network lets us through, then retry.")
            .detail(why),
            Self::UnknownHost { host } => Trouble::new(format!(
                "The SSH host name `{host}` of node {name} cannot be resolved."
            ))
            .remedy("Correct the name in the configuration or in DNS, then retry."),
            Self::HostKeyChanged { address, expected } => Trouble::new(format!(
                "Node {name} at {address} shows another host key than the registered one, {expected}."
            ))
            .stands("We did not sign in: this may be another machine, or somebody in between.")
            .remedy("If the machine was rebuilt on purpose, compare the new fingerprint at its console and register it."),
            Self::SignInRefused { address, user } => Trouble::new(format!(
                "Node {name} at {address} does not let user `{user}` in with our key."
            ))
            .remedy(format!("Add our public key to the authorised keys of `{user}`, then retry.")),
            Self::Local(why) => Trouble::new(format!(
                "SSH to node {name} cannot be used from here."
            ))
            .remedy("Set right what the detail says on the machine that runs Pitlane.")
            .detail(why),
            Self::Cut { address } => Trouble::new(format!(
                "The SSH connection to node {name} at {address} was lost while a command ran."
            ))
            .remedy("Retry: a command that ended on the node meanwhile is not started again."),
            Self::TooLong { address } => Trouble::new(format!(
                "Node {name} at {address} did not finish a command in time, nor end it."
            ))
            .remedy("See what the machine is doing, then retry."),
            Self::Fenced { newest } => Trouble::new(format!(
                "Node {name} refused the order: it has seen a newer owner, epoch {newest}."
            ))
            .remedy("Nothing, if another server has taken this deployment over; else restore the database's epoch."),
            Self::Busy { run } => Trouble::new(format!(
                "On node {name} another command of ours is still running."
            ))
            .remedy("Retry when it has ended.")
            .detail(format!("run {run}")),
            Self::Locked => Trouble::new(format!(
                "On node {name} another call of ours is just starting."
            ))
            .remedy("Retry."),
            Self::Folder { why } => Trouble::new(format!(
                "Pitlane's own folder below {} on node {name} cannot be used.", node.deploy_root
            ))
            .remedy("See that the folder exists, belongs to the deploy user and has room, then retry.")
            .detail(why),
            Self::DamagedEpoch { why } => Trouble::new(format!(
                "Node {name} cannot tell which owner it obeyed last, so it takes no order."
            ))
            .remedy("See that nobody else is deploying there, then write the last known epoch into that file.")
            .detail(why),
            Self::NoResult => Trouble::new(format!(
                "A command on node {name} was started and is gone without a result."
            ))
            .remedy("Look at the node: it may have been restarted or short of memory. Then retry."),
            Self::DiskFull => Trouble::new(format!("The disk of node {name} is full."))
                .remedy("Make room on it, then retry."),
            Self::Checksum { found } => Trouble::new(format!(
                "What arrived on node {name} is not what was sent: the checksum differs."
            ))
            .remedy("Retry; if it happens again, register the release anew.")
            .detail(format!("found {found}")),
            Self::Source(why) => Trouble::new(format!(
                "The release for node {name} could not be read from our object store."
            ))
            .remedy("See that the object store is there and whole, then retry.")
            .detail(why),
            Self::Nonsense(why) => Trouble::new(format!(
                "Node {name} answered over SSH in a way that makes no sense."
            ))
            .remedy("See whether the login shell of the deploy user works, then retry.")
            .detail(why),
        }
    }

    /// For a command whose repetition is harmless: ours, unless two parties give orders or this may be another machine.
    pub fn failure(&self, node: &Node, stands: &str) -> Failure {
        let mut trouble = self.trouble(node);
        if !stands.is_empty() {
            trouble.stands = match trouble.stands.as_str() {
                "" => stands.to_owned(),
                said => format!("{said} {stands}"),
            };
        }
        match self {
            Self::HostKeyChanged { .. } | Self::Fenced { .. } | Self::DamagedEpoch { .. } => {
                Failure::unsure(trouble)
            }
            Self::ConnectionRefused { .. }
            | Self::Unreachable { .. }
            | Self::UnknownHost { .. }
            | Self::SignInRefused { .. }
            | Self::Local(_)
            | Self::Cut { .. }
            | Self::TooLong { .. }
            | Self::Busy { .. }
            | Self::Locked
            | Self::Folder { .. }
            | Self::NoResult
            | Self::DiskFull
            | Self::Checksum { .. }
            | Self::Source(_)
            | Self::Nonsense(_) => Failure::ours(trouble),
        }
    }
}
