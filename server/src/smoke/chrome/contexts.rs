//! Fresh contexts of one browser: each has cookies, cache, storage and service workers of its own, and takes them along
//! when it goes. They are made over the browser's own socket, for the driver's refuses to; the driver steers their tabs
//! like any other.
//!
//! Source: Chrome DevTools Protocol, domain `Target`. `disposeOnDetach`: they end with the socket too.

use crate::smoke::BrowserTrouble;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

const LIMIT: Duration = Duration::from_secs(10);

/// The browser's contexts, as far as they are ours.
pub struct Contexts {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    calls: u64,
}

/// One of them, with its one tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    id: String,
    /// Which is the driver's handle of it too.
    pub tab: String,
}

impl Contexts {
    /// `request`: the browser's `webSocketDebuggerUrl`, or a Grid's way to it.
    pub async fn open(request: impl IntoClientRequest + Unpin) -> Result<Self, BrowserTrouble> {
        let failed = |detail: String| {
            BrowserTrouble::new("the browser's own socket could not be opened").because(detail)
        };
        match tokio::time::timeout(LIMIT, connect_async(request)).await {
            Ok(Ok((socket, _))) => Ok(Self { socket, calls: 0 }),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed(format!("no answer within {} s", LIMIT.as_secs()))),
        }
    }

    /// A context that nobody has used, with an empty tab.
    pub async fn create(&mut self) -> Result<Context, BrowserTrouble> {
        let made = self
            .call(
                "Target.createBrowserContext",
                json!({ "disposeOnDetach": true }),
            )
            .await?;
        let id = named(&made, "browserContextId")?;
        let made = self
            .call(
                "Target.createTarget",
                json!({ "url": "about:blank", "browserContextId": id }),
            )
            .await?;
        let tab = named(&made, "targetId")?;
        Ok(Context { id, tab })
    }

    /// Ends a context with all its tabs, workers and data.
    pub async fn dispose(&mut self, context: Context) -> Result<(), BrowserTrouble> {
        self.call(
            "Target.disposeBrowserContext",
            json!({ "browserContextId": context.id }),
        )
        .await
        .map(drop)
    }

    async fn call(&mut self, method: &str, params: Value) -> Result<Value, BrowserTrouble> {
        self.calls += 1;
        let id = self.calls;
        let call = json!({ "id": id, "method": method, "params": params }).to_string();
        let answer = async {
            self.socket
                .send(Message::text(call))
                .await
                .map_err(|error| error.to_string())?;
            loop {
                let message = match self.socket.next().await {
                    Some(Ok(message)) => message,
                    Some(Err(error)) => return Err(error.to_string()),
                    None => return Err("it was closed".to_owned()),
                };
                if let Message::Text(text) = message
                    && let Some(answer) = answer(&text, id)
                {
                    return answer;
                }
            }
        };
        let failed = |detail: String| {
            BrowserTrouble::new(format!("the browser did not do `{method}`")).because(detail)
        };
        match tokio::time::timeout(LIMIT, answer).await {
            Ok(answer) => answer.map_err(failed),
            Err(_) => Err(failed(format!("no answer within {} s", LIMIT.as_secs()))),
        }
    }
}

/// What `text` answers to call `id`; `None`: it is an event, or the answer to a call nobody waits for any more.
fn answer(text: &str, id: u64) -> Option<Result<Value, String>> {
    let mut message: Value = serde_json::from_str(text).ok()?;
    if message["id"].as_u64() != Some(id) {
        return None;
    }
    Some(match message["error"]["message"].as_str() {
        Some(why) => Err(why.to_owned()),
        None => Ok(message["result"].take()),
    })
}

fn named(answer: &Value, key: &str) -> Result<String, BrowserTrouble> {
    answer[key]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| BrowserTrouble::new(format!("the browser's answer has no `{key}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_from_events_and_from_late_answers() {
        let cases = [
            (r#"{"id":3,"result":{"a":1}}"#, Some(Ok(json!({ "a": 1 })))),
            (
                r#"{"id":3,"error":{"code":-32000,"message":"Not allowed"}}"#,
                Some(Err("Not allowed".to_owned())),
            ),
            (r#"{"id":2,"result":{}}"#, None),
            (r#"{"method":"Target.targetCreated","params":{}}"#, None),
            ("no JSON", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(answer(text, 3), wanted, "{text}");
        }
    }
}
