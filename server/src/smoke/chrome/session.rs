//! One browser: steps, what was seen, pictures.

use super::{
    act::try_step,
    capabilities::VIEWPORT,
    driver::Driver,
    network::{Digest, Lost, Witness},
    wire::{Snag, Wire},
};
use crate::smoke::{
    BrowserSession, BrowserTrouble, PageEvidence, StepSeen, Target, Values, judge,
    proxy::SessionProxy,
};
use app::model::{
    smoke::{Act, ConsoleLine, Step, Text},
    time::spoken,
};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
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
    driver: Driver,
    public: Url,
    target: Target,
    /// `None`: resolver rules keep the browser to its node.
    proxy: Option<SessionProxy>,
    digest: Digest,
    is_fresh: bool,
    page_limit: Option<Duration>,
    /// Secrets typed in this flow.
    typed: Vec<String>,
    /// One of them can be read on the page: no picture of it.
    is_exposed: bool,
}

impl ChromeSession {
    pub async fn new(
        wire: Wire,
        driver: Driver,
        target: &Target,
        proxy: Option<SessionProxy>,
    ) -> Result<Self, BrowserTrouble> {
        let digest = Digest::new(target.clone(), Witness::Browser, String::new());
        let mut session = Self {
            wire,
            driver,
            public: target.public_url.clone(),
            target: target.clone(),
            proxy,
            digest,
            is_fresh: true,
            page_limit: None,
            typed: Vec::new(),
            is_exposed: false,
        };
        session.prepare_tab().await?;
        session.warm().await?;
        Ok(session)
    }

    /// What every new tab needs.
    async fn prepare_tab(&mut self) -> Result<(), BrowserTrouble> {
        let handle = self.wire.get("window", CALL).await.map_err(in_setup)?;
        // the driver names a tab as the browser does its top frame
        let frame = handle.as_str().unwrap_or_default().to_owned();
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
        let witness = match self.proxy {
            None => Witness::Browser,
            Some(_) => Witness::Proxy,
        };
        self.digest = Digest::new(self.target.clone(), witness, frame);
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

    /// Lines of the console, and which of them are uncaught errors of scripts.
    async fn console(&self) -> (Vec<ConsoleLine>, Vec<String>) {
        let entries = self.log("browser").await.unwrap_or_default();
        // `debug` is the browser's own advice to authors
        let (lines, errors): (Vec<_>, Vec<_>) = entries
            .iter()
            .map(|entry| {
                let text = entry["message"].as_str().unwrap_or_default();
                let line = ConsoleLine {
                    level: entry["level"].as_str().unwrap_or_default().to_lowercase(),
                    text: text.chars().take(LONGEST_LINE).collect(),
                };
                let is_uncaught = entry["source"] == "javascript" && line.level == "severe";
                (line, is_uncaught)
            })
            .filter(|(line, _)| line.level != "debug" && !line.text.contains("/favicon.ico"))
            .take(MOST_LINES)
            .map(|(line, is_uncaught)| {
                let error = is_uncaught.then(|| line.text.clone());
                (line, error)
            })
            .unzip();
        (lines, errors.into_iter().flatten().collect())
    }

    /// Why a main document did not come; the proxy knows more about it than the browser was told.
    fn why_lost(&self, lost: &Lost) -> String {
        let of_tunnel = || {
            let url = Url::parse(&lost.url).ok()?;
            let asked = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
            self.proxy.as_ref()?.log().failure(&asked)
        };
        let proxy = lost.proxy.clone().or_else(of_tunnel);
        judge::not_loaded(&self.target, &lost.url, &lost.error, proxy.as_deref())
    }

    /// Who answered since this was last asked, in the words of whoever knows.
    fn answered_by(&self, browser: BTreeSet<String>) -> Vec<String> {
        match &self.proxy {
            None => browser.into_iter().collect(),
            Some(proxy) => {
                let answered = proxy.log().answered();
                answered.iter().map(ToString::to_string).collect()
            }
        }
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
        let words = self.driver.words();
        if !words.is_empty() {
            let detail = trouble.detail.get_or_insert_default();
            *detail = format!("{detail}\n{words}").trim().to_owned();
        }
        trouble
    }
}

#[async_trait]
impl BrowserSession for ChromeSession {
    async fn begin_flow(&mut self) -> Result<(), BrowserTrouble> {
        self.typed.clear();
        self.is_exposed = false;
        if std::mem::take(&mut self.is_fresh) {
            return Ok(());
        }
        // a new tab has neither history nor session storage of the old one
        let tab = self
            .wire
            .post("window/new", json!({ "type": "tab" }), CALL)
            .await
            .map_err(in_setup)?;
        self.wire.delete("window", CALL).await.map_err(in_setup)?;
        self.wire
            .post("window", json!({ "handle": tab["handle"] }), CALL)
            .await
            .map_err(in_setup)?;
        let origin = self.public.origin().ascii_serialization();
        for (cmd, params) in [
            ("Network.clearBrowserCookies", json!({})),
            ("Network.clearBrowserCache", json!({})),
            (
                "Storage.clearDataForOrigin",
                json!({ "origin": origin, "storageTypes": "all" }),
            ),
        ] {
            self.wire.cdp(cmd, params, CALL).await.map_err(in_setup)?;
        }
        self.prepare_tab().await?;
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
        let (console, script_errors) = self.console().await;
        let seen = self.digest.take();
        let not_loaded = seen.not_loaded.map(|lost| self.why_lost(&lost));
        Ok(StepSeen {
            refused: not_loaded.or(refused).or(unsettled),
            url,
            status: self.digest.status(),
            loaded: seen.loaded,
            console,
            failed_requests: seen.failed_requests,
            answered_by: self.answered_by(seen.answered_by),
            script_errors,
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

    fn proxy_log(&mut self) -> Option<String> {
        self.proxy.as_ref().map(|proxy| proxy.log().take())
    }

    async fn close(self: Box<Self>) {
        let Self { wire, driver, .. } = *self;
        drop(wire);
        driver.end().await;
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
