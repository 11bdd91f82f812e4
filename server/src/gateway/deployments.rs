//! One deployment, put together.

use super::{LiveGateway, refusal::broken};
use crate::store;
use app::{
    error::AppError,
    gateway::PoolPath,
    model::{
        access::Actor,
        deployment::DeploymentState,
        ids::DeploymentId,
        journal::{Event, Fact},
        stage::{Stage, Work},
        view::*,
    },
};
use std::{collections::HashMap, time::Duration};

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
        let events = self.events(line.id).await?;
        let log = store::logs::after(&self.pool, line.id, 0, CHUNKS)
            .await
            .map_err(broken)?;
        let visitors = store::visitors::get(&self.pool, line.id)
            .await
            .map_err(broken)?
            .map(|(report, _)| report);
        let verbs = self.show_verbs(actor, &events)?;
        Ok(DeploymentView {
            events,
            log,
            visitors,
            now: self.clock.now(),
            verbs,
            viewer: actor.name.clone(),
            usual_node_ms: self.usual_node(pool).await?,
        })
    }

    pub(super) async fn events(&self, deployment: DeploymentId) -> Result<Vec<Event>, AppError> {
        let mut events = Vec::new();
        loop {
            let after = events.len() as u64;
            let page = store::journal::events(&self.pool, deployment, after, PAGE)
                .await
                .map_err(broken)?;
            let last = page.len() < PAGE as usize;
            events.extend(page);
            if last {
                return Ok(events);
            }
        }
    }

    async fn usual_node(&self, pool: &PoolPath) -> Result<Option<u64>, AppError> {
        let id = self.inventory(pool).await?.id;
        let lines = store::deployments::lines_of_pool(&self.pool, id, 20)
            .await
            .map_err(broken)?;
        match lines
            .into_iter()
            .find(|line| line.state == DeploymentState::Succeeded)
        {
            Some(line) => Ok(mean_node(&self.events(line.id).await?)),
            None => Ok(None),
        }
    }
}

/// How long a node usually is out, by the journal of a deployment that succeeded: the mean over its nodes.
fn mean_node(events: &[Event]) -> Option<u64> {
    let mut began = HashMap::new();
    let mut spans = Vec::new();
    for event in events {
        let Some(node) = event.node else { continue };
        match &event.fact {
            Fact::Started { attempt, .. } if attempt.work == Work::Stage(Stage::Isolate) => {
                began.entry(node).or_insert(event.at);
            }
            Fact::Finished { attempt, .. } if attempt.work == Work::Stage(Stage::Rejoin) => {
                if let Some(began) = began.get(&node) {
                    spans.push(event.at.since(*began));
                }
            }
            _ => {}
        }
    }
    let count = u32::try_from(spans.len()).ok().filter(|&count| count > 0)?;
    let mean = spans.into_iter().sum::<Duration>() / count;
    u64::try_from(mean.as_millis()).ok()
}
