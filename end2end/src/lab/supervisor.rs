//! Keeps a node's application running. A remote command only *tells* it to restart; the application is never that
//! command's child, so ending the command's process group does not end the application.

use super::order;
use anyhow::Context;
use chrono::Local;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep, timeout},
};

/// How long the application may take to end when asked.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// Starts in a row that end early before we give up.
const STARTS: u32 = 3;
/// Who lived this long did not fail at its start.
const WELL_AFTER: Duration = Duration::from_secs(10);

pub const LOG: &str = "shared/log/shop.log";

/// What the application is doing.
enum State {
    Running {
        child: Child,
        since: Instant,
    },
    /// It crashed; the next start is due.
    Waiting {
        until: Instant,
    },
    /// Told to stop, or it crashed too often: only an order starts it.
    Down,
}

struct Supervisor {
    root: PathBuf,
    state: State,
    early_ends: u32,
}

enum Event {
    Order(UnixStream),
    Ended(std::io::Result<std::process::ExitStatus>),
    Due,
    Stop,
}

/// Runs until SIGTERM. `root` is the node's deploy root and becomes the working folder.
pub async fn run(root: &Path) -> anyhow::Result<()> {
    std::env::set_current_dir(root)
        .with_context(|| format!("could not enter {}", root.display()))?;
    fs::create_dir_all("run")?;
    fs::create_dir_all("shared/log")?;
    // left by one that was killed
    let _ = fs::remove_file(order::SOCKET);
    let listener = UnixListener::bind(order::SOCKET).context("could not listen for orders")?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut supervisor = Supervisor {
        root: root.to_owned(),
        state: State::Down,
        early_ends: 0,
    };
    if let Err(error) = supervisor.start() {
        supervisor.note(&format!("{error:#}"));
    }
    loop {
        let happened = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => Event::Order(stream),
                Err(_) => continue,
            },
            event = supervisor.next() => event,
            _ = terminate.recv() => Event::Stop,
        };
        match happened {
            Event::Order(stream) => supervisor.obey(stream).await,
            Event::Ended(status) => supervisor.ended(status),
            Event::Due => {
                if let Err(error) = supervisor.start() {
                    supervisor.note(&format!("{error:#}"));
                }
            }
            Event::Stop => {
                supervisor.stop().await;
                let _ = fs::remove_file(order::SOCKET);
                return Ok(());
            }
        }
    }
}

impl Supervisor {
    /// What the application itself does next.
    async fn next(&mut self) -> Event {
        match &mut self.state {
            State::Running { child, .. } => Event::Ended(child.wait().await),
            State::Waiting { until } => {
                tokio::time::sleep_until(*until).await;
                Event::Due
            }
            State::Down => std::future::pending().await,
        }
    }

    /// Whatever is asked is done before it is answered: an order taken means the old process is gone.
    async fn obey(&mut self, stream: UnixStream) {
        let (read, mut write) = stream.into_split();
        let mut line = String::new();
        let mut reader = BufReader::new(read);
        // who connects and says nothing must not hold up the others
        if timeout(Duration::from_secs(1), reader.read_line(&mut line))
            .await
            .is_err()
        {
            return;
        }
        let answer = match line.trim() {
            "restart" => {
                self.stop().await;
                self.early_ends = 0;
                match self.start() {
                    Ok(pid) => format!("ok restarted, process {pid}"),
                    Err(error) => {
                        self.note(&format!("{error:#}"));
                        format!("error {error:#}")
                    }
                }
            }
            "stop" => {
                self.stop().await;
                "ok stopped".to_owned()
            }
            "status" => match &self.state {
                State::Running { child, .. } => {
                    format!("ok running {}", child.id().unwrap_or_default())
                }
                State::Waiting { .. } => "ok waiting to start it again".to_owned(),
                State::Down => "ok down".to_owned(),
            },
            other => format!("error the supervisor knows restart, stop and status, not `{other}`"),
        };
        // whoever asked may be gone by now
        let _ = write.write_all(format!("{answer}\n").as_bytes()).await;
    }

    /// Starts what `current` points to now.
    fn start(&mut self) -> anyhow::Result<u32> {
        self.state = State::Down;
        let release = self
            .root
            .join("current")
            .canonicalize()
            .context("`current` points to no release")?;
        let log = self.open_log()?;
        self.note(&format!("started {}", name_of(&release)));
        let child = Command::new(release.join("bin/shop"))
            .current_dir(&release)
            .env_clear()
            .envs(environment(&self.root.join("shared/.env"))?)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("could not start bin/shop of {}", name_of(&release)))?;
        let pid = child.id().unwrap_or_default();
        self.state = State::Running {
            child,
            since: Instant::now(),
        };
        Ok(pid)
    }

    async fn stop(&mut self) {
        let State::Running { mut child, .. } = std::mem::replace(&mut self.state, State::Down)
        else {
            return;
        };
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            // it may end by itself at this moment
            let _ = kill_process(pid, Signal::TERM);
        }
        let forced = tokio::select! {
            _ = child.wait() => false,
            () = sleep(STOP_LIMIT) => true,
        };
        if forced {
            let _ = child.kill().await;
            self.note("stopped by force: it did not end when asked");
        } else {
            self.note("stopped");
        }
    }

    /// It ended by itself.
    fn ended(&mut self, status: std::io::Result<std::process::ExitStatus>) {
        let State::Running { since, .. } = std::mem::replace(&mut self.state, State::Down) else {
            return;
        };
        let words = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        self.early_ends = if since.elapsed() > WELL_AFTER {
            1
        } else {
            self.early_ends + 1
        };
        if self.early_ends >= STARTS {
            self.note(&format!("ended: {words}; given up after {STARTS} starts"));
            return;
        }
        self.note(&format!("ended: {words}; starting it again"));
        self.state = State::Waiting {
            until: Instant::now() + Duration::from_millis(500) * self.early_ends,
        };
    }

    fn open_log(&self) -> anyhow::Result<fs::File> {
        fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.root.join(LOG))
            .context("could not open the application's log")
    }

    /// A line of ours in the application's log.
    fn note(&self, words: &str) {
        let now = Local::now().format("%H:%M:%S%.3f");
        if let Ok(mut log) = self.open_log() {
            let _ = writeln!(log, "--- {words} at {now}");
        }
    }
}

fn name_of(release: &Path) -> String {
    release
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// `NAME=value` lines; what the application sees of its surroundings.
fn environment(file: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let text = fs::read_to_string(file).context("could not read shared/.env")?;
    Ok(text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect())
}
