//! How long evidence is kept, and evidence that leaves the house.

use super::{
    LiveGateway, allow,
    refusal::{broken, no_deployment},
};
use crate::{
    bundle::Material,
    objects::Objects,
    record::record,
    retention::Sweeper,
    store::{self, audit::Act},
};
use app::{
    error::AppError,
    gateway::PoolPath,
    model::{
        access::{Actor, Subject, Verb},
        evidence::{Storage, Swept},
        journal::Fact,
        trouble::Trouble,
    },
};
use serde_json::json;

/// Each waits for a moment; comparisons that take longer than all of them are left out.
const LOOKS: u32 = 40;

impl LiveGateway {
    fn sweeper(&self) -> Result<&Sweeper, AppError> {
        let sweeper = self.sweeper.as_deref();
        sweeper.ok_or_else(|| {
            broken(anyhow::anyhow!(
                "nobody here knows how long evidence is kept"
            ))
        })
    }

    /// What evidence takes up, how long it is kept, and what was removed last.
    pub async fn storage(&self, actor: &Actor) -> Result<Storage, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        self.sweeper()?.storage().await.map_err(broken)
    }

    /// What retention would do now.
    pub async fn would_prune(&self, actor: &Actor) -> Result<Swept, AppError> {
        allow(actor, Verb::View, Subject::Installation)?;
        self.sweeper()?.preview().await.map_err(broken)
    }

    /// Does now what retention would do within hours by itself.
    pub async fn prune(&self, actor: &Actor) -> Result<Swept, AppError> {
        allow(actor, Verb::Configure, Subject::Installation)?;
        let words = format!(
            "{} had evidence removed that no kept deployment needs.",
            actor.name
        );
        let act = Act {
            action: "evidence.pruned",
            subject: "evidence",
            words: &words,
            ..Act::default()
        };
        store::audit::append(&self.pool, actor, act)
            .await
            .map_err(broken)?;
        let swept = self.sweeper()?.take_turn(true).await.map_err(broken)?;
        swept.ok_or_else(|| {
            AppError::Refused(
                Trouble::new("A server is looking through the evidence already.")
                    .stands("It does what was asked for.")
                    .remedy("Look at `pitlane evidence storage` in a while."),
            )
        })
    }

    /// Everything known about a deployment, ready to be put into one archive; that somebody took it is in the history
    /// before the first byte leaves.
    pub async fn evidence_bundle(
        &self,
        actor: &Actor,
        path: &PoolPath,
        number: u32,
        objects: &Objects,
    ) -> Result<Material, AppError> {
        let pool = self.inventory(path).await?;
        allow(actor, Verb::View, Subject::Pool(pool.id))?;
        let line = self.line(path, number).await?;
        let head = store::bundle::head(&self.pool, line.id)
            .await
            .map_err(broken)?;
        let mut events = self.events(line.id).await?;
        events.retain(|event| event.seq <= head.0);
        let plan = events.iter().find_map(|event| match &event.fact {
            Fact::Planned { plan } => Some(plan.clone()),
            _ => None,
        });
        let plan = plan.ok_or_else(|| no_deployment(path, number))?;
        // an archive is for ever: what is still being compared is waited for
        let mut evidence = self.show_evidence(actor, path, number).await?;
        for _ in 0..LOOKS {
            if evidence.tally().comparing == 0 {
                break;
            }
            evidence = self.show_evidence(actor, path, number).await?;
        }
        let visitors = store::visitors::get(&self.pool, line.id)
            .await
            .map_err(broken)?
            .map(|(report, _)| report);
        let words = format!(
            "{} exported the evidence of deployment {}.",
            actor.name,
            plan.title()
        );
        let act = Act {
            action: "evidence.exported",
            subject: &plan.pool_name(),
            words: &words,
            reason: None,
            detail: Some(json!({
                "deployment": plan.deployment, "number": number,
                "events": head.0, "journal_hash": hex::encode(&head.1),
            })),
        };
        store::audit::append(&self.pool, actor, act)
            .await
            .map_err(broken)?;
        Ok(Material {
            record: record(&events, visitors).map_err(broken)?,
            plan,
            evidence,
            visitors,
            now: self.clock.now(),
            actor: actor.clone(),
            head,
            pool: self.pool.clone(),
            objects: objects.clone(),
        })
    }
}
