//! Browsers of a real Selenium Grid: the same flows, no driver of ours, and no session that stays.

/// The Grid.
mod standalone;

use super::{
    SHOP,
    bench::{Bench, Outcome, files, processes},
    front::all_is_as_live,
    leaks::{dropped_in_a_step, kill},
    look, site, tls,
};
use app::model::{journal::Proof, trouble::FailureClass};
use server::smoke::{BrowserSession, proxy::ProxySettings, webdriver::Kind};
use standalone::{Grid, browsers};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Command, Stdio},
};
use tokio::net::{TcpListener, TcpStream};

/// One Grid for all: it takes longest to start.
#[tokio::test]
async fn a_grid_lends_its_browsers_and_gets_every_session_back() {
    let grid = Grid::start().await;
    chromium_is_lent(&grid).await;
    firefox_is_lent(&grid).await;
    behind_https(&grid).await;
}

async fn chromium_is_lent(grid: &Grid) {
    let red = site::start("red", "127.0.0.21").await;
    let blue = site::start("blue", "127.0.0.22").await;

    let through_proxy = ProxySettings {
        advertise: Some("localhost".to_owned()),
        ..ProxySettings::default()
    };
    let bench = Bench::on_grid(Kind::Chromium, &grid.url, through_proxy);
    let outcome = bench.smoke(red.address, SHOP).await;
    expect_smoked(outcome, red.address);
    grid.expect_no_session_soon().await;

    let older_path = format!("{}/wd/hub", grid.url);
    let bench = Bench::on_grid(Kind::Chromium, &older_path, ProxySettings::default());
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
    let mut reports = outcome.reports.iter();
    assert!(reports.all(|report| report.picture.is_some()));
    expect_smoked(outcome, red.address);
    assert_eq!(blue.asked.paths(), Vec::<String>::new());
    grid.expect_no_session_soon().await;

    let session = bench.session(red.address).await;
    dropped_in_a_step(session, &bench, &red).await;
    grid.expect_no_session_soon().await;

    // a browser that dies is ours
    let mut session = bench.session(red.address).await;
    let flows = look("60 s", "{ open = \"/hang\" }");
    let (outcome, ()) = tokio::join!(bench.run(session.as_mut(), red.address, &flows), async {
        red.asked.hangs.notified().await;
        kill(browsers(grid.dir.path())[0]);
    });
    session.close().await;
    let failure = outcome.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Ours, "{failure:?}");
    grid.expect_no_session_soon().await;

    // nobody is left who could delete it: the Grid's own timeout does
    killed_server(&grid.url);
    assert_eq!(grid.sessions().await.len(), 1);
    grid.expect_no_session_soon().await;
}

/// With a front that ends TLS: the browser has to be told whom to trust, through the Grid.
async fn firefox_is_lent(grid: &Grid) {
    let bench = || Bench::on_grid(Kind::Firefox, &grid.url, ProxySettings::default());
    let red = site::start("red", "127.0.0.21").await;
    let outcome = bench().smoke(red.address, SHOP).await;
    expect_smoked(outcome, red.address);
    grid.expect_no_session_soon().await;
    all_is_as_live(bench()).await;
    grid.expect_no_session_soon().await;
}

fn expect_smoked(outcome: Outcome, node: SocketAddr) {
    let Proof::Smoked { answered_by, .. } = outcome.result.unwrap() else {
        panic!("it is a smoke test");
    };
    assert_eq!(answered_by, [node.to_string()]);
}

/// By a process of its own, for it must trust whoever signed the front's certificate.
async fn behind_https(grid: &Grid) {
    let (acceptor, certificate) = tls::untrusted("localhost");
    let trusted = grid.dir.path().join("front.pem");
    fs::write(&trusted, certificate).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let behind = grid.url.strip_prefix("http://").unwrap().to_owned();
    let front = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                let mut asked = acceptor.accept(stream).await.unwrap();
                let mut grid = TcpStream::connect(behind).await.unwrap();
                // whoever ends it first
                let _ = tokio::io::copy_bidirectional(&mut asked, &mut grid).await;
            });
        }
    });
    let url = format!("https://localhost:{port}");
    let mut other = other_half("smoke::grid::asks_by_https", &url);
    other.env("SSL_CERT_FILE", trusted);
    let done = tokio::task::spawn_blocking(move || other.output().unwrap());
    let done = done.await.unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    front.abort();
    grid.expect_no_session_soon().await;
}

#[tokio::test]
#[ignore = "the other half of `a_grid_lends_its_browsers_and_gets_every_session_back`"]
async fn asks_by_https() {
    let Some(url) = grid_url() else {
        return;
    };
    let red = site::start("red", "127.0.0.23").await;
    for kind in [Kind::Chromium, Kind::Firefox] {
        let bench = Bench::on_grid(kind, &url, ProxySettings::default());
        expect_smoked(bench.smoke(red.address, SHOP).await, red.address);
    }
}

fn grid_url() -> Option<String> {
    env::var("PITLANE_TEST_GRID_URL").ok()
}

/// This program, doing only that.
fn other_half(test: &str, url: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("PITLANE_TEST_GRID_URL", url)
        .stdin(Stdio::null());
    command
}

/// A process that has a session, until it is killed.
fn killed_server(url: &str) {
    let mut server = other_half("smoke::grid::server_to_be_killed", url)
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
    let Some(url) = grid_url() else {
        return;
    };
    let bench = Bench::on_grid(Kind::Chromium, &url, ProxySettings::default());
    let _session: Box<dyn BrowserSession> = bench.session("127.0.0.21:1".parse().unwrap()).await;
    println!("is ready");
    std::future::pending().await
}
