//! What a draft leads to: a trial on a node, or a revision of the suite.

use super::{found, meant};
use crate::{
    gateway::{
        LiveGateway, allow,
        refusal::{self, broken, no_node, no_pool},
        rehearsals::has,
        suites::{refused, sources},
    },
    smoke::{
        files::Sources,
        rewrite::{self, Change},
    },
    store::{
        self,
        audit::Act,
        inventory::{self, Change as Stored},
        pools::PoolInventory,
    },
};
use app::{
    error::AppError,
    gateway::{EditOrder, Edited},
    model::{
        access::{Actor, Subject, Verb},
        editor::{Draft, Fault, Spot},
        ids::{RehearsalId, SuiteRevisionId},
        name::Name,
        rehearsal::Verdict,
        smoke::{Flow, Suite},
        trouble::Trouble,
    },
};
use serde_json::json;

impl LiveGateway {
    pub(super) async fn try_draft(
        &self,
        actor: &Actor,
        order: &EditOrder,
        pool: &PoolInventory,
        draft: &Draft,
        node: &Name,
    ) -> Result<Edited, AppError> {
        let path = &order.pool;
        allow(actor, Verb::Rehearse, Subject::Pool(pool.id))?;
        if !has(pool, node) {
            return Err(no_node(path, node));
        }
        let sources = sources(&self.pool, pool).await?;
        let flow = order.flow.as_ref();
        let (meant, suite) = match whole(draft, pool, sources.as_ref(), flow) {
            Ok((meant, _, suite)) => (meant, suite),
            Err(faults) => return Ok(Edited::Wrong(faults)),
        };
        let suite = rewrite::alone(&suite, &meant.name);
        let mut transaction = self.begin().await?;
        if store::rehearsals::is_rolling(&mut *transaction, pool.id)
            .await
            .map_err(broken)?
            && let Some(line) = store::deployments::active(&mut *transaction, pool.id)
                .await
                .map_err(broken)?
        {
            return Err(AppError::Refused(refusal::busy(&line)));
        }
        let instead = Verdict::Ended {
            trouble: Trouble::new("A newer draft was tried instead."),
        };
        let id: Option<RehearsalId> = store::rehearsals::ask_trial(
            &mut transaction,
            pool.id,
            &actor.name,
            node,
            &suite,
            flow,
            &instead,
        )
        .await
        .map_err(broken)?;
        let Some(id) = id else {
            return Err(AppError::Refused(
                Trouble::new("Something else is being tried on this pool.")
                    .stands("Your draft is kept.")
                    .remedy("Wait until that has ended, and try again."),
            ));
        };
        let subject = format!("{}/{}", path.environment, path.application);
        let words = format!(
            "{} tried a draft of the flow {} of {subject} on {node}.",
            actor.name, meant.title
        );
        let act = Act {
            action: "suite.tried",
            subject: &subject,
            words: &words,
            reason: None,
            detail: None,
        };
        store::audit::append(&mut *transaction, actor, act)
            .await
            .map_err(broken)?;
        transaction.commit().await.map_err(broken)?;
        Ok(Edited::Tried(id))
    }

    pub(super) async fn save_draft(
        &self,
        actor: &Actor,
        order: &EditOrder,
        base: Option<SuiteRevisionId>,
        draft: &Draft,
    ) -> Result<Edited, AppError> {
        let (path, flow) = (&order.pool, order.flow.as_ref());
        let mut transaction = self.begin().await?;
        inventory::lock(&mut transaction).await.map_err(broken)?;
        let pool = store::pools::find(&mut transaction, &path.environment, &path.application)
            .await
            .map_err(broken)?
            .ok_or_else(|| no_pool(path))?;
        let before = pool.suite.as_ref();
        if before.map(|planned| planned.revision) != base {
            return Err(AppError::Refused(
                Trouble::new("The suite was changed since you began.")
                    .stands("Your draft is kept, and the suite is as it was.")
                    .remedy("Look at what is said about it below, and decide."),
            ));
        }
        let sources = sources(&mut *transaction, &pool).await?;
        let change = rewrite::change(sources.as_ref(), flow)
            .map_err(|error| AppError::Refused(refused(&error)))?;
        let (meant, after, suite) = match whole(draft, &pool, sources.as_ref(), flow) {
            Ok(whole) => whole,
            Err(faults) => return Ok(Edited::Wrong(faults)),
        };
        let (revision, stored) =
            store::suites::set(&mut transaction, pool.id, &after.to_text(), &suite)
                .await
                .map_err(broken)?;
        let title = format!("{}/{}", path.environment, path.application);
        let words = match stored {
            Stored::Same => format!(
                "The flow {} is in the suite like this already.",
                meant.title
            ),
            Stored::Created | Stored::Changed => said(actor, &change, &meant, &title),
        };
        if stored != Stored::Same {
            let names = |suite: &Suite| -> Vec<Name> {
                suite.flows.iter().map(|flow| flow.name.clone()).collect()
            };
            let act = Act {
                action: "suite.edited",
                subject: &title,
                words: &words,
                reason: None,
                detail: Some(json!({
                    "flow": meant.name,
                    "before": before.map(|planned| json!({
                        "revision": planned.revision, "flows": names(&planned.suite),
                    })),
                    "after": { "revision": revision, "flows": names(&suite) },
                })),
            };
            store::audit::append(&mut *transaction, actor, act)
                .await
                .map_err(broken)?;
        }
        store::drafts::discard(&mut *transaction, pool.id, &actor.name, flow)
            .await
            .map_err(broken)?;
        transaction.commit().await.map_err(broken)?;
        Ok(Edited::Saved(words))
    }
}

fn said(actor: &Actor, change: &Change, flow: &Flow, pool: &str) -> String {
    let (who, flow) = (&actor.name, &flow.title);
    match change {
        Change::Begins | Change::Adds(_) => {
            format!("{who} added the flow {flow} to the smoke suite of {pool}.")
        }
        Change::Replaces(_) => {
            format!("{who} changed the flow {flow} in the smoke suite of {pool}.")
        }
        Change::TakesOver { file, .. } => format!(
            "{who} changed the flow {flow} in the smoke suite of {pool}; {file} became part of its own TOML file."
        ),
    }
}

/// The flow a draft means, and the suite with it.
fn whole(
    draft: &Draft,
    pool: &PoolInventory,
    sources: Option<&Sources>,
    flow: Option<&Name>,
) -> Result<(Flow, Sources, Suite), Vec<Fault>> {
    let meant = meant(draft, pool, flow)?;
    let url = match &pool.suite {
        Some(planned) => planned.suite.public_url.clone(),
        None => draft.public_url.trim().to_owned(),
    };
    let takes_a_name = flow != Some(&meant.name)
        && (pool.suite.as_ref())
            .is_some_and(|planned| found(&planned.suite, &meant.name).is_some());
    match rewrite::put(sources, flow, &meant, &url) {
        Ok((sources, read)) => Ok((meant, sources, read.suite)),
        Err(error) => {
            let spot = match takes_a_name {
                true => Spot::Name,
                false => Spot::Flow,
            };
            Err(vec![Fault::new(spot, error.error.words)])
        }
    }
}
