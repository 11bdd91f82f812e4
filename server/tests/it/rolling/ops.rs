//! What an operator does and then sees, over servers that can be killed at any event.

/// What comes of it.
mod seen;

use super::{
    clock::FastClock,
    world::{Diary, Front, Shells},
};
use crate::harness::{Database, database, sample};
use app::{
    gateway::{DeployOrder, PoolPath},
    model::{
        command::Command,
        deployment::{DeploymentState, NodeRunState, Plan, Policy, StageRule},
        environment::{Admission, Node},
        ids::DeploymentId,
        journal::{Event, Fact, Outcome, Proof},
        smoke::Suite,
        stage::{Attempt, Pass, Stage, Work},
        time::Timestamp,
    },
};
use server::{
    balancer::{LoadBalancer, fake::FakeBalancer},
    objects::Objects,
    probe::fake::FakeProbe,
    rolling::{
        engine::Engine,
        fold::{Job, fold},
        journal::load,
        lease::LeaseTimes,
        planner::Planner,
        ports::Ports,
    },
    seam::{Engine as _, Planner as _},
    smoke::{fake::FakeBrowser, queue::Queue, secrets::Secrets},
    store::{
        commands,
        deployments::{self, CreateError},
        pools::PoolInventory,
        releases, suites,
    },
    vault::{KeyPlace, Vault},
};
use std::{num::NonZeroUsize, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Longer than anything takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than any crash and takeover, however busy the machine is.
pub const A_DAY_MS: u64 = 86_400_000;

/// A pool of red, blue and green that run 1.0, and one server that may drive it.
pub struct Ops {
    pub database: Database,
    pub inventory: PoolInventory,
    pub front: Arc<Front>,
    pub shells: Arc<Shells>,
    /// What was done to balancer and machines.
    pub diary: Diary,
    pub browser: FakeBrowser,
    pub ports: Ports,
    /// Of the deployments to come.
    pub policy: Policy,
    /// How long a node may take to be well.
    pub well_within_ms: u64,
    /// Which nodes they are about; none: all.
    pub nodes: Vec<&'static str>,
    /// The latest.
    pub deployment: DeploymentId,
    wake: watch::Sender<u64>,
    server: Option<(JoinHandle<()>, CancellationToken)>,
    servers: u32,
    _objects: tempfile::TempDir,
}

/// A database in which many stories are played at once.
pub struct Theatre {
    database: Database,
}

impl Theatre {
    pub async fn new() -> Self {
        let database = witnessed().await;
        // each server sees the leases of its own story
        sqlx::raw_sql(
            "ALTER TABLE leases ENABLE ROW LEVEL SECURITY;
            CREATE POLICY own ON leases USING
                (coalesce(current_setting('test.only', true), '') IN ('', deployment_id::text))",
        )
        .execute(&database.owner)
        .await
        .unwrap();
        Self { database }
    }

    /// A pool of its own with everything that belongs to it, and no server yet.
    pub async fn new_story(&self) -> Ops {
        let database = Database {
            pool: self.database.pool.clone(),
            owner: self.database.owner.clone(),
            url: self.database.url.clone(),
            owner_url: self.database.owner_url.clone(),
        };
        let environment = format!("s{}", uuid::Uuid::now_v7().simple());
        Ops::on(database, &environment).await
    }
}

async fn witnessed() -> Database {
    let database = database().await;
    sqlx::raw_sql(include_str!("witness.sql"))
        .execute(&database.owner)
        .await
        .unwrap();
    database
}

impl Ops {
    pub async fn new() -> Self {
        let mut ops = Self::on(witnessed().await, "production").await;
        ops.start();
        ops
    }

    async fn on(database: Database, environment: &str) -> Self {
        let inventory = sample::pool_behind(
            &database.pool,
            environment,
            &format!(
                "front-{}",
                if environment == "production" {
                    "1"
                } else {
                    environment
                }
            ),
            &format!("/srv/{environment}"),
            1,
        )
        .await;
        let fake = FakeBalancer::new(
            "front",
            inventory.nodes.iter().map(|node| node.app_url.clone()),
        );
        let diary = Diary::default();
        let front = Front::new(fake, diary.clone());
        let probe = Arc::new(FakeProbe::default());
        let shells = Shells::new(probe.clone(), diary.clone());
        for (digit, version) in [('0', "1.0"), ('2', "1.2"), ('3', "1.3")] {
            let mut release = sample::release(inventory.application_id, version);
            release.sha256 = digit.to_string().repeat(64);
            releases::insert(&database.pool, &release).await.unwrap();
            shells.knows(version, &release.sha256);
        }
        shells.knows("1.1", &"5a".repeat(32));
        for node in &inventory.nodes {
            shells.runs(&node.name, "20260101000000", &"0".repeat(64));
        }
        let browser = FakeBrowser::new();
        let objects = tempfile::tempdir().unwrap();
        let balancer = front.clone();
        let ports = Ports {
            connect: Arc::new(move |_| Ok(balancer.clone() as Arc<dyn LoadBalancer>)),
            shell: shells.clone(),
            probe,
            browser: Arc::new(browser.clone()),
            browsers: Queue::new(NonZeroUsize::new(2).unwrap()),
            clock: Arc::new(FastClock::new()),
            objects: Objects::local(objects.path()).unwrap(),
            vault: Arc::new(Vault::new(
                database.pool.clone(),
                KeyPlace::File(objects.path().join("secrets.key")),
                Secrets::default(),
            )),
        };
        let policy = Policy {
            drain_limit_ms: 20_000,
            ..sample::policy()
        };
        Self {
            database,
            inventory,
            front,
            shells,
            diary,
            browser,
            ports,
            policy,
            well_within_ms: 40_000,
            nodes: Vec::new(),
            deployment: DeploymentId::generate(),
            wake: watch::Sender::new(0),
            server: None,
            servers: 0,
            _objects: objects,
        }
    }

    /// The address under which a server sees this story's leases alone.
    pub fn scoped_url(&self) -> String {
        let mut url = url::Url::parse(&self.database.url).unwrap();
        url.query_pairs_mut()
            .append_pair("options[test.only]", &self.deployment.to_string());
        url.into()
    }

    /// Changes whenever somebody calls.
    pub fn calls(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }

    /// The lease of this story ends.
    pub async fn expire(&self) {
        sqlx::query("UPDATE leases SET lease_until = clock_timestamp() - interval '1 second' WHERE deployment_id = $1 AND lease_until IS NOT NULL")
            .bind(self.deployment.0)
            .execute(&self.database.owner)
            .await
            .unwrap();
    }

    /// Asked of the deployment's row, which costs little.
    pub async fn until_over(&self) {
        self.wait("the end", async || {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let (over,): (bool,) =
                sqlx::query_as("SELECT ended_at IS NOT NULL FROM deployments WHERE id = $1")
                    .bind(self.deployment.0)
                    .fetch_one(&self.database.owner)
                    .await
                    .unwrap();
            over
        })
        .await;
    }

    /// How often each machine began what changes it for good: `red switch`.
    pub fn deeds(&self, label: &str) -> Vec<String> {
        let diary = self.diary.lock().unwrap();
        let deeds = diary.iter().map(|deed| deed.what.clone());
        deeds.filter(|what| what.ends_with(label)).collect()
    }

    pub async fn ask(&self, asked: commands::Asked) {
        commands::add(&self.database.pool, self.deployment, &asked)
            .await
            .unwrap();
        self.wake.send_modify(|calls| *calls += 1);
    }

    /// A new process: nothing is remembered.
    pub fn start(&mut self) {
        self.servers += 1;
        let engine = Engine {
            pool: self.database.pool.clone(),
            ports: self.ports.clone(),
            times: LeaseTimes::default(),
            poll: Duration::from_secs(1),
            owner: format!("server-{}", self.servers),
        };
        let wake = self.wake.subscribe();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let server = tokio::spawn(async move { engine.run(wake, stopped).await });
        self.server = Some((server, stop));
    }

    /// As a person or a supervisor stops it.
    pub async fn stop(&mut self) {
        if let Some((server, stop)) = self.server.take() {
            stop.cancel();
            server.await.unwrap();
        }
    }

    /// At whatever it is doing.
    pub async fn kill(&mut self) {
        if let Some((server, _)) = self.server.take() {
            server.abort();
            let _ = server.await;
        }
    }

    /// For tests that play many stories: connections are few.
    pub async fn close(mut self) {
        self.kill().await;
        self.database.pool.close().await;
        self.database.owner.close().await;
    }

    /// Its lease ends, and another server comes.
    pub async fn restart(&mut self) {
        self.kill().await;
        sqlx::query("UPDATE leases SET lease_until = clock_timestamp() - interval '1 second' WHERE lease_until IS NOT NULL")
            .execute(&self.database.owner)
            .await
            .unwrap();
        self.start();
    }

    pub async fn deploy(&mut self, version: &str) {
        self.try_deploy(version).await.unwrap();
    }

    pub async fn plan(&self, version: &str) -> Plan {
        let planner = Planner {
            pool: self.database.pool.clone(),
            ports: self.ports.clone(),
        };
        let order = DeployOrder {
            pool: PoolPath {
                environment: self.inventory.environment.clone(),
                application: self.inventory.application.clone(),
            },
            version: sample::name(version),
            nodes: self.nodes.iter().map(|node| sample::name(node)).collect(),
            reason: None,
            undoes: None,
            unrehearsed: false,
        };
        let mut plan = planner.plan(&order, &sample::ann()).await.unwrap();
        plan.policy = self.policy.clone();
        plan.probe.limit_ms = self.well_within_ms;
        plan
    }

    pub async fn try_deploy(&mut self, version: &str) -> Result<(), CreateError> {
        let mut plan = self.plan(version).await;
        let mut transaction = self.database.pool.begin().await.unwrap();
        deployments::create(&mut transaction, &mut plan).await?;
        transaction.commit().await.unwrap();
        self.follow(plan.deployment);
        Ok(())
    }

    /// Somebody queued this one.
    pub fn follow(&mut self, deployment: DeploymentId) {
        self.deployment = deployment;
        self.wake.send_modify(|calls| *calls += 1);
    }

    pub async fn abort(&self) {
        commands::add(
            &self.database.pool,
            self.deployment,
            &commands::Asked::plain(Command::Abort, "bob"),
        )
        .await
        .unwrap();
        self.wake.send_modify(|calls| *calls += 1);
    }

    /// The pool's suite from now on.
    pub async fn use_suite(&self, text: &str, suite: &Suite) {
        let mut transaction = self.database.pool.begin().await.unwrap();
        suites::set(&mut transaction, self.inventory.id, text, suite)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    /// The server cannot write any event after the `n`th until [`Ops::open_gate`].
    pub async fn shut_gate_after(&self, n: u64) {
        sqlx::query("INSERT INTO gate (last) VALUES ($1)")
            .bind(i64::try_from(n).unwrap())
            .execute(&self.database.owner)
            .await
            .unwrap();
    }

    /// The same for the result of any attempt at `work`.
    pub async fn shut_gate_at_the_end_of(&self, work: &str) {
        sqlx::query("INSERT INTO gate (work) VALUES ($1)")
            .bind(work)
            .execute(&self.database.owner)
            .await
            .unwrap();
    }

    pub async fn open_gate(&self) {
        sqlx::raw_sql("DELETE FROM gate")
            .execute(&self.database.owner)
            .await
            .unwrap();
    }

    pub fn browsers(&self) -> &Queue {
        &self.ports.browsers
    }

    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// The pool's own limit for one stage.
    pub fn limit(&mut self, work: Work, limit_ms: u64) {
        self.policy.stages.push(StageRule {
            work,
            tries: None,
            limit_ms: Some(limit_ms),
        });
    }

    /// Nothing comes to its limit. The clock goes faster than the machine that plays this: while one server dies and
    /// the next one takes over, seconds may pass that are minutes to a stage.
    pub fn is_in_no_hurry(&mut self) {
        let stages = Stage::ALL.map(Work::Stage);
        for work in [Work::Prepare, Work::Soak].into_iter().chain(stages) {
            self.limit(work, A_DAY_MS);
        }
        self.policy.drain_limit_ms = A_DAY_MS;
        self.policy.isolation_limit_ms = A_DAY_MS;
        self.policy.hold_limit_ms = A_DAY_MS;
        self.well_within_ms = A_DAY_MS;
    }
}
