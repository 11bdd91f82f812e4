//! Our own side: browsers as the engine uses them, with pictures stored.

use anyhow::{Context, anyhow};
use app::model::{
    deployment::PlannedSuite,
    ids::{RunId, SuiteRevisionId},
    smoke::Suite,
};
use server::{
    clock::{Clock, SystemClock},
    guard::Guard,
    objects::Objects,
    smoke::{
        Browser, BrowserSession, Target,
        runner::{self, Means, SmokeOrder},
        secrets::Secrets,
        suite,
        webdriver::{BrowserSettings, WebDriver},
    },
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;

pub struct Ours {
    browser: WebDriver,
    objects: Objects,
    secrets: Secrets,
    suite: Suite,
    _dir: TempDir,
}

/// What a run came to.
pub struct Verdict {
    pub took: Duration,
    /// Why it did not pass.
    pub failure: Option<String>,
    pub pictures: usize,
}

impl Ours {
    pub fn new(suite: &str, secrets: Secrets) -> anyhow::Result<Self> {
        let dir = TempDir::new()?;
        let settings = BrowserSettings {
            no_sandbox: true,
            ..BrowserSettings::default()
        };
        Ok(Self {
            browser: WebDriver::new(settings, Arc::new(Guard::start()?)),
            objects: Objects::local(dir.path())?,
            secrets,
            suite: suite::parse(suite).map_err(|error| anyhow!("{error}"))?,
            _dir: dir,
        })
    }

    /// As it is while a node is still being switched.
    pub async fn warm(&self, app_url: &str) -> anyhow::Result<(Box<dyn BrowserSession>, Target)> {
        let target = Target::resolve(&self.suite, app_url)
            .await
            .context("the address of the node")?;
        let session = self.browser.start(&target).await.map_err(|trouble| {
            let detail = trouble.detail.clone().unwrap_or_default();
            anyhow!("{trouble}: {detail}")
        })?;
        Ok((session, target))
    }

    /// From "the node is switched" to the verdict.
    pub async fn run(&self, session: &mut dyn BrowserSession, target: &Target) -> Verdict {
        let begun = Instant::now();
        let planned = PlannedSuite {
            revision: SuiteRevisionId::generate(),
            suite: self.suite.clone(),
        };
        let order = SmokeOrder {
            node: "red".parse().expect("it is a name"),
            address: target.node,
            run: RunId::generate(),
            deadline: SystemClock.now() + Duration::from_secs(120),
        };
        let means = Means {
            objects: &self.objects,
            secrets: &self.secrets,
            variables: &BTreeMap::new(),
            clock: &SystemClock,
        };
        let pictures = AtomicUsize::new(0);
        let proof = runner::run(session, &planned, &order, means, |report| {
            if std::env::var_os("BENCH_STEPS").is_some() {
                eprintln!("  {:5} ms  {}", report.took_ms, report.words);
            }
            pictures.fetch_add(usize::from(report.picture.is_some()), Ordering::Relaxed);
        })
        .await;
        Verdict {
            took: begun.elapsed(),
            failure: proof.err().map(|failure| {
                let detail = failure.trouble.detail.unwrap_or_default();
                format!("{:?}: {} {detail}", failure.class, failure.trouble.what)
            }),
            pictures: pictures.into_inner(),
        }
    }
}
