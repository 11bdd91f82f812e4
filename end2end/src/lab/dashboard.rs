//! `pitlane serve` as a child of the lab, and its command line.

use super::{Lab, database, folder, program};
use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::io::AsyncWriteExt;

/// Longest address of a socket.
const SOCKET_LIMIT: usize = 100;

/// One of possibly several dashboards over one lab; they share the data folder, and need a database of somebody else's
/// to be several.
#[derive(Debug, Clone, Copy)]
pub struct DashboardOptions<'a> {
    /// Tells its socket, configuration and log from another's.
    pub name: &'a str,
    pub listen: SocketAddr,
    /// The browser's half; `None`: as built beside our programs.
    pub site: Option<&'a Path>,
    /// Further tables of its configuration.
    pub tables: &'a str,
}

pub struct Dashboard {
    pub url: String,
    pub socket: PathBuf,
    log: PathBuf,
    program: PathBuf,
    child: Child,
    /// Holds the socket where the lab's own folder is too deep for one.
    _short: Option<tempfile::TempDir>,
}

impl Dashboard {
    /// Starts it on `listen` with its data in the lab's folder, and waits until it is ready.
    pub async fn start(lab: &Lab, listen: SocketAddr, site: Option<&Path>) -> anyhow::Result<Self> {
        Self::start_with(lab, listen, site, "").await
    }

    /// The same with further tables in its configuration.
    pub async fn start_with(
        lab: &Lab,
        listen: SocketAddr,
        site: Option<&Path>,
        tables: &str,
    ) -> anyhow::Result<Self> {
        let name = "pitlane";
        let options = DashboardOptions {
            name,
            listen,
            site,
            tables,
        };
        Self::start_as(lab, options).await
    }

    /// The same under a name of its own.
    pub async fn start_as(lab: &Lab, options: DashboardOptions<'_>) -> anyhow::Result<Self> {
        let DashboardOptions {
            name,
            listen,
            site,
            tables,
        } = options;
        let program = program::find("pitlane")?;
        let data = lab.folder.join("pitlane");
        fs::create_dir_all(&data)?;
        let mut socket = lab.folder.join(format!("{name}.sock"));
        let mut short = None;
        if socket.as_os_str().len() > SOCKET_LIMIT {
            let dir = tempfile::tempdir()?;
            socket = dir.path().join(format!("{name}.sock"));
            short = Some(dir);
        }
        let site = match site {
            Some(site) => std::path::absolute(site)?,
            None => program::target()?.join("site"),
        };
        let text = |path: &Path| toml::Value::String(path.to_string_lossy().into_owned());
        let config = lab.folder.join(format!("{name}.toml"));
        folder::write_private(
            &config,
            &format!(
                "[data]\ndir = {}\nsecrets = {}\n\n[web]\nlisten = \"{listen}\"\nsocket = {}\nsite = {}\n\n[ssh]\nidentity = {}\n\n{tables}",
                text(&data),
                text(&lab.secrets_toml()),
                text(&socket),
                text(&site),
                text(&lab.ssh_identity()),
            ),
        )?;
        // what an earlier one of this name said stays above
        let log = lab.folder.join(format!("{name}.log"));
        let output = fs::File::options().create(true).append(true).open(&log)?;
        let mut command = Command::new(&program);
        command
            .args(["serve", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0);
        without_our_settings(&mut command);
        let child = command.spawn().context("could not start pitlane serve")?;
        lab.adopt(name, child.id())?;
        let mut dashboard = Self {
            url: format!("http://{listen}"),
            socket,
            log,
            program,
            child,
            _short: short,
        };
        dashboard.wait_until_ready().await?;
        // its private PostgreSQL leads a group of its own
        for dir in [data.join("postgres"), data] {
            if let Ok(pid) = database::postmaster(&dir) {
                lab.adopt("pitlane_database", pid)?;
            }
        }
        Ok(dashboard)
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let url = format!("{}/readyz", self.url);
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(2))
            .no_proxy()
            .build()?;
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let answer = client.get(&url).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("pitlane serve ended ({status}):\n{}", self.last_words());
            }
            ensure!(
                Instant::now() < until,
                "pitlane serve is not ready:\n{}",
                self.last_words()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Its last lines.
    pub fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// `pitlane ARGS`, on this dashboard's socket.
    pub fn command(&self, args: &[&str]) -> tokio::process::Command {
        let mut command = Command::new(&self.program);
        command.args(args);
        without_our_settings(&mut command);
        command.env("PITLANE_SOCKET", &self.socket);
        let mut command = tokio::process::Command::from(command);
        command.kill_on_drop(true);
        command
    }

    /// The same, with `input` on its standard input; what it printed, or its words as the error.
    pub async fn call(&self, args: &[&str], input: &str) -> anyhow::Result<String> {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // who does not read its input says why on its output
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let done = child.wait_with_output().await?;
        ensure!(
            done.status.success(),
            "pitlane {}: {}",
            args.join(" "),
            String::from_utf8_lossy(&done.stderr).trim()
        );
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// Tells it about the lab and registers these releases.
    pub async fn introduce(&self, lab: &Lab, versions: &[&str]) -> anyhow::Result<()> {
        let lab_toml = lab.lab_toml();
        let lab_toml = lab_toml.to_string_lossy();
        self.call(&["apply", "--trust-on-apply", &lab_toml], "")
            .await?;
        let list = lab.folder.join("registered");
        let mut known = fs::read_to_string(&list).unwrap_or_default();
        for version in versions {
            if known.lines().any(|line| line == *version) {
                continue;
            }
            let artefact = lab.artefact(version)?;
            let file = artefact.path.to_string_lossy();
            self.call(&["releases", "add", "shop", version, &file], "")
                .await?;
            known += &format!("{version}\n");
            fs::write(&list, &known)?;
        }
        Ok(())
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it in good order.
    pub fn stop(mut self) {
        self.end();
    }

    /// Ends it as a power cut would, it alone: `kill -9`.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// It stands still, as on a machine that is suspended: SIGSTOP.
    pub fn freeze(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// It goes on where it stood: SIGCONT.
    pub fn thaw(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Asks it to end, as a service manager does: SIGTERM.
    pub fn terminate(&self) -> anyhow::Result<()> {
        self.signal(Signal::TERM)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.child.id())?).context("no process id")?;
        kill_process(pid, signal).context("could not signal pitlane serve")
    }

    fn end(&mut self) {
        let id = i32::try_from(self.child.id()).ok();
        if self.has_ended().is_some() {
            return;
        }
        if let Some(pid) = id.and_then(Pid::from_raw) {
            // gone already is as good
            let _ = kill_process(pid, Signal::TERM);
        }
        let until = Instant::now() + Duration::from_secs(15);
        while self.has_ended().is_none() {
            if Instant::now() > until {
                server::guard::process::kill_group(self.child.id());
                let _ = self.child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.end();
    }
}

/// A developer's own settings must not reach the lab's dashboard.
fn without_our_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let ours = name.to_string_lossy().starts_with("PITLANE_");
        if ours
            || name == "DATABASE_URL"
            || name == "DATABASE_DIRECT_URL"
            || name == "SSH_AUTH_SOCK"
        {
            command.env_remove(name);
        }
    }
}
