//! One browser: steps, what was seen, pictures.

use super::{
    act::{Doing, repeats, try_step},
    capabilities::VIEWPORT,
    driver::Driver,
    network::{Digest, Lost, Witness},
    seen::{Acted, Rest, Wished, may_navigate},
    spot::Spot,
    wire::{Snag, Wire},
};
use crate::smoke::{
    BrowserSession, BrowserTrouble, PageEvidence, StepSeen, Target, Values, judge,
    proxy::SessionProxy, variables::interpolate,
};
use app::model::{
    smoke::{Act, ConsoleLine, Step, Viewport},
    time::spoken,
};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::Instant;
use tokio_util::bytes::Bytes;
use url::Url;

/// Between two tries.
const POLL: Duration = Duration::from_millis(15);
/// What a call may take that waits for nothing in the page.
pub(super) const CALL: Duration = Duration::from_secs(10);
/// What a call may take beyond the page's own limit.
const GRACE: Duration = Duration::from_secs(3);
/// How long a page may take to come to rest for its picture.
const REST: Duration = Duration::from_secs(2);
/// A click's navigation begins a moment after it.
const AFTER_CLICK_MS: u64 = 20;
const MOST_LINES: usize = 50;
const LONGEST_LINE: usize = 500;
/// A page that raises more in one step never stops.
const MOST_DIALOGS: usize = 10;
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
    public: Url,
    target: Target,
    /// `None`: resolver rules keep the browser to its node.
    proxy: Option<SessionProxy>,
    digest: Digest,
    is_fresh: bool,
    page_limit: Option<Duration>,
    pub(super) spot: Spot,
    /// Where it was when that could last be asked.
    url: String,
    /// Secrets used in this flow.
    pub(super) typed: Vec<String>,
    /// One of them can be read on the page: no picture of it.
    pub(super) is_exposed: bool,
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
        let witness = match self.proxy {
            None => Witness::Browser,
            Some(_) => Witness::Proxy,
        };
        self.digest = Digest::new(self.target.clone(), witness, frame);
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

    /// Tries until it works or `deadline`.
    async fn act(
        &mut self,
        step: &Step,
        values: Values<'_>,
        limit: Duration,
        deadline: Instant,
    ) -> Result<Acted, BrowserTrouble> {
        let begun = Instant::now();
        let mut acted = Acted::default();
        loop {
            acted.tries += 1;
            acted.waited = begun.elapsed();
            let mut doing = Doing {
                wire: &self.wire,
                public: &self.public,
                values,
                spot: &mut self.spot,
                limit: limit + GRACE,
                used: Vec::new(),
                found: false,
                found_by: None,
            };
            let tried = try_step(&mut doing, step).await;
            let Doing {
                used,
                found,
                found_by,
                ..
            } = doing;
            self.typed.extend(used);
            (acted.found, acted.found_by) = (found, found_by);
            let why = match tried {
                Ok(value) => {
                    acted.value = value;
                    return Ok(acted);
                }
                Err(Snag::Again(why)) => why,
                Err(Snag::Refused(why)) if repeats(&step.act) => why,
                Err(Snag::NoAlert) => "the page has no dialog open".to_owned(),
                Err(Snag::Gone) => "the window or the frame it was in has gone".to_owned(),
                Err(Snag::Alert) => {
                    // settling meets it again, and knows what becomes of it
                    acted.met_dialog = true;
                    return Ok(acted);
                }
                Err(other) => {
                    acted.refused = Some(self.refusal(other, limit)?);
                    return Ok(acted);
                }
            };
            if Instant::now() >= deadline {
                acted.refused = Some(why);
                return Ok(acted);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// What a snag says about the page.
    fn refusal(&self, snag: Snag, limit: Duration) -> Result<String, BrowserTrouble> {
        match snag {
            Snag::Again(why) | Snag::Refused(why) | Snag::No(why) => Ok(why),
            Snag::Threw(why) => Ok(format!("a script failed: {why}")),
            Snag::Slow => Ok(format!(
                "the page did not finish loading within {}",
                spoken(limit)
            )),
            Snag::NotLoaded(error) => Ok(format!("the page could not be loaded: {error}")),
            Snag::Alert => Ok("the page raised an alert".to_owned()),
            Snag::NoAlert => Ok("the page has no dialog open".to_owned()),
            Snag::Gone => Ok("the window has gone".to_owned()),
            Snag::Trouble(trouble) => Err(self.with_words(trouble)),
        }
    }

    /// Waits until the page is at rest and tells what it is like then.
    async fn settle(
        &mut self,
        step: &Step,
        found: bool,
        values: Values<'_>,
        limit: Duration,
        deadline: Instant,
    ) -> Result<Rest, BrowserTrouble> {
        let mut rest = Rest::default();
        let pause = if may_navigate(&step.act) {
            AFTER_CLICK_MS
        } else {
            0
        };
        // it was expected, and nobody closes it
        let mut is_over_with = matches!(step.act, Act::ExpectDialog { .. });
        loop {
            let args = json!(["settle", {
                "pause": pause,
                "limit": REST.as_millis() as u64,
                "secrets": self.typed,
                "masks": step.mask,
                "found": found,
            }]);
            let at_rest = self.wire.page_later(args, limit + GRACE).await;
            let is_over = Instant::now() >= deadline;
            match at_rest {
                Ok(state) => {
                    self.drain(limit).await?;
                    if self.digest.is_loading() && !is_over {
                        tokio::time::sleep(POLL).await;
                        continue;
                    }
                    rest.take(&state);
                    if rest.url.is_some() {
                        // it is at the top, though a frame may have been gone into: the frame has gone
                        self.spot.at_top();
                    }
                    self.is_exposed = self.is_exposed_in(&state).await?;
                    return Ok(rest);
                }
                Err(Snag::Again(_)) if !is_over => tokio::time::sleep(POLL).await,
                Err(Snag::Gone) if !is_over => {
                    let recovered = self.spot.recover(&self.wire, CALL).await;
                    if let Err(snag) = recovered {
                        rest.refused.get_or_insert(self.refusal(snag, limit)?);
                        return Ok(rest);
                    }
                    self.digest.look_at(&self.spot.window);
                }
                Err(Snag::Alert) => {
                    let text = self.dialog_text().await?;
                    rest.dialogs.push(text.clone());
                    if values.dialog_follows {
                        self.spot.dialog = Some(text);
                        return Ok(rest);
                    }
                    if !std::mem::take(&mut is_over_with) {
                        rest.refused
                            .get_or_insert(format!("the page raised an alert: \"{text}\""));
                    }
                    if rest.dialogs.len() >= MOST_DIALOGS {
                        rest.refused = Some(format!(
                            "the page raises one dialog after the other; the first said \"{}\"",
                            rest.dialogs[0]
                        ));
                        self.spot.dialog = Some(text);
                        return Ok(rest);
                    }
                    self.dismiss().await?;
                }
                Err(snag) => {
                    let why = self.refusal(snag, limit)?;
                    rest.refused.get_or_insert(why);
                    self.drain(limit).await?;
                    return Ok(rest);
                }
            }
        }
    }

    async fn dialog_text(&self) -> Result<String, BrowserTrouble> {
        match self.wire.get("alert/text", CALL).await {
            Ok(Value::String(text)) => Ok(text.chars().take(LONGEST_LINE).collect()),
            Err(Snag::Trouble(trouble)) => Err(self.with_words(trouble)),
            // it has closed by itself, or says nothing
            Ok(_) | Err(_) => Ok(String::new()),
        }
    }

    async fn dismiss(&mut self) -> Result<(), BrowserTrouble> {
        self.spot.dialog = None;
        match self.wire.post("alert/dismiss", json!({}), CALL).await {
            Err(Snag::Trouble(trouble)) => Err(self.with_words(trouble)),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// A new window, if one opens in time.
    async fn opened(
        &self,
        before: &[String],
        limit: Duration,
    ) -> Result<Option<String>, BrowserTrouble> {
        let deadline = Instant::now() + limit;
        loop {
            match self.spot.windows(&self.wire, CALL).await {
                Ok(now) => {
                    let new = now.into_iter().find(|window| !before.contains(window));
                    if new.is_some() || Instant::now() >= deadline {
                        return Ok(new);
                    }
                }
                Err(Snag::Trouble(trouble)) => return Err(self.with_words(trouble)),
                Err(_) => return Ok(None),
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until another document is shown, or the same one under another address.
    async fn navigated(
        &self,
        wanted: &Wished,
        before: &Value,
        deadline: Instant,
    ) -> Result<Option<String>, BrowserTrouble> {
        loop {
            let why = match self.wire.page(json!(["where"]), CALL).await {
                Ok(now) if now["url"] == before["url"] && now["began"] == before["began"] => {
                    "no page was loaded by it".to_owned()
                }
                Ok(now) => match wanted.otherwise(&now) {
                    None => return Ok(None),
                    Some(why) => why,
                },
                Err(Snag::Trouble(trouble)) => return Err(self.with_words(trouble)),
                Err(_) => "the page changed while it was looked at".to_owned(),
            };
            if Instant::now() >= deadline {
                return Ok(Some(why));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The page load and script limits are the step's.
    async fn bound(&mut self, limit: Duration) -> Result<(), BrowserTrouble> {
        if self.page_limit != Some(limit) {
            let ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            // settling needs its time whatever the step has
            let script = limit.max(REST + Duration::from_millis(500));
            let script = u64::try_from(script.as_millis()).unwrap_or(u64::MAX);
            let limits = json!({ "pageLoad": ms, "script": script });
            match self.wire.post("timeouts", limits, CALL).await {
                Ok(_) => self.page_limit = Some(limit),
                // the step meets it too
                Err(Snag::Alert) => {}
                Err(snag) => return Err(in_setup(snag)),
            }
        }
        Ok(())
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
            Err(Snag::Alert | Snag::Again(_) | Snag::Slow | Snag::Gone) => Ok(()),
            Err(snag) => self.refusal(snag, limit).map(drop),
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
        let deadline = Instant::now() + limit;
        let is_pause = matches!(step.act, Act::Pause { .. });
        if step.act.leaves_page_alone() && !is_pause {
            let acted = self.act(step, values, limit, deadline).await?;
            return Ok(StepSeen {
                url: self.url.clone(),
                status: self.digest.status(),
                ..acted.seen()
            });
        }
        self.bound(limit).await?;
        if let (Some(_), Some(place)) = (&step.navigates, &step.place) {
            // doing the step says what is wrong with it
            let url = place.window.as_ref();
            let url = url.map(|url| interpolate(url, &values).text);
            self.spot.go(&self.wire, place, url, CALL).await.ok();
        }
        let before = match &step.navigates {
            None => None,
            Some(navigates) => Some((
                Wished::new(navigates, &values),
                self.wire
                    .page(json!(["where"]), CALL)
                    .await
                    .unwrap_or_default(),
            )),
        };
        let windows = match step.opens {
            None => Vec::new(),
            Some(_) => self
                .spot
                .windows(&self.wire, CALL)
                .await
                .unwrap_or_default(),
        };
        let acted = self.act(step, values, limit, deadline).await?;
        self.digest.look_at(&self.spot.window);
        let mut seen = acted.seen();
        if seen.refused.is_none()
            && let Some(new) = &step.opens
        {
            let in_time = Duration::from_millis(new.limit_ms);
            seen.opened = self.opened(&windows, in_time).await?;
            if seen.opened.is_none() {
                seen.refused = Some(format!("no window opened within {}", spoken(in_time)));
            }
        }
        if seen.refused.is_none()
            && let Some((wanted, before)) = &before
        {
            seen.refused = self.navigated(wanted, before, deadline).await?;
        }
        let settling = Instant::now();
        let rest = self
            .settle(step, acted.found, values, limit, deadline)
            .await?;
        seen.settled = settling.elapsed();
        if acted.met_dialog && rest.dialogs.is_empty() {
            seen.refused = Some("the page raised an alert".to_owned());
        }
        seen.dialogs = rest.dialogs;
        (seen.element, seen.masked) = (rest.element, rest.masked);
        let mut unsettled = rest.refused;
        if self.spot.dialog.is_none() {
            self.url = match rest.url {
                // an error page of the browser's own hides where it belongs to, and a frame where it lies in
                Some(url) if url.starts_with("http") => url,
                other => match self.wire.get("url", CALL).await {
                    Ok(Value::String(asked)) => asked,
                    _ => other.unwrap_or_default(),
                },
            };
            (seen.console, seen.script_errors) = self.console().await;
        } else {
            seen.settled = Duration::ZERO;
            unsettled = unsettled.filter(|_| !values.dialog_follows);
        }
        let of_network = self.digest.take();
        let not_loaded = of_network.not_loaded.map(|lost| self.why_lost(&lost));
        Ok(StepSeen {
            refused: not_loaded.or(seen.refused).or(unsettled),
            url: self.url.clone(),
            status: self.digest.status(),
            loaded: of_network.loaded,
            failed_requests: of_network.failed_requests,
            answered_by: self.answered_by(of_network.answered_by),
            ..seen
        })
    }

    async fn picture(&mut self) -> Result<Option<Bytes>, BrowserTrouble> {
        self.viewport_picture().await
    }

    async fn evidence(&mut self) -> PageEvidence {
        self.page_evidence().await
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
