//! A browser on a temporary folder of its own, and a look at what it leaves behind.

use app::model::{
    deployment::PlannedSuite,
    ids::{RunId, SuiteRevisionId},
    journal::Proof,
    smoke::{StepReport, Suite},
    trouble::Failure,
};
use server::{
    clock::{Clock, SystemClock},
    guard::Guard,
    objects::Objects,
    smoke::{
        Browser, BrowserSession, Target,
        proxy::ProxySettings,
        runner::{self, Means, SmokeOrder},
        secrets::Secrets,
        suite,
        webdriver::{BrowserSettings, Kind, WebDriver, grid::GridSettings},
    },
};
use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tempfile::TempDir;

pub const PUBLIC_URL: &str = "http://shop.example.test";

pub struct Bench {
    dir: PathBuf,
    pub objects: Objects,
    secrets: Secrets,
    browser: WebDriver,
    _own: Vec<TempDir>,
}

#[derive(Debug)]
pub struct Outcome {
    pub result: Result<Proof, Failure>,
    pub reports: Vec<StepReport>,
    pub run: RunId,
    pub took: Duration,
}

impl Bench {
    pub fn new() -> Self {
        let dir = TempDir::new().unwrap();
        Self::below(dir.path().to_owned(), dir)
    }

    /// Sessions get their folders below `dir`.
    pub fn below(dir: PathBuf, own: TempDir) -> Self {
        Self::with(BrowserSettings::default(), dir, own)
    }

    /// A shell does `script` in the driver's place.
    pub fn with_driver(script: &str) -> Self {
        let (dir, own) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        fs::set_permissions(own.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let driver = own.path().join("driver");
        fs::write(&driver, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&driver, fs::Permissions::from_mode(0o755)).unwrap();
        let settings = BrowserSettings {
            driver,
            ..BrowserSettings::default()
        };
        let mut bench = Self::with(settings, dir.path().to_owned(), own);
        bench._own.push(dir);
        bench
    }

    /// Firefox in Chromium's place.
    pub fn firefox() -> Self {
        let (dir, own) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let driver = super::firefox::geckodriver(own.path());
        let mut bench = Self::firefox_below(dir.path().to_owned(), driver, own);
        bench._own.push(dir);
        bench
    }

    pub fn firefox_below(dir: PathBuf, driver: PathBuf, own: TempDir) -> Self {
        let settings = BrowserSettings {
            kind: Kind::Firefox,
            driver,
            browser: "/usr/bin/firefox-esr".into(),
            ..BrowserSettings::default()
        };
        Self::with(settings, dir, own)
    }

    /// Browsers of a Grid that runs as we do.
    pub fn on_grid(kind: Kind, url: &str, proxy: ProxySettings) -> Self {
        let (dir, own) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let settings = BrowserSettings {
            kind,
            grid: Some(GridSettings::parse(url).unwrap()),
            proxy,
            no_sandbox: true,
            ..BrowserSettings::default()
        };
        let mut bench = Self::with(settings, dir.path().to_owned(), own);
        bench._own.push(dir);
        bench
    }

    fn with(settings: BrowserSettings, dir: PathBuf, own: TempDir) -> Self {
        // the browser's user has to pass through
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o711)).unwrap();
        let settings = BrowserSettings {
            temp_dir: dir.clone(),
            ..settings
        };
        let guard = Arc::new(Guard::start().unwrap());
        let objects_dir = TempDir::new().unwrap();
        let password = ("shop_password".to_owned(), super::site::PASSWORD.to_owned());
        Self {
            browser: WebDriver::new(settings, guard),
            objects: Objects::local(objects_dir.path()).unwrap(),
            secrets: Secrets::new([password].into()).unwrap(),
            dir,
            _own: vec![objects_dir, own],
        }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    pub async fn session(&self, node: SocketAddr) -> Box<dyn BrowserSession> {
        self.session_for(&target(node).await).await
    }

    pub async fn session_for(&self, target: &Target) -> Box<dyn BrowserSession> {
        self.browser.start(target).await.unwrap()
    }

    pub async fn run(
        &self,
        session: &mut dyn BrowserSession,
        node: SocketAddr,
        flows: &str,
    ) -> Outcome {
        let text = format!("public_url = \"{PUBLIC_URL}\"\n{flows}");
        let suite = suite::parse(&text).unwrap();
        self.run_suite(session, node, suite).await
    }

    pub async fn run_suite(
        &self,
        session: &mut dyn BrowserSession,
        node: SocketAddr,
        suite: Suite,
    ) -> Outcome {
        let planned = PlannedSuite {
            revision: SuiteRevisionId::generate(),
            suite,
        };
        let order = SmokeOrder {
            node: "red".parse().unwrap(),
            address: node,
            run: RunId::generate(),
            deadline: SystemClock.now() + Duration::from_secs(120),
        };
        let means = Means {
            objects: &self.objects,
            secrets: &self.secrets,
            variables: &BTreeMap::new(),
            clock: &SystemClock,
        };
        let reports = Mutex::new(Vec::new());
        let start = Instant::now();
        let result = runner::run(session, &planned, &order, means, |report| {
            reports.lock().unwrap().push(report);
        })
        .await;
        Outcome {
            result,
            reports: reports.into_inner().unwrap(),
            run: order.run,
            took: start.elapsed(),
        }
    }

    /// A browser for one suite.
    pub async fn smoke(&self, node: SocketAddr, flows: &str) -> Outcome {
        let mut session = self.session(node).await;
        let outcome = self.run(session.as_mut(), node, flows).await;
        session.close().await;
        outcome
    }

    /// Neither a process nor a file of any session.
    pub fn expect_nothing_left(&self) {
        assert_eq!(processes(self.dir()), []);
        assert_eq!(files(self.dir()), Vec::<String>::new());
    }

    /// The same, for endings that do not wait.
    pub async fn expect_nothing_left_soon(&self) {
        soon("browser and folder go", || {
            processes(self.dir()).is_empty() && files(self.dir()).is_empty()
        })
        .await;
    }
}

pub async fn target(node: SocketAddr) -> Target {
    Target::resolve(
        &Suite::new(PUBLIC_URL, Vec::new()),
        &format!("http://{node}"),
    )
    .await
    .unwrap()
}

pub async fn soon(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Living processes that were started for a session below `dir`: number and command line.
pub fn processes(dir: &Path) -> Vec<(u32, String)> {
    let dir = dir.to_str().unwrap();
    let read = |pid: u32, what: &str| {
        let bytes = fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    };
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .map(|pid| (pid, read(pid, "cmdline")))
        .filter(|(pid, line)| line.contains(dir) || read(*pid, "environ").contains(dir))
        .collect()
}

pub fn files(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}
