//! Two `pitlane serve` on one PostgreSQL over one lab; each of the four is taken away by a test.

/// The journal as it is written, from outside.
mod journal;
/// What must hold after every disturbance.
mod judge;

pub use journal::{Journal, Moment, begins, on_the_way, owner_pid};
pub use judge::{Before, browsers};

use super::product::{POOL, until};
use app::model::{ids::DeploymentId, view::DeploymentLine};
use end2end::lab::{
    Lab, LabOptions,
    dashboard::{Dashboard, DashboardOptions},
    database::postmaster,
    demo::free_listen,
    manager::Manager,
    node::wait_until_well,
};
use server::postgres::{Private, PrivateSettings};
use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

/// A dead owner is given up soon.
pub const SHORT_LEASE: &str =
    "[rolling]\nlease = \"5 s\"\nheartbeat = \"1 s\"\nmargin = \"2 s\"\npoll = \"500 ms\"\n";
/// As it is unless somebody says otherwise.
pub const USUAL_LEASE: &str = "";

/// What the two are called.
const NAMES: [&str; 2] = ["one", "two"];

pub struct Pair {
    pub lab: Lab,
    pub journal: Journal,
    pub servers: [Option<Dashboard>; 2],
    listen: [SocketAddr; 2],
    tables: String,
    database: Option<Private>,
    database_dir: PathBuf,
    versions: [&'static str; 2],
    /// Groups of browsers whose server was killed.
    killed_browsers: Vec<u32>,
}

impl Pair {
    /// Both started, with two releases to go back and forth between.
    pub async fn start(rolling: &str, configure: impl FnOnce(String) -> String) -> Self {
        let lab = Lab::start(LabOptions::default()).await.unwrap();
        let path = lab.lab_toml();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, configure(text)).unwrap();
        let database_dir = lab.folder.join("journal");
        let database = Private::start(PrivateSettings::for_testing(&database_dir))
            .await
            .unwrap();
        let text = |url: String| toml::Value::String(url).to_string();
        let tables = format!(
            "[database]\nurl = {}\ndirect_url = {}\n\n{rolling}",
            text(database.runtime_url()),
            text(database.owner_url())
        );
        let mut pair = Self {
            journal: Journal::of(&database.runtime_url()),
            lab,
            servers: [None, None],
            listen: [free_listen().unwrap(), free_listen().unwrap()],
            tables,
            database: Some(database),
            database_dir,
            versions: ["1.1", "1.0"],
            killed_browsers: Vec::new(),
        };
        pair.watch_database();
        pair.start_missing().await;
        let first = pair.servers[0].as_ref().unwrap();
        first.introduce(&pair.lab, &pair.versions).await.unwrap();
        pair
    }

    /// Every server that does not run.
    pub async fn start_missing(&mut self) {
        for (which, name) in NAMES.into_iter().enumerate() {
            if self.servers[which].is_none() {
                let options = DashboardOptions {
                    name,
                    listen: self.listen[which],
                    site: None,
                    tables: &self.tables,
                };
                let started = Dashboard::start_as(&self.lab, options).await;
                self.servers[which] = Some(started.unwrap());
            }
        }
    }

    /// `pitlane ARGS` at a server that runs; its output.
    pub async fn say(&self, args: &[&str]) -> String {
        let server = self.servers.iter().flatten().next();
        server.unwrap().call(args, "").await.unwrap()
    }

    /// Asks for the release that does not run, on these nodes.
    pub async fn deploy(&mut self, nodes: &str) -> Before {
        self.versions.swap(0, 1);
        let version = self.versions[1];
        let before = Before::now(&self.lab, version, nodes);
        self.say(&["deploy", POOL, version, "--nodes", nodes]).await;
        before
    }

    /// The deployment that was asked for last.
    pub async fn latest(&self) -> DeploymentLine {
        self.journal.latest().await
    }

    /// Which of the two has claimed it last.
    pub async fn owner(&self, deployment: DeploymentId) -> usize {
        let mut found = None;
        until("somebody owns the deployment", async || {
            let pid = owner_pid(&self.journal.events(deployment).await);
            found = pid.and_then(|pid| self.by_pid(pid));
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// `kill -9`; when, in milliseconds since 1970.
    pub fn kill(&mut self, which: usize) -> i64 {
        let server = self.servers[which].take().unwrap();
        self.killed_browsers.extend(browsers(server.pid()));
        server.kill().unwrap();
        now_ms()
    }

    pub fn by_pid(&self, pid: u32) -> Option<usize> {
        let is = |server: &Option<Dashboard>| server.as_ref().is_some_and(|s| s.pid() == pid);
        self.servers.iter().position(is)
    }

    pub fn server(&self, which: usize) -> &Dashboard {
        self.servers[which].as_ref().unwrap()
    }

    pub fn manager(&self) -> Manager {
        Manager::new(&self.lab.apache.manager_url, "web").unwrap()
    }

    /// The release a node itself answers with, and whether Apache sends it visitors.
    pub async fn stands(&self, node: usize) -> (String, bool) {
        let url = self.lab.nodes[node].app_url();
        let limit = Duration::from_secs(30);
        let release = wait_until_well(&format!("{url}/health"), limit).await;
        let worker = self.manager().worker(&url).await.unwrap();
        (release.unwrap(), worker.is_in_rotation())
    }

    /// The process of the PostgreSQL behind the two.
    pub fn postmaster(&self) -> u32 {
        postmaster(&self.database_dir).unwrap()
    }

    fn watch_database(&self) {
        self.lab.adopt("journal", self.postmaster()).unwrap();
    }

    /// Stops PostgreSQL in good order, for so long.
    pub async fn without_database(&mut self, span: Duration) {
        self.database.take().unwrap().stop().await;
        tokio::time::sleep(span).await;
        let again = Private::start(PrivateSettings::for_testing(&self.database_dir)).await;
        self.database = Some(again.unwrap());
        self.watch_database();
    }

    /// PostgreSQL was killed and is started again by its keeper.
    pub async fn database_is_back(&self, before: u32) {
        until("PostgreSQL runs again", async || {
            postmaster(&self.database_dir).is_ok_and(|pid| pid != before)
        })
        .await;
        self.watch_database();
    }

    pub async fn stop(self) {
        let Self {
            lab,
            servers,
            database,
            journal,
            ..
        } = self;
        tokio::task::block_in_place(|| servers.into_iter().flatten().for_each(Dashboard::stop));
        journal.close().await;
        if let Some(database) = database {
            database.stop().await;
        }
        let report = lab.stop().await.unwrap().unwrap();
        assert_eq!(report.visitors.failed, 0, "{report:?}");
    }
}

pub fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}
