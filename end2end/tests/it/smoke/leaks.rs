//! However a session ends, nothing of it stays: no process, no folder.

use super::{
    bench::{Bench, files, processes, soon, target},
    look,
    site::{self, Site},
};
use app::model::{
    ids::RunId,
    smoke::{Act, Step},
    trouble::{Failure, FailureClass},
};
use rustix::process::{Pid, Signal, kill_process};
use server::smoke::{BrowserSession, Values, Variables};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

pub fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

fn driver(dir: &Path) -> u32 {
    let all = processes(dir);
    let found = all.iter().find(|(_, line)| line.contains("--port=0"));
    found.unwrap_or_else(|| panic!("no driver in {all:?}")).0
}

fn browser(dir: &Path) -> u32 {
    let all = processes(dir);
    let found = all
        .iter()
        .find(|(_, line)| line.contains("--user-data-dir=") && !line.contains("--type="));
    found.unwrap_or_else(|| panic!("no browser in {all:?}")).0
}

/// Kills something while a page is awaited, and returns how the run ended.
async fn killed_while_waiting(victim: fn(&Path) -> u32) -> Failure {
    let red = site::start("red", "127.0.0.21").await;
    let bench = Bench::new();
    let mut session = bench.session(red.address).await;
    let flows = look("60 s", "{ open = \"/hang\" }");
    let (outcome, ()) = tokio::join!(bench.run(session.as_mut(), red.address, &flows), async {
        red.asked.hangs.notified().await;
        kill(victim(bench.dir()));
    });
    session.close().await;
    bench.expect_nothing_left();
    outcome.result.unwrap_err()
}

#[tokio::test]
async fn a_killed_driver_is_our_failure_and_takes_its_browser_along() {
    let failure = killed_while_waiting(driver).await;
    assert_eq!(failure.class, FailureClass::Ours, "{failure:?}");
    assert!(
        failure.trouble.what.contains("driver has gone"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_killed_browser_is_our_failure() {
    let failure = killed_while_waiting(browser).await;
    assert_eq!(failure.class, FailureClass::Ours, "{failure:?}");
    assert!(
        failure.trouble.what.contains("browser has gone"),
        "{failure:?}"
    );
}

/// Lets go of a session while its page hangs.
pub async fn dropped_in_a_step(mut session: Box<dyn BrowserSession>, bench: &Bench, red: &Site) {
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
        result = session.step(&open, values, Duration::from_secs(60)) => panic!("{result:?}"),
        () = red.asked.hangs.notified() => {}
    }
    drop(session);
}

#[tokio::test]
async fn a_session_dropped_in_the_middle_of_a_step_leaves_nothing() {
    let red = site::start("red", "127.0.0.21").await;
    let bench = Bench::new();
    let session = bench.session(red.address).await;
    assert!(!processes(bench.dir()).is_empty());
    dropped_in_a_step(session, &bench, &red).await;
    bench.expect_nothing_left_soon().await;
}

#[tokio::test]
async fn who_leaves_the_browsers_process_group_ends_with_the_session() {
    let bench = Bench::with_driver("setsid sleep 600 & exec /usr/bin/chromedriver \"$@\"");
    let node = "127.0.0.21:1".parse().unwrap();
    let left = |all: &[(u32, String)]| all.iter().any(|(_, line)| line.starts_with("sleep 600"));
    let session = bench.session(node).await;
    soon("somebody left", || left(&processes(bench.dir()))).await;
    session.close().await;
    bench.expect_nothing_left();
    let session = bench.session(node).await;
    soon("somebody left", || left(&processes(bench.dir()))).await;
    drop(session);
    bench.expect_nothing_left_soon().await;
}

#[tokio::test]
async fn a_start_that_fails_leaves_nothing_and_says_why() {
    use server::{
        guard::Guard,
        smoke::{
            Browser,
            webdriver::{BrowserSettings, WebDriver},
        },
    };
    let bench = Bench::new();
    let start = async |settings: BrowserSettings| {
        let browser = WebDriver::new(settings, Guard::start().unwrap().into());
        let target = target("127.0.0.21:1".parse().unwrap()).await;
        let Err(trouble) = browser.start(&target).await else {
            panic!("it must not start");
        };
        trouble
    };
    let settings = BrowserSettings {
        temp_dir: bench.dir().to_owned(),
        ..BrowserSettings::default()
    };
    let no_driver = BrowserSettings {
        driver: "/nowhere/chromedriver".into(),
        ..settings.clone()
    };
    let no_browser = BrowserSettings {
        browser: "/nowhere/chromium".into(),
        ..settings
    };
    let trouble = start(no_driver).await;
    assert!(
        trouble.what.contains("`/nowhere/chromedriver`"),
        "{trouble:?}"
    );
    let trouble = start(no_browser).await;
    assert!(trouble.what.contains("could not be started"), "{trouble:?}");
    bench.expect_nothing_left_soon().await;
}

#[tokio::test]
async fn a_killed_server_leaves_nothing() {
    a_killed_one_leaves_nothing("smoke::leaks::server_to_be_killed", &[]).await;
}

/// `other_half`: a test that starts a browser in the folder it is given, says that it is ready and goes on for ever.
pub async fn a_killed_one_leaves_nothing(other_half: &str, told: &[(&str, &Path)]) {
    let dir = TempDir::new().unwrap();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", other_half, "--ignored", "--nocapture"])
        .env("PITLANE_TEST_BROWSER_DIR", dir.path())
        .envs(told.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let ready = lines.map_while(Result::ok).any(|l| l.contains("is ready"));
    assert!(ready, "the other half could not start a browser");
    assert!(processes(dir.path()).len() > 3);
    parent.kill().unwrap();
    parent.wait().unwrap();
    soon("browser and folder go", || {
        processes(dir.path()).is_empty() && files(dir.path()).is_empty()
    })
    .await;
}

#[tokio::test]
#[ignore = "the other half of `a_killed_server_leaves_nothing`"]
async fn server_to_be_killed() {
    let Some(dir) = std::env::var_os("PITLANE_TEST_BROWSER_DIR") else {
        return;
    };
    let bench = Bench::below(PathBuf::from(dir), TempDir::new().unwrap());
    let _session: Box<dyn BrowserSession> = bench.session("127.0.0.21:1".parse().unwrap()).await;
    println!("is ready");
    std::future::pending().await
}
