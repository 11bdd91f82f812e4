//! The running server: started, adopted, stopped.

use super::{
    PrivateError,
    cluster::{Cluster, at},
};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::Connection;
use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    path::Path,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

/// How often something is looked at that sends no message.
const LOOK: Duration = Duration::from_millis(20);
/// How long a start may fail because of a server that was killed a moment ago: its memory is still in use until its
/// last child is gone.
const STALE: Duration = Duration::from_secs(10);
/// How long a start may take that does not fail: after a crash it replays what was not yet in the tables.
const START: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub struct Postmaster {
    pid: Pid,
    /// `None`: adopted.
    child: Option<Child>,
}

impl Postmaster {
    /// The one that runs on this data already, else a new one.
    pub async fn adopt_or_start(cluster: &Cluster) -> Result<Self, PrivateError> {
        if let Some(pid) = running(&cluster.data) {
            tracing::info!(
                pid = pid.as_raw_nonzero().get(),
                "adopting the private PostgreSQL"
            );
            let postmaster = Self { pid, child: None };
            if postmaster.wait_ready(cluster).await? {
                return Ok(postmaster);
            }
        }
        let first = Instant::now();
        loop {
            let postmaster = Self::spawn(cluster)?;
            let mut postmaster = match postmaster.wait_ready(cluster).await {
                Ok(true) => return Ok(postmaster),
                Ok(false) => postmaster,
                Err(error) => {
                    postmaster.stop().await;
                    return Err(error);
                }
            };
            postmaster.ended().await;
            if first.elapsed() > STALE {
                return Err(PrivateError::NotStarted {
                    output: last_words(&cluster.base.join("postgres.log")),
                });
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    fn spawn(cluster: &Cluster) -> Result<Self, PrivateError> {
        let path = cluster.base.join("postgres.log");
        let log = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(at(&path))?;
        if log.metadata().map_err(at(&path))?.len() > 16 << 20 {
            log.set_len(0).map_err(at(&path))?;
        }
        let program = cluster.binaries.folder.join("postgres");
        let mut command = cluster.account.command(&program);
        command.arg("-D").arg(&cluster.data);
        command.arg("-k").arg(&cluster.sockets);
        for setting in [
            format!("hba_file={}", cluster.hba_file().display()),
            format!("ident_file={}", cluster.ident_file().display()),
        ] {
            command.arg("-c").arg(setting);
        }
        command.args(["-c", "listen_addresses=", "-c", "port=5432"]);
        command.args(["-c", "max_connections=200", "-c", "cluster_name=pitlane"]);
        if !cluster.durable {
            command.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
        }
        command
            .current_dir("/")
            .env_remove("DATABASE_URL")
            // a Ctrl-C meant for us must not end it before we are done
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(at(&path))?)
            .stderr(log);
        let child = Command::from(command).spawn().map_err(at(&program))?;
        let pid = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
            .expect("a child that was not waited for has a number");
        Ok(Self {
            pid,
            child: Some(child),
        })
    }

    /// Until it answers; `false`: it ended instead.
    async fn wait_ready(&self, cluster: &Cluster) -> Result<bool, PrivateError> {
        let deadline = Instant::now() + START;
        loop {
            let pid_file = PidFile::read(&cluster.data);
            if pid_file.is_some_and(|file| file.pid == self.pid && file.is_ready)
                && let Ok(mut connection) = cluster.superuser().await
            {
                connection.ping().await?;
                connection.close().await?;
                return Ok(true);
            }
            if !lives(self.pid) {
                return Ok(false);
            }
            if Instant::now() > deadline {
                return Err(PrivateError::NotStarted {
                    output: last_words(&cluster.base.join("postgres.log")),
                });
            }
            sleep(LOOK).await;
        }
    }

    /// Returns when it has ended; how, if it is our child.
    pub async fn ended(&mut self) -> Option<ExitStatus> {
        match &mut self.child {
            // an error means that somebody else reaped it
            Some(child) => child.wait().await.ok(),
            None => {
                while lives(self.pid) {
                    sleep(LOOK * 10).await;
                }
                None
            }
        }
    }

    /// Fast: sessions are cut, open transactions rolled back, everything else written. If that hangs, at once, and
    /// the next start recovers.
    pub async fn stop(mut self) {
        for (signal, patience) in [(Signal::INT, 30), (Signal::QUIT, 10)] {
            // it may have ended by itself
            let _ = kill_process(self.pid, signal);
            if timeout(Duration::from_secs(patience), self.ended())
                .await
                .is_ok()
            {
                return;
            }
        }
        tracing::error!("the private PostgreSQL does not stop");
    }
}

/// What a server writes into its data folder about itself.
struct PidFile {
    pid: Pid,
    is_ready: bool,
}

impl PidFile {
    fn read(data: &Path) -> Option<Self> {
        let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        Some(Self {
            pid: Pid::from_raw(lines.next()?.trim().parse().ok()?)?,
            is_ready: lines.nth(6).is_some_and(|state| state.trim() == "ready"),
        })
    }
}

/// The server that runs on this data. A number in an old file may be somebody else's by now, so the process must be
/// a `postgres` that works in this very folder.
fn running(data: &Path) -> Option<Pid> {
    let pid = PidFile::read(data)?.pid;
    let proc = format!("/proc/{}", pid.as_raw_nonzero());
    let program = fs::read_link(format!("{proc}/exe")).ok()?;
    let folder = fs::read_link(format!("{proc}/cwd")).ok()?;
    let name = program.file_name()?.to_string_lossy();
    // an upgraded program shows as `postgres (deleted)`
    (name.starts_with("postgres") && folder == data).then_some(pid)
}

/// A process that ended and was not yet reaped does not live.
fn lives(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    stat.is_ok_and(|stat| {
        let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        !state.starts_with(['Z', 'X'])
    })
}

fn last_words(log: &Path) -> String {
    let mut text = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(2000)))?;
        file.read_to_end(&mut text)
    });
    match read {
        Ok(_) => String::from_utf8_lossy(&text).trim().to_owned(),
        Err(error) => format!("(its log could not be read: {error})"),
    }
}
