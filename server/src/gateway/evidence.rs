//! Pictures of a deployment held against others, and what people say about them.
//!
//! A review is recorded, and the deployment's owner is called: if a node waits for that very picture, it takes the
//! review into the journal, and goes on or undoes the node. Else a rejection changes nothing by itself.

use super::{
    LiveGateway,
    refusal::{broken, no_deployment, wrong},
};
use crate::{
    evidence::gallery::Hung,
    rolling::fold::fold,
    store::{self, audit::Act},
};
use app::{
    error::AppError,
    gateway::{MaskChange, MaskOrder, PoolPath, ReviewOrder},
    model::{
        access::{Actor, Subject, Verb, can},
        deployment::DeploymentState,
        evidence::*,
        live::words::sentence,
        trouble::Trouble,
    },
};
use serde_json::json;
use std::time::Duration;

/// A page waits so long for comparisons; the rest is ready at the next look.
const PATIENCE: Duration = Duration::from_millis(1_500);
const LONGEST_REASON: usize = 500;
/// No picture is larger.
const FARTHEST: u32 = 20_000;

impl LiveGateway {
    pub(super) async fn show_evidence(
        &self,
        actor: &Actor,
        path: &PoolPath,
        number: u32,
    ) -> Result<EvidenceView, AppError> {
        let pool = self.inventory(path).await?;
        let line = self.line(path, number).await?;
        let events = self.events(line.id).await?;
        let hung = self.gallery.hang(&events, PATIENCE).await;
        let hung = hung.map_err(broken)?;
        let Hung {
            live,
            strips,
            reviews,
            masks,
            proposals,
        } = hung.ok_or_else(|| no_deployment(path, number))?;
        let plan = live
            .plan
            .as_deref()
            .ok_or_else(|| no_deployment(path, number))?;
        let now = self.clock.now();
        let failed = matches!(
            live.state,
            DeploymentState::Undone | DeploymentState::Undoing | DeploymentState::Halted
        );
        Ok(EvidenceView {
            environment: plan.environment.clone(),
            application: plan.application.clone(),
            number,
            version: plan.version.clone(),
            state: live.state,
            failed: failed.then(|| live.headline(&actor.name, now, None).plain()),
            byline: live.byline(now),
            strips,
            reviews,
            masks,
            proposals,
            proxied: proxied(&events),
            gate: fold(&events).ok().and_then(|job| job.gate()),
            addresses: live
                .nodes
                .iter()
                .map(|node| (node.name.clone(), node.app_url.clone()))
                .collect(),
            storage: match &self.sweeper {
                Some(sweeper) => Some(sweeper.storage().await.map_err(broken)?),
                None => None,
            },
            review_refused: can(actor, Verb::Review, Subject::Pool(pool.id)).err(),
            now,
        })
    }

    pub(super) async fn say_of_picture(
        &self,
        actor: &Actor,
        order: &ReviewOrder,
    ) -> Result<String, AppError> {
        let pool = self.inventory(&order.pool).await?;
        super::allow(actor, Verb::Review, Subject::Pool(pool.id))?;
        let reason = reason(&order.reason)?;
        let line = self.line(&order.pool, order.number).await?;
        let view = self.show_evidence(actor, &order.pool, order.number).await?;
        let spot = shown(&view, order)?;
        let review = Review {
            id: 0,
            at_step: order.at_step.clone(),
            words: view.strip(spot).columns[spot.column].clone(),
            verdict: order.verdict,
            old: order.old.clone(),
            new: order.new.clone(),
            deployment: order.number,
            version: view.version.clone(),
            node: order.node.clone(),
            reason,
            by: actor.name.clone(),
            at: view.now,
        };
        let words = words_of(&review, &view, spot);

        let mut transaction = self.begin().await?;
        store::drift::hold(&mut transaction, pool.id)
            .await
            .map_err(broken)?;
        let said =
            store::reviews::about(&mut *transaction, pool.id, std::slice::from_ref(&order.new))
                .await
                .map_err(broken)?;
        let last = said.iter().rev().find(|said| {
            said.new == review.new && said.at_step == review.at_step && said.words == review.words
        });
        if let Some(last) = last {
            let same = last.verdict == review.verdict && last.by == review.by;
            if same && last.reason == review.reason {
                return Ok(words);
            }
            if order.after != Some(last.id) {
                return Err(stale(format!(
                    "{} {} this picture meanwhile: {}",
                    last.by,
                    last.verdict,
                    sentence(&last.reason)
                )));
            }
        }
        store::reviews::add(&mut *transaction, pool.id, line.id, &review)
            .await
            .map_err(broken)?;
        let subject = format!("{}/{}", order.pool.environment, order.pool.application);
        let act = Act {
            action: match review.verdict {
                Verdict::Accepted => "evidence.accepted",
                Verdict::Rejected => "evidence.rejected",
            },
            subject: &subject,
            words: &words,
            reason: Some(&review.reason),
            detail: Some(json!({
                "deployment": order.number, "node": review.node, "flow": review.at_step.flow,
                "step": review.at_step.step, "old": review.old, "new": review.new,
            })),
        };
        store::audit::append(&mut *transaction, actor, act)
            .await
            .map_err(broken)?;
        transaction.commit().await.map_err(broken)?;
        if let Some(gate) = view.gate_of(spot) {
            return Ok(format!("{words} {}", gate.leads_to(review.verdict)));
        }
        Ok(match (review.verdict, view.state.is_over()) {
            (Verdict::Accepted, _) => words,
            (Verdict::Rejected, true) => format!(
                "{words} The nodes stay as they are: roll #{} back to bring the old release back.",
                order.number
            ),
            (Verdict::Rejected, false) => format!(
                "{words} The deployment goes on by itself: abort it to put the node at hand back."
            ),
        })
    }

    pub(super) async fn change_masks(
        &self,
        actor: &Actor,
        order: &MaskOrder,
    ) -> Result<String, AppError> {
        let pool = self.inventory(&order.pool).await?;
        super::allow(actor, Verb::Review, Subject::Pool(pool.id))?;
        let reason = reason(&order.reason)?;
        let StepKey { flow, step } = &order.at_step;
        let mut transaction = self.begin().await?;
        store::drift::hold(&mut transaction, pool.id)
            .await
            .map_err(broken)?;
        let masks = store::masks::of_pool(&mut *transaction, pool.id)
            .await
            .map_err(broken)?;
        let (action, words) = match order.change {
            MaskChange::Add(rect) => {
                within(rect)?;
                let words = format!(
                    "{} masked {rect} in step {step} of {flow}: it is not compared any more.",
                    actor.name
                );
                let known = |mask: &Mask| mask.at_step == order.at_step && mask.rect == rect;
                if masks.iter().any(known) {
                    return Ok(words);
                }
                let by = actor.name.as_str();
                store::masks::add(
                    &mut *transaction,
                    pool.id,
                    &order.at_step,
                    rect,
                    &reason,
                    by,
                )
                .await
                .map_err(broken)?;
                ("evidence.masked", words)
            }
            MaskChange::Remove(id) => {
                let Some(mask) = masks.iter().find(|mask| mask.id == id) else {
                    return Ok("That mask is gone already.".to_owned());
                };
                store::masks::remove(&mut *transaction, pool.id, id, &actor.name)
                    .await
                    .map_err(broken)?;
                let words = format!(
                    "{} took the mask {} in step {} of {} away: it is compared again.",
                    actor.name, mask.rect, mask.at_step.step, mask.at_step.flow
                );
                ("evidence.unmasked", words)
            }
        };
        let subject = format!("{}/{}", order.pool.environment, order.pool.application);
        let act = Act {
            action,
            subject: &subject,
            words: &words,
            reason: Some(&reason),
            detail: None,
        };
        store::audit::append(&mut *transaction, actor, act)
            .await
            .map_err(broken)?;
        transaction.commit().await.map_err(broken)?;
        Ok(words)
    }
}

/// Where the picture is that was spoken of, if it is still what was shown.
fn shown(view: &EvidenceView, order: &ReviewOrder) -> Result<Spot, AppError> {
    let StepKey { flow, step } = &order.at_step;
    let spot = view
        .find(flow, *step, &order.node, Taken::New)
        .ok_or_else(|| {
            AppError::NotFound(Trouble::new(format!(
                "#{} has no step {step} of {flow} on {}.",
                order.number, order.node
            )))
        })?;
    match view.standing(spot) {
        Standing::Failed(_) => {
            return Err(wrong(
                "A step that failed is not for review: it failed.",
                "Mend the release, or the suite.",
            ));
        }
        Standing::NotRun | Standing::Broken | Standing::Unseen => {
            return Err(stale("There is no such picture to review.".to_owned()));
        }
        Standing::Reference
        | Standing::Alone
        | Standing::Comparing
        | Standing::Equal
        | Standing::Slight(_)
        | Standing::Accepted(_)
        | Standing::Rejected(_)
        | Standing::Differs(_)
        | Standing::Incomparable(_) => {}
    }
    let cell = view.cell(spot);
    if cell.picture() != Some(order.new.as_str()) {
        return Err(stale(format!(
            "Step {step} of {flow} was run again on {}, and left another picture.",
            order.node
        )));
    }
    let held = |old: &String| {
        cell.judged
            .against()
            .iter()
            .any(|against| against.picture == *old)
    };
    if order.old.as_ref().is_some_and(|old| !held(old)) {
        return Err(stale(
            "The picture is held against another one by now.".to_owned(),
        ));
    }
    Ok(spot)
}

fn words_of(review: &Review, view: &EvidenceView, spot: Spot) -> String {
    let StepKey { flow, step } = &review.at_step;
    let also = match view.same_elsewhere(spot).as_slice() {
        [] => String::new(),
        [some @ .., last] => {
            let some: Vec<&str> = some.iter().map(|name| name.as_str()).collect();
            let and = if some.is_empty() { "" } else { " and " };
            format!(", and the same picture on {}{and}{last}", some.join(", "))
        }
    };
    format!(
        "{} {} how step {step} of {flow} (`{}`) looks with {} on {}{also}.",
        review.by, review.verdict, review.words, review.version, review.node
    )
}

fn reason(text: &str) -> Result<String, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(wrong(
            "A reason is needed.",
            "Say in a few words why: it goes into the audit history.",
        ));
    }
    if text.chars().count() > LONGEST_REASON {
        return Err(wrong(
            format!("A reason has at most {LONGEST_REASON} letters."),
            "Say it shorter.",
        ));
    }
    Ok(text.to_owned())
}

fn within(rect: Rect) -> Result<(), AppError> {
    let far = |from: u32, length: u32| from.saturating_add(length) > FARTHEST;
    if rect.width == 0 || rect.height == 0 {
        return Err(wrong(
            "A mask without width or height covers nothing.",
            "Give it both.",
        ));
    }
    if far(rect.x, rect.width) || far(rect.y, rect.height) {
        return Err(wrong(
            format!("A mask ends within {FARTHEST} pixels."),
            "Look at the picture's size.",
        ));
    }
    Ok(())
}

/// What was decided on is no longer what there is.
fn stale(what: String) -> AppError {
    AppError::Refused(
        Trouble::new(what)
            .stands("Nothing was recorded.")
            .remedy("Look again, and decide anew."),
    )
}
