//! The event stream of a deployment: what is already there, then what happens, with resume.
//!
//! An event's id is the journal's `seq`, and behind a dash the log's cursor once there is a log: a browser sends
//! the last one it saw when it connects again.

use super::{problem::Problem, session::SignedIn, state::Web};
use crate::{
    gateway::refusal::broken,
    hub::{Cursor, Form, Frame, Hub, Mark, Seat},
    store,
};
use app::{
    error::AppError,
    model::{ids::DeploymentId, trouble::Trouble, view::Push},
};
use axum::{
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc},
    time::{Instant, timeout, timeout_at},
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// When a browser tries again.
const RETRY: Duration = Duration::from_secs(2);
/// Then the browser connects again, and is asked again who it is.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// A viewer that takes nothing for so long is gone.
const STUCK: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
pub struct From {
    #[serde(default)]
    after: u64,
    /// The last chunk of output that is known; 0: none.
    #[serde(default)]
    log: i64,
    #[serde(default, rename = "as")]
    form: Asked,
}

/// In which form the news are asked for.
#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    #[default]
    Json,
    Page,
}

pub async fn deployment(
    State(web): State<Web>,
    _: SignedIn,
    id: Result<Path<DeploymentId>, PathRejection>,
    from: Result<Query<From>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (Path(id), Query(from)) = (id?, from?);
    if store::deployments::line(&web.pool, id)
        .await
        .map_err(broken)?
        .is_none()
    {
        let trouble = Trouble::new("There is no such deployment.");
        return Err(Problem(AppError::NotFound(trouble)));
    }
    let mut cursor = Cursor {
        seq: from.after,
        log: from.log,
        ..Cursor::default()
    };
    if let Some((seq, log)) = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .and_then(seen)
    {
        cursor.seq = cursor.seq.max(seq);
        cursor.log = cursor.log.max(log);
    }
    let (sender, receiver) = mpsc::channel(16);
    let viewer = Viewer {
        hub: Arc::clone(&web.hub),
        deployment: id,
        form: match from.form {
            Asked::Json => Form::Json,
            Asked::Page => Form::Page,
        },
        cursor,
        sender,
        until: Instant::now() + LIFE,
    };
    tokio::spawn(viewer.follow(web.streams.clone()));
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let stream = Sse::new(ReceiverStream::new(receiver)).keep_alive(keep_alive);
    let mut response = stream.into_response();
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Why a stream ends; each is ordinary, the browser comes again.
struct End;

struct Viewer {
    hub: Arc<Hub>,
    deployment: DeploymentId,
    form: Form,
    cursor: Cursor,
    sender: mpsc::Sender<Result<Event, Infallible>>,
    until: Instant,
}

impl Viewer {
    async fn follow(mut self, stop: CancellationToken) {
        let gone = self.sender.clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = gone.closed() => {}
            _ = self.send_everything() => {}
        }
    }

    async fn send_everything(&mut self) -> Result<(), End> {
        self.put(Event::default().retry(RETRY)).await?;
        let hub = Arc::clone(&self.hub);
        let mut seat = hub.take_seat(self.deployment);
        let mut paused = hub.paused();
        if *paused.borrow_and_update() {
            self.put(engine(true)).await?;
        }
        loop {
            self.catch_up(&seat).await?;
            hub.caught_up(self.deployment, &seat, self.cursor).await;
            loop {
                tokio::select! {
                    news = timeout_at(self.until, seat.live.recv()) => match news {
                        Ok(Ok(frame)) => self.send(frame).await?,
                        Ok(Err(RecvError::Lagged(_))) => break,
                        Ok(Err(RecvError::Closed)) | Err(_) => return Err(End),
                    },
                    Ok(()) = paused.changed() => {
                        let paused = *paused.borrow_and_update();
                        self.put(engine(paused)).await?;
                    }
                }
            }
        }
    }

    async fn catch_up(&mut self, seat: &Seat) -> Result<(), End> {
        loop {
            let (frames, more) = self
                .hub
                .catch_up(self.deployment, seat, self.cursor)
                .await
                .map_err(|error| {
                    tracing::warn!(deployment.id = %self.deployment, %error, "an event stream could not read");
                    End
                })?;
            for frame in frames {
                self.send(frame).await?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    async fn send(&mut self, frame: Frame) -> Result<(), End> {
        if !self.cursor.pass(frame.mark) {
            return Ok(());
        }
        let Some(text) = frame.text(self.form) else {
            return Ok(());
        };
        let event = Event::default().data(text);
        let event = match frame.mark {
            Mark::Journal(_) => event.event("journal").id(self.id()),
            Mark::Log(_) => event.event("log").id(self.id()),
            Mark::Visitors(_) => event.event("visitors"),
        };
        self.put(event).await
    }

    async fn put(&self, event: Event) -> Result<(), End> {
        match timeout(STUCK, self.sender.send(Ok(event))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End),
        }
    }

    fn id(&self) -> String {
        let Cursor { seq, log, .. } = self.cursor;
        if log == 0 {
            seq.to_string()
        } else {
            format!("{seq}-{log}")
        }
    }
}

/// Whether the engine waits for the database; it has no id, a browser that comes again is told anew.
fn engine(paused: bool) -> Event {
    let data = serde_json::to_string(&Push::Engine { paused }).expect("news are JSON");
    Event::default().event("engine").data(data)
}

/// The cursors in an event's id.
fn seen(id: &str) -> Option<(u64, i64)> {
    let (seq, log) = id.split_once('-').unwrap_or((id, "0"));
    Some((seq.parse().ok()?, log.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_was_seen() {
        let cases = [
            ("12", Some((12, 0))),
            ("12-340", Some((12, 340))),
            ("", None),
            ("x", None),
            ("12-", None),
        ];
        for (id, cursors) in cases {
            assert_eq!(seen(id), cursors, "{id}");
        }
    }
}
