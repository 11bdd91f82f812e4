//! What a deployment would do, gathered from the pool's configuration and from the nodes themselves.

use super::{
    plan::{self, Seen, Wish},
    ports::Ports,
};
use crate::{
    remote::artefact,
    seam,
    store::{self, pools::PoolInventory},
    vault::{self, Missing},
};
use app::{
    error::AppError,
    gateway::DeployOrder,
    model::{
        access::Actor, deployment::Plan, environment::Node, ids::DeploymentId, release::Release,
        trouble::Trouble,
    },
};
use async_trait::async_trait;
use futures::future::try_join_all;
use sqlx::PgPool;

/// Makes plans by the code the engine runs on.
pub struct Planner {
    pub pool: PgPool,
    pub ports: Ports,
}

#[async_trait]
impl seam::Planner for Planner {
    async fn plan(&self, order: &DeployOrder, actor: &Actor) -> Result<Plan, AppError> {
        let inventory = self.inventory(order).await?;
        let release = self.release(&inventory, order).await?;
        let releases = store::releases::list(&self.pool, inventory.application_id, u32::MAX)
            .await
            .map_err(|error| internal(&error))?;
        let nodes = plan::chosen(&inventory, &order.nodes).map_err(AppError::Refused)?;
        let seen = try_join_all(nodes.into_iter().map(|node| self.look(node, &releases))).await?;
        let wish = Wish {
            deployment: DeploymentId::generate(),
            release,
            nodes: order.nodes.clone(),
            asked_by: actor.name.clone(),
            reason: order.reason.clone(),
            now: self.ports.clock.now(),
        };
        let mut plan = plan::make(inventory, wish, seen).map_err(AppError::Refused)?;
        plan.policy.rehearse &= !order.unrehearsed;
        self.all_secrets_are_there(&plan).await?;
        Ok(plan)
    }
}

impl Planner {
    /// Said before anything is begun, and not by a smoke test with a node out. Also for the suites that would prove an
    /// undo: without them a failed node could not come back.
    async fn all_secrets_are_there(&self, plan: &Plan) -> Result<(), AppError> {
        let befores = plan.nodes.iter().filter_map(|node| node.before.as_ref());
        let suites: Vec<_> = plan
            .suite
            .iter()
            .chain(befores.filter_map(|before| before.suite.as_ref()))
            .collect();
        if suites.is_empty() {
            return Ok(());
        }
        let values = self.ports.vault.of_pool(plan.pool).await.map_err(|error| {
            tracing::error!(%error, "a plan could not be made");
            AppError::Internal(Trouble::new(format!(
                "What {} gives to smoke suites could not be read: {error}.",
                plan.environment
            )))
        })?;
        for planned in suites {
            let missing = vault::missing(&planned.suite, &values);
            if let Some(trouble) = Missing::told(&missing, &values.environment) {
                return Err(AppError::Refused(trouble));
            }
        }
        Ok(())
    }

    async fn inventory(&self, order: &DeployOrder) -> Result<PoolInventory, AppError> {
        let (environment, application) = (&order.pool.environment, &order.pool.application);
        let mut transaction = self.pool.begin().await.map_err(|error| internal(&error))?;
        let found = store::pools::find(&mut transaction, environment, application)
            .await
            .map_err(|error| internal(&error))?;
        found.ok_or_else(|| {
            AppError::NotFound(Trouble::new(format!(
                "There is no pool {environment}/{application}."
            )))
        })
    }

    async fn release(
        &self,
        inventory: &PoolInventory,
        order: &DeployOrder,
    ) -> Result<Release, AppError> {
        let found = store::releases::find(&self.pool, inventory.application_id, &order.version)
            .await
            .map_err(|error| internal(&error))?;
        found.ok_or_else(|| {
            AppError::Refused(
                Trouble::new(format!(
                    "{} has no release {}.",
                    inventory.application, order.version
                ))
                .remedy(format!(
                    "Register it: pitlane releases add {} {} FILE.",
                    inventory.application, order.version
                )),
            )
        })
    }

    /// What a node runs, by its own word and by what was proven there.
    async fn look(&self, node: &Node, releases: &[Release]) -> Result<Seen, AppError> {
        let there = artefact::observe(&*self.ports.shell, node)
            .await
            .map_err(|failure| AppError::Refused(failure.trouble))?;
        let Some(current) = there.current else {
            return Ok(Seen::default());
        };
        let registered = releases
            .iter()
            .find(|release| there.revision.as_deref() == Some(&release.sha256));
        let proof = store::proofs::proof_for(&self.pool, node.id, &current)
            .await
            .map_err(|error| internal(&error))?;
        let adoption = store::adoptions::of_release(&self.pool, node.id, &current)
            .await
            .map_err(|error| internal(&error))?;
        let suite = match proof.as_ref().and_then(|proof| proof.suite) {
            Some(revision) => store::suites::get(&self.pool, revision)
                .await
                .map_err(|error| internal(&error))?,
            None => None,
        };
        Ok(Seen {
            version: registered.map(|release| release.version.clone()),
            current: Some(current),
            adopted: adoption,
            proof,
            suite,
        })
    }
}

fn internal(error: &sqlx::Error) -> AppError {
    tracing::error!(%error, "a plan could not be made");
    AppError::Internal(
        Trouble::new("The plan could not be made: the database did not answer as it should.")
            .remedy("Try again; the log has the cause."),
    )
}
