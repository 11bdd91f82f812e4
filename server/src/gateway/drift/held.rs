//! The pool held, so that no deployment begins, with its nodes as they were found a moment ago.

use crate::{
    balancer::Observation,
    drift::{Ours, Read, Seen, Standing, compare, expected, id, members},
    gateway::refusal::broken,
    store::{self, adoptions::Adoption, drift as states, pools::PoolInventory},
};
use app::{
    error::AppError,
    model::{
        access::Actor,
        drift::*,
        environment::{Member, Node},
        ids::{BalancerId, NodeId},
        time::Timestamp,
        trouble::Trouble,
    },
};
use sqlx::{Postgres, Transaction};
use std::collections::HashMap;

/// The pool held, with its nodes as they were found a moment ago.
pub struct Held {
    pub transaction: Transaction<'static, Postgres>,
    pub pool: PoolInventory,
    pub title: String,
    pub seen: Vec<(NodeId, Seen)>,
    pub ours: HashMap<NodeId, Ours>,
    pub seen_at: Timestamp,
}

/// A difference that is still as it was shown.
pub struct Chosen {
    pub node: Node,
    pub difference: Difference,
}

impl Held {
    fn ours(&self, node: NodeId) -> Ours {
        self.ours.get(&node).cloned().unwrap_or_default()
    }

    fn seen(&self, node: NodeId) -> Option<&Seen> {
        let mut seen = self.seen.iter();
        seen.find(|(id, _)| *id == node).map(|(_, seen)| seen)
    }

    fn compared(&self, node: NodeId) -> Compared {
        self.seen(node)
            .map(|seen| compare(&self.ours(node), seen))
            .unwrap_or_default()
    }

    /// Each of `shown` as it is now. One that is not so any more ends it all; the page then shows what is.
    pub async fn choose(mut self, shown: &[Shown]) -> Result<(Self, Vec<Chosen>), AppError> {
        let mut chosen = Vec::new();
        for Shown { node, difference } in shown {
            let node = self.pool.nodes.iter().find(|one| one.name == *node);
            let node = node.expect("unknown nodes were refused").clone();
            let now = self.compared(node.id);
            let found = now.differences.iter().find(|one| id(one) == *difference);
            let Some(found) = found.cloned() else {
                self.save().await.map_err(broken)?;
                self.transaction.commit().await.map_err(broken)?;
                let now = now.differences.first();
                let now = now.map(|difference| difference.trouble(&node.name).what);
                return Err(stale(
                    &format!("What was shown of {} is no longer so.", node.name),
                    &now.unwrap_or_else(|| {
                        format!("No such difference is found on {} now.", node.name)
                    }),
                ));
            };
            chosen.push(Chosen {
                node,
                difference: found,
            });
        }
        Ok((self, chosen))
    }

    pub async fn adopt(
        &mut self,
        actor: &Actor,
        node: &Node,
        difference: &Difference,
    ) -> sqlx::Result<()> {
        let in_service = self.seen(node.id).is_some_and(serves);
        let by_release = |running: &Running, answers: Option<String>| Adoption {
            node: node.id,
            running: running.clone(),
            answers,
            in_service,
            by: actor.name.clone(),
            at: self.seen_at,
        };
        let adoption = match difference {
            Difference::Admission {
                balancer,
                worker,
                found,
                ..
            } => {
                let member = Member {
                    balancer: *balancer,
                    worker: worker.clone(),
                };
                let transaction = &mut *self.transaction;
                store::adoptions::admission(transaction, node.id, &member, *found, &actor.name)
                    .await?;
                None
            }
            Difference::Current {
                found: Pointing::Release(running),
                answers,
                ..
            } => {
                // an application that was not restarted yet does not tell how this release calls itself
                let before = self.ours(node.id).release.and_then(|ours| ours.answers);
                let answers = answers.clone().filter(|now| Some(now) != before.as_ref());
                Some(by_release(running, answers))
            }
            Difference::Current { .. } => None,
            Difference::Answer { running, found, .. } => {
                Some(by_release(running, Some(found.clone())))
            }
            Difference::Unadopted { found, answers } => Some(by_release(found, answers.clone())),
        };
        if let Some(adoption) = adoption {
            store::adoptions::release(&mut *self.transaction, &adoption).await?;
        }
        Ok(())
    }

    /// Whether visitors may be sent to this node: it runs what was proven on it, or what it served already.
    pub fn may_serve(&self, node: &Node) -> Result<(), AppError> {
        let now = self.compared(node.id);
        let other = now
            .differences
            .iter()
            .find(|difference| !matches!(difference, Difference::Admission { .. }));
        let unknown = now.unread.iter().find(|unread| match unread.part {
            Part::Current | Part::Answer => true,
            Part::Admission { .. } => false,
        });
        let why = match (other, unknown, self.ours(node.id).release) {
            (Some(other), ..) => other.trouble(&node.name).what,
            (None, Some(unread), _) => {
                format!("It is not known {}: {}.", unread.part, unread.why)
            }
            (None, None, Some(release)) => match release.standing {
                Standing::Proven | Standing::Adopted { in_service: true } => return Ok(()),
                Standing::Adopted { in_service: false } => format!(
                    "{} was adopted while it was out of service, and was never proven there.",
                    release.running
                ),
            },
            (None, None, None) => format!("{} has no release.", node.name),
        };
        Err(AppError::Refused(
            Trouble::new(format!(
                "{} is not put back into service: only a release that is proven on it may serve. {why}",
                node.name
            ))
            .stands("Nothing was changed.")
            .remedy(format!("Deploy to {} alone: that proves it.", node.name)),
        ))
    }

    /// The balancers have changed; what lies on the node has not.
    pub fn look_again(
        &mut self,
        node: &Node,
        observed: &HashMap<BalancerId, Result<Observation, String>>,
    ) {
        let members = members(node, &self.pool.balancers, observed);
        for (id, seen) in &mut self.seen {
            if *id == node.id {
                seen.members.clone_from(&members);
            }
        }
    }

    /// Stores how the nodes stand now, and makes void what a server is just reading of them.
    pub async fn save(&mut self) -> sqlx::Result<()> {
        let ours = expected(&mut self.transaction, self.pool.id).await?;
        self.ours = ours;
        let compared: Vec<_> = self
            .seen
            .iter()
            .map(|(node, _)| (*node, self.compared(*node)))
            .collect();
        states::save(&mut self.transaction, self.pool.id, &compared, self.seen_at).await?;
        states::look_again(&mut *self.transaction, self.pool.id).await
    }
}

/// In service in every balancer that lists it.
fn serves(seen: &Seen) -> bool {
    !seen.members.is_empty()
        && seen
            .members
            .iter()
            .all(|member| member.placed == Read::Is(Placed::InService))
}

pub fn stale(what: &str, now: &str) -> AppError {
    AppError::Refused(
        Trouble::new(what)
            .stands(format!("Nothing was changed. {now}").trim_end())
            .remedy("Look again, and decide anew."),
    )
}
