//! A real, private sshd on loopback: own host key, own client key, signs in whoever runs it, as root or not.
//!
//! It stays a child in its own process group. Each connection makes a session of its own, so ending it means
//! ending its descendants too; a command that detached itself lives on, as it would on a real node.

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    io::Read,
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a fresh sshd may take to greet.
const GREETING_LIMIT: Duration = Duration::from_secs(20);

/// Ends when dropped.
#[derive(Debug)]
pub struct Sshd {
    pub address: IpAddr,
    pub port: u16,
    /// `ssh-ed25519 AAAA...`, without a host.
    pub host_key: String,
    /// `SHA256:...`.
    pub fingerprint: String,
    /// Opens this sshd for [`Sshd::user`].
    pub client_key: PathBuf,
    pub user: String,
    pub pid: u32,
    dir: PathBuf,
    child: Child,
}

impl Sshd {
    /// Starts one below `dir` (created if missing) on a free port of `address` and waits until it greets.
    /// Blocks for about a tenth of a second. Keys found in `dir` are kept, so a second start is the same host.
    pub fn start(dir: &Path, address: IpAddr) -> Result<Self> {
        Self::start_at(dir, address, None)
    }

    /// The same on a port that is given: a kept lab's hosts are the same ones again.
    pub fn start_at(dir: &Path, address: IpAddr, port: Option<u16>) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("could not create {}", dir.display()))?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        let dir = dir.canonicalize()?;
        let user = user_name()?;
        if rustix::process::geteuid().is_root() {
            // where sshd shuts its unprivileged half in; usually made by the init system
            fs::create_dir_all("/run/sshd").context("could not create /run/sshd")?;
            fs::set_permissions("/run/sshd", fs::Permissions::from_mode(0o755))?;
        }
        let client_key = dir.join("client_key");
        make_key(&client_key, "client")?;
        fs::copy(
            client_key.with_extension("pub"),
            dir.join("authorized_keys"),
        )?;
        make_key(&dir.join("host_key"), "host")?;
        let mut last = None;
        for _ in 0..if port.is_some() { 1 } else { 5 } {
            let port = match port {
                Some(port) => port,
                None => TcpListener::bind((address, 0))?.local_addr()?.port(),
            };
            match launch(&dir, address, port) {
                Ok(child) => {
                    let (host_key, fingerprint) = describe(&dir)?;
                    let pid = child.id();
                    return Ok(Self {
                        address,
                        port,
                        host_key,
                        fingerprint,
                        client_key,
                        user,
                        pid,
                        dir,
                        child,
                    });
                }
                Err(error) => last = Some(error), // most likely somebody else took the port
            }
        }
        Err(last.expect("each round left an error"))
    }

    /// Ends it with every open connection and what runs in one; a
    /// command that made a session of its own lives on. Safe to repeat.
    pub fn stop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let doomed = descendants(self.pid);
            signal(self.pid, Signal::KILL);
            for pid in doomed {
                signal(pid, Signal::KILL);
            }
            // an error means it is already reaped
            let _ = self.child.wait();
        }
    }

    /// Starts again after [`Sshd::stop`], on the same port with the same keys.
    pub fn start_again(&mut self) -> Result<()> {
        self.stop();
        self.child = launch(&self.dir, self.address, self.port)?;
        self.pid = self.child.id();
        Ok(())
    }

    /// The same port under another host key: what a rebuilt machine, or an impostor, looks like.
    pub fn restart_with_new_host_key(&mut self) -> Result<()> {
        self.stop();
        let key = self.dir.join("host_key");
        fs::remove_file(&key)?;
        fs::remove_file(key.with_extension("pub"))?;
        make_key(&key, "host")?;
        (self.host_key, self.fingerprint) = describe(&self.dir)?;
        self.start_again()
    }

    /// What sshd wrote so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("sshd.log")).unwrap_or_default()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

fn make_key(path: &Path, comment: &str) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let done = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"])
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .context("could not run ssh-keygen; the package openssh-client has it")?;
    ensure!(
        done.status.success(),
        "ssh-keygen: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}

/// The host key without its comment, and its fingerprint.
fn describe(dir: &Path) -> Result<(String, String)> {
    let path = dir.join("host_key.pub");
    let line = fs::read_to_string(&path)?;
    let key: Vec<&str> = line.split_whitespace().take(2).collect();
    let told = Command::new("ssh-keygen").arg("-lf").arg(&path).output()?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let fingerprint = told
        .split_whitespace()
        .find(|word| word.starts_with("SHA256:"))
        .context("ssh-keygen -l printed no SHA256 fingerprint")?;
    Ok((key.join(" "), fingerprint.to_owned()))
}

fn launch(dir: &Path, address: IpAddr, port: u16) -> Result<Child> {
    let place = dir.display();
    let config = dir.join("sshd_config");
    fs::write(
        &config,
        // Debian's bash reads the user's own start-up file when sshd is its parent, unless it believes itself to be
        // inside another shell. A node must not depend on a developer's: some take a lock that a killed session keeps.
        format!(
            "ListenAddress {address}\n\
             Port {port}\n\
             HostKey \"{place}/host_key\"\n\
             AuthorizedKeysFile \"{place}/authorized_keys\"\n\
             PidFile none\n\
             UsePAM no\n\
             StrictModes no\n\
             UseDNS no\n\
             PermitRootLogin prohibit-password\n\
             PasswordAuthentication no\n\
             KbdInteractiveAuthentication no\n\
             PrintMotd no\n\
             PrintLastLog no\n\
             MaxStartups 100\n\
             SetEnv SHLVL=2\n\
             LogLevel VERBOSE\n"
        ),
    )?;
    let log = dir.join("sshd.log");
    let mut child = Command::new(sshd_path()?)
        .args(["-D", "-E"])
        .arg(&log)
        .arg("-f")
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("could not start sshd")?;
    let started = Instant::now();
    loop {
        if greets(SocketAddr::new(address, port)) && matches!(child.try_wait(), Ok(None)) {
            return Ok(child);
        }
        let over = child.try_wait()?;
        if over.is_some() || started.elapsed() > GREETING_LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            let told = fs::read_to_string(&log).unwrap_or_default();
            bail!("sshd on {address}:{port} does not greet ({over:?}): {told}");
        }
        thread::sleep(Duration::from_millis(15));
    }
}

fn greets(at: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&at, Duration::from_secs(1)) else {
        return false;
    };
    let mut start = [0; 4];
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .is_ok()
        && stream.read_exact(&mut start).is_ok()
        && &start == b"SSH-"
}

/// sshd insists on an absolute path, and is not on a user's PATH on Debian.
fn sshd_path() -> Result<PathBuf> {
    ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .context("there is no sshd; the package openssh-server has it")
}

fn user_name() -> Result<String> {
    let told = Command::new("id").arg("-un").output()?;
    ensure!(told.status.success(), "id -un failed");
    Ok(String::from_utf8(told.stdout)?.trim().to_owned())
}

/// Everything below `pid` now, as /proc tells it, but for what a command put into a session of its own.
fn descendants(pid: u32) -> Vec<u32> {
    struct Process {
        pid: u32,
        parent: u32,
        session: u32,
        is_sshd: bool,
    }
    let read = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // the name in brackets may hold anything, so count from its end
        let (name, rest) = stat.rsplit_once(')')?;
        let mut rest = rest.split_whitespace().skip(1);
        Some(Process {
            pid,
            parent: rest.next()?.parse().ok()?,
            session: rest.nth(1)?.parse().ok()?,
            is_sshd: name.ends_with("(sshd"),
        })
    };
    let all: Vec<Process> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(read)
        .collect();
    let mut found: Vec<&Process> = all.iter().filter(|process| process.pid == pid).collect();
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(all.iter().filter(|process| {
            process.parent == parent.pid
                && process.pid != pid
                && (parent.is_sshd || process.session == parent.session)
        }));
        next += 1;
    }
    found.iter().skip(1).map(|process| process.pid).collect()
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // gone already is as good
        let _ = kill_process(pid, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whoami(sshd: &Sshd, known: &Path) -> std::process::Output {
        let known = format!("UserKnownHostsFile={}", known.display());
        Command::new("ssh")
            .args([
                "-F",
                "none",
                "-o",
                "StrictHostKeyChecking=yes",
                "-o",
                &known,
            ])
            .args(["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-i"])
            .arg(&sshd.client_key)
            .args(["-p", &sshd.port.to_string(), "-l", &sshd.user])
            .args([&sshd.address.to_string(), "id", "-un"])
            .output()
            .unwrap()
    }

    #[test]
    fn signs_in_its_user_and_shows_another_face_with_another_key() {
        let dir = tempfile::tempdir().unwrap();
        let mut sshd = Sshd::start(dir.path(), "127.0.0.2".parse().unwrap()).unwrap();
        let known = dir.path().join("known");
        let line = format!("[127.0.0.2]:{} {}\n", sshd.port, sshd.host_key);
        fs::write(&known, line).unwrap();

        let told = whoami(&sshd, &known);
        assert_eq!(
            String::from_utf8_lossy(&told.stdout).trim(),
            sshd.user,
            "{told:?} {}",
            sshd.log()
        );

        let before = sshd.fingerprint.clone();
        sshd.restart_with_new_host_key().unwrap();
        assert_ne!(sshd.fingerprint, before);
        let told = whoami(&sshd, &known);
        assert!(String::from_utf8_lossy(&told.stderr).contains("Host key verification failed"));

        sshd.stop();
        assert!(!greets(SocketAddr::new(sshd.address, sshd.port)));
    }
}
