//! The lab with the dashboard beside it, asked through its command line as a person would.

use app::model::{
    stage::{Pass, Stage, Work},
    view::{DeploymentLine, PoolView},
};
use end2end::lab::{
    Lab, LabOptions, dashboard::Dashboard, demo::free_listen, manager::Manager,
    node::wait_until_well,
};
use server::record::{DeploymentRecord, NodeRecord, StageRecord, StageResult};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub const POOL: &str = "production/shop";
/// Far beyond anything usual: the machine may be busy.
pub const LIMIT: Duration = Duration::from_secs(120);

pub struct Product {
    pub lab: Lab,
    pub dashboard: Dashboard,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub words: String,
}

/// A deployment that was followed to its end.
#[derive(Debug)]
pub struct Rolled {
    pub code: i32,
    pub record: DeploymentRecord,
}

impl Product {
    /// Both started, strangers to each other.
    pub async fn start(options: LabOptions) -> Self {
        Self::start_with(options, "").await
    }

    /// The same with further tables in the dashboard's configuration.
    pub async fn start_with(options: LabOptions, tables: &str) -> Self {
        let lab = Lab::start(options).await.unwrap();
        let listen = free_listen().unwrap();
        let dashboard = Dashboard::start_with(&lab, listen, None, tables).await;
        Self {
            dashboard: dashboard.unwrap(),
            lab,
        }
    }

    /// Changes the configuration before it is applied.
    pub fn configure(&self, change: impl FnOnce(String) -> String) {
        let path = self.lab.lab_toml();
        let text = fs::read_to_string(&path).unwrap();
        let new = change(text.clone());
        assert_ne!(new, text, "nothing was changed");
        fs::write(path, new).unwrap();
    }

    pub async fn introduce(&self, versions: &[&str]) {
        self.dashboard.introduce(&self.lab, versions).await.unwrap();
    }

    /// Somebody who may sign in.
    pub async fn add_user(&self, name: &str, role: &str, password: &str) {
        let args = ["user", "add", name, "--role", role, "--password-stdin"];
        let line = format!("{password}\n");
        self.dashboard.call(&args, &line).await.unwrap();
    }

    pub async fn say(&self, args: &[&str]) -> Said {
        said(self.dashboard.command(args)).await
    }

    /// `pitlane deploy --follow --json`, to be awaited or spawned.
    pub fn roll(&self, version: &str) -> impl Future<Output = Rolled> + Send + 'static {
        self.roll_with(version, &[])
    }

    pub fn roll_with(
        &self,
        version: &str,
        more: &[&str],
    ) -> impl Future<Output = Rolled> + Send + 'static {
        let mut args = vec!["deploy", POOL, version, "--follow", "--json"];
        args.extend(more);
        let command = self.dashboard.command(&args);
        async move {
            let said = said(command).await;
            let last = said.out.lines().last().unwrap_or_default();
            let record = serde_json::from_str(last)
                .unwrap_or_else(|error| panic!("no record ({error}): {said:?}"));
            Rolled {
                code: said.code,
                record,
            }
        }
    }

    pub async fn pool(&self) -> PoolView {
        let said = self.say(&["status", POOL, "--json"]).await;
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    /// The deployment that locks the pool; panics if there is none.
    pub async fn active(&self) -> DeploymentLine {
        self.pool().await.active.expect("a deployment is active")
    }

    pub async fn record(&self, number: u32) -> DeploymentRecord {
        let client = reqwest::Client::builder()
            .no_proxy()
            .unix_socket(self.dashboard.socket.clone())
            .build()
            .unwrap();
        let url = format!("http://localhost/api/v1/pools/{POOL}/deployments/{number}/record");
        client.get(url).send().await.unwrap().json().await.unwrap()
    }

    pub fn manager(&self) -> Manager {
        Manager::new(&self.lab.apache.manager_url, "web").unwrap()
    }

    /// What Apache itself says about a node.
    pub async fn is_in_rotation(&self, node: usize) -> bool {
        let worker = self.lab.nodes[node].app_url();
        let worker = self.manager().worker(&worker).await.unwrap();
        worker.is_in_rotation()
    }

    /// The release a node itself answers with.
    pub async fn answers(&self, node: usize) -> String {
        let url = format!("{}/health", self.lab.nodes[node].app_url());
        wait_until_well(&url, LIMIT).await.unwrap()
    }

    /// The release folder `current` points to.
    pub fn current(&self, node: usize) -> PathBuf {
        let link = self.lab.nodes[node].deploy_root.join("current");
        let to = fs::read_link(link).unwrap();
        to.file_name().unwrap().into()
    }

    pub fn currents(&self) -> [PathBuf; 3] {
        [0, 1, 2].map(|node| self.current(node))
    }

    /// All three in rotation, on these releases.
    pub async fn expect_serving(&self, releases: [&str; 3]) {
        for (node, release) in releases.into_iter().enumerate() {
            assert_eq!(self.answers(node).await, release, "node {node}");
            assert!(self.is_in_rotation(node).await, "node {node} is out");
        }
    }

    pub fn expect_no_visitor_lost(&self) {
        let report = self.lab.prober.as_ref().unwrap().report();
        assert!(report.visitors.requests > 100, "{report:?}");
        assert_eq!(report.visitors.failed, 0, "{report:?}");
    }

    pub async fn stop(self) {
        let Self { lab, dashboard } = self;
        tokio::task::block_in_place(|| dashboard.stop());
        lab.stop().await.unwrap();
    }
}

async fn said(mut command: tokio::process::Command) -> Said {
    let run = command.stdin(std::process::Stdio::null()).output();
    let done = tokio::time::timeout(LIMIT, run).await.unwrap().unwrap();
    Said {
        code: done.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        words: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}

/// Asks again and again until it holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < LIMIT, "never: {what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

impl Rolled {
    pub fn node(&self, name: &str) -> &NodeRecord {
        node(&self.record, name)
    }
}

pub fn node<'a>(record: &'a DeploymentRecord, name: &str) -> &'a NodeRecord {
    let mut nodes = record.nodes.iter();
    nodes.find(|node| node.name.as_str() == name).unwrap()
}

/// The attempts at one stage.
pub fn attempts(node: &NodeRecord, pass: Pass, stage: Stage) -> Vec<&StageRecord> {
    let wanted = |record: &&StageRecord| record.pass == pass && record.stage == Work::Stage(stage);
    node.stages.iter().filter(wanted).collect()
}

/// The attempt that passed.
pub fn passed(node: &NodeRecord, pass: Pass, stage: Stage) -> &StageRecord {
    let all = attempts(node, pass, stage);
    let found = all
        .iter()
        .find(|record| record.outcome == StageResult::Passed);
    found.unwrap_or_else(|| panic!("{stage} did not pass on {}: {all:?}", node.name))
}

/// A node on which nothing but preparing was done.
pub fn expect_untouched(node: &NodeRecord) {
    assert!(!node.out, "{node:?}");
    for record in &node.stages {
        assert_eq!(record.stage, Work::Prepare, "{record:?}");
    }
}

/// The line of `text` in which `marker` stands, counted from 1.
pub fn line_of(text: &str, marker: &str) -> usize {
    let at = text.rfind(marker).unwrap_or_else(|| panic!("no {marker}"));
    text[..at].lines().count() + usize::from(text[..at].ends_with('\n') || at == 0)
}

/// A file of a name of its own below the lab's folder.
pub fn put(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}
