//! Apache httpd with mod_proxy_balancer and its manager, in the foreground as our child.
//!
//! Faults are options: a manager that is proxied away, a balancer without nonce, flags that a reload forgets.

/// The configuration file as text.
mod config;

pub use config::{ApacheOptions, LabBalancer, LabWorker};

use anyhow::{Context, bail, ensure};
use config::{CHILDREN, THREADS};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use server::guard::process;
use std::{
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Debian's name first, then everybody else's.
const BINARIES: [&str; 4] = [
    "/usr/sbin/apache2",
    "/usr/sbin/httpd",
    "/usr/local/apache2/bin/httpd",
    "/usr/bin/httpd",
];
const MODULE_FOLDERS: [&str; 4] = [
    "/usr/lib/apache2/modules",
    "/usr/lib64/httpd/modules",
    "/usr/local/apache2/modules",
    "/usr/lib/httpd/modules",
];
/// Apache writes this line at each start and each reload, at a level that cannot be silenced.
const READY_LINE: &str = "resuming normal operations";
const PATIENCE: Duration = Duration::from_secs(20);

/// A running Apache; dropping it ends it.
#[derive(Debug)]
pub struct Apache {
    /// `http://127.0.0.1:PORT`, where visitors go.
    pub url: String,
    /// The balancer-manager's page.
    pub manager_url: String,
    /// The parent process, also the id of its process group.
    pub pid: u32,
    pub port: u16,
    /// Its error log.
    pub log: PathBuf,
    dir: PathBuf,
    options: ApacheOptions,
    child: Option<Child>,
}

impl Apache {
    /// Starts Apache with all its files below `dir`, which is made if need be, and returns when it answers.
    /// A taken port is tried again with another one, unless `options.port` demands it.
    pub fn start(dir: &Path, options: ApacheOptions) -> anyhow::Result<Self> {
        fs::create_dir_all(dir.join("run"))
            .with_context(|| format!("could not make {}", dir.display()))?;
        let mut tries = if options.port.is_some() { 1 } else { 5 };
        loop {
            tries -= 1;
            let port = match options.port {
                Some(port) => port,
                None => free_port()?,
            };
            let mut apache = Self {
                url: format!("http://127.0.0.1:{port}"),
                manager_url: format!("http://127.0.0.1:{port}/balancer-manager"),
                pid: 0,
                port,
                log: dir.join("error.log"),
                dir: dir.to_owned(),
                options: options.clone(),
                child: None,
            };
            match apache.launch() {
                Ok(()) => return Ok(apache),
                Err(error) if tries == 0 => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Makes it read its configuration again, as logrotate does, and returns when it has and its new children are at
    /// work: a child that is still starting when the next reload comes may crash, with the requests it has (Apache
    /// 2.4.71: one of 368 reloads).
    pub fn graceful(&self) -> anyhow::Result<()> {
        let (lines, children) = (self.ready_lines(), process::members(self.pid));
        kill_process(self.group()?, Signal::USR1).context("could not signal apache")?;
        self.wait_for_ready(lines, &children)
    }

    /// When the manager was told something, in milliseconds since 1970, in order.
    pub fn orders(&self) -> Vec<i64> {
        let log = fs::read_to_string(self.dir.join("orders.log")).unwrap_or_default();
        let first = |line: &str| line.split(' ').next()?.parse().ok();
        log.lines().filter_map(first).collect()
    }

    /// Ends it and starts it again on the same port.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.halt()?;
        self.launch()
    }

    /// Ends it in good order.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.halt()
    }

    fn launch(&mut self) -> anyhow::Result<()> {
        let binary = first_that_exists(&BINARIES)
            .context("no Apache httpd found; on Debian: apt-get install apache2-bin")?;
        let modules = first_that_exists(&MODULE_FOLDERS).context("no Apache modules found")?;
        let conf = self.dir.join("httpd.conf");
        fs::write(
            &conf,
            config::render(&self.dir, &modules, self.port, &self.options),
        )?;
        let before = self.ready_lines();
        let output = fs::File::create(self.dir.join("output.log"))?;
        let mut command = Command::new(&binary);
        command
            .arg("-f")
            .arg(&conf)
            .arg("-DFOREGROUND")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0);
        if rustix::process::geteuid().is_root() {
            command.arg("-DROOT");
        }
        let child = command
            .spawn()
            .with_context(|| format!("could not start {}", binary.display()))?;
        self.pid = child.id();
        self.child = Some(child);
        self.wait_for_ready(before, &[])?;
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .with_context(|| format!("apache does not listen on {}", self.port))?;
        Ok(())
    }

    /// Ready once more than `lines` times, with children at work that are not among `old`.
    fn wait_for_ready(&self, lines: usize, old: &[u32]) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        while self.ready_lines() <= lines || self.at_work(old) < CHILDREN {
            ensure!(
                Instant::now() < until,
                "apache is not ready: {}",
                self.said()
            );
            // A child that is gone but not yet waited for is a zombie.
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
            let state = stat
                .rsplit(") ")
                .next()
                .and_then(|rest| rest.chars().next());
            if matches!(state, None | Some('Z' | 'X')) {
                bail!("apache ended at once: {}", self.said());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// How many of its children have all their threads: the workers, a listener, and the one they began as.
    fn at_work(&self, old: &[u32]) -> usize {
        let threads = |child: &u32| {
            let tasks = fs::read_dir(format!("/proc/{child}/task"));
            tasks.map_or(0, Iterator::count)
        };
        let children = process::members(self.pid).into_iter();
        let new = children.filter(|child| !old.contains(child));
        new.filter(|child| threads(child) >= THREADS + 2).count()
    }

    fn ready_lines(&self) -> usize {
        fs::read_to_string(&self.log)
            .unwrap_or_default()
            .matches(READY_LINE)
            .count()
    }

    /// The last lines of its error log and output.
    fn said(&self) -> String {
        let mut lines = fs::read_to_string(&self.log).unwrap_or_default();
        lines += &fs::read_to_string(self.dir.join("output.log")).unwrap_or_default();
        let lines: Vec<_> = lines.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }

    fn group(&self) -> anyhow::Result<Pid> {
        let pid = i32::try_from(self.pid).context("no process id")?;
        Pid::from_raw(pid).context("apache is not running")
    }

    fn halt(&mut self) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        let group = self.group()?;
        // It may be gone already; waiting below tells.
        let _ = kill_process(group, Signal::TERM);
        let until = Instant::now() + PATIENCE;
        while child.try_wait()?.is_none() {
            if Instant::now() > until {
                let _ = kill_process_group(group, Signal::KILL);
                child.wait()?;
                bail!(
                    "apache did not end within {} s and was killed",
                    PATIENCE.as_secs()
                );
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            if let Ok(group) = self.group() {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = child.wait();
        }
    }
}

fn first_that_exists(paths: &[&str]) -> Option<PathBuf> {
    paths.iter().map(PathBuf::from).find(|path| path.exists())
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
