//! Calls over a browser's own socket, numbered JSON, one after the other; what it tells in between is kept.
//!
//! Source: Chrome DevTools Protocol and W3C WebDriver BiDi, which share the form but for errors.

use crate::smoke::BrowserTrouble;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

pub const LIMIT: Duration = Duration::from_secs(10);

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    calls: u64,
    told: Vec<Value>,
}

/// Why a call has no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Unanswered {
    Refused {
        /// As the standard names it; empty where the browser only has words.
        error: String,
        message: String,
    },
    Silent,
    Gone(String),
}

impl Socket {
    pub async fn open(request: impl IntoClientRequest + Unpin) -> Result<Self, BrowserTrouble> {
        let failed = |detail: String| {
            BrowserTrouble::new("the browser's own socket could not be opened").because(detail)
        };
        // two are compiled in, and rustls chooses none by itself; whoever chose one before is right
        let _ = aws_lc_rs::default_provider().install_default();
        match tokio::time::timeout(LIMIT, connect_async(request)).await {
            Ok(Ok((stream, _))) => Ok(Self {
                stream,
                calls: 0,
                told: Vec::new(),
            }),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed(format!("no answer within {} s", LIMIT.as_secs()))),
        }
    }

    pub async fn call(
        &mut self,
        method: &str,
        params: Value,
        limit: Duration,
    ) -> Result<Value, Unanswered> {
        self.calls += 1;
        let id = self.calls;
        let call = json!({ "id": id, "method": method, "params": params }).to_string();
        let answered = async {
            let gone =
                |error: tokio_tungstenite::tungstenite::Error| Unanswered::Gone(error.to_string());
            self.stream.send(Message::text(call)).await.map_err(gone)?;
            loop {
                let message = match self.stream.next().await {
                    Some(Ok(message)) => message,
                    Some(Err(error)) => return Err(gone(error)),
                    None => return Err(Unanswered::Gone("it was closed".to_owned())),
                };
                let Message::Text(text) = message else {
                    continue;
                };
                match heard(&text) {
                    Some(Heard::Answer(to, answer)) if to == id => return answer,
                    // to a call nobody waits for any more
                    Some(Heard::Answer(..)) | None => {}
                    Some(Heard::Told(event)) => self.told.push(event),
                }
            }
        };
        tokio::time::timeout(limit, answered)
            .await
            .unwrap_or(Err(Unanswered::Silent))
    }

    /// What it told while it was listened to, each once.
    pub fn told(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.told)
    }
}

impl Unanswered {
    /// As a fault of the browser's.
    pub fn trouble(self, method: &str) -> BrowserTrouble {
        let detail = match self {
            Self::Refused { message, .. } => message,
            Self::Silent => "no answer in time".to_owned(),
            Self::Gone(why) => why,
        };
        BrowserTrouble::new(format!("the browser did not do `{method}`")).because(detail)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Answer(u64, Result<Value, Unanswered>),
    Told(Value),
}

fn heard(text: &str) -> Option<Heard> {
    let mut message: Value = serde_json::from_str(text).ok()?;
    let Some(id) = message["id"].as_u64() else {
        return message["method"]
            .is_string()
            .then_some(Heard::Told(message));
    };
    let refused = |error: &str, message: &Value| Unanswered::Refused {
        error: error.to_owned(),
        message: message.as_str().unwrap_or_default().to_owned(),
    };
    let answer = match &message["error"] {
        Value::Null => Ok(message["result"].take()),
        Value::String(error) => Err(refused(error, &message["message"])),
        error => Err(refused("", &error["message"])),
    };
    Some(Heard::Answer(id, answer))
}

pub fn named(answer: &Value, key: &str) -> Result<String, BrowserTrouble> {
    answer[key]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| BrowserTrouble::new(format!("the browser's answer has no `{key}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_from_events_in_both_protocols() {
        let refused = |error: &str, message: &str| Unanswered::Refused {
            error: error.into(),
            message: message.into(),
        };
        let event = json!({ "method": "Target.targetCreated", "params": {} });
        let cases = [
            (
                r#"{"id":3,"result":{"a":1}}"#,
                Some(Heard::Answer(3, Ok(json!({ "a": 1 })))),
            ),
            (
                r#"{"id":3,"error":{"code":-32000,"message":"Not allowed"}}"#,
                Some(Heard::Answer(3, Err(refused("", "Not allowed")))),
            ),
            (
                r#"{"type":"error","id":2,"error":"no such frame","message":"gone"}"#,
                Some(Heard::Answer(2, Err(refused("no such frame", "gone")))),
            ),
            (
                r#"{"method":"Target.targetCreated","params":{}}"#,
                Some(Heard::Told(event)),
            ),
            ("no JSON", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(heard(text), wanted, "{text}");
        }
    }
}
