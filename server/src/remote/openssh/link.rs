//! One connection per node, made when first needed, made anew when broken, at most four calls at once.

use super::{super::known_hosts, RemoteError, SshSettings, refusal};
use app::model::environment::Node;
use openssh::{ControlPersist, KnownHosts, Session, SessionBuilder};
use std::{
    collections::HashMap,
    fmt::Write,
    fs, io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    sync::{Mutex, Semaphore},
    time::timeout,
};

/// A stock sshd opens ten sessions per connection, and one whose reader went away still counts.
const AT_ONCE: usize = 4;
/// The most a socket's path may have, less what the library and ssh append to the folder.
const FOLDER_LIMIT: usize = 107 - 46;

/// All connections of this process.
#[derive(Debug)]
pub struct Links {
    known: Mutex<HashMap<String, Arc<Link>>>,
    settings: Arc<SshSettings>,
    // last, so that connections close before their sockets' folder goes
    folder: Arc<TempDir>,
}

/// The way to one node.
#[derive(Debug)]
pub struct Link {
    pub node: Node,
    pub permits: Semaphore,
    session: Mutex<Option<Arc<Session>>>,
    settings: Arc<SshSettings>,
    folder: Arc<TempDir>,
}

/// `127.0.0.11:2201`, for sentences.
pub fn address(node: &Node) -> String {
    format!("{}:{}", node.ssh.host, node.ssh.port)
}

impl Links {
    pub fn new(settings: SshSettings) -> Result<Self, RemoteError> {
        let local = |error: io::Error| {
            RemoteError::Local(format!("no folder for control sockets: {error}"))
        };
        fs::create_dir_all(&settings.control_root).map_err(local)?;
        sweep(&settings.control_root);
        let prefix = format!("ssh-{}-", std::process::id());
        let fresh = |root: &Path| tempfile::Builder::new().prefix(&prefix).tempdir_in(root);
        let mut folder = fresh(&settings.control_root).map_err(local)?;
        if folder.path().as_os_str().len() > FOLDER_LIMIT {
            folder = fresh(Path::new("/tmp")).map_err(local)?;
        }
        Ok(Self {
            known: Mutex::default(),
            settings: Arc::new(settings),
            folder: Arc::new(folder),
        })
    }

    /// The link to `node`; a node registered anew gets a new one.
    pub async fn to(&self, node: &Node) -> Arc<Link> {
        let ssh = &node.ssh;
        let key = format!("{}@{}:{} {}", ssh.user, ssh.host, ssh.port, ssh.host_key);
        let mut known = self.known.lock().await;
        Arc::clone(known.entry(key).or_insert_with(|| {
            Arc::new(Link {
                node: node.clone(),
                permits: Semaphore::new(AT_ONCE),
                session: Mutex::default(),
                settings: Arc::clone(&self.settings),
                folder: Arc::clone(&self.folder),
            })
        }))
    }
}

/// Removes socket folders of servers that no longer live; their masters end by themselves when idle.
fn sweep(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name
            .to_str()
            .and_then(|name| name.strip_prefix("ssh-")?.split_once('-'))
            .and_then(|(pid, _)| pid.parse::<u32>().ok());
        if pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            // in use by nobody, so what stays is litter only
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Link {
    /// The open connection, or a new one.
    pub async fn session(&self) -> Result<Arc<Session>, RemoteError> {
        let mut slot = self.session.lock().await;
        if let Some(session) = slot.as_ref() {
            if let Ok(Ok(())) = timeout(Duration::from_secs(2), session.check()).await {
                return Ok(Arc::clone(session));
            }
            discard(slot.take());
        }
        let session = Arc::new(self.connect().await?);
        *slot = Some(Arc::clone(&session));
        Ok(session)
    }

    /// Forgets `broken`, unless somebody made a new one already.
    pub async fn forget(&self, broken: &Arc<Session>) {
        let mut slot = self.session.lock().await;
        if slot.as_ref().is_some_and(|held| Arc::ptr_eq(held, broken)) {
            discard(slot.take());
        }
    }

    async fn connect(&self) -> Result<Session, RemoteError> {
        let ssh = &self.node.ssh;
        let settings = &self.settings;
        let mut builder = SessionBuilder::default();
        builder
            .user(ssh.user.clone())
            .port(ssh.port)
            .known_hosts_check(KnownHosts::Strict)
            .config_file(self.write_config()?)
            .connect_timeout(settings.connect_limit)
            .server_alive_interval(Duration::from_secs(5))
            .control_directory(self.folder.path())
            .control_persist(ControlPersist::IdleFor(
                usize::try_from(settings.idle.as_secs())
                    .ok()
                    .and_then(NonZeroUsize::new)
                    .unwrap_or(NonZeroUsize::MIN),
            ));
        if let Some(key) = &settings.key {
            builder.keyfile(key);
        }
        if let Some(agent) = &settings.agent {
            builder.ssh_auth_sock(agent);
        }
        // signing in may take as long again as connecting
        let whole = settings.connect_limit * 2 + Duration::from_secs(5);
        match timeout(whole, builder.connect_mux(&ssh.host)).await {
            Ok(Ok(session)) => Ok(session),
            Ok(Err(error)) => Err(refusal::read(error, &self.node)),
            Err(_) => Err(RemoteError::Unreachable {
                address: address(&self.node),
                why: "it accepted the connection and then did not let us in".to_owned(),
            }),
        }
    }

    /// Everything `ssh` may know about this node: its key, and that nothing else counts.
    fn write_config(&self) -> Result<PathBuf, RemoteError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let bad = |error: known_hosts::BadHostKey| RemoteError::Local(error.to_string());
        let ssh = &self.node.ssh;
        let known = known_hosts::line(ssh).map_err(bad)?;
        let algorithms = known_hosts::algorithms(&ssh.host_key).map_err(bad)?;
        if ssh.host.starts_with('-') {
            return Err(RemoteError::Local(format!(
                "`{}` is no host name",
                ssh.host
            )));
        }
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let hosts = self.folder.path().join(format!("{number}.hosts"));
        let config = self.folder.path().join(format!("{number}.conf"));
        let mut text = String::new();
        for (key, value) in [
            ("UserKnownHostsFile", escaped(&hosts).as_str()),
            ("GlobalKnownHostsFile", "/dev/null"),
            ("HostKeyAlgorithms", algorithms.as_str()),
            ("UpdateHostKeys", "no"),
            ("CheckHostIP", "no"),
            ("PreferredAuthentications", "publickey"),
            ("ServerAliveCountMax", "3"),
            ("ForwardAgent", "no"),
            ("RequestTTY", "no"),
            ("LogLevel", "ERROR"),
        ] {
            writeln!(text, "{key} {value}").expect("writing to a string cannot fail");
        }
        fs::write(&hosts, known)
            .and_then(|()| fs::write(&config, text))
            .map_err(|error| RemoteError::Local(format!("no ssh configuration: {error}")))?;
        Ok(config)
    }
}

/// A path as an ssh_config value: quoted, and `%` taken literally.
fn escaped(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('%', "%%"))
}

/// Closing talks to the master and may block when that is stuck.
fn discard(session: Option<Arc<Session>>) {
    drop(tokio::task::spawn_blocking(move || drop(session)));
}
