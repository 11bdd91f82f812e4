//! `app::gateway` made real: who may, what it is called in the audit history, then store or engine.

/// Load balancers read for showing, shortly remembered.
mod lookout;

/// Overview and pool, put together.
mod pools;

/// Pure: what waits for a person.
mod needs;

/// One deployment, put together.
mod deployments;

/// Bringing back what ran before a deployment.
mod rollback;

/// What people do about differences.
mod drift;

/// Pictures, and what people say about them.
mod evidence;

/// How long evidence is kept, and evidence that leaves the house.
mod keeping;

/// A pool's suite: shown, taken in, given out.
mod suites;

/// Flows of a suite being edited.
mod editor;

/// What people ask of a running deployment.
mod commands;

/// Suites tried outside of deployments.
mod rehearsals;

/// Variables and secrets of environments.
mod values;

/// Sentences for what cannot be done.
pub mod refusal;

pub use lookout::{Connect, Lookout};

use crate::{
    clock::Clock,
    drift::Eyes,
    evidence::{comparer::Comparer, gallery::Gallery},
    retention::Sweeper,
    rolling::plan,
    seam::Planner,
    store,
    vault::Vault,
};
use app::{
    error::AppError,
    gateway::{
        CommandOrder, DeployOrder, DriftOrder, EditOrder, Edited, Gateway, MaskOrder, PoolPath,
        ReviewOrder, SuiteFormat, SuiteOrder, ValueOrder,
    },
    model::{
        access::{Actor, Subject, Verb, can},
        editor::EditorView,
        evidence::EvidenceView,
        ids::RehearsalId,
        import::{SuiteExport, SuiteImport, SuiteView},
        name::Name,
        rehearsal::{RehearsalLine, RehearsalView},
        values::EnvironmentView,
        view::*,
    },
};
use async_trait::async_trait;
use refusal::{broken, forbidden, no_deployment, no_pool};
use sqlx::{PgPool, Postgres, Transaction};
use std::sync::Arc;
use store::{audit::Act, deployments::CreateError, pools::PoolInventory};

pub struct LiveGateway {
    pool: PgPool,
    planner: Arc<dyn Planner>,
    lookout: Lookout,
    eyes: Eyes,
    gallery: Gallery,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    /// `None`: pages say nothing about how long evidence is kept.
    sweeper: Option<Arc<Sweeper>>,
}

/// Checks `can` and says no in words.
pub fn allow(actor: &Actor, verb: Verb, subject: Subject) -> Result<(), AppError> {
    can(actor, verb, subject).map_err(forbidden)
}

impl LiveGateway {
    pub fn new(
        pool: PgPool,
        planner: Arc<dyn Planner>,
        lookout: Lookout,
        eyes: Eyes,
        comparer: Comparer,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            gallery: Gallery::new(pool.clone(), comparer),
            pool,
            planner,
            lookout,
            eyes,
            vault,
            clock,
            sweeper: None,
        }
    }

    /// With somebody who knows how long evidence is kept.
    #[must_use]
    pub fn keeping(mut self, sweeper: Arc<Sweeper>) -> Self {
        self.sweeper = Some(sweeper);
        self
    }

    /// The service's own pool of connections, with the words for when there is none.
    async fn begin(&self) -> Result<Transaction<'static, Postgres>, AppError> {
        self.pool.begin().await.map_err(broken)
    }

    async fn inventory(&self, path: &PoolPath) -> Result<PoolInventory, AppError> {
        let mut transaction = self.begin().await?;
        store::pools::find(&mut transaction, &path.environment, &path.application)
            .await
            .map_err(broken)?
            .ok_or_else(|| no_pool(path))
    }

    async fn line(&self, pool: &PoolPath, number: u32) -> Result<DeploymentLine, AppError> {
        store::deployments::by_number(&self.pool, &pool.environment, &pool.application, number)
            .await
            .map_err(broken)?
            .ok_or_else(|| no_deployment(pool, number))
    }
}

#[async_trait]
impl Gateway for LiveGateway {
    async fn overview(&self, actor: &Actor) -> Result<Overview, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        self.show_overview().await
    }

    async fn pool(&self, actor: &Actor, pool: &PoolPath) -> Result<PoolView, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        self.show_pool(actor, pool).await
    }

    async fn plan(&self, actor: &Actor, order: &DeployOrder) -> Result<PlanView, AppError> {
        let pool = self.inventory(&order.pool).await?;
        allow(actor, Verb::View, Subject::Pool(pool.id))?;
        let busy = store::deployments::active(&self.pool, pool.id)
            .await
            .map_err(broken)?
            .map(|line| refusal::busy(&line));
        match self.planned(actor, order).await {
            Ok(plan) => Ok(plan::view(&plan, busy)),
            Err(AppError::Refused(trouble)) => Ok(PlanView {
                version: order.version.clone(),
                nodes: Vec::new(),
                warnings: Vec::new(),
                refused: Some(trouble),
            }),
            Err(other) => Err(other),
        }
    }

    async fn deploy(&self, actor: &Actor, order: &DeployOrder) -> Result<DeploymentLine, AppError> {
        let pool = self.inventory(&order.pool).await?;
        allow(actor, Verb::Deploy, Subject::Pool(pool.id))?;
        // a busy pool is said at once: planning asks nodes and balancers
        if let Some(line) = store::deployments::active(&self.pool, pool.id)
            .await
            .map_err(broken)?
        {
            return Err(AppError::Refused(refusal::busy(&line)));
        }
        let mut plan = self.planned(actor, order).await?;
        let mut transaction = self.begin().await?;
        match store::deployments::create(&mut transaction, &mut plan).await {
            Ok(()) => {}
            Err(CreateError::Busy(line)) => return Err(AppError::Refused(refusal::busy(&line))),
            Err(CreateError::Database(error)) => return Err(broken(error)),
        }
        let nodes: Vec<&str> = plan
            .nodes
            .iter()
            .map(|planned| planned.node.name.as_str())
            .collect();
        let undoing = plan.undoes.as_ref().map_or(String::new(), |undoes| {
            format!(", which rolls back #{} ({})", undoes.number, undoes.version)
        });
        let words = format!(
            "{} started deployment #{} of {} to {} on {}{undoing}.",
            actor.name,
            plan.number,
            plan.release.version,
            plan.pool_name(),
            nodes.join(", ")
        );
        let act = Act {
            action: match plan.undoes {
                Some(_) => "deployment.rollback_started",
                None => "deployment.started",
            },
            subject: &plan.pool_name(),
            words: &words,
            reason: plan.reason.as_deref(),
            detail: Some(serde_json::json!({
                "deployment": plan.deployment, "number": plan.number,
                "version": plan.release.version, "sha256": plan.release.sha256, "nodes": nodes,
                "undoes": plan.undoes.as_ref().map(|undoes| undoes.number),
            })),
        };
        store::audit::append(&mut *transaction, actor, act)
            .await
            .map_err(broken)?;
        transaction.commit().await.map_err(broken)?;
        tracing::info!(deployment.id = %plan.deployment, pool = %plan.pool_name(), "deployment queued");
        self.line(&order.pool, plan.number).await
    }

    async fn rollback(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        number: u32,
        nodes: &[Name],
    ) -> Result<DeployOrder, AppError> {
        let id = self.inventory(pool).await?.id;
        allow(actor, Verb::View, Subject::Pool(id))?;
        let rollback = self.decide_rollback(pool, number, nodes).await?;
        Ok(DeployOrder {
            pool: pool.clone(),
            version: rollback.version,
            nodes: rollback.nodes,
            reason: None,
            undoes: Some(number),
            unrehearsed: true,
        })
    }

    async fn deployment(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        number: u32,
    ) -> Result<DeploymentView, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        self.show_deployment(actor, pool, number).await
    }

    async fn deployments(&self, actor: &Actor) -> Result<Vec<DeploymentLine>, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        store::deployments::lines(&self.pool, 100)
            .await
            .map_err(broken)
    }

    async fn running(
        &self,
        actor: &Actor,
        pool: &PoolPath,
    ) -> Result<Option<DeploymentLine>, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        let id = self.inventory(pool).await?.id;
        store::deployments::active(&self.pool, id)
            .await
            .map_err(broken)
    }

    async fn verbs(&self, actor: &Actor, pool: &PoolPath, number: u32) -> Result<Verbs, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        let line = self.line(pool, number).await?;
        self.show_verbs(actor, &self.events(line.id).await?)
    }

    async fn command(&self, actor: &Actor, order: &CommandOrder) -> Result<(), AppError> {
        self.ask(actor, order).await
    }

    async fn adopt(&self, actor: &Actor, order: &DriftOrder) -> Result<String, AppError> {
        self.adopt_differences(actor, order).await
    }

    async fn revert(&self, actor: &Actor, order: &DriftOrder) -> Result<String, AppError> {
        self.revert_differences(actor, order).await
    }

    async fn evidence(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        number: u32,
    ) -> Result<EvidenceView, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        self.show_evidence(actor, pool, number).await
    }

    async fn review(&self, actor: &Actor, order: &ReviewOrder) -> Result<String, AppError> {
        self.say_of_picture(actor, order).await
    }

    async fn mask(&self, actor: &Actor, order: &MaskOrder) -> Result<String, AppError> {
        self.change_masks(actor, order).await
    }

    async fn suite(&self, actor: &Actor, pool: &PoolPath) -> Result<SuiteView, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        self.show_suite(actor, pool).await
    }

    async fn import_suite(
        &self,
        actor: &Actor,
        order: &SuiteOrder,
    ) -> Result<SuiteImport, AppError> {
        self.take_suite_in(actor, order).await
    }

    async fn editor(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        flow: Option<&Name>,
    ) -> Result<EditorView, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        self.show_editor(actor, pool, flow).await
    }

    async fn edit_suite(&self, actor: &Actor, order: &EditOrder) -> Result<Edited, AppError> {
        self.edit_flow(actor, order).await
    }

    async fn export_suite(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        format: SuiteFormat,
    ) -> Result<SuiteExport, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        self.give_suite_out(pool, format).await
    }

    async fn environment(&self, actor: &Actor, name: &Name) -> Result<EnvironmentView, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        self.show_environment(actor, name).await
    }

    async fn change_value(&self, actor: &Actor, order: &ValueOrder) -> Result<String, AppError> {
        self.change(actor, order).await
    }

    async fn rehearse(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        node: Option<&Name>,
    ) -> Result<RehearsalLine, AppError> {
        self.ask_for_rehearsal(actor, pool, node).await
    }

    async fn rehearsal(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        id: RehearsalId,
    ) -> Result<RehearsalView, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        self.show_rehearsal(pool, id).await
    }

    async fn audit(&self, actor: &Actor, filter: &AuditFilter) -> Result<AuditPage, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        store::audit::page(&self.pool, filter, 100)
            .await
            .map_err(broken)
    }
}
