//! The pictures of a deployment, hung beside those they are held against. Pages show it; a gate decides on it.

use super::comparer::Comparer;
use crate::{
    rolling::journal,
    store::{self, journal::JournalError},
};
use app::model::{
    deployment::{DeploymentState, Plan},
    evidence::*,
    ids::{NodeId, PoolId},
    journal::{Event, Fact},
    live::Live,
};
use sqlx::PgPool;
use std::{collections::HashSet, time::Duration};

/// The last one that succeeded is looked for among so many.
const BACK: u32 = 100;
/// Until another look at what is being compared elsewhere in this process.
const PAUSE: Duration = Duration::from_millis(50);

/// All pictures of one deployment, judged.
pub struct Hung {
    pub live: Live,
    pub strips: Vec<Strip>,
    /// What was said of these pictures, and what was accepted last; the oldest first.
    pub reviews: Vec<Review>,
    /// Of the pool's steps.
    pub masks: Vec<Mask>,
    pub proposals: Vec<Proposal>,
}

#[derive(Clone)]
pub struct Gallery {
    pool: PgPool,
    comparer: Comparer,
}

impl Gallery {
    pub fn new(pool: PgPool, comparer: Comparer) -> Self {
        Self { pool, comparer }
    }

    /// Comparisons are waited for with `patience`; what takes longer is ready at the next look. `None`: the journal
    /// has no plan.
    pub async fn hang(
        &self,
        events: &[Event],
        patience: Duration,
    ) -> Result<Option<Hung>, JournalError> {
        let Some(Fact::Planned { plan }) = events.first().map(|event| &event.fact) else {
            return Ok(None);
        };
        let live = Live::from_events(events);
        let earlier = self.succeeded_before(plan.pool, plan.number).await?;
        let before = earlier.as_ref().map(|(number, live)| Before {
            number: *number,
            live,
        });
        let mut strips = strips(&live, before.as_ref());
        let masks = store::masks::of_pool(&self.pool, plan.pool).await?;
        let pictures: HashSet<&str> = strips
            .iter()
            .flat_map(|strip| strip.rows.iter().filter(|row| row.taken.is_new()))
            .flat_map(|row| row.cells.iter().filter_map(Cell::picture))
            .collect();
        let pictures: Vec<String> = pictures.into_iter().map(str::to_owned).collect();
        let reviews = store::reviews::about(&self.pool, plan.pool, &pictures).await?;
        let above = |key: &StepKey| {
            let suite = plan.suite.as_ref();
            suite.map_or(0, |planned| above_ppm(&planned.suite, key))
        };
        let pairs = pairs(&strips, before.as_ref(), &masks);
        let mut wanted: HashSet<Wanted> = pairs.iter().map(|pair| pair.wanted.clone()).collect();
        judge(&mut strips, &reviews, &masks, above, |pair| {
            wanted.insert(pair);
            None
        });
        let wanted: Vec<Wanted> = wanted.into_iter().collect();
        let known = self.comparer.all(&wanted, patience).await?;
        judge(&mut strips, &reviews, &masks, above, |pair| {
            known.get(&pair).cloned()
        });
        let proposals = proposals(&pairs, |pair| known.get(pair).cloned());
        Ok(Some(Hung {
            live,
            strips,
            reviews,
            masks,
            proposals,
        }))
    }

    async fn succeeded_before(
        &self,
        pool: PoolId,
        number: u32,
    ) -> Result<Option<(u32, Live)>, JournalError> {
        let lines = store::deployments::lines_of_pool(&self.pool, pool, BACK).await?;
        let last = lines
            .into_iter()
            .find(|line| line.number < number && line.state == DeploymentState::Succeeded);
        let Some(line) = last else {
            return Ok(None);
        };
        let events = journal::load(&self.pool, line.id).await?;
        Ok(Some((line.number, Live::from_events(&events))))
    }

    /// What the new pictures of a node come to, compared to the end. Whoever cannot wait that long drops it.
    pub async fn report(&self, plan: &Plan, node: NodeId) -> Result<PictureReport, JournalError> {
        let (Some(suite), Some(planned)) = (&plan.suite, plan.node(node)) else {
            return Ok(PictureReport::default());
        };
        let events = journal::load(&self.pool, plan.deployment).await?;
        loop {
            // whatever is said from now on comes after
            let after = store::reviews::latest(&self.pool, plan.pool).await?;
            let Some(hung) = self.hang(&events, Duration::from_secs(5)).await? else {
                return Ok(PictureReport::default());
            };
            let name = &planned.node.name;
            if let Some(report) = report(&hung.strips, &hung.reviews, &suite.suite, name) {
                return Ok(PictureReport { after, ..report });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What was said after the review `after` of the pictures that are waited for; the oldest first.
    pub async fn said(
        &self,
        pool: PoolId,
        waited_for: &[Looked],
        after: i64,
    ) -> sqlx::Result<Vec<Review>> {
        let said = store::reviews::since(&self.pool, pool, after).await?;
        let about = |review: &Review| {
            let mut all = waited_for.iter().map(|looked| &looked.noticed);
            all.any(|one| {
                one.new == review.new && one.at_step == review.at_step && one.words == review.words
            })
        };
        Ok(said.into_iter().filter(about).collect())
    }
}
