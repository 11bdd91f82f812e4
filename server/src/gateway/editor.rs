//! Flows of a suite being edited: shown, kept, tried, made part of the suite.

/// What a draft leads to.
mod outcome;

use super::{LiveGateway, allow, lookout::see, refusal::broken, suites::sources};
use crate::{
    smoke::{
        paste, rewrite,
        suite::{self, draft},
    },
    store::{self, drafts::Kept, pools::PoolInventory},
};
use app::{
    error::AppError,
    gateway::{Edit, EditOrder, Edited, PoolPath},
    model::{
        access::{Actor, Subject, Verb, can},
        editor::{Draft, EditorView, Fault, Pasted, Spot, TryNode},
        ids::SuiteRevisionId,
        name::Name,
        smoke::{Flow, Suite},
        trouble::Trouble,
    },
};

impl LiveGateway {
    pub(super) async fn show_editor(
        &self,
        actor: &Actor,
        path: &PoolPath,
        flow: Option<&Name>,
    ) -> Result<EditorView, AppError> {
        let pool = self.inventory(path).await?;
        let kept = store::drafts::get(&self.pool, pool.id, &actor.name, flow)
            .await
            .map_err(broken)?;
        let current = pool.suite.as_ref();
        let as_it_is = flow.and_then(|name| found(&current?.suite, name));
        if let (Some(name), None, None) = (flow, &kept, as_it_is) {
            return Err(no_flow(path, name));
        }
        let revision = current.map(|planned| planned.revision);
        let stale = match &kept {
            Some(kept) if kept.base != revision => self.stale(kept, &pool, flow).await?,
            Some(_) | None => None,
        };
        let sources = sources(&self.pool, &pool).await?;
        let saving = match rewrite::change(sources.as_ref(), flow) {
            Ok(change) => change.words(),
            Err(error) => format!("The suite as it is cannot be read any more: {error}."),
        };
        let (draft, base, kept_at) = match kept {
            Some(kept) => (kept.draft, kept.base, Some(kept.at)),
            None => {
                let draft = as_it_is.map_or_else(Draft::blank, draft::typed);
                (draft, revision, None)
            }
        };
        let faults = match kept_at {
            Some(_) => meant(&draft, &pool, flow).err().unwrap_or_default(),
            None => Vec::new(),
        };
        let readings = self.lookout.read(&pool.balancers).await;
        let nodes = pool.nodes.iter().map(|node| TryNode {
            name: node.name.clone(),
            stands: see(node, &pool.balancers, &readings)
                .admission
                .word()
                .to_owned(),
        });
        Ok(EditorView {
            environment: path.environment.clone(),
            application: path.application.clone(),
            flow: flow.cloned(),
            faults,
            draft,
            kept_at,
            base,
            stale,
            saving,
            is_first: pool.suite.is_none(),
            nodes: nodes.collect(),
            change_refused: can(actor, Verb::Configure, Subject::Pool(pool.id)).err(),
        })
    }

    /// What the suite's change means for a draft that was begun before it.
    async fn stale(
        &self,
        kept: &Kept,
        pool: &PoolInventory,
        flow: Option<&Name>,
    ) -> Result<Option<Trouble>, AppError> {
        let before = match kept.base {
            Some(base) => store::suites::get(&self.pool, base).await.map_err(broken)?,
            None => None,
        };
        let current = pool.suite.as_ref().map(|planned| &planned.suite);
        let before = before.as_ref().map(|planned| &planned.suite);
        let what = match flow {
            None => "The suite was changed since you began this flow.",
            Some(name) => {
                let now = current.and_then(|suite| found(suite, name));
                let then = before.and_then(|suite| found(suite, name));
                match now {
                    None => "This flow was taken out of the suite since you began to change it.",
                    Some(_) if now == then => {
                        "The suite was changed since you began, but not this flow."
                    }
                    Some(_) => {
                        "This flow was changed since you began, by somebody else or by an import."
                    }
                }
            }
        };
        Ok(Some(
            Trouble::new(what)
                .stands("Your draft is as you left it, and is not saved over what is there now.")
                .remedy("Go on with yours, which then takes the place of what is there; or discard it and begin with what is there."),
        ))
    }

    pub(super) async fn edit_flow(
        &self,
        actor: &Actor,
        order: &EditOrder,
    ) -> Result<Edited, AppError> {
        let pool = self.inventory(&order.pool).await?;
        allow(actor, Verb::Configure, Subject::Pool(pool.id))?;
        let flow = order.flow.as_ref();
        let known = store::drafts::get(&self.pool, pool.id, &actor.name, flow)
            .await
            .map_err(broken)?;
        if let (Some(name), None) = (flow, &known)
            && pool
                .suite
                .as_ref()
                .and_then(|planned| found(&planned.suite, name))
                .is_none()
        {
            return Err(no_flow(&order.pool, name));
        }
        if order.edit == Edit::Discard {
            store::drafts::discard(&self.pool, pool.id, &actor.name, flow)
                .await
                .map_err(broken)?;
            return Ok(Edited::Discarded);
        }
        let mut draft = order.draft.clone();
        draft.pasted = None;
        let looked_at = match &order.edit {
            Edit::Row(change) => Some(draft.make(*change)),
            Edit::Paste => paste_into(&mut draft, &pool),
            Edit::Keep | Edit::Try(_) | Edit::Save | Edit::GoOn | Edit::Discard => None,
        };
        let base = match order.edit {
            Edit::GoOn => pool.suite.as_ref().map(|planned| planned.revision),
            _ => self.known_revision(order.base).await?,
        };
        store::drafts::keep(&self.pool, pool.id, &actor.name, flow, base, &draft)
            .await
            .map_err(broken)?;
        match &order.edit {
            Edit::Try(node) => self.try_draft(actor, order, &pool, &draft, node).await,
            Edit::Save => self.save_draft(actor, order, base, &draft).await,
            Edit::Keep | Edit::Row(_) | Edit::Paste | Edit::GoOn | Edit::Discard => {
                Ok(Edited::Kept(looked_at))
            }
        }
    }

    /// What a form says it was begun with, if there is such a revision.
    async fn known_revision(
        &self,
        revision: Option<SuiteRevisionId>,
    ) -> Result<Option<SuiteRevisionId>, AppError> {
        let Some(revision) = revision else {
            return Ok(None);
        };
        let known = store::suites::text(&self.pool, revision)
            .await
            .map_err(broken)?;
        Ok(known.map(|_| revision))
    }
}

fn found<'a>(suite: &'a Suite, name: &Name) -> Option<&'a Flow> {
    suite.flows.iter().find(|flow| flow.name == *name)
}

fn no_flow(path: &PoolPath, name: &Name) -> AppError {
    AppError::NotFound(
        Trouble::new(format!(
            "The suite of {}/{} has no flow {name}.",
            path.environment, path.application
        ))
        .remedy("Look at the suite for those it has."),
    )
}

/// The flow a draft means, as far as that can be told without the others.
fn meant(draft: &Draft, pool: &PoolInventory, flow: Option<&Name>) -> Result<Flow, Vec<Fault>> {
    let flows = pool
        .suite
        .as_ref()
        .map_or(&[][..], |planned| &planned.suite.flows);
    let at = flow.and_then(|name| flows.iter().position(|known| known.name == *name));
    let is_first = at.unwrap_or(flows.len()) == 0;
    let read = draft::read(draft, is_first);
    if pool.suite.is_none()
        && let Err(words) = suite::public_url(draft.public_url.trim())
    {
        let mut faults = vec![Fault::new(Spot::PublicUrl, words)];
        faults.extend(read.err().unwrap_or_default());
        return Err(faults);
    }
    read
}

/// The pasted recording becomes rows; the first of them is looked at.
fn paste_into(draft: &mut Draft, pool: &PoolInventory) -> Option<usize> {
    let url = pool
        .suite
        .as_ref()
        .map_or(draft.public_url.trim(), |planned| &planned.suite.public_url);
    match paste::rows(&draft.paste, url) {
        Ok((report, mut rows)) => {
            let at = draft.rows.len();
            draft.pasted = Some(Pasted::Taken {
                report,
                at,
                rows: rows.len(),
            });
            draft.rows.append(&mut rows);
            draft.paste.clear();
            Some(at)
        }
        Err(why) => {
            draft.pasted = Some(Pasted::Refused(why));
            None
        }
    }
}
