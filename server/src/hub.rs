//! News of deployments: one listener per process, and everything it reads is serialised once for all viewers.
//!
//! A notification only says "look": rows are always read from a cursor, also on every tick and after every
//! reconnection, so a lost notification costs time and nothing else. A viewer subscribes before it reads what is
//! already there, and drops what it has seen; one that is too slow for the live channel reads the tables again.

use crate::store::{self, journal::JournalError};
use app::model::{ids::DeploymentId, time::Timestamp, view::Push, wire};
use page::Fold;
use sqlx::{PgPool, postgres::PgListener};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, broadcast, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// The state of a deployment as its page draws it.
mod page;

/// Frames a viewer may lag behind before it reads the tables again.
const LIVE: usize = 256;
/// Rows of one read.
const PAGE: u32 = 500;
/// Reads of viewers that catch up, at once: a storm of reconnections must not drain the connection pool.
const CATCHING_UP: usize = 8;
const TICK: Duration = Duration::from_secs(5);

/// In which form a viewer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Each event, line and report as JSON of [`Push`].
    Json,
    /// What changed on the page, in the compact text of `app::model::wire`.
    Page,
}

/// One thing to send.
#[derive(Debug, Clone)]
pub struct Frame {
    pub mark: Mark,
    json: Arc<str>,
    /// `None`: a later frame tells a page this too.
    page: Option<Arc<str>>,
}

impl Frame {
    pub fn text(&self, form: Form) -> Option<&str> {
        match form {
            Form::Json => Some(&self.json),
            Form::Page => self.page.as_deref(),
        }
    }
}

/// Which thing it is, and its place among its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Journal(u64),
    Log(i64),
    Visitors(Timestamp),
}

/// What a viewer has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    pub seq: u64,
    pub log: i64,
    pub visitors: Timestamp,
}

impl Cursor {
    /// Moves on to `mark`; `false`: that was seen before.
    pub fn pass(&mut self, mark: Mark) -> bool {
        fn grow<T: PartialOrd>(seen: &mut T, next: T) -> bool {
            let new = next > *seen;
            if new {
                *seen = next;
            }
            new
        }
        match mark {
            Mark::Journal(seq) => grow(&mut self.seq, seq),
            Mark::Log(id) => grow(&mut self.log, id),
            Mark::Visitors(at) => grow(&mut self.visitors, at),
        }
    }
}

/// One deployment that somebody looks at.
struct Room {
    live: broadcast::Sender<Frame>,
    /// Where the live channel stands; `None` until the first viewer has caught up.
    cursor: Mutex<Option<Cursor>>,
    /// One reader at a time keeps the channel in order.
    reading: tokio::sync::Mutex<()>,
    fold: Fold,
}

pub struct Hub {
    pool: PgPool,
    /// Without a pooler in between.
    direct_url: String,
    rooms: Mutex<HashMap<DeploymentId, Arc<Room>>>,
    catching_up: Semaphore,
    wake: watch::Sender<u64>,
    drift: watch::Sender<u64>,
    /// The listener has lost the database.
    paused: watch::Sender<bool>,
}

/// A seat in a room; the channel is open from before the first read.
pub struct Seat {
    room: Arc<Room>,
    pub live: broadcast::Receiver<Frame>,
}

impl Hub {
    pub fn new(pool: PgPool, direct_url: String) -> Arc<Self> {
        Arc::new(Self {
            pool,
            direct_url,
            rooms: Mutex::default(),
            catching_up: Semaphore::new(CATCHING_UP),
            wake: watch::Sender::new(0),
            drift: watch::Sender::new(0),
            paused: watch::Sender::new(false),
        })
    }

    /// Changes when a job was queued or a command given, or might have been.
    pub fn wake(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }

    /// Changes when a node was found to differ from before, or might have been.
    pub fn drift(&self) -> watch::Receiver<u64> {
        self.drift.subscribe()
    }

    /// Whether the listener has lost the database, as far as it knows.
    pub fn is_paused(&self) -> bool {
        *self.paused.borrow()
    }

    /// Changes when the listener loses the database, and when it has it again.
    pub fn paused(&self) -> watch::Receiver<bool> {
        self.paused.subscribe()
    }

    fn pause(&self, paused: bool) {
        let changed = self
            .paused
            .send_if_modified(|before| std::mem::replace(before, paused) != paused);
        match (changed, paused) {
            (true, true) => {
                tracing::error!("engine paused: the database does not answer; nothing new is begun")
            }
            (true, false) => tracing::info!("the database answers again; the engine goes on"),
            (false, _) => {}
        }
    }

    pub fn take_seat(&self, deployment: DeploymentId) -> Seat {
        let mut rooms = locked(&self.rooms);
        let room = rooms.entry(deployment).or_insert_with(|| {
            Arc::new(Room {
                live: broadcast::Sender::new(LIVE),
                cursor: Mutex::new(None),
                reading: tokio::sync::Mutex::default(),
                fold: Fold::default(),
            })
        });
        Seat {
            live: room.live.subscribe(),
            room: Arc::clone(room),
        }
    }

    /// The viewer in `seat` has read everything up to `cursor`; a room that had none begins its live channel here.
    pub async fn caught_up(&self, deployment: DeploymentId, seat: &Seat, cursor: Cursor) {
        let begins = {
            let mut here = locked(&seat.room.cursor);
            here.is_none() && here.insert(cursor) == &cursor
        };
        if begins {
            // whatever was announced since the viewer's last read went unheard
            self.look(deployment).await;
        }
    }

    /// What comes after `cursor`, in order, and whether there is more than this page.
    pub async fn catch_up(
        &self,
        deployment: DeploymentId,
        seat: &Seat,
        cursor: Cursor,
    ) -> Result<(Vec<Frame>, bool), JournalError> {
        let _turn = self
            .catching_up
            .acquire()
            .await
            .expect("this semaphore is never closed");
        self.read(deployment, &seat.room, cursor).await
    }

    async fn read(
        &self,
        deployment: DeploymentId,
        room: &Room,
        cursor: Cursor,
    ) -> Result<(Vec<Frame>, bool), JournalError> {
        let events = store::journal::events(&self.pool, deployment, cursor.seq, PAGE).await?;
        let chunks = store::logs::after(&self.pool, deployment, cursor.log, PAGE).await?;
        let visitors = store::visitors::get(&self.pool, deployment).await?;
        let full = |len: usize| len == PAGE as usize;
        let more = full(events.len()) || full(chunks.len());
        let mut frames = Vec::with_capacity(events.len() + chunks.len() + 1);
        // many events change a page once
        let mut news = match events.is_empty() {
            true => None,
            false => {
                let fold = room.fold.after(&self.pool, deployment, cursor.seq, &events);
                fold.await?.map(|news| wire::write(&news))
            }
        };
        let last = events.last().map(|event| event.seq);
        for event in events {
            let seq = event.seq;
            let page = if Some(seq) == last { news.take() } else { None };
            let push = Push::Journal {
                event: event.into(),
            };
            frames.push(frame(Mark::Journal(seq), &push, page));
        }
        for chunk in chunks {
            let (mark, page) = (Mark::Log(chunk.id), wire::write(&chunk));
            frames.push(frame(mark, &Push::Log { chunk }, Some(page)));
        }
        if let Some((report, at)) = visitors.filter(|(_, at)| *at > cursor.visitors) {
            let (push, page) = (Push::Visitors { report }, wire::write(&report));
            frames.push(frame(Mark::Visitors(at), &push, Some(page)));
        }
        Ok((frames, more))
    }

    /// Listens until `stop`, whatever happens to the connection.
    pub async fn listen(self: Arc<Self>, stop: CancellationToken) {
        let mut pause = Duration::from_millis(100);
        loop {
            let mut heard = false;
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                end = self.hear(&mut heard) => match end {
                    Ok(()) => tracing::warn!("the notification connection ended; connecting again"),
                    Err(error) => tracing::warn!(%error, "no notifications; connecting again"),
                },
            }
            self.pause(true);
            pause = if heard {
                Duration::from_millis(100)
            } else {
                (pause * 2).min(TICK)
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn hear(&self, heard: &mut bool) -> sqlx::Result<()> {
        let mut listener = PgListener::connect(&self.direct_url).await?;
        listener.eager_reconnect(false);
        listener.listen(store::CHANNEL).await?;
        *heard = true;
        self.pause(false);
        self.look_everywhere().await;
        loop {
            match timeout(TICK, listener.try_recv()).await {
                Ok(Ok(Some(first))) => {
                    let mut dirty = HashSet::new();
                    self.note(first.payload(), &mut dirty);
                    while let Some(next) = listener.next_buffered() {
                        self.note(next.payload(), &mut dirty);
                    }
                    for deployment in dirty {
                        self.look(deployment).await;
                    }
                }
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    // a half-open connection is silent for ever unless it is asked
                    timeout(TICK, sqlx::query("SELECT 1").execute(&mut listener))
                        .await
                        .map_err(|_| sqlx::Error::PoolTimedOut)??;
                    self.look_everywhere().await;
                }
            }
        }
    }

    fn note(&self, payload: &str, dirty: &mut HashSet<DeploymentId>) {
        let mut parts = payload.split(':');
        match (parts.next(), parts.next().map(str::parse::<DeploymentId>)) {
            (Some("queued" | "command"), _) => self.wake.send_modify(|count| *count += 1),
            (Some("drift"), _) => self.drift.send_modify(|count| *count += 1),
            (Some("journal" | "log" | "visitors"), Some(Ok(deployment))) => {
                dirty.insert(deployment);
            }
            _ => tracing::warn!(payload, "a notification nobody understands"),
        }
    }

    async fn look_everywhere(&self) {
        self.wake.send_modify(|count| *count += 1);
        let all: Vec<_> = locked(&self.rooms).keys().copied().collect();
        for deployment in all {
            self.look(deployment).await;
        }
    }

    /// Sends what is new in one deployment; its room goes when nobody is in it.
    async fn look(&self, deployment: DeploymentId) {
        let room = {
            let mut rooms = locked(&self.rooms);
            match rooms.get(&deployment) {
                None => return,
                Some(room) if room.live.receiver_count() == 0 => {
                    rooms.remove(&deployment);
                    return;
                }
                Some(room) => Arc::clone(room),
            }
        };
        let _turn = room.reading.lock().await;
        loop {
            let Some(mut cursor) = *locked(&room.cursor) else {
                return;
            };
            let (frames, more) = match self.read(deployment, &room, cursor).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(deployment.id = %deployment, %error, "could not read news of a deployment");
                    return;
                }
            };
            for frame in frames {
                if cursor.pass(frame.mark) {
                    // fails when the last viewer has just left
                    let _ = room.live.send(frame);
                }
            }
            *locked(&room.cursor) = Some(cursor);
            if !more {
                return;
            }
        }
    }
}

fn frame(mark: Mark, push: &Push, page: Option<String>) -> Frame {
    let json = serde_json::to_string(push).expect("news are JSON");
    Frame {
        mark,
        json: json.into(),
        page: page.map(Into::into),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_passes_everything_once() {
        let mut cursor = Cursor {
            seq: 3,
            ..Cursor::default()
        };
        let marks = [
            (Mark::Journal(3), false),
            (Mark::Journal(4), true),
            (Mark::Journal(4), false),
            (Mark::Log(1), true),
            (Mark::Visitors(Timestamp(5)), true),
            (Mark::Visitors(Timestamp(5)), false),
        ];
        for (mark, new) in marks {
            assert_eq!(cursor.pass(mark), new, "{mark:?}");
        }
    }
}
