//! The journal as it is written, read over a connection of the test's own.

use crate::product::until;
use app::model::{
    ids::DeploymentId,
    journal::{Event, Fact},
    stage::{Pass, Stage, Work},
    view::DeploymentLine,
};
use server::{rolling::journal::load, store};
use sqlx::{PgPool, postgres::PgPoolOptions};
use std::time::Duration;

pub struct Journal(PgPool);

impl Journal {
    pub fn of(url: &str) -> Self {
        let options = PgPoolOptions::new().acquire_timeout(Duration::from_secs(2));
        Self(options.max_connections(2).connect_lazy(url).unwrap())
    }

    /// Empty while the database does not answer.
    pub async fn events(&self, deployment: DeploymentId) -> Vec<Event> {
        load(&self.0, deployment).await.unwrap_or_default()
    }

    pub async fn latest(&self) -> DeploymentLine {
        let lines = store::deployments::lines(&self.0, 1).await.unwrap();
        lines.into_iter().next().unwrap()
    }

    /// The first event after `after` that is what is looked for.
    pub async fn find(
        &self,
        deployment: DeploymentId,
        what: &str,
        after: u64,
        is: impl Fn(&Event) -> bool,
    ) -> Event {
        let (mut found, mut seen) = (None, after);
        until(what, async || {
            let page = store::journal::events(&self.0, deployment, seen, 500).await;
            for event in page.unwrap_or_default() {
                seen = event.seq;
                if found.is_none() && is(&event) {
                    found = Some(event);
                }
            }
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    /// Until nothing more is to be expected of it: over, or waiting for a person.
    pub async fn rests(&self, deployment: DeploymentId) {
        until("the deployment rests", async || {
            let line = store::deployments::line(&self.0, deployment).await;
            line.is_ok_and(|line| {
                let state = line.unwrap().state;
                state.is_over() || state == app::model::deployment::DeploymentState::Halted
            })
        })
        .await;
    }

    pub async fn close(&self) {
        self.0.close().await;
    }
}

/// What a deployment is at.
pub type Moment = (Pass, Work);

pub const fn on_the_way(stage: Stage) -> Moment {
    (Pass::Forward, Work::Stage(stage))
}

/// Whether `event` is the intent to do that, on any node.
pub fn begins(event: &Event, (pass, work): Moment) -> bool {
    matches!(&event.fact, Fact::Started { attempt, .. } if (attempt.pass, attempt.work) == (pass, work))
}

/// The process that claimed the deployment last; owners are called `HOST pid NUMBER CHANCE`.
pub fn owner_pid(events: &[Event]) -> Option<u32> {
    events.iter().rev().find_map(|event| match &event.fact {
        Fact::Claimed { owner } => {
            let (_, rest) = owner.split_once(" pid ")?;
            rest.split(' ').next()?.parse().ok()
        }
        _ => None,
    })
}
