//! Comparisons as facts that are kept: by the hashes of both pictures and of the masks, for ever the same.
//!
//! Whoever asks waits a little; what is not ready then is gone on with, and known to the next who asks. Two servers,
//! or a server and its successor, may compute the same twice: the outcome is the same, and the first row stays.

use super::compare::{METHOD, compare};
use crate::{
    objects::Objects,
    store::comparisons::{self, Key},
};
use app::model::evidence::{Likeness, Rect, Wanted};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

/// A decoded page may take 50 MB, and three are needed for one comparison: so few at once in the whole process.
static PLACES: Semaphore = Semaphore::const_new(2);
/// One page begins no more than so many; the next look goes on.
const MOST_BEGUN: usize = 400;

fn key(wanted: &Wanted) -> Key {
    Key {
        old: wanted.old.clone(),
        new: wanted.new.clone(),
        masks: hash(&wanted.masks),
    }
}

/// The same rectangles in any order are the same masks.
fn hash(masks: &[Rect]) -> String {
    if masks.is_empty() {
        return String::new();
    }
    let mut sorted = masks.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let text = serde_json::to_vec(&sorted).expect("rectangles are JSON");
    hex::encode(Sha256::digest(text))
}

/// Clones share what is under way.
#[derive(Clone)]
pub struct Comparer {
    pool: PgPool,
    objects: Objects,
    under_way: Arc<Mutex<HashSet<Key>>>,
}

impl Comparer {
    pub fn new(pool: PgPool, objects: Objects) -> Self {
        Self {
            pool,
            objects,
            under_way: Arc::default(),
        }
    }

    /// What is known of each pair after at most `patience`. A pair that is missing in the answer is being compared.
    pub async fn all(
        &self,
        pairs: &[Wanted],
        patience: Duration,
    ) -> sqlx::Result<HashMap<Wanted, Likeness>> {
        let mut found = HashMap::new();
        let mut wanted: HashMap<Key, Wanted> = HashMap::new();
        for pair in pairs {
            if pair.old == pair.new {
                found.insert(pair.clone(), Likeness::Equal);
            } else {
                wanted.insert(key(pair), pair.clone());
            }
        }
        let keys: Vec<Key> = wanted.keys().cloned().collect();
        for (key, likeness) in comparisons::known(&self.pool, &keys, METHOD).await? {
            if let Some(pair) = wanted.remove(&key) {
                found.insert(pair, likeness);
            }
        }
        let mut tasks = JoinSet::new();
        for (key, pair) in wanted.into_iter().take(MOST_BEGUN) {
            if let Some(turn) = self.begin(key) {
                let comparer = self.clone();
                tasks.spawn(async move {
                    let likeness = comparer.compare(&turn.key, &pair).await;
                    (pair, likeness)
                });
            }
        }
        // whoever runs out of patience leaves them running
        let _ = timeout(patience, async {
            while let Some(done) = tasks.join_next().await {
                if let Ok((pair, Some(likeness))) = done {
                    found.insert(pair, likeness);
                }
            }
        })
        .await;
        tasks.detach_all();
        Ok(found)
    }

    /// `None`: somebody here is at it already.
    fn begin(&self, key: Key) -> Option<Turn> {
        let fresh = self
            .under_way
            .lock()
            .expect("nobody panics while holding it")
            .insert(key.clone());
        fresh.then(|| Turn {
            key,
            under_way: Arc::clone(&self.under_way),
        })
    }

    /// `None` where something of ours failed, which is in the log; it is tried again when somebody asks again.
    async fn compare(&self, key: &Key, pair: &Wanted) -> Option<Likeness> {
        let _place = PLACES.acquire().await.ok()?;
        match self.compute(key, pair).await {
            Ok(likeness) => Some(likeness),
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), old = %key.old, new = %key.new,
                    "could not compare two pictures");
                None
            }
        }
    }

    async fn compute(&self, key: &Key, pair: &Wanted) -> anyhow::Result<Likeness> {
        let old = self.objects.get(&pair.old).await?;
        let new = self.objects.get(&pair.new).await?;
        let (Some(old), Some(new)) = (old, new) else {
            // not kept: it may only be not there yet
            let why = "one of the pictures is no longer kept".to_owned();
            return Ok(Likeness::Incomparable { why });
        };
        let masks = pair.masks.clone();
        let mut compared = tokio::task::spawn_blocking(move || compare(&old, &new, &masks)).await?;
        if let (Likeness::Differs(difference), Some(heat)) = (&mut compared.likeness, compared.heat)
        {
            difference.heat = Some(self.objects.put(heat.into()).await?);
        }
        comparisons::keep(&self.pool, key, METHOD, &compared.likeness).await?;
        Ok(compared.likeness)
    }
}

/// Whoever holds it compares this pair; gone when it is dropped, however that came.
struct Turn {
    key: Key,
    under_way: Arc<Mutex<HashSet<Key>>>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Ok(mut keys) = self.under_way.lock() {
            keys.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_the_same_in_any_order_and_empty_where_there_are_none() {
        let rect = |x| Rect {
            x,
            y: 0,
            width: 1,
            height: 1,
        };
        assert_eq!(hash(&[]), "");
        assert_eq!(
            hash(&[rect(1), rect(2)]),
            hash(&[rect(2), rect(1), rect(2)])
        );
        assert_ne!(hash(&[rect(1)]), hash(&[rect(2)]));
    }
}
