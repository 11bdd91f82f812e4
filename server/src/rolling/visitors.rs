//! What visitors felt while a deployment ran, where the team has a prober that says so.

use super::{lease::Lease, ports::Ports};
use crate::store;
use app::model::journal::VisitorReport;
use sqlx::PgPool;
use std::{convert::Infallible, sync::Mutex, time::Duration};

/// A pool's prober, counted from when the deployment began.
pub struct Visitors {
    url: Option<String>,
    client: reqwest::Client,
    /// The prober's own count at the start.
    start: Mutex<Option<VisitorReport>>,
}

impl Visitors {
    pub fn new(url: Option<String>) -> Self {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(2))
            .no_proxy()
            .build()
            .unwrap_or_default();
        Self {
            url,
            client,
            start: Mutex::new(None),
        }
    }

    /// Asks once a second and keeps the latest count for the page, until dropped.
    pub async fn watch(&self, pool: &PgPool, ports: &Ports, lease: &Lease) -> Infallible {
        if self.url.is_none() {
            return std::future::pending().await;
        }
        loop {
            if let Some(report) = self.report().await {
                let kept = store::visitors::set(
                    pool,
                    lease.claim.deployment,
                    lease.claim.epoch,
                    &report,
                    ports.clock.now(),
                )
                .await;
                if let Err(error) = kept {
                    tracing::debug!(%error, "the visitors' report was not kept");
                }
            }
            ports.clock.sleep(Duration::from_secs(1)).await;
        }
    }

    /// The count since the start; `None`: there is no prober, or it does not answer.
    pub async fn report(&self) -> Option<VisitorReport> {
        let now: VisitorReport = self
            .client
            .get(self.url.as_ref()?)
            .send()
            .await
            .ok()?
            .json()
            .await
            .ok()?;
        let mut start = self.start.lock().expect("no holder of this lock panics");
        let start = *start.get_or_insert(now);
        Some(VisitorReport {
            requests: now.requests.saturating_sub(start.requests),
            failed: now.failed.saturating_sub(start.failed),
            ..now
        })
    }
}
