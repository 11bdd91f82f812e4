//! However a session ends, nothing of it stays: no process, no folder.

use super::geckodriver;
use crate::smoke::{
    bench::{Bench, processes},
    leaks::{a_killed_one_leaves_nothing, kill},
    look, site,
};
use app::model::trouble::FailureClass;
use server::smoke::BrowserSession;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn driver(dir: &Path) -> u32 {
    let all = processes(dir);
    let found = all.iter().find(|(_, line)| line.contains("--port=0"));
    found.unwrap_or_else(|| panic!("no driver in {all:?}")).0
}

fn browser(dir: &Path) -> u32 {
    let all = processes(dir);
    let found = all
        .iter()
        .find(|(_, line)| line.contains("--marionette") || line.contains("-marionette"));
    found.unwrap_or_else(|| panic!("no browser in {all:?}")).0
}

#[tokio::test]
async fn a_killed_driver_or_firefox_is_our_failure_and_leaves_nothing() {
    let red = site::start("red", "127.0.0.21").await;
    let victims: [fn(&Path) -> u32; 2] = [driver, browser];
    for victim in victims {
        let bench = Bench::firefox();
        let mut session = bench.session(red.address).await;
        let flows = look("60 s", "{ open = \"/hang\" }");
        let (outcome, ()) = tokio::join!(bench.run(session.as_mut(), red.address, &flows), async {
            red.asked.hangs.notified().await;
            kill(victim(bench.dir()));
        });
        session.close().await;
        bench.expect_nothing_left();
        let failure = outcome.result.unwrap_err();
        assert_eq!(failure.class, FailureClass::Ours, "{failure:?}");
        assert!(failure.trouble.what.contains("has gone"), "{failure:?}");
    }
}

#[tokio::test]
async fn a_killed_server_leaves_nothing() {
    let own = TempDir::new().unwrap();
    let driver = geckodriver(own.path());
    let told = [("PITLANE_TEST_BROWSER_DRIVER", driver.as_path())];
    a_killed_one_leaves_nothing("smoke::firefox::leaks::server_to_be_killed", &told).await;
}

#[tokio::test]
#[ignore = "the other half of `a_killed_server_leaves_nothing`"]
async fn server_to_be_killed() {
    let given = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let (Some(dir), Some(driver)) = (
        given("PITLANE_TEST_BROWSER_DIR"),
        given("PITLANE_TEST_BROWSER_DRIVER"),
    ) else {
        return;
    };
    let bench = Bench::firefox_below(dir, driver, TempDir::new().unwrap());
    let _session: Box<dyn BrowserSession> = bench.session("127.0.0.21:1".parse().unwrap()).await;
    println!("is ready");
    std::future::pending().await
}
