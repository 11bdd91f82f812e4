//! One deployment, put together; and the words for a plan.

use super::{LiveGateway, refusal::broken};
use crate::store;
use app::{
    error::AppError,
    gateway::PoolPath,
    model::{
        access::{Actor, Subject, Verb, can},
        deployment::{Fingerprint, Plan},
        trouble::Trouble,
        view::*,
    },
};

const PAGE: u32 = 500;
/// Chunks of output on the page at first; the event stream brings the rest.
const CHUNKS: u32 = 500;

impl LiveGateway {
    pub(super) async fn show_deployment(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        number: u32,
    ) -> Result<DeploymentView, AppError> {
        let line = self.line(pool, number).await?;
        let mut events = Vec::new();
        loop {
            let after = events.len() as u64;
            let page = store::journal::events(&self.pool, line.id, after, PAGE)
                .await
                .map_err(broken)?;
            let last = page.len() < PAGE as usize;
            events.extend(page);
            if last {
                break;
            }
        }
        let log = store::logs::after(&self.pool, line.id, 0, CHUNKS)
            .await
            .map_err(broken)?;
        let visitors = store::visitors::get(&self.pool, line.id)
            .await
            .map_err(broken)?
            .map(|(report, _)| report);
        let abort_refused = can(actor, Verb::Abort, Subject::Installation)
            .err()
            .or_else(|| line.state.abort_refused().map(str::to_owned));
        Ok(DeploymentView {
            events,
            log,
            visitors,
            now: self.clock.now(),
            abort_refused,
            viewer: actor.name.clone(),
        })
    }
}

/// What a plan says to the person who is about to click.
pub fn plan_view(plan: &Plan, refused: Option<Trouble>) -> PlanView {
    let mut warnings = Vec::new();
    let unknown: Vec<&str> = plan
        .nodes
        .iter()
        .filter(|planned| planned.before.is_none())
        .map(|planned| planned.node.name.as_str())
        .collect();
    if !unknown.is_empty() {
        warnings.push(format!(
            "What {} ran before is unknown, so an undo is impossible there.",
            unknown.join(", ")
        ));
    }
    if plan.suite.is_none() {
        warnings
            .push("This pool has no smoke suite: releases are proven by check alone.".to_owned());
    }
    if plan.probe.fingerprint == Fingerprint::None {
        warnings.push(
            "The application does not say which release answers: an old process that kept its port would go unnoticed."
                .to_owned(),
        );
    }
    let total = plan.nodes.len();
    let nodes = plan
        .nodes
        .iter()
        .enumerate()
        .map(|(index, planned)| {
            let before = planned
                .before
                .as_ref()
                .and_then(|before| before.version.clone());
            let from = before.as_ref().map_or_else(
                || "an unknown release".to_owned(),
                |version| version.to_string(),
            );
            PlanLine {
                node: planned.node.name.clone(),
                words: format!(
                    "{} of {total}: from {from} to {}",
                    index + 1,
                    plan.release.version
                ),
                before,
            }
        })
        .collect();
    PlanView {
        version: plan.release.version.clone(),
        nodes,
        warnings,
        refused,
    }
}
