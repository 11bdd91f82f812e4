//! Suites tried outside of deployments: asked for, and shown.

use super::{
    LiveGateway, allow,
    refusal::{self, broken, no_node},
};
use crate::store::{self, audit::Act, pools::PoolInventory};
use app::{
    error::AppError,
    gateway::PoolPath,
    model::{
        access::{Actor, Subject, Verb},
        ids::RehearsalId,
        name::Name,
        rehearsal::{Cause, RehearsalLine, RehearsalView},
        trouble::Trouble,
    },
};

impl LiveGateway {
    pub(super) async fn ask_for_rehearsal(
        &self,
        actor: &Actor,
        path: &PoolPath,
        node: Option<&Name>,
    ) -> Result<RehearsalLine, AppError> {
        let pool = self.inventory(path).await?;
        allow(actor, Verb::Rehearse, Subject::Pool(pool.id))?;
        if let Some(node) = node.filter(|node| !has(&pool, node)) {
            return Err(no_node(path, node));
        }
        if pool.suite.is_none() {
            let words = format!(
                "{}/{} has no suite to try.",
                path.environment, path.application
            );
            return Err(AppError::Refused(
                Trouble::new(words).remedy("Name one in the pool's configuration and apply it."),
            ));
        }
        let mut transaction = self.begin().await?;
        let active = store::deployments::active(&mut *transaction, pool.id).await;
        if let Some(line) = active.map_err(broken)? {
            return Err(AppError::Refused(refusal::busy(&line)));
        }
        let by = actor.name.as_str();
        let asked =
            store::rehearsals::ask(&mut *transaction, pool.id, Cause::ByHand, by, node).await;
        let Some(id) = asked.map_err(broken)? else {
            return Err(AppError::Refused(
                Trouble::new("The suite of this pool is being tried already.")
                    .remedy("Wait until that has ended."),
            ));
        };
        let on = node.map_or_else(String::new, |node| format!(" on {node}"));
        let subject = format!("{}/{}", path.environment, path.application);
        let words = format!("{by} asked to try the suite of {subject}{on}.");
        let act = Act {
            action: "rehearsal.asked",
            subject: &subject,
            words: &words,
            reason: None,
            detail: None,
        };
        store::audit::append(&mut *transaction, actor, act)
            .await
            .map_err(broken)?;
        transaction.commit().await.map_err(broken)?;
        Ok(self.show_rehearsal(path, id).await?.line)
    }

    pub(super) async fn show_rehearsal(
        &self,
        path: &PoolPath,
        id: RehearsalId,
    ) -> Result<RehearsalView, AppError> {
        store::rehearsals::get(&self.pool, id)
            .await
            .map_err(broken)?
            .filter(|view| {
                view.line.environment == path.environment
                    && view.line.application == path.application
            })
            .ok_or_else(|| {
                AppError::NotFound(Trouble::new(format!(
                    "The pool {}/{} has no such rehearsal.",
                    path.environment, path.application
                )))
            })
    }
}

pub(super) fn has(pool: &PoolInventory, node: &Name) -> bool {
    pool.nodes.iter().any(|known| known.name == *node)
}
