//! One browser: how it is made ready, and what it plays its role with.

use super::{
    capabilities::VIEWPORT,
    driver::Driver,
    network::Digest,
    spot::Spot,
    wire::{Snag, Wire},
};
use crate::smoke::{BrowserSession, BrowserTrouble, PageEvidence, StepSeen, Target, Values};
use app::model::smoke::{Step, Viewport};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::bytes::Bytes;
use url::Url;

/// Between two tries.
pub(super) const POLL: Duration = Duration::from_millis(15);
/// What a call may take that waits for nothing in the page.
pub(super) const CALL: Duration = Duration::from_secs(10);
/// What a call may take beyond the page's own limit.
pub(super) const GRACE: Duration = Duration::from_secs(3);
/// How long a page may take to come to rest for its picture.
pub(super) const REST: Duration = Duration::from_secs(2);
const STANDARD_VIEW: Viewport = Viewport {
    width: VIEWPORT.0,
    height: VIEWPORT.1,
    scale_percent: 100,
    mobile: false,
    touch: false,
};

pub struct ChromeSession {
    pub(super) wire: Wire,
    driver: Driver,
    pub(super) public: Url,
    pub(super) digest: Digest,
    is_fresh: bool,
    pub(super) page_limit: Option<Duration>,
    pub(super) spot: Spot,
    /// Where it was when that could last be asked.
    pub(super) url: String,
    /// Secrets used in this flow.
    pub(super) typed: Vec<String>,
    /// One of them can be read on the page: no picture of it.
    pub(super) is_exposed: bool,
}

impl ChromeSession {
    pub async fn new(wire: Wire, driver: Driver, target: &Target) -> Result<Self, BrowserTrouble> {
        let digest = Digest::new(target.public_url.clone(), String::new());
        let mut session = Self {
            wire,
            driver,
            public: target.public_url.clone(),
            digest,
            is_fresh: true,
            page_limit: None,
            typed: Vec::new(),
            is_exposed: false,
            spot: Spot::nowhere(),
            url: String::new(),
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
        let all = self
            .wire
            .get("window/handles", CALL)
            .await
            .map_err(in_setup)?;
        let all = all.as_array().into_iter().flatten();
        let all = all.filter_map(|one| one.as_str().map(str::to_owned));
        self.spot = Spot::new(frame.clone(), all.collect(), STANDARD_VIEW);
        self.spot
            .prepare(&self.wire, CALL)
            .await
            .map_err(in_setup)?;
        self.digest = Digest::new(self.public.clone(), frame);
        Ok(())
    }

    /// Windows that the flow opened; a dialog in one of them is nobody's business any more.
    async fn close_others(&mut self) -> Result<(), BrowserTrouble> {
        self.spot.dialog = None;
        let windows = self
            .spot
            .windows(&self.wire, CALL)
            .await
            .map_err(in_setup)?;
        for window in windows.iter().filter(|one| **one != self.spot.window) {
            let handle = json!({ "handle": window });
            self.wire
                .post("window", handle, CALL)
                .await
                .map_err(in_setup)?;
            self.wire.delete("window", CALL).await.map_err(in_setup)?;
        }
        if windows.len() > 1 {
            let handle = json!({ "handle": self.spot.window });
            self.wire
                .post("window", handle, CALL)
                .await
                .map_err(in_setup)?;
        }
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
            self.viewport_picture().await?;
        }
        self.log("performance").await.map(drop).map_err(in_setup)
    }

    pub(super) async fn log(&self, kind: &str) -> Result<Vec<Value>, Snag> {
        let entries = self
            .wire
            .post("se/log", json!({ "type": kind }), CALL)
            .await?;
        match entries {
            Value::Array(entries) => Ok(entries),
            _ => Ok(Vec::new()),
        }
    }

    pub(super) fn with_words(&self, mut trouble: BrowserTrouble) -> BrowserTrouble {
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
        self.url.clear();
        if std::mem::take(&mut self.is_fresh) {
            return Ok(());
        }
        if std::mem::take(&mut self.spot.holds) {
            // whatever was held down is let go, as far as the page lets that happen
            self.wire.delete("actions", CALL).await.ok();
        }
        self.close_others().await?;
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
        self.do_step(step, values, limit).await
    }

    async fn picture(&mut self) -> Result<Option<Bytes>, BrowserTrouble> {
        self.viewport_picture().await
    }

    async fn evidence(&mut self) -> PageEvidence {
        self.page_evidence().await
    }

    async fn close(self: Box<Self>) {
        let Self { wire, driver, .. } = *self;
        drop(wire);
        driver.end().await;
    }
}

pub(super) fn in_setup(snag: Snag) -> BrowserTrouble {
    match snag {
        Snag::Trouble(trouble) => trouble,
        other => {
            BrowserTrouble::new("the browser could not be made ready").because(format!("{other:?}"))
        }
    }
}
