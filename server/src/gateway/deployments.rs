//! One deployment, put together.

use super::{LiveGateway, refusal::broken};
use crate::{
    rolling::{fold::fold, next::may_abort},
    store,
};
use app::{
    error::AppError,
    gateway::PoolPath,
    model::{
        access::{Actor, Subject, Verb, can},
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
            .or_else(|| match fold(&events) {
                Ok(job) => may_abort(&job).err(),
                Err(impossible) => Some(impossible.to_string()),
            });
        Ok(DeploymentView {
            events,
            log,
            visitors,
            now: self.clock.now(),
            abort_refused,
            viewer: actor.name.clone(),
            usual_node_ms: None,
        })
    }
}
