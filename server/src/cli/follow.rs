//! The event stream, read until the deployment rests. A cut connection is made again from the last event on.

use super::{
    Ended,
    client::{Client, Failed},
    narrate::Narrator,
};
use crate::record::DeploymentRecord;
use app::{
    model::{
        deployment::DeploymentState,
        journal::{Event, Fact},
        view::{DeploymentLine, Push},
    },
    paths,
};
use reqwest::Method;
use std::time::{Duration, Instant};

/// Without any contact for so long, the service is given up.
const PATIENCE: Duration = Duration::from_secs(120);
const AGAIN: Duration = Duration::from_secs(1);
/// The service sends a sign of life every 15 s.
const SILENCE: Duration = Duration::from_secs(45);
/// An interrupted program, as shells count.
const INTERRUPTED: Ended = Ended(130);

pub async fn run(client: &Client, line: &DeploymentLine, json: bool) -> Result<Ended, Failed> {
    let mut follower = Follower {
        client,
        line,
        json,
        narrator: Narrator::default(),
        seq: 0,
        heard: Instant::now(),
    };
    let page = paths::deployment(&line.environment, &line.application, line.number);
    tokio::select! {
        state = follower.until_rest() => finish(client, line, state?, json).await,
        _ = tokio::signal::ctrl_c() => {
            eprintln!("The deployment goes on: {}", client.shown(&page));
            Ok(INTERRUPTED)
        }
    }
}

async fn finish(
    client: &Client,
    line: &DeploymentLine,
    state: DeploymentState,
    json: bool,
) -> Result<Ended, Failed> {
    let address = format!(
        "/pools/{}/{}/deployments/{}/record",
        line.environment, line.application, line.number
    );
    if json {
        let record: DeploymentRecord = client.get(&address).await?;
        println!(
            "{}",
            serde_json::to_string(&record).expect("a record becomes JSON")
        );
    }
    Ok(Ended(state.exit_code()))
}

struct Follower<'a> {
    client: &'a Client,
    line: &'a DeploymentLine,
    json: bool,
    narrator: Narrator,
    seq: u64,
    heard: Instant,
}

impl Follower<'_> {
    async fn until_rest(&mut self) -> Result<DeploymentState, Failed> {
        loop {
            match self.listen().await {
                Ok(Some(state)) => return Ok(state),
                Ok(None) | Err(Failed::Unreachable { .. }) => {}
                Err(failed) => return Err(failed),
            }
            if self.heard.elapsed() > PATIENCE {
                return Err(Failed::Lost(format!(
                    "Contact was lost {} s ago; {}/{} #{} may still be running. Look at it before you start another.",
                    PATIENCE.as_secs(),
                    self.line.environment,
                    self.line.application,
                    self.line.number
                )));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// One connection; `None` when it ended before the deployment did.
    async fn listen(&mut self) -> Result<Option<DeploymentState>, Failed> {
        let address = paths::events(self.line.id, self.seq);
        let request = self.client.request(Method::GET, &address);
        let request = request.header(reqwest::header::ACCEPT, "text/event-stream");
        let mut response = self.client.send(request).await?;
        let mut stream = EventData::default();
        loop {
            let chunk = match tokio::time::timeout(SILENCE, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) | Err(_) => return Ok(None),
                Ok(Err(error)) => return Err(self.client.silent(&error)),
            };
            self.heard = Instant::now();
            for data in stream.feed(&chunk) {
                if let Some(state) = self.take(&data)? {
                    return Ok(Some(state));
                }
            }
        }
    }

    /// The state in which the deployment came to rest, if it did.
    fn take(&mut self, data: &str) -> Result<Option<DeploymentState>, Failed> {
        let push: Push = serde_json::from_str(data).map_err(|error| {
            Failed::Here(format!(
                "An event of this deployment cannot be read ({error}). Is this program older than the service?"
            ))
        })?;
        let Push::Journal { event } = push else {
            return Ok(None);
        };
        if event.seq <= self.seq {
            return Ok(None);
        }
        self.seq = event.seq;
        self.show(&event);
        Ok(match &event.fact {
            Fact::Became { state, .. } if state.is_over() || *state == DeploymentState::Halted => {
                Some(*state)
            }
            _ => None,
        })
    }

    fn show(&mut self, event: &Event) {
        if self.json {
            println!(
                "{}",
                serde_json::to_string(event).expect("an event becomes JSON")
            );
        } else {
            for line in self.narrator.tell(event) {
                println!("{line}");
            }
        }
    }
}

/// The `data` of server-sent events, put together from chunks.
///
/// Source: HTML standard, "Interpreting an event stream".
#[derive(Default)]
struct EventData {
    rest: Vec<u8>,
    data: String,
}

impl EventData {
    fn feed(&mut self, chunk: &[u8]) -> Vec<String> {
        self.rest.extend_from_slice(chunk);
        let mut events = Vec::new();
        while let Some(end) = self.rest.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            if line.is_empty() {
                if !self.data.is_empty() {
                    events.push(std::mem::take(&mut self.data));
                }
            } else if let Some(data) = line.strip_prefix("data:") {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data += data.strip_prefix(' ').unwrap_or(data);
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_put_together_however_they_are_cut() {
        let text = "retry: 2000\n\n:\n\nevent: journal\nid: 3\ndata: {\"a\":1}\n\ndata: x\ndata: y\r\n\ndata: half";
        for size in [1, 2, 7, 1000] {
            let mut stream = EventData::default();
            let chunks = text.as_bytes().chunks(size);
            let events: Vec<_> = chunks.flat_map(|chunk| stream.feed(chunk)).collect();
            assert_eq!(events, ["{\"a\":1}", "x\ny"], "{size}");
        }
    }
}
