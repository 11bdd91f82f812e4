//! Looks through the store, one server at a time, and does what `decide` says.

use super::decide::{Fate, fate, kept};
use crate::{
    clock::Clock,
    config::EvidenceConfig,
    objects::{Found, ObjectError, Objects},
    store::{self, audit::Act, retention as rows},
};
use app::model::{
    access::{Actor, Role},
    evidence::{Amount, Storage, Swept, size_words},
    live::words::count,
    time::Timestamp,
};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use sqlx::PgPool;
use std::{
    collections::HashSet,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How often a server asks whether it is due.
const POLL: Duration = Duration::from_secs(60);
/// One look takes no longer.
const LIMIT: Duration = Duration::from_secs(3_600);
/// A turn is given up before it is anybody else's.
const MARGIN: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error(transparent)]
    Objects(#[from] ObjectError),
    #[error("could not read or write what is kept")]
    Database(#[from] sqlx::Error),
    #[error("there was no time to look through everything")]
    Late,
}

pub struct Sweeper {
    pool: PgPool,
    objects: Objects,
    clock: Arc<dyn Clock>,
    config: EvidenceConfig,
    /// Unique per process start.
    owner: String,
    turns: AtomicU64,
}

/// Hashes as bytes: half as large as text, and there may be a million.
type Named = HashSet<[u8; 32]>;

impl Sweeper {
    pub fn new(
        pool: PgPool,
        objects: Objects,
        clock: Arc<dyn Clock>,
        config: EvidenceConfig,
        owner: String,
    ) -> Self {
        Self {
            pool,
            objects,
            clock,
            config,
            owner,
            turns: AtomicU64::new(0),
        }
    }

    /// Looks whenever it is due, until `stop`; what is half done then is gone on with by the next look.
    pub async fn run(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let look = async {
                match self.take_turn(false).await {
                    Ok(Some(swept)) => {
                        tracing::info!(did = swept.words(), "looked through the evidence")
                    }
                    Ok(None) => {}
                    Err(error) => tracing::warn!(
                        error = format!("{:#}", anyhow::Error::from(error)),
                        "the evidence could not be looked through"
                    ),
                }
                self.clock.sleep(POLL).await;
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = look => {}
            }
        }
    }

    /// Looks if it is due, or at once. `None`: it is not due, or somebody is at it.
    pub async fn take_turn(&self, now: bool) -> Result<Option<Swept>, SweepError> {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let owner = format!("{} turn {turn}", self.owner);
        let limit = LIMIT + MARGIN;
        if !rows::claim(&self.pool, &owner, self.config.period, limit, now).await? {
            return Ok(None);
        }
        let swept = match timeout(LIMIT, self.sweep(true)).await {
            Ok(swept) => swept,
            Err(_) => Err(SweepError::Late),
        };
        rows::end(&self.pool, &owner, swept.as_ref().ok()).await?;
        let swept = swept?;
        if swept.removed.objects > 0 {
            self.tell(&swept).await?;
        }
        Ok(Some(swept))
    }

    /// What a look would do now.
    pub async fn preview(&self) -> Result<Swept, SweepError> {
        match timeout(LIMIT, self.sweep(false)).await {
            Ok(swept) => swept,
            Err(_) => Err(SweepError::Late),
        }
    }

    /// What it takes up, and how long it is kept.
    pub async fn storage(&self) -> sqlx::Result<Storage> {
        Ok(Storage {
            place: self.objects.place().to_owned(),
            keep_days: self.config.keep_days,
            keep_deployments: self.config.keep_deployments,
            last: rows::last(&self.pool).await?,
        })
    }

    async fn sweep(&self, act: bool) -> Result<Swept, SweepError> {
        let now = store::drift::now(&self.pool).await?;
        let named = self.named(now).await?;
        let aside = rows::aside(&self.pool).await?;
        let young = moment(now.before(self.config.grace));
        let mut swept = Swept {
            at: now,
            kept: Amount::default(),
            aside: Amount::default(),
            set_aside: Amount::default(),
            removed: Amount::default(),
            brought_back: 0,
        };
        // decided before anything is moved: a listing that goes on meanwhile may show a blob twice
        let mut todo = Vec::new();
        let mut listed = pin!(self.objects.list());
        while let Some(found) = listed.try_next().await? {
            let is_named = bytes(&found.sha).is_some_and(|sha| named.contains(&sha));
            let fate = fate(&found, is_named, aside.get(&found.sha).copied(), young);
            match fate {
                Fate::Keep => swept.kept.add(found.size),
                Fate::Wait => swept.aside.add(found.size),
                Fate::NoteAside => {
                    swept.aside.add(found.size);
                    todo.push((fate, found));
                }
                Fate::SetAside | Fate::BringBack | Fate::Remove => todo.push((fate, found)),
            }
        }
        // of a blob that lies in both places the one aside goes first: the other has a day of its own
        todo.sort_by_key(|(fate, _)| *fate != Fate::Remove);
        for (fate, found) in todo {
            if act {
                let since = aside.get(&found.sha).copied();
                self.do_it(fate, &found, since).await?;
            }
            match fate {
                Fate::SetAside => swept.set_aside.add(found.size),
                Fate::Remove => swept.removed.add(found.size),
                Fate::BringBack => {
                    swept.brought_back += 1;
                    swept.kept.add(found.size);
                }
                Fate::Keep | Fate::Wait | Fate::NoteAside => {}
            }
        }
        Ok(swept)
    }

    async fn do_it(
        &self,
        fate: Fate,
        found: &Found,
        since: Option<DateTime<Utc>>,
    ) -> Result<(), SweepError> {
        let sha = &found.sha;
        match fate {
            Fate::Keep | Fate::Wait => {}
            Fate::NoteAside => rows::note_aside(&self.pool, sha, found.size).await?,
            Fate::SetAside => {
                rows::note_aside(&self.pool, sha, found.size).await?;
                self.objects.set_aside(sha).await?;
            }
            Fate::BringBack => {
                self.objects.bring_back(sha).await?;
                rows::note_back(&self.pool, sha).await?;
            }
            // not if another server set it aside anew while this one was frozen
            Fate::Remove => {
                if rows::is_aside_since(&self.pool, sha, since).await? {
                    self.objects.remove_aside(sha).await?;
                    rows::note_removed(&self.pool, sha).await?;
                }
            }
        }
        Ok(())
    }

    /// Everything that is needed.
    async fn named(&self, now: Timestamp) -> Result<Named, SweepError> {
        let past = rows::deployments(&self.pool).await?;
        let mut named = Named::new();
        for deployment in kept(&past, &self.config, now) {
            let mut shas = pin!(rows::named_in(&self.pool, deployment));
            while let Some(sha) = shas.try_next().await? {
                named.extend(bytes(&sha));
            }
        }
        let mut shas = pin!(rows::named_elsewhere(&self.pool));
        while let Some(sha) = shas.try_next().await? {
            named.extend(bytes(&sha));
        }
        let mut made = Vec::new();
        let mut heats = pin!(rows::heats(&self.pool));
        while let Some([old, new, heat]) = heats.try_next().await? {
            let both = [old, new]
                .iter()
                .all(|sha| bytes(sha).is_some_and(|sha| named.contains(&sha)));
            made.extend(bytes(&heat).filter(|_| both));
        }
        named.extend(made);
        Ok(named)
    }

    async fn tell(&self, swept: &Swept) -> sqlx::Result<()> {
        let actor = Actor {
            user: None,
            name: "pitlane".to_owned(),
            role: Role::Admin,
            from: "retention".to_owned(),
        };
        let objects = usize::try_from(swept.removed.objects).unwrap_or(usize::MAX);
        let words = format!(
            "Retention removed {} ({}) that no kept deployment needs.",
            count(objects, "object"),
            size_words(swept.removed.bytes)
        );
        let act = Act {
            action: "evidence.removed",
            subject: "evidence",
            words: &words,
            reason: None,
            detail: Some(serde_json::json!({
                "objects": swept.removed.objects, "bytes": swept.removed.bytes,
                "keep_days": self.config.keep_days, "keep_deployments": self.config.keep_deployments,
            })),
        };
        store::audit::append(&self.pool, &actor, act)
            .await
            .map(drop)
    }
}

fn bytes(sha: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(sha, &mut bytes).ok()?;
    Some(bytes)
}

fn moment(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.0).unwrap_or(DateTime::UNIX_EPOCH)
}
