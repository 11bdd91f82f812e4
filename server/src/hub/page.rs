use crate::store::{self, journal::JournalError};
use app::model::{
    ids::DeploymentId,
    journal::Event,
    live::{Live, News},
};
use sqlx::PgPool;
use tokio::sync::Mutex;

/// A deployment's journal folded as far as it was read: one for all who look at its page.
#[derive(Default)]
pub struct Fold(Mutex<Option<Live>>);

impl Fold {
    /// What a page that has seen everything up to `cursor` must be told after `events`, which follow on it.
    pub async fn after(
        &self,
        pool: &PgPool,
        deployment: DeploymentId,
        cursor: u64,
        events: &[Event],
    ) -> Result<Option<News>, JournalError> {
        let mut fold = self.0.lock().await;
        let live = fold.get_or_insert_with(|| Live::from_events(&[]));
        while live.last_seq < cursor {
            let known = live.last_seq;
            let missed = store::journal::events(pool, deployment, known, super::PAGE).await?;
            missed.iter().for_each(|event| live.apply(event));
            if live.last_seq == known {
                break;
            }
        }
        events.iter().for_each(|event| live.apply(event));
        Ok(live.since(cursor))
    }
}
