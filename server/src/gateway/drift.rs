//! What people do about differences: adopt what is there, or have a balancer set back.
//!
//! Whatever was shown may be over by now: the nodes are looked at again, the pool is held so that no deployment
//! begins, and only what is still exactly as shown is acted upon.

/// The pool held, with its nodes as they are now.
mod held;

use self::held::{Chosen, Held, stale};
use super::{
    LiveGateway,
    refusal::{broken, busy, no_node, wrong},
};
use crate::{
    balancer::{Stamp, Wanted, WorkerState},
    drift::expected,
    rolling::stage::isolate,
    store::{self, audit::Act, drift as states, pools::PoolInventory},
};
use app::{
    error::AppError,
    gateway::{DriftOrder, PoolPath},
    model::{
        access::{Actor, Subject, Verb},
        drift::*,
        environment::{Admission, Node},
        ids::RunId,
        name::Name,
        trouble::Trouble,
    },
};
use serde_json::json;

impl LiveGateway {
    pub(super) async fn adopt_differences(
        &self,
        actor: &Actor,
        order: &DriftOrder,
    ) -> Result<String, AppError> {
        let held = self.hold(actor, Verb::Adopt, order).await?;
        let (mut held, chosen) = held.choose(&order.shown).await?;
        for Chosen { node, difference } in &chosen {
            if let Some(why) = difference.adopt_refused() {
                let what = format!("This difference of {} cannot be adopted: {why}.", node.name);
                return Err(wrong(what, difference.trouble(&node.name).remedy));
            }
            held.adopt(actor, node, difference).await.map_err(broken)?;
        }
        held.save().await.map_err(broken)?;
        let words = adopted_words(&actor.name, &held.title, &chosen);
        let act = Act {
            action: "drift.adopted",
            subject: &held.title,
            words: &words,
            reason: Some(&order.reason),
            detail: Some(detail(&chosen)),
        };
        store::audit::append(&mut *held.transaction, actor, act)
            .await
            .map_err(broken)?;
        held.transaction.commit().await.map_err(broken)?;
        Ok(words)
    }

    pub(super) async fn revert_differences(
        &self,
        actor: &Actor,
        order: &DriftOrder,
    ) -> Result<String, AppError> {
        if order.shown.is_empty() {
            return Err(nothing_chosen());
        }
        let mut said = Vec::new();
        for shown in &order.shown {
            let one = DriftOrder {
                shown: vec![shown.clone()],
                ..order.clone()
            };
            said.push(self.revert_one(actor, &one).await?);
        }
        Ok(said.join(" "))
    }

    async fn revert_one(&self, actor: &Actor, order: &DriftOrder) -> Result<String, AppError> {
        let held = self.hold(actor, Verb::Revert, order).await?;
        let (mut held, mut chosen) = held.choose(&order.shown).await?;
        let Chosen { node, difference } = chosen.pop().expect("one was asked for");
        let Difference::Admission {
            balancer,
            name,
            worker,
            expected: placed,
            ..
        } = &difference
        else {
            return Err(no_switch(&held.title, &node, &difference));
        };
        let wanted = match placed {
            Placed::InService => {
                held.may_serve(&node)?;
                Wanted::InService
            }
            Placed::Isolated => {
                self.may_go(&held.pool, &node).await?;
                Wanted::Isolated
            }
        };
        // the intent is on record before anything is touched
        let title = held.title.clone();
        let words = format!(
            "{} asked to revert {} of {title} in {name} to {}.",
            actor.name,
            node.name,
            placed.word()
        );
        let facts = json!({ "node": node.name, "balancer": name, "worker": worker, "to": placed });
        let entry = |action: &'static str| Act {
            action,
            subject: &title,
            reason: Some(&order.reason),
            detail: Some(facts.clone()),
            ..Act::default()
        };
        let asked = Act {
            words: &words,
            ..entry("drift.revert_asked")
        };
        store::audit::append(&self.pool, actor, asked)
            .await
            .map_err(broken)?;
        let stamp = Stamp {
            epoch: store::leases::draw_epoch(&self.pool)
                .await
                .map_err(broken)?,
            run: RunId::generate(),
        };
        let front = held.pool.balancers.iter().find(|one| one.id == *balancer);
        let front = front.expect("differences are of the pool's balancers");
        let done = match (self.eyes.connect)(front) {
            Ok(driver) => driver.set(worker, wanted, stamp).await,
            Err(error) => Err(error),
        };
        self.lookout.forget(front).await;
        let observed = self.eyes.balancers(&held.pool.balancers).await;
        held.look_again(&node, &observed);
        held.save().await.map_err(broken)?;
        let outcome = match done {
            Ok(state) => taken(&node, name, *placed, &state),
            Err(error) => Err(
                Trouble::new(format!("{} was not reverted: {error}.", node.name))
                    .remedy("Look at the balancer, then try again."),
            ),
        };
        let (action, words) = match &outcome {
            Ok(how) => (
                "drift.reverted",
                format!("{} put {} back in {name}: {how}.", actor.name, node.name),
            ),
            Err(trouble) => ("drift.not_reverted", trouble.what.clone()),
        };
        let ended = Act {
            words: &words,
            ..entry(action)
        };
        store::audit::append(&mut *held.transaction, actor, ended)
            .await
            .map_err(broken)?;
        held.transaction.commit().await.map_err(broken)?;
        outcome.map(|_| words).map_err(AppError::Refused)
    }

    /// Who may, the nodes looked at anew, and the pool held.
    async fn hold(&self, actor: &Actor, verb: Verb, order: &DriftOrder) -> Result<Held, AppError> {
        let pool = self.inventory(&order.pool).await?;
        super::allow(actor, verb, Subject::Pool(pool.id))?;
        if order.reason.trim().is_empty() {
            return Err(wrong(
                "A reason is needed.",
                "Say in a few words why: it goes into the audit history.",
            ));
        }
        if order.shown.is_empty() {
            return Err(nothing_chosen());
        }
        for shown in &order.shown {
            if !pool.nodes.iter().any(|node| node.name == shown.node) {
                return Err(no_node(&order.pool, &shown.node));
            }
        }
        self.not_busy(&pool).await?;
        let seen_at = states::now(&self.pool).await.map_err(broken)?;
        let releases = store::releases::list(&self.pool, pool.application_id, u32::MAX)
            .await
            .map_err(broken)?;
        let meant = |node: &&Node| order.shown.iter().any(|shown| shown.node == node.name);
        let nodes = pool.nodes.iter().filter(meant).cloned().collect();
        let seen = self.eyes.look(&pool, &releases, nodes).await;

        let mut transaction = self.begin().await?;
        states::hold(&mut transaction, pool.id)
            .await
            .map_err(broken)?;
        if states::is_deployed_since(&mut *transaction, pool.id, seen_at)
            .await
            .map_err(broken)?
        {
            self.not_busy(&pool).await?;
            return Err(stale("A deployment went over these nodes meanwhile.", ""));
        }
        let ours = expected(&mut transaction, pool.id).await.map_err(broken)?;
        Ok(Held {
            transaction,
            title: title(&order.pool),
            pool,
            seen,
            ours,
            seen_at,
        })
    }

    async fn not_busy(&self, pool: &PoolInventory) -> Result<(), AppError> {
        let active = store::deployments::active(&self.pool, pool.id)
            .await
            .map_err(broken)?;
        match active {
            Some(line) => Err(AppError::Refused(busy(&line))),
            None => Ok(()),
        }
    }

    /// Whether enough others stay usable when this one goes.
    async fn may_go(&self, pool: &PoolInventory, node: &Node) -> Result<(), AppError> {
        let observed = self.eyes.balancers(&pool.balancers).await;
        let seen = observed
            .into_iter()
            .filter_map(|(balancer, observed)| Some((balancer, observed.ok()?)))
            .collect();
        let others = pool.nodes.iter().filter(|other| other.id != node.id);
        let usable = others
            .filter(|other| isolate::is_usable(other, &seen))
            .count();
        let needed = usize::try_from(pool.policy.floor.max(1)).unwrap_or(usize::MAX);
        if usable >= needed {
            return Ok(());
        }
        Err(AppError::Refused(
            Trouble::new(format!(
                "Taking {} out would leave {usable} usable node{}; the floor is {needed}.",
                node.name,
                if usable == 1 { "" } else { "s" }
            ))
            .stands("Nothing was changed.")
            .remedy("Bring another node into service, or adopt the difference."),
        ))
    }
}

/// How the worker stands after the order, if that is what was ordered.
fn taken(
    node: &Node,
    balancer: &Name,
    placed: Placed,
    state: &WorkerState,
) -> Result<String, Trouble> {
    match state.admission {
        Admission::Failing if placed == Placed::InService => Ok(format!(
            "in service by its flags, but {balancer} finds it unwell"
        )),
        admission if Placed::of(admission) == Some(placed) => Ok(placed.word().to_owned()),
        admission => Err(Trouble::new(format!(
            "{balancer} took the order, and still has {} {} ({}).",
            node.name,
            admission.word(),
            state.words
        ))
        .stands(
            "Our own flag is as ordered; somebody set another one, which is not ours to change.",
        )
        .remedy(format!("Take that flag away in {balancer} itself."))),
    }
}

fn nothing_chosen() -> AppError {
    wrong("No difference is chosen.", "Choose at least one.")
}

fn title(pool: &PoolPath) -> String {
    format!("{}/{}", pool.environment, pool.application)
}

/// A release is never switched without a deployment.
fn no_switch(pool: &str, node: &Node, difference: &Difference) -> AppError {
    let node = &node.name;
    let (why, remedy) = match difference.revert() {
        Revert::Deploy(version) => (
            "a deployment does that, with everything that proves it".to_owned(),
            format!("Deploy it: pitlane deploy {pool} {version} --nodes {node}"),
        ),
        Revert::Impossible(why) => (why, "Adopt it, or deploy a release.".to_owned()),
        Revert::Flag(_) => unreachable!("a flag is reverted here"),
    };
    wrong(
        format!("What {node} runs is not reverted by a click: {why}."),
        remedy,
    )
}

fn adopted_words(who: &str, pool: &str, chosen: &[Chosen]) -> String {
    match chosen {
        [Chosen { node, difference }] => {
            let (_, found) = difference.sides();
            format!("{who} adopted on {} of {pool}: {found}.", node.name)
        }
        _ => {
            let mut nodes: Vec<&str> = Vec::new();
            for Chosen { node, .. } in chosen {
                if !nodes.contains(&node.name.as_str()) {
                    nodes.push(node.name.as_str());
                }
            }
            let many = chosen.len();
            format!(
                "{who} adopted {many} differences of {pool} on {}.",
                nodes.join(", ")
            )
        }
    }
}

fn detail(chosen: &[Chosen]) -> serde_json::Value {
    let each = |Chosen { node, difference }: &Chosen| json!({ "node": node.name, "difference": difference });
    json!({ "adopted": chosen.iter().map(each).collect::<Vec<_>>() })
}
