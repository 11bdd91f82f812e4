//! Pictures, judged, and what people say of them.

use super::*;

impl Fake {
    /// As the engine's fold has it.
    pub(super) fn gate(&self, number: u32) -> Option<Gate> {
        let live = Live::from_events(&self.story(number)?.events);
        let suite = &story::suite().suite;
        if live.state != DeploymentState::Held || number != 46 {
            return None;
        }
        let mut strips = strips(&live, None);
        let reviews = self.reviews.lock().expect("no holder panicked").clone();
        let before: Vec<_> = reviews
            .iter()
            .filter(|review| review.deployment != number)
            .cloned()
            .collect();
        judge(
            &mut strips,
            &before,
            &[],
            |_| 0,
            |pair| Some(shop::likeness(&pair.old, &pair.new)),
        );
        let report = report(&strips, &before, suite, &name("red"))?;
        let accepted_by = |noticed: &Noticed| {
            let mut said = reviews.iter().rev();
            let said = said.find(|said| said.new == noticed.new && said.deployment == number)?;
            (said.verdict == Verdict::Accepted).then(|| said.by.clone())
        };
        let looked = |noticed: Noticed| Looked {
            accepted_by: accepted_by(&noticed),
            noticed,
        };
        Some(Gate {
            node: name("red"),
            old: Some(name("1.0")),
            undone_if_rejected: true,
            differences: report.differences.into_iter().map(looked).collect(),
            until: Some(self.ago(-900)),
        })
    }

    pub(super) async fn pictures(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        number: u32,
    ) -> Result<EvidenceView, AppError> {
        let view = self.deployment(actor, pool, number).await?;
        let live = Live::from_events(&view.events);
        let plan = live.plan.as_deref().expect("every story has a plan");
        let old = Live::from_events(&story::old(self.ago(90_019)).events);
        let before = Earlier {
            number: 40,
            live: &old,
        };
        let mut strips = strips(&live, (number > 40).then_some(&before));
        let reviews = self.reviews.lock().expect("no holder panicked").clone();
        let masks = self.masks.lock().expect("no holder panicked").clone();
        let proposals = proposed(number);
        judge(
            &mut strips,
            &reviews,
            &masks,
            |_| 0,
            |pair| Some(shop::likeness(&pair.old, &pair.new)),
        );
        let went_wrong = matches!(
            live.state,
            DeploymentState::Undone | DeploymentState::Halted
        );
        Ok(EvidenceView {
            environment: plan.environment.clone(),
            application: plan.application.clone(),
            number,
            version: plan.version.clone(),
            state: live.state,
            failed: went_wrong.then(|| live.headline(&actor.name, view.now, None).plain()),
            byline: live.byline(view.now),
            strips,
            reviews,
            masks,
            proposals,
            proxied: app::model::evidence::proxied(&view.events),
            gate: self.gate(number),
            storage: None,
            addresses: Vec::new(),
            review_refused: (actor.role < app::model::access::Role::Deployer)
                .then(|| format!("this needs the role deployer; {} is viewer", actor.name)),
            now: system_now(),
        })
    }

    pub(super) async fn take_review(
        &self,
        actor: &Actor,
        order: &ReviewOrder,
    ) -> Result<String, AppError> {
        let view = self.pictures(actor, &order.pool, order.number).await?;
        let spot = view.find(
            &order.at_step.flow,
            order.at_step.step,
            &order.node,
            Taken::New,
        );
        let spot = spot.expect("what was shown is there");
        let mut reviews = self.reviews.lock().expect("no holder panicked");
        let id = reviews.len() as i64 + 10;
        reviews.push(Review {
            id,
            at_step: order.at_step.clone(),
            words: view.strip(spot).columns[spot.column].clone(),
            verdict: order.verdict,
            old: order.old.clone(),
            new: order.new.clone(),
            deployment: order.number,
            version: view.version.clone(),
            node: order.node.clone(),
            reason: order.reason.clone(),
            by: actor.name.clone(),
            at: system_now(),
        });
        Ok(format!("{} {} it.", actor.name, order.verdict))
    }

    pub(super) fn take_mask(&self, actor: &Actor, order: &MaskOrder) -> String {
        let mut masks = self.masks.lock().expect("no holder panicked");
        match order.change {
            MaskChange::Remove(id) => masks.retain(|mask| mask.id != id),
            MaskChange::Add(rect) => {
                let id = masks.len() as i64 + 10;
                masks.push(Mask {
                    id,
                    at_step: order.at_step.clone(),
                    rect,
                    reason: order.reason.clone(),
                    by: actor.name.clone(),
                    at: system_now(),
                });
            }
        }
        format!("{} changed the masks.", actor.name)
    }
}

/// What ben said of how people are welcomed.
pub(super) fn accepted(now: Timestamp) -> Review {
    Review {
        id: 7,
        at_step: StepKey {
            flow: name("sign-in"),
            step: 4,
        },
        words: "expect \"Welcome\"".into(),
        verdict: Verdict::Accepted,
        old: Some("1.0-sign-in-4".into()),
        new: "1.1-sign-in-4".into(),
        deployment: 42,
        version: name("1.1"),
        node: name("red"),
        reason: "The green mug is new.".into(),
        by: "ben".into(),
        at: Timestamp(now.0 - 3_000_000),
    }
}

pub(super) fn masked(now: Timestamp) -> Mask {
    Mask {
        id: 3,
        at_step: StepKey {
            flow: name("sign-in"),
            step: 1,
        },
        rect: Rect {
            x: 0,
            y: 752,
            width: 1280,
            height: 48,
        },
        reason: "names its node".into(),
        by: "ben".into(),
        at: Timestamp(now.0 - 90_000_000),
    }
}

/// The visitors' counter of the front page goes on by itself.
fn proposed(number: u32) -> Vec<Proposal> {
    let proposal = Proposal {
        at_step: StepKey {
            flow: name("sign-in"),
            step: 1,
        },
        rect: Rect {
            x: 1010,
            y: 20,
            width: 128,
            height: 28,
        },
        version: name("1.0"),
        seen: "red in service, and red in #40".into(),
    };
    match number {
        46 => vec![proposal],
        _ => Vec::new(),
    }
}
