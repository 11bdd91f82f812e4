//! Bringing back what ran before a deployment: decided anew whenever it is planned, for the page may be old.

use super::{LiveGateway, refusal::broken};
use crate::{
    rolling::{
        fold::fold,
        rollback::{self, Rollback},
    },
    store,
};
use app::{
    error::AppError,
    gateway::{DeployOrder, PoolPath},
    model::{access::Actor, deployment::Plan, name::Name, trouble::Trouble},
};

impl LiveGateway {
    pub(super) async fn decide_rollback(
        &self,
        pool: &PoolPath,
        number: u32,
        nodes: &[Name],
    ) -> Result<Rollback, AppError> {
        let line = self.line(pool, number).await?;
        let job = fold(&self.events(line.id).await?).map_err(broken)?;
        let inventory = self.inventory(pool).await?;
        let latest = store::proofs::latest(&self.pool, Some(inventory.id))
            .await
            .map_err(broken)?;
        let releases = store::releases::list(&self.pool, inventory.application_id, u32::MAX)
            .await
            .map_err(broken)?;
        let registered: Vec<_> = releases
            .into_iter()
            .map(|release| release.version)
            .collect();
        rollback::decide(&job, nodes, &latest, &registered).map_err(AppError::Refused)
    }

    /// The planner's plan. What a rollback brings back is what ran before, and it is proven as it was proven then.
    pub(super) async fn planned(
        &self,
        actor: &Actor,
        order: &DeployOrder,
    ) -> Result<Plan, AppError> {
        let Some(number) = order.undoes else {
            return self.planner.plan(order, actor).await;
        };
        let rollback = self
            .decide_rollback(&order.pool, number, &order.nodes)
            .await?;
        if rollback.version != order.version {
            return Err(AppError::Refused(
                Trouble::new(format!(
                    "Before deployment #{number} these nodes ran {}, not {}.",
                    rollback.version, order.version
                ))
                .stands("Nothing was changed.")
                .remedy("Deploy the release you want, without rolling back."),
            ));
        }
        // nobody named means those which are done, not all of the pool
        let order = DeployOrder {
            nodes: rollback.nodes,
            ..order.clone()
        };
        let mut plan = self.planner.plan(&order, actor).await?;
        plan.suite = rollback.suite.or(plan.suite);
        plan.undoes = Some(rollback.undoes);
        // what is in service is what is to go
        plan.policy.rehearse = false;
        Ok(plan)
    }
}
