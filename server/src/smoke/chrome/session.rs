//! One browser: steps, what was seen, pictures.

use super::{
    act::try_step,
    capabilities::VIEWPORT,
    contexts::{Context, Contexts},
    home::Home,
    network::Digest,
    wire::{Snag, Wire},
};
use crate::smoke::{BrowserSession, BrowserTrouble, PageEvidence, StepSeen, Target, Values};
use app::model::{
    smoke::{Act, ConsoleLine, Session, Step, Text},
    time::spoken,
};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::bytes::Bytes;
use url::Url;

/// Between two tries.
const POLL: Duration = Duration::from_millis(15);
/// What a call may take that waits for nothing in the page.
const CALL: Duration = Duration::from_secs(10);
/// What a call may take beyond the page's own limit.
const GRACE: Duration = Duration::from_secs(3);
/// How long a page may take to come to rest for its picture.
const REST: Duration = Duration::from_secs(2);
/// A click's navigation begins a moment after it.
const AFTER_CLICK_MS: u64 = 20;
const MOST_LINES: usize = 50;
const LONGEST_LINE: usize = 500;
const HIGHEST_PAGE: f64 = 8_000.0;

pub struct ChromeSession {
    wire: Wire,
    home: Home,
    contexts: Contexts,
    /// Of the flow at hand.
    context: Context,
    public: Url,
    digest: Digest,
    is_fresh: bool,
    page_limit: Option<Duration>,
    /// Secrets typed in this flow.
    typed: Vec<String>,
    /// One of them can be read on the page: no picture of it.
    is_exposed: bool,
}

impl ChromeSession {
    /// Ready for its first flow, with the first page and the first picture behind it.
    pub async fn new(
        wire: Wire,
        home: Home,
        mut contexts: Contexts,
        target: &Target,
    ) -> Result<Self, BrowserTrouble> {
        let digest = Digest::new(target.public_url.clone(), String::new());
        let context = contexts.create().await?;
        // the tab that every browser begins with belongs to no context of ours
        wire.delete("window", CALL).await.map_err(in_setup)?;
        let mut session = Self {
            wire,
            home,
            contexts,
            context,
            public: target.public_url.clone(),
            digest,
            is_fresh: true,
            page_limit: None,
            typed: Vec::new(),
            is_exposed: false,
        };
        session.enter().await?;
        session.warm().await?;
        Ok(session)
    }

    /// Goes to the context's tab.
    async fn enter(&mut self) -> Result<(), BrowserTrouble> {
        let tab = json!({ "handle": self.context.tab });
        self.wire
            .post("window", tab, CALL)
            .await
            .map_err(in_setup)?;
        self.prepare_tab().await
    }

    /// What every new tab needs.
    async fn prepare_tab(&mut self) -> Result<(), BrowserTrouble> {
        let (width, height) = VIEWPORT;
        for (cmd, params) in [
            (
                "Page.addScriptToEvaluateOnNewDocument",
                json!({ "source": include_str!("still.js") }),
            ),
            (
                "Emulation.setDeviceMetricsOverride",
                json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
            ),
        ] {
            self.wire.cdp(cmd, params, CALL).await.map_err(in_setup)?;
        }
        // the driver names a tab as the browser does its top frame
        self.digest = Digest::new(self.public.clone(), self.context.tab.clone());
        Ok(())
    }

    /// The first page and the first picture of a browser are slow: let them be neither the node's nor the release's.
    async fn warm(&mut self) -> Result<(), BrowserTrouble> {
        let page = "data:text/html,<title>warm</title><form><label>a <input></label><button>b</button></form>";
        for url in [page, "about:blank"] {
            self.wire
                .post("url", json!({ "url": url }), CALL)
                .await
                .map_err(in_setup)?;
            self.shoot(json!({ "format": "jpeg", "quality": 70 }))
                .await?;
        }
        // no page was ever open here
        let forget = self
            .wire
            .cdp("Page.resetNavigationHistory", json!({}), CALL);
        forget.await.map_err(in_setup)?;
        self.log("performance").await.map(drop).map_err(in_setup)
    }

    async fn log(&self, kind: &str) -> Result<Vec<Value>, Snag> {
        let entries = self
            .wire
            .post("se/log", json!({ "type": kind }), CALL)
            .await?;
        match entries {
            Value::Array(entries) => Ok(entries),
            _ => Ok(Vec::new()),
        }
    }

    /// Tries until it works or `deadline`; `Some` says why the page did not let it be done.
    async fn act(
        &mut self,
        step: &Step,
        values: Values<'_>,
        limit: Duration,
        deadline: Instant,
    ) -> Result<Option<String>, BrowserTrouble> {
        loop {
            let tried = try_step(&self.wire, &self.public, step, values, limit + GRACE).await;
            match tried {
                Ok(()) => return Ok(None),
                Err(Snag::Again(why)) if Instant::now() >= deadline => return Ok(Some(why)),
                Err(Snag::Again(_)) => tokio::time::sleep(POLL).await,
                Err(other) => return self.refusal(other, limit).await.map(Some),
            }
        }
    }

    /// What a snag says about the page; an alert is read and closed.
    async fn refusal(&mut self, snag: Snag, limit: Duration) -> Result<String, BrowserTrouble> {
        match snag {
            Snag::Again(why) => Ok(why),
            Snag::Slow => Ok(format!(
                "the page did not finish loading within {}",
                spoken(limit)
            )),
            Snag::NotLoaded(error) => Ok(format!("the page could not be loaded: {error}")),
            Snag::Trouble(trouble) => Err(self.with_words(trouble)),
            Snag::Alert => {
                let text = self.wire.get("alert/text", CALL).await;
                let closed = self.wire.post("alert/dismiss", json!({}), CALL).await;
                match (text, closed) {
                    (Err(Snag::Trouble(trouble)), _) | (_, Err(Snag::Trouble(trouble))) => {
                        Err(self.with_words(trouble))
                    }
                    (Ok(Value::String(text)), _) => {
                        Ok(format!("the page raised an alert: \"{text}\""))
                    }
                    _ => Ok("the page raised an alert".to_owned()),
                }
            }
        }
    }

    /// Waits until the page is at rest, and returns where that is; a refusal if it did not come to rest well.
    async fn settle(
        &mut self,
        after_click: bool,
        limit: Duration,
        deadline: Instant,
    ) -> Result<(String, Option<String>), BrowserTrouble> {
        let mut refused = None;
        let pause = if after_click { AFTER_CLICK_MS } else { 0 };
        let args = json!(["settle", pause, REST.as_millis() as u64, self.typed]);
        loop {
            let at_rest = self.wire.page_later(args.clone(), limit + GRACE).await;
            let is_over = Instant::now() >= deadline;
            match at_rest {
                Ok(state) => {
                    self.drain(limit).await?;
                    if self.digest.is_loading() && !is_over {
                        tokio::time::sleep(POLL).await;
                        continue;
                    }
                    self.is_exposed = state["exposed"] == true;
                    let url = state["url"].as_str().unwrap_or_default().to_owned();
                    return Ok((url, refused));
                }
                Err(Snag::Again(_)) if !is_over => tokio::time::sleep(POLL).await,
                Err(snag) => {
                    let may_go_on = matches!(snag, Snag::Alert);
                    let why = self.refusal(snag, limit).await?;
                    refused.get_or_insert(why);
                    if !may_go_on || is_over {
                        self.drain(limit).await?;
                        return Ok((String::new(), refused));
                    }
                }
            }
        }
    }

    async fn drain(&mut self, limit: Duration) -> Result<(), BrowserTrouble> {
        match self.log("performance").await {
            Ok(entries) => {
                for entry in &entries {
                    if let Some(message) = entry["message"].as_str() {
                        self.digest.feed(message);
                    }
                }
                Ok(())
            }
            // the next call meets it again and says so
            Err(Snag::Alert | Snag::Again(_) | Snag::Slow) => Ok(()),
            Err(snag) => self.refusal(snag, limit).await.map(drop),
        }
    }

    async fn console(&self) -> Vec<ConsoleLine> {
        let entries = self.log("browser").await.unwrap_or_default();
        entries
            .iter()
            .map(|entry| ConsoleLine {
                level: entry["level"].as_str().unwrap_or_default().to_lowercase(),
                text: entry["message"]
                    .as_str()
                    .unwrap_or_default()
                    .chars()
                    .take(LONGEST_LINE)
                    .collect(),
            })
            // `debug` is the browser's own advice to authors
            .filter(|line| line.level != "debug" && !line.text.contains("/favicon.ico"))
            .take(MOST_LINES)
            .collect()
    }

    async fn shoot(&self, params: Value) -> Result<Bytes, BrowserTrouble> {
        let failed = |detail: String| {
            BrowserTrouble::new("the browser took no picture of the page").because(detail)
        };
        let shot = match self.wire.cdp("Page.captureScreenshot", params, CALL).await {
            Ok(shot) => shot,
            Err(Snag::Trouble(trouble)) => return Err(trouble),
            Err(snag) => return Err(failed(format!("{snag:?}"))),
        };
        BASE64_STANDARD
            .decode(shot["data"].as_str().unwrap_or_default())
            .map(Bytes::from)
            .map_err(|error| failed(error.to_string()))
    }

    /// Whether a secret can be read on the page as it is now. The page may have moved on since it was at rest, so this
    /// is asked after each picture; one that cannot be asked counts as showing it.
    async fn is_exposed_now(&mut self) -> Result<bool, BrowserTrouble> {
        if !self.typed.is_empty() {
            let asked = json!(["exposed", self.typed]);
            self.is_exposed |= match self.wire.page(asked, CALL).await {
                Ok(exposed) => exposed != false,
                Err(Snag::Trouble(trouble)) => return Err(self.with_words(trouble)),
                Err(_) => true,
            };
        }
        Ok(self.is_exposed)
    }

    async fn full_page(&self) -> Option<Bytes> {
        let metrics = self
            .wire
            .cdp("Page.getLayoutMetrics", json!({}), CALL)
            .await
            .ok()?;
        let size = &metrics["cssContentSize"];
        let height = size["height"].as_f64()?.clamp(1.0, HIGHEST_PAGE);
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1 });
        let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        self.shoot(params).await.ok()
    }

    fn with_words(&self, mut trouble: BrowserTrouble) -> BrowserTrouble {
        let words = self.home.words();
        if !words.is_empty() {
            let detail = trouble.detail.get_or_insert_default();
            *detail = format!("{detail}\n{words}").trim().to_owned();
        }
        trouble
    }
}

#[async_trait]
impl BrowserSession for ChromeSession {
    async fn begin_flow(&mut self, session: Session) -> Result<(), BrowserTrouble> {
        let is_fresh = std::mem::take(&mut self.is_fresh);
        match session {
            Session::Continued => return Ok(()),
            Session::Fresh if is_fresh => return Ok(()),
            Session::Fresh => {}
        }
        self.typed.clear();
        self.is_exposed = false;
        let next = self.contexts.create().await?;
        let former = std::mem::replace(&mut self.context, next);
        self.enter().await?;
        self.contexts.dispose(former).await?;
        self.log("performance").await.map_err(in_setup)?;
        self.console().await;
        Ok(())
    }

    async fn step(
        &mut self,
        step: &Step,
        values: Values<'_>,
        limit: Duration,
    ) -> Result<StepSeen, BrowserTrouble> {
        let deadline = Instant::now() + limit;
        if self.page_limit != Some(limit) {
            let ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            self.wire
                .post("timeouts", json!({ "pageLoad": ms }), CALL)
                .await
                .map_err(in_setup)?;
            self.page_limit = Some(limit);
        }
        if let Act::Fill {
            with: with @ Text::Secret(_),
            ..
        } = &step.act
        {
            self.typed.extend(values.text(with));
        }
        let refused = self.act(step, values, limit, deadline).await?;
        let is_click = matches!(step.act, Act::Click { .. });
        let (mut url, unsettled) = self.settle(is_click, limit, deadline).await?;
        // an error page of the browser's own hides where it belongs to
        if !url.starts_with("http")
            && let Ok(Value::String(asked)) = self.wire.get("url", CALL).await
        {
            url = asked;
        }
        let console = self.console().await;
        let seen = self.digest.take();
        let not_loaded = seen
            .not_loaded
            .map(|(error, at)| format!("the page {at} could not be loaded: {error}"));
        Ok(StepSeen {
            refused: not_loaded.or(refused).or(unsettled),
            url,
            status: self.digest.status(),
            loaded: seen.loaded,
            console,
            failed_requests: seen.failed_requests,
            answered_by: seen.answered_by.into_iter().collect(),
            ..StepSeen::default()
        })
    }

    async fn picture(&mut self) -> Result<Option<Bytes>, BrowserTrouble> {
        if self.is_exposed {
            return Ok(None);
        }
        let params = json!({ "format": "jpeg", "quality": 70 });
        let picture = self.shoot(params).await?;
        Ok((!self.is_exposed_now().await?).then_some(picture))
    }

    async fn evidence(&mut self) -> PageEvidence {
        let mut full_page = None;
        if !self.is_exposed {
            let whole = self.full_page().await;
            let hidden = matches!(self.is_exposed_now().await, Ok(false));
            full_page = whole.filter(|_| hidden);
        }
        let source = self.wire.get("source", CALL).await.ok();
        PageEvidence {
            full_page,
            source: source.and_then(|source| source.as_str().map(str::to_owned)),
            archive: None,
        }
    }

    async fn close(self: Box<Self>) {
        self.home.end().await;
    }
}

fn in_setup(snag: Snag) -> BrowserTrouble {
    match snag {
        Snag::Trouble(trouble) => trouble,
        other => {
            BrowserTrouble::new("the browser could not be made ready").because(format!("{other:?}"))
        }
    }
}
