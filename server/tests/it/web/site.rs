//! A running service over a real database, with a balancer in memory and an engine that only waits.

use crate::harness::{Database, database, sample};
use app::{
    error::AppError,
    gateway::DeployOrder,
    model::{
        access::{Actor, Role},
        deployment::Plan,
    },
};
use async_trait::async_trait;
use http::{StatusCode, header};
use reqwest::{Client, Method, Response, redirect};
use serde_json::Value;
use server::{
    assemble::{Core, Parts},
    balancer::fake::FakeBalancer,
    clock::SystemClock,
    config::{Config, database::GivenDatabase},
    drift::Eyes,
    gateway::Connect,
    probe::fake::FakeProbe,
    rehearsal::Stage,
    remote::fake::FakeShell,
    seam::{Engine, Planner},
    serve::{Service, StartError},
    smoke::{fake::FakeBrowser, queue::Queue},
    store::{pools, users},
};
use sqlx::PgPool;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub const PASSWORD: &str = "a long enough password";

pub struct Site {
    pub service: Service,
    pub database: Database,
    pub folder: TempDir,
}

/// Whoever asks; no redirect is followed.
pub struct Visitor {
    client: Client,
    base: String,
    header: Option<(header::HeaderName, String)>,
}

pub fn config(folder: &TempDir, database: &Database) -> Config {
    let mut config = Config::for_testing(folder.path());
    config.database.given = Some(GivenDatabase {
        url: database.url.clone(),
        direct_url: database.owner_url.clone(),
    });
    config
}

impl Site {
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let (database, folder) = (database().await, tempfile::tempdir().unwrap());
        let mut config = config(&folder, &database);
        change(&mut config);
        let service = start(config).await.unwrap();
        Self {
            service,
            database,
            folder,
        }
    }

    pub fn pool(&self) -> &PgPool {
        &self.database.pool
    }

    pub fn stranger(&self) -> Visitor {
        Visitor {
            client: client(),
            base: format!("http://{}", self.service.address),
            header: None,
        }
    }

    pub fn owner_of_the_socket(&self) -> Visitor {
        let socket = self.service.web.web.socket.clone();
        Visitor {
            client: Client::builder().unix_socket(socket).build().unwrap(),
            base: "http://pitlane".to_owned(),
            header: None,
        }
    }

    pub async fn add_user(&self, name: &str, role: Role) {
        let hash = self.service.web.passwords.hash(PASSWORD.to_owned()).await;
        users::add(self.pool(), name, role, &hash.unwrap())
            .await
            .unwrap()
            .unwrap();
    }

    /// A new user of this role, signed in over the form.
    pub async fn signed_in(&self, name: &str, role: Role) -> Visitor {
        self.add_user(name, role).await;
        let answer = self.stranger().sign_in(name, PASSWORD, "/").await;
        assert_eq!(location(&answer), "/");
        let mut visitor = self.stranger();
        visitor.header = Some((header::COOKIE, cookie(&answer)));
        visitor
    }

    pub fn with_token(&self, token: &str) -> Visitor {
        let mut visitor = self.stranger();
        visitor.header = Some((header::AUTHORIZATION, format!("Bearer {token}")));
        visitor
    }
}

impl Visitor {
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.header {
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    }

    /// The same with one more cookie.
    pub fn with_cookie(&self, cookie: &str) -> Self {
        let header = self.header.clone();
        let header = header.map(|(name, value)| (name, format!("{value}; {cookie}")));
        Self {
            client: self.client.clone(),
            base: self.base.clone(),
            header,
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        let request = self.request(Method::POST, path).json(&body);
        request.send().await.unwrap()
    }

    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.request(Method::POST, path).form(fields);
        request.send().await.unwrap()
    }

    pub async fn sign_in(&self, name: &str, password: &str, next: &str) -> Response {
        let fields = [("name", name), ("password", password), ("next", next)];
        self.form("/sign-in", &fields).await
    }
}

fn client() -> Client {
    Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap()
}

/// Where a redirect leads.
pub fn location(answer: &Response) -> &str {
    assert!(answer.status().is_redirection(), "{}", answer.status());
    answer.headers()[header::LOCATION].to_str().unwrap()
}

/// The cookie an answer sets, as a browser sends it back.
pub fn cookie(answer: &Response) -> String {
    let set = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// The sentence of a refusal.
pub async fn refusal(answer: Response, status: StatusCode) -> String {
    assert_eq!(answer.status(), status);
    let error: AppError = answer.json().await.unwrap();
    error.to_string()
}

pub async fn start(config: Config) -> Result<Service, StartError> {
    Service::start(config, parts).await
}

fn parts(core: &Core) -> anyhow::Result<Parts> {
    let connect: Connect = Arc::new(|balancer| {
        let workers = (0..100).map(|byte| format!("http://127.0.0.{byte}:9000"));
        Ok(FakeBalancer::new(balancer.name.as_str(), workers))
    });
    let eyes = Eyes {
        connect: connect.clone(),
        shell: Arc::new(FakeShell::default()),
        probe: Arc::new(FakeProbe::default()),
        at_once: 4,
    };
    Ok(Parts {
        stage: Stage {
            browser: Arc::new(FakeBrowser::new()),
            browsers: Queue::new(std::num::NonZeroUsize::MIN),
            objects: core.objects.clone(),
            vault: core.vault.clone(),
            eyes: eyes.clone(),
            clock: Arc::new(SystemClock),
        },
        planner: Arc::new(SamplePlanner(core.pool.clone())),
        engine: Arc::new(Waiting),
        eyes,
        owner: "test".to_owned(),
        connect,
    })
}

struct SamplePlanner(PgPool);

#[async_trait]
impl Planner for SamplePlanner {
    async fn plan(&self, order: &DeployOrder, actor: &Actor) -> Result<Plan, AppError> {
        let mut conn = self.0.acquire().await.unwrap();
        let (environment, application) = (&order.pool.environment, &order.pool.application);
        let pool = pools::find(&mut conn, environment, application).await;
        let mut plan = sample::plan(&self.0, &pool.unwrap().unwrap()).await;
        plan.asked_by = actor.name.clone();
        plan.reason = order.reason.clone();
        Ok(plan)
    }
}

struct Waiting;

#[async_trait]
impl Engine for Waiting {
    async fn run(&self, _: watch::Receiver<u64>, stop: CancellationToken) {
        stop.cancelled().await;
    }
}
