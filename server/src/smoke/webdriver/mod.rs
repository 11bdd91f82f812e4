//! Browsers through their drivers: Chromium, and Firefox.
//!
//! Every session has a browser of its own, here below a driver, in a folder and, as root, with an unprivileged user of
//! its own, or on a Grid; the public name leads to the node under test and every other name nowhere, by the browser's
//! own rules or, where those do not reach, by a proxy of ours. Every flow has a fresh context in it. Nothing survives
//! a session, however it ends.
//!
//! What the standard has calls for is done alike in all browsers; the rest is in `own`.

/// What Chromium is asked for.
mod chromium;

/// What Firefox is asked for.
mod firefox;

/// The driver's process.
mod driver;

/// Which user the browser runs as.
mod user;

/// Browsers of a Selenium Grid.
pub mod grid;

/// What a session's browser ends with: our driver, or the Grid's lease.
mod home;

/// Single calls to the driver.
mod line;

/// Why one did not do what it should.
mod snag;

/// What the standard has no calls for.
mod own;

/// All that is said to one browser.
mod wire;

/// One try at one step.
mod act;

/// Which address answered, with what.
mod network;

/// The window and the frame the browser is in.
mod spot;

/// What a step came to, and how the page was then.
mod seen;

/// Pictures, and what is kept of a page that failed.
mod evidence;

/// A page's archive with its texts in the open.
mod mhtml;

/// Doing a step until its limit.
mod steps;

/// Until the page is at rest.
mod rest;

/// What browser and proxy know about its requests.
mod witness;

/// How a browser is made ready for a flow.
mod session;

use super::{
    Browser, BrowserSession, BrowserTrouble, Target,
    proxy::{ProxySettings, SessionProxy},
};
use crate::guard::Guard;
use app::model::smoke::Front;
use async_trait::async_trait;
use chromium::Isolation;
use driver::{Driver, Reach};
use grid::{GridSettings, Leased};
use home::Home;
use line::{Endpoint, Line};
use own::{Bidi, Cdp, Own, Socket};
use serde_json::{Map, Value};
use session::Session;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use wire::Wire;

/// Which browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Chromium,
    Firefox,
}

impl Kind {
    /// Firefox takes several times as long to start.
    const fn connect_limit(self) -> Duration {
        match self {
            Self::Chromium => Duration::from_secs(30),
            Self::Firefox => Duration::from_secs(60),
        }
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "chromium" => Ok(Self::Chromium),
            "firefox" => Ok(Self::Firefox),
            _ => Err(format!("`{text}` is neither `chromium` nor `firefox`")),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSettings {
    pub kind: Kind,
    pub driver: PathBuf,
    pub browser: PathBuf,
    /// Only where Chromium's own sandbox cannot work; Firefox does without where it must.
    pub no_sandbox: bool,
    /// Whom the browser runs as when we are root; `None`: `nobody`.
    pub user: Option<String>,
    /// Where each session makes its own folder; whoever the browser runs as must be able to pass through.
    pub temp_dir: PathBuf,
    /// Browsers come from there instead; no driver is started here.
    pub grid: Option<GridSettings>,
    /// Where proxies of sessions listen, and for whom.
    pub proxy: ProxySettings,
}

impl Default for BrowserSettings {
    /// Chromium where Debian puts it.
    fn default() -> Self {
        Self {
            kind: Kind::Chromium,
            driver: "/usr/bin/chromedriver".into(),
            browser: "/usr/bin/chromium".into(),
            no_sandbox: false,
            user: None,
            temp_dir: std::env::temp_dir(),
            grid: None,
            proxy: ProxySettings::default(),
        }
    }
}

pub struct WebDriver {
    settings: BrowserSettings,
    guard: Arc<Guard>,
}

impl WebDriver {
    pub fn new(settings: BrowserSettings, guard: Arc<Guard>) -> Self {
        Self { settings, guard }
    }
}

#[async_trait]
impl Browser for WebDriver {
    async fn start(&self, target: &Target) -> Result<Box<dyn BrowserSession>, BrowserTrouble> {
        let session = match &self.settings.grid {
            None => self.here(target).await?,
            Some(grid) => self.on_grid(grid, target).await?,
        };
        Ok(Box::new(session))
    }
}

impl WebDriver {
    async fn here(&self, target: &Target) -> Result<Session, BrowserTrouble> {
        let reach = match target.front {
            Front::Direct => Reach::Pages,
            Front::Terminate => Reach::Browser,
        };
        let driver = Driver::start(&self.settings, reach, Arc::clone(&self.guard)).await?;
        let proxy = self.proxy(target).await?;
        let wishes = self.wishes(target, proxy.as_ref(), &driver.profile())?;
        let endpoint = Endpoint::here(driver.port())?;
        let (line, granted) = endpoint
            .connect(wishes, self.settings.kind.connect_limit())
            .await
            .map_err(|mut trouble| {
                let words = driver.words();
                let detail = trouble.detail.get_or_insert_default();
                *detail = format!("{detail}\n{words}").trim().to_owned();
                trouble
            })?;
        let own = match self.settings.kind {
            Kind::Chromium => {
                let debugger = granted["goog:chromeOptions"]["debuggerAddress"].as_str();
                let socket = endpoint.socket(debugger.unwrap_or_default()).await?;
                Own::Cdp(Cdp::new(line.clone(), Socket::open(socket).await?))
            }
            Kind::Firefox => {
                let socket = Socket::open(bidi(&granted)?).await?;
                Own::Bidi(Bidi::open(socket).await?)
            }
        };
        self.session(line, own, Home::Here(driver), target, proxy)
            .await
    }

    async fn on_grid(
        &self,
        grid: &GridSettings,
        target: &Target,
    ) -> Result<Session, BrowserTrouble> {
        let proxy = self.proxy(target).await?;
        let mut wishes = self.wishes(target, proxy.as_ref(), &self.settings.temp_dir)?;
        let name = format!("pitlane {} at {}", target.public_url, target.node);
        grid::for_grid(&mut wishes, &name);
        let endpoint = Endpoint::elsewhere(grid.url.clone(), grid.authorization.clone())?;
        let (line, _) = endpoint.connect(wishes, grid::CONNECT_LIMIT).await?;
        // from here on dropping it deletes it
        let leased = Leased::new(line.clone());
        let own = match self.settings.kind {
            Kind::Chromium => {
                let socket = Socket::open(line.socket("se/cdp")?).await?;
                Own::Cdp(Cdp::new(line.clone(), socket))
            }
            Kind::Firefox => {
                let socket = Socket::open(line.socket("se/bidi")?).await?;
                Own::Bidi(Bidi::open(socket).await?)
            }
        };
        self.session(line, own, Home::Grid(leased), target, proxy)
            .await
    }

    async fn session(
        &self,
        line: Line,
        own: Own,
        home: Home,
        target: &Target,
        proxy: Option<SessionProxy>,
    ) -> Result<Session, BrowserTrouble> {
        if let (Kind::Firefox, Some(authority)) = (
            self.settings.kind,
            proxy.as_ref().and_then(SessionProxy::authority),
        ) {
            firefox::trust(&line, authority).await?;
        }
        Session::new(Wire::new(line, own), home, target, proxy).await
    }

    fn wishes(
        &self,
        target: &Target,
        proxy: Option<&SessionProxy>,
        profile: &Path,
    ) -> Result<Map<String, Value>, BrowserTrouble> {
        match (self.settings.kind, proxy) {
            (Kind::Chromium, _) => Ok(chromium::capabilities(
                proxy.map_or(Isolation::Rules(target), Isolation::Proxy),
                &self.settings.browser,
                profile,
                self.settings.no_sandbox,
            )),
            (Kind::Firefox, Some(proxy)) => {
                Ok(firefox::capabilities(proxy, &self.settings.browser))
            }
            (Kind::Firefox, None) => Err(BrowserTrouble::new("Firefox needs a proxy of ours")),
        }
    }

    /// Where resolver rules do not reach, and on a Grid always if its machines are given one to ask.
    async fn proxy(&self, target: &Target) -> Result<Option<SessionProxy>, BrowserTrouble> {
        let through =
            self.settings.grid.is_some() && self.settings.proxy != ProxySettings::default();
        let rules_suffice = match self.settings.kind {
            Kind::Chromium => target.rules_suffice() && !through,
            Kind::Firefox => false,
        };
        if rules_suffice {
            return Ok(None);
        }
        SessionProxy::start(target, &self.settings.proxy)
            .await
            .map(Some)
    }
}

/// The session's socket, as the driver names it.
fn bidi(granted: &Value) -> Result<&str, BrowserTrouble> {
    granted["webSocketUrl"].as_str().ok_or_else(|| {
        BrowserTrouble::new("the browser's driver names no socket of the session: it is too old")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_name() {
        assert_eq!(Kind::parse("firefox"), Ok(Kind::Firefox));
        assert_eq!(
            Kind::parse("Opera"),
            Err("`Opera` is neither `chromium` nor `firefox`".to_owned())
        );
    }
}
