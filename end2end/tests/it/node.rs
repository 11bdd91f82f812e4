//! A node for tests: a private sshd, a deploy root, a shell that reaches it.

use app::model::{
    environment::{Node, SshAddress},
    ids::{NodeId, RunId},
    name::Name,
};
use end2end::lab::sshd::Sshd;
use server::remote::{
    Order, Ran, RemoteError, RemoteShell, Script, Stamp, no_sink,
    openssh::{OpensshShell, SshSettings},
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;

/// The node goes first, then its files.
pub struct TestNode {
    pub shell: Arc<OpensshShell>,
    pub sshd: Sshd,
    pub node: Node,
    pub root: PathBuf,
    pub dir: TempDir,
}

pub fn installation() -> Name {
    "lab".parse().unwrap()
}

impl TestNode {
    /// One whose deploy root lies below a folder with a space and a quote in its name.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("it's a root");
        std::fs::create_dir(&root).unwrap();
        let sshd = Sshd::start(&dir.path().join("sshd"), "127.0.0.11".parse().unwrap()).unwrap();
        let node = Node {
            id: NodeId::generate(),
            name: "red".parse().unwrap(),
            group: None,
            ssh: SshAddress {
                user: sshd.user.clone(),
                host: sshd.address.to_string(),
                port: sshd.port,
                host_key_fingerprint: sshd.fingerprint.clone(),
                host_key: sshd.host_key.clone(),
            },
            app_url: "http://127.0.0.11:1".to_owned(),
            deploy_root: root.to_str().unwrap().to_owned(),
            members: Vec::new(),
        };
        let shell = Arc::new(Self::shell(&sshd, &dir));
        Self {
            shell,
            sshd,
            node,
            root,
            dir,
        }
    }

    fn shell(sshd: &Sshd, dir: &TempDir) -> OpensshShell {
        let mut settings = SshSettings::new(
            installation(),
            Some(sshd.client_key.clone()),
            dir.path().join("ssh"),
        );
        settings.connect_limit = Duration::from_secs(3);
        OpensshShell::new(settings).unwrap()
    }

    /// Another server process: same installation, connections of its own.
    pub fn second_shell(&self) -> Arc<OpensshShell> {
        Arc::new(Self::shell(&self.sshd, &self.dir))
    }

    pub async fn run(&self, stamp: Stamp, text: &'static str) -> Result<Ran, RemoteError> {
        self.run_for(stamp, text, Duration::from_secs(30)).await
    }

    pub async fn run_for(
        &self,
        stamp: Stamp,
        text: &'static str,
        limit: Duration,
    ) -> Result<Ran, RemoteError> {
        let order = Order::new(Script::new("test", text), limit);
        self.shell.run(&self.node, &order, stamp, no_sink()).await
    }

    /// Starts `text` and does not wait for its end.
    pub fn spawn(
        &self,
        stamp: Stamp,
        text: &'static str,
    ) -> tokio::task::JoinHandle<Result<Ran, RemoteError>> {
        let order = Order::new(Script::new("test", text), Duration::from_secs(60));
        let (shell, node) = (Arc::clone(&self.shell), self.node.clone());
        tokio::spawn(async move { shell.run(&node, &order, stamp, no_sink()).await })
    }

    pub fn own(&self, path: &str) -> PathBuf {
        self.root.join(".pitlane-lab").join(path)
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).unwrap_or_default()
    }
}

pub fn stamp(epoch: u64) -> Stamp {
    Stamp {
        epoch,
        run: RunId::generate(),
    }
}

/// Returns when `what` holds; a test that waits for what never comes says what it was.
pub async fn until(words: &str, mut what: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !what() {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "never: {words}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether process `pid` is there and not just waiting to be reaped.
pub fn lives(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()))
        .ok()
        .and_then(|stat| {
            stat.rsplit_once(')')
                .map(|(_, rest)| !rest.trim_start().starts_with('Z'))
        })
        .unwrap_or(false)
}
