//! The driver's process, the browser's parent: one per session, in a process group and a folder of its own.
//!
//! A driver that is told to end leaves its browser running, and a browser its temporary folders lying about. So the
//! whole group is killed and the whole folder removed, whichever way a session ends, with whoever left the group but
//! has that folder for its temporary files; and the guard does it for us if we are killed. The browser's crash handlers
//! leave it; the switch that would do without them (`--disable-crashpad-for-testing`) makes every tab crash.

use super::{BrowserSettings, Kind, user};
use crate::{
    guard::{Guard, process},
    smoke::BrowserTrouble,
};
use std::{
    collections::VecDeque,
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::{
        fs::{DirBuilderExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::oneshot;

const START_LIMIT: Duration = Duration::from_secs(10);
const LINES_KEPT: usize = 40;

pub struct Driver {
    port: u16,
    said: Said,
    /// `None` only after it was ended.
    rest: Option<Rest>,
}

/// Of the hands that steer a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Its pages.
    Pages,
    /// Firefox itself too, where it is told which authority to trust.
    Browser,
}

/// What has to go.
struct Rest {
    child: Child,
    dir: TempDir,
    guard: Arc<Guard>,
}

/// Its last lines.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<VecDeque<String>>>);

impl Driver {
    /// `reach`: what whoever steers the browser may do with it.
    pub async fn start(
        settings: &BrowserSettings,
        reach: Reach,
        guard: Arc<Guard>,
    ) -> Result<Self, BrowserTrouble> {
        let failed = |what: &str, error: std::io::Error| {
            BrowserTrouble::new(format!("{what} for the browser failed")).because(error)
        };
        let owner = user::owner(settings.user.as_deref())?;
        let dir = tempfile::Builder::new()
            .prefix("pitlane-browser-")
            .tempdir_in(&settings.temp_dir)
            .map_err(|error| failed("making a temporary folder", error))?;
        guard
            .remove_dir(dir.path())
            .map_err(|error| failed("watching the temporary folder", error))?;
        for sub in ["home", "tmp"] {
            fs::DirBuilder::new()
                .mode(0o700)
                .create(dir.path().join(sub))
                .map_err(|error| failed("making a temporary folder", error))?;
        }
        let mut command = command(settings, reach, dir.path());
        if let Some(owner) = owner {
            for path in [
                dir.path().to_owned(),
                dir.path().join("home"),
                dir.path().join("tmp"),
            ] {
                chown(&path, Some(owner.uid), Some(owner.gid))
                    .map_err(|error| failed("handing over the temporary folder", error))?;
            }
            command.uid(owner.uid).gid(owner.gid);
        }
        let mut child = command.spawn().map_err(|error| {
            BrowserTrouble::new(format!(
                "the browser's driver `{}` could not be started",
                settings.driver.display()
            ))
            .because(error)
        })?;
        let said = Said::default();
        let (tell, told) = oneshot::channel();
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let group = child.id();
        // from here on dropping it ends it
        let mut driver = Self {
            port: 0,
            said: said.clone(),
            rest: Some(Rest { child, dir, guard }),
        };
        let rest = driver.rest.as_ref().expect("it was just made");
        rest.guard
            .watch_group(group)
            .map_err(|error| failed("watching the driver", error))?;
        said.listen(out, Some(tell));
        said.listen(err, None);
        match tokio::time::timeout(START_LIMIT, told).await {
            Ok(Ok(port)) => {
                driver.port = port;
                Ok(driver)
            }
            Ok(Err(_)) => {
                Err(BrowserTrouble::new("the browser's driver ended at once").because(said.words()))
            }
            Err(_) => Err(BrowserTrouble::new(format!(
                "the browser's driver was not ready after {} s",
                START_LIMIT.as_secs()
            ))
            .because(said.words())),
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// A folder for the browser's own use that goes with the driver.
    pub fn profile(&self) -> PathBuf {
        let rest = self.rest.as_ref().expect("it was not ended");
        rest.dir.path().join("profile")
    }

    /// What driver and browser said last.
    pub fn words(&self) -> String {
        self.said.words()
    }

    /// Ends driver and browser, and returns when nothing of them is left.
    pub async fn end(mut self) {
        if let Some(rest) = self.rest.take() {
            rest.kill();
            // it cannot panic, and there is nothing to do about it if the runtime is going down
            let _ = tokio::task::spawn_blocking(move || rest.clean_up()).await;
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(rest) = self.rest.take() {
            rest.kill();
            // not here: it waits, and the guard does it should we end first
            thread::spawn(move || rest.clean_up());
        }
    }
}

impl Rest {
    fn kill(&self) {
        // the child is not reaped, so the number is its own
        process::kill_group(self.child.id());
    }

    fn clean_up(mut self) {
        let group = self.child.id();
        let temporary = temporary(self.dir.path());
        // a dying browser still writes, and may have forked while it was killed
        for _ in 0..200 {
            // in this order: who has ended begins nobody else
            let is_empty = process::members(group).is_empty();
            let strays = process::kill_those_with_temporary(&temporary);
            if is_empty && strays == 0 {
                break;
            }
            thread::sleep(Duration::from_millis(10));
            process::kill_group(group);
        }
        self.guard.forget_group(group);
        let _ = self.child.wait();
        let path = self.dir.path().to_owned();
        if self.dir.close().is_ok() || fs::remove_dir_all(&path).is_ok() {
            self.guard.forget_dir(&path);
        }
    }
}

impl Said {
    /// Reads until the pipe ends; tells the port when the driver does.
    fn listen(
        &self,
        from: Option<impl Read + Send + 'static>,
        mut tell: Option<oneshot::Sender<u16>>,
    ) {
        let Some(from) = from else { return };
        let said = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                if let (Some(port), true) = (port(&line), tell.is_some())
                    && let Some(tell) = tell.take()
                {
                    let _ = tell.send(port);
                }
                let mut lines = said.0.lock().expect("no holder of this lock panics");
                if lines.len() == LINES_KEPT {
                    lines.pop_front();
                }
                lines.push_back(line.chars().take(400).collect());
            }
        });
    }

    fn words(&self) -> String {
        let lines = self.0.lock().expect("no holder of this lock panics");
        lines
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// Inherited by all that begins below the driver, which is known by it.
fn temporary(dir: &Path) -> PathBuf {
    dir.join("tmp")
}

fn command(settings: &BrowserSettings, reach: Reach, dir: &Path) -> Command {
    let mut command = Command::new(&settings.driver);
    command.env_clear();
    match settings.kind {
        // its log from INFO on holds every typed character
        Kind::Chromium => {
            command.args(["--port=0", "--log-level=SEVERE"]);
        }
        Kind::Firefox => {
            command
                // at INFO it says where it listens, and nothing that is typed
                .args(["--port=0", "--websocket-port=0", "--log=info"])
                // it listens to what we say about its maker's settings server
                .env("MOZ_REMOTE_SETTINGS_DEVTOOLS", "1");
            if reach == Reach::Browser {
                command.arg("--allow-system-access");
            }
        }
    }
    command
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("HOME", dir.join("home"))
        .env("TMPDIR", temporary(dir))
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command
}

/// `ChromeDriver was started successfully on port 37091.`, `geckodriver INFO Listening on 127.0.0.1:37091`
fn port(line: &str) -> Option<u16> {
    let of_chromium = || line.split_once("started successfully on port ");
    let of_firefox = line
        .contains("geckodriver")
        .then(|| line.split_once("Listening on 127.0.0.1:"));
    let (_, rest) = of_firefox.flatten().or_else(of_chromium)?;
    rest.trim().trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_the_driver_says() {
        for (line, found) in [
            (
                "ChromeDriver was started successfully on port 37091.",
                Some(37_091),
            ),
            (
                "ChromeDriver was started successfully on port 37091",
                Some(37_091),
            ),
            (
                "1795820940901\tgeckodriver\tINFO\tListening on 127.0.0.1:41397",
                Some(41_397),
            ),
            // Firefox has ports of its own
            (
                "1795820942361\tMarionette\tINFO\tListening on port 33865",
                None,
            ),
            ("Starting ChromeDriver 156.0 on port 0", None),
            ("ChromeDriver was started successfully on port many.", None),
        ] {
            assert_eq!(port(line), found, "{line}");
        }
    }
}
