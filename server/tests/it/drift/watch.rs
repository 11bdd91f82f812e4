//! A pool, those who watch it, and those who decide.

use crate::{harness::sample, rolling::ops::Ops};
use app::{
    error::AppError,
    gateway::{DriftOrder, Gateway, PoolPath},
    model::{
        access::{Actor, Role},
        deployment::DeploymentState,
        drift::{NodeDrift, Shown},
        view::{AuditFilter, NodeRow, Overview, PoolView},
    },
};
use server::{
    clock::SystemClock,
    config::DriftConfig,
    drift::{Eyes, Looked, Watcher},
    evidence::comparer::Comparer,
    gateway::{LiveGateway, Lookout},
    rolling::planner::Planner,
};
use std::{ops::Deref, sync::Arc};

pub struct Watch {
    pub ops: Ops,
    pub watcher: Watcher,
    pub gateway: LiveGateway,
}

impl Deref for Watch {
    type Target = Ops;
    fn deref(&self) -> &Ops {
        &self.ops
    }
}

impl Watch {
    /// Red, blue and green run 1.0, which nobody deployed nor adopted.
    pub async fn new() -> Self {
        let ops = Ops::new().await;
        let planner = Planner {
            pool: ops.database.pool.clone(),
            ports: ops.ports.clone(),
        };
        let gateway = LiveGateway::new(
            ops.database.pool.clone(),
            Arc::new(planner),
            Lookout::new(ops.ports.connect.clone()),
            eyes(&ops),
            Comparer::new(ops.database.pool.clone(), ops.ports.objects.clone()),
            ops.ports.vault.clone(),
            Arc::new(SystemClock),
        );
        Self {
            watcher: watcher(&ops, "one"),
            gateway,
            ops,
        }
    }

    /// All three proven on 1.1, and compared: nothing differs.
    pub async fn deployed() -> Self {
        let mut watch = Self::new().await;
        watch.ops.deploy("1.1").await;
        watch.ops.until(DeploymentState::Succeeded).await;
        watch.look_first().await;
        for node in ["red", "blue", "green"] {
            assert_eq!(watch.said(node).await, "", "{node}");
        }
        watch
    }

    /// The very first time.
    pub async fn look_first(&self) {
        let turn = self.watcher.claim().await.unwrap().expect("a pool is due");
        self.watcher.look(&turn).await.unwrap();
    }

    /// A minute later.
    pub async fn look(&self) -> Looked {
        self.is_due().await;
        let turn = self.watcher.claim().await.unwrap().expect("a pool is due");
        self.watcher.look(&turn).await.unwrap()
    }

    pub async fn is_due(&self) {
        sqlx::query("UPDATE drift_checks SET next_at = clock_timestamp() - interval '1 second'")
            .execute(&self.database.owner)
            .await
            .unwrap();
    }

    pub fn path(&self) -> PoolPath {
        PoolPath {
            environment: self.inventory.environment.clone(),
            application: self.inventory.application.clone(),
        }
    }

    pub async fn pool(&self) -> PoolView {
        self.gateway.pool(&bob(), &self.path()).await.unwrap()
    }

    pub async fn overview(&self) -> Overview {
        self.gateway.overview(&bob()).await.unwrap()
    }

    pub async fn row(&self, node: &str) -> NodeRow {
        let mut nodes = self.pool().await.nodes.into_iter();
        nodes.find(|row| row.node.name.as_str() == node).unwrap()
    }

    pub async fn drift(&self, node: &str) -> NodeDrift {
        self.row(node).await.drift.expect("it was compared")
    }

    /// Each difference of a node as a sentence, then what is unknown.
    pub async fn said(&self, node: &str) -> String {
        let drift = self.drift(node).await;
        let differences = drift.differences.into_iter().map(|line| line.trouble.what);
        let unread = drift.unread.into_iter();
        let unread = unread.map(|unread| format!("Unknown {}: {}.", unread.part, unread.why));
        differences.chain(unread).collect::<Vec<_>>().join(" ")
    }

    /// What a person who looks at `node` now would act upon.
    pub async fn shown(&self, node: &str) -> Vec<Shown> {
        let drift = self.drift(node).await;
        let lines = drift.differences.into_iter();
        lines
            .map(|line| Shown {
                node: sample::name(node),
                difference: line.id,
            })
            .collect()
    }

    pub fn order(&self, shown: Vec<Shown>) -> DriftOrder {
        DriftOrder {
            pool: self.path(),
            shown,
            reason: "the disk was replaced".into(),
        }
    }

    pub async fn adopt(&self, node: &str) -> Result<String, AppError> {
        let order = self.order(self.shown(node).await);
        self.gateway.adopt(&bob(), &order).await
    }

    pub async fn revert(&self, node: &str) -> Result<String, AppError> {
        let order = self.order(self.shown(node).await);
        self.gateway.revert(&bob(), &order).await
    }

    /// The audit history of drift, oldest first.
    pub async fn acts(&self) -> Vec<String> {
        let filter = AuditFilter {
            action: Some("drift.".into()),
            ..AuditFilter::default()
        };
        let page = self.gateway.audit(&bob(), &filter).await.unwrap();
        let entries = page.entries.into_iter().rev();
        entries
            .map(|entry| {
                assert_eq!(entry.reason.as_deref(), Some("the disk was replaced"));
                format!("{}: {}", entry.action, entry.words)
            })
            .collect()
    }

    /// An operator's hand in the balancer.
    pub fn disable(&self, node: &str, on: bool) {
        let url = self.node(node).app_url.clone();
        self.front.fake.operator_disables(&url, on);
    }
}

pub fn eyes(ops: &Ops) -> Eyes {
    Eyes {
        connect: ops.ports.connect.clone(),
        shell: ops.ports.shell.clone(),
        probe: ops.ports.probe.clone(),
        at_once: 2,
    }
}

pub fn watcher(ops: &Ops, name: &str) -> Watcher {
    Watcher::new(
        ops.database.pool.clone(),
        eyes(ops),
        Arc::new(SystemClock),
        DriftConfig::for_testing(),
        name.to_owned(),
    )
}

/// May deploy, and nothing more.
pub fn bob() -> Actor {
    Actor {
        name: "bob".into(),
        role: Role::Deployer,
        ..sample::ann()
    }
}

/// Why something was refused.
pub fn why(refused: Result<String, AppError>) -> String {
    match refused {
        Err(AppError::Refused(trouble)) => trouble.to_string(),
        other => panic!("{other:?}"),
    }
}
