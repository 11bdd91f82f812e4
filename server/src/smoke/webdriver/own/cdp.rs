//! Chromium: its DevTools protocol, through the driver where that lets it pass, and over the browser's own socket.
//!
//! Contexts are made over the socket, for the driver refuses to; it steers their tabs like any other. What was
//! requested and said the driver writes into logs of its own.
//!
//! Source: Chrome DevTools Protocol.

use super::{
    Context, HIGHEST_PAGE, MOST_NAMED, Network, Shot, Spoken, WIDEST_PAGE,
    socket::{LIMIT, Socket, named},
};
use crate::smoke::{
    BrowserTrouble, proxy,
    webdriver::{
        line::{ELEMENT, Line},
        network::{Answer, Event},
        snag::Snag,
    },
};
use app::model::smoke::Viewport;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::Mutex;

pub const FIRST_WORDS: &str = concat!(include_str!("../still.js"), include_str!("../pace.js"));

pub struct Cdp {
    line: Line,
    socket: Mutex<Socket>,
}

impl Cdp {
    pub fn new(line: Line, socket: Socket) -> Self {
        Self {
            line,
            socket: Mutex::new(socket),
        }
    }

    /// `disposeOnDetach`: contexts end with the socket too.
    pub async fn create(&self) -> Result<Context, BrowserTrouble> {
        let made = self
            .over_socket(
                "Target.createBrowserContext",
                json!({ "disposeOnDetach": true }),
            )
            .await?;
        let id = named(&made, "browserContextId")?;
        let made = self
            .over_socket(
                "Target.createTarget",
                json!({ "url": "about:blank", "browserContextId": id }),
            )
            .await?;
        let tab = named(&made, "targetId")?;
        Ok(Context { id, tab })
    }

    pub async fn dispose(&self, context: Context) -> Result<(), BrowserTrouble> {
        self.over_socket(
            "Target.disposeBrowserContext",
            json!({ "browserContextId": context.id }),
        )
        .await
        .map(drop)
    }

    pub async fn forget_history(&self, limit: Duration) -> Result<(), Snag> {
        self.tell("Page.resetNavigationHistory", json!({}), limit)
            .await
    }

    /// [`FIRST_WORDS`] run before each page of the tab at hand.
    pub async fn on_each_page(&self, limit: Duration) -> Result<(), Snag> {
        let on_each = json!({ "source": FIRST_WORDS });
        self.tell("Page.addScriptToEvaluateOnNewDocument", on_each, limit)
            .await
    }

    pub async fn resize(&self, to: Option<Viewport>, limit: Duration) -> Result<(), Snag> {
        let Some(viewport) = to else {
            return self
                .tell("Emulation.clearDeviceMetricsOverride", json!({}), limit)
                .await;
        };
        let metrics = json!({
            "width": viewport.width,
            "height": viewport.height,
            "deviceScaleFactor": f64::from(viewport.scale_percent) / 100.0,
            "mobile": viewport.mobile,
        });
        self.tell("Emulation.setDeviceMetricsOverride", metrics, limit)
            .await?;
        if viewport.touch {
            let touch = json!({ "enabled": true, "maxTouchPoints": 1 });
            self.tell("Emulation.setTouchEmulationEnabled", touch, limit)
                .await?;
        }
        Ok(())
    }

    pub async fn network(&self, network: Network, limit: Duration) -> Result<(), Snag> {
        // the browser's word for "as fast as it goes"
        const UNLIMITED: i64 = -1;
        let rate =
            |bytes: Option<u64>| bytes.map_or(UNLIMITED, |b| i64::try_from(b).unwrap_or(i64::MAX));
        let conditions = json!({
            "offline": network.is_off(),
            "latency": network.latency_ms,
            "downloadThroughput": rate(network.download),
            "uploadThroughput": rate(network.upload),
        });
        self.tell("Network.emulateNetworkConditions", conditions, limit)
            .await
    }

    /// In base64.
    pub async fn picture(&self, of: Shot, limit: Duration) -> Result<Value, Snag> {
        let params = match of {
            Shot::Viewport => json!({ "format": "jpeg", "quality": 70 }),
            Shot::Page => {
                let metrics = self
                    .line
                    .cdp("Page.getLayoutMetrics", json!({}), limit)
                    .await?;
                let size = &metrics["cssContentSize"];
                let at_most =
                    |side: &Value, most| side.as_f64().unwrap_or_default().clamp(1.0, most);
                let clip = json!({
                    "x": 0,
                    "y": 0,
                    "width": at_most(&size["width"], WIDEST_PAGE),
                    "height": at_most(&size["height"], HIGHEST_PAGE),
                    "scale": 1,
                });
                json!({ "format": "png", "captureBeyondViewport": true, "clip": clip })
            }
        };
        self.line.cdp("Page.captureScreenshot", params, limit).await
    }

    /// The page with all that belongs to it, as MHTML.
    pub async fn archive(&self, limit: Duration) -> Option<String> {
        let format = json!({ "format": "mhtml" });
        let archive = self.line.cdp("Page.captureSnapshot", format, limit).await;
        archive.ok()?["data"].as_str().map(str::to_owned)
    }

    /// What the browser calls so for those who do not see the page. `None`: its node numbers are no part of the
    /// driver's names for elements here, as of a frame in another process.
    pub async fn called(
        &self,
        name: &str,
        role: Option<&str>,
        limit: Duration,
    ) -> Result<Option<Vec<Value>>, Snag> {
        let root = json!({ "using": "css selector", "value": ":root" });
        let root = self.line.post("element", root, limit).await?;
        let Some((document, node)) = root[ELEMENT].as_str().and_then(|id| {
            let (document, node) = id.rsplit_once(".e.")?;
            Some((document.to_owned(), node.parse::<u64>().ok()?))
        }) else {
            return Ok(None);
        };
        let mut query = json!({ "backendNodeId": node, "accessibleName": name });
        if let Some(role) = role {
            query["role"] = role.into();
        }
        let asked = self
            .line
            .cdp("Accessibility.queryAXTree", query, limit)
            .await;
        let found = match asked {
            Ok(found) => found,
            Err(Snag::Trouble(trouble)) if trouble.what.contains("refused") => return Ok(None),
            Err(snag) => return Err(snag),
        };
        let nodes = found["nodes"].as_array().into_iter().flatten();
        let elements = nodes
            .filter(|node| node["ignored"] != true)
            .filter(|node| {
                let role = node["role"]["value"].as_str().unwrap_or_default();
                !matches!(role, "StaticText" | "InlineTextBox")
            })
            .filter_map(|node| node["backendDOMNodeId"].as_u64())
            .map(|node| json!({ ELEMENT: format!("{document}.e.{node}") }))
            .take(MOST_NAMED);
        Ok(Some(elements.collect()))
    }

    pub async fn requests(&self, limit: Duration) -> Result<Vec<Event>, Snag> {
        let entries = self.log("performance", limit).await?;
        let texts = entries.iter().filter_map(|entry| entry["message"].as_str());
        Ok(texts.flat_map(events).collect())
    }

    pub async fn console(&self, limit: Duration) -> Result<Vec<Spoken>, Snag> {
        let entries = self.log("browser", limit).await?;
        Ok(entries.iter().map(spoken).collect())
    }

    /// Reading it empties it.
    async fn log(&self, kind: &str, limit: Duration) -> Result<Vec<Value>, Snag> {
        let kind = json!({ "type": kind });
        match self.line.post("se/log", kind, limit).await? {
            Value::Array(entries) => Ok(entries),
            _ => Ok(Vec::new()),
        }
    }

    async fn tell(&self, cmd: &str, params: Value, limit: Duration) -> Result<(), Snag> {
        self.line.cdp(cmd, params, limit).await.map(drop)
    }

    async fn over_socket(&self, method: &str, params: Value) -> Result<Value, BrowserTrouble> {
        let mut socket = self.socket.lock().await;
        let answer = socket.call(method, params, LIMIT).await;
        answer.map_err(|unanswered| unanswered.trouble(method))
    }
}

fn spoken(entry: &Value) -> Spoken {
    let level = entry["level"].as_str().unwrap_or_default().to_lowercase();
    Spoken {
        text: text(&entry["message"]),
        is_uncaught: entry["source"] == "javascript" && level == "severe",
        level,
    }
}

/// What one entry of the driver's `performance` log says; nothing, where it concerns nobody here.
pub fn events(entry: &str) -> Vec<Event> {
    let Ok(entry) = serde_json::from_str::<Value>(entry) else {
        return Vec::new();
    };
    let message = &entry["message"];
    let params = &message["params"];
    let id = text(&params["requestId"]);
    let document_of = (params["type"] == "Document").then(|| text(&params["frameId"]));
    match message["method"].as_str() {
        Some("Network.requestWillBeSent") => {
            let redirect = &params["redirectResponse"];
            let redirected = redirect
                .is_object()
                .then(|| Event::Redirected(answer(redirect)));
            let sent = Event::Sent {
                id,
                url: text(&params["request"]["url"]),
                document_of,
            };
            redirected.into_iter().chain([sent]).collect()
        }
        Some("Network.responseReceived") => vec![Event::Answered {
            id,
            document_of,
            answer: answer(&params["response"]),
        }],
        Some("Network.loadingFailed") => {
            let error = text(&params["errorText"]);
            let is_canceled = error == "net::ERR_ABORTED" || params["canceled"] == true;
            vec![Event::Failed {
                id,
                error,
                is_canceled,
            }]
        }
        Some("Network.loadingFinished") => vec![Event::Finished { id }],
        _ => Vec::new(),
    }
}

fn answer(response: &Value) -> Answer {
    let status = response["status"].as_u64();
    let kept = ["fromDiskCache", "fromPrefetchCache", "fromServiceWorker"];
    Answer {
        url: text(&response["url"]),
        status: status.and_then(|status| u16::try_from(status).ok()),
        by: address(response),
        is_kept: kept.iter().any(|from| response[from] == true),
        proxy: response["headers"][proxy::WHY].as_str().map(str::to_owned),
    }
}

fn address(response: &Value) -> Option<String> {
    let ip = response["remoteIPAddress"].as_str()?;
    let port = response["remotePort"].as_u64()?;
    (!ip.is_empty()).then(|| format!("{ip}:{port}"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_entry_says_nothing() {
        for entry in [
            "no json",
            "{}",
            r#"{"message":{"method":"Network.dataReceived"}}"#,
        ] {
            assert_eq!(events(entry), [], "{entry}");
        }
    }
}
