//! Chromium through its driver.
//!
//! Every session has a browser of its own, here below a driver, in a folder and, as root, with an unprivileged user of
//! its own, or on a Grid; the public name leads to the node under test and every other name nowhere, by the browser's
//! own rules or, where those do not reach, by a proxy of ours. Every flow has a fresh context in it. Nothing survives
//! a session, however it ends.

/// The driver's process.
mod driver;

/// Whose process the browser is.
mod user;

/// Browsers of a Selenium Grid.
pub mod grid;

/// Whose the browser's process is.
mod home;

/// What a browser is asked for.
mod capabilities;

/// Single calls to the driver.
mod wire;

/// Fresh contexts of one browser.
mod contexts;

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
use async_trait::async_trait;
use capabilities::Isolation;
use contexts::Contexts;
use driver::Driver;
use grid::{GridSettings, Leased};
use home::Home;
use session::ChromeSession;
use std::{path::PathBuf, sync::Arc, time::Duration};
use wire::Endpoint;

const CONNECT_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSettings {
    pub chromedriver: PathBuf,
    pub chromium: PathBuf,
    /// Only where the browser's own sandbox cannot work.
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
    /// Where Debian puts them.
    fn default() -> Self {
        Self {
            chromedriver: "/usr/bin/chromedriver".into(),
            chromium: "/usr/bin/chromium".into(),
            no_sandbox: false,
            user: None,
            temp_dir: std::env::temp_dir(),
            grid: None,
            proxy: ProxySettings::default(),
        }
    }
}

pub struct Chrome {
    settings: BrowserSettings,
    guard: Arc<Guard>,
}

impl Chrome {
    pub fn new(settings: BrowserSettings, guard: Arc<Guard>) -> Self {
        Self { settings, guard }
    }
}

#[async_trait]
impl Browser for Chrome {
    async fn start(&self, target: &Target) -> Result<Box<dyn BrowserSession>, BrowserTrouble> {
        let session = match &self.settings.grid {
            None => self.here(target).await?,
            Some(grid) => self.on_grid(grid, target).await?,
        };
        Ok(Box::new(session))
    }
}

impl Chrome {
    async fn here(&self, target: &Target) -> Result<ChromeSession, BrowserTrouble> {
        let driver = Driver::start(&self.settings, Arc::clone(&self.guard)).await?;
        let proxy = self.proxy(target).await?;
        let wishes = capabilities::capabilities(
            isolation(target, proxy.as_ref()),
            &self.settings.chromium,
            &driver.profile(),
            self.settings.no_sandbox,
        );
        let endpoint = Endpoint::here(driver.port())?;
        let (wire, granted) =
            endpoint
                .connect(wishes, CONNECT_LIMIT)
                .await
                .map_err(|mut trouble| {
                    let words = driver.words();
                    let detail = trouble.detail.get_or_insert_default();
                    *detail = format!("{detail}\n{words}").trim().to_owned();
                    trouble
                })?;
        let debugger = granted["goog:chromeOptions"]["debuggerAddress"].as_str();
        let socket = endpoint.socket(debugger.unwrap_or_default()).await?;
        let contexts = Contexts::open(socket).await?;
        ChromeSession::new(wire, Home::Here(driver), contexts, target, proxy).await
    }

    async fn on_grid(
        &self,
        grid: &GridSettings,
        target: &Target,
    ) -> Result<ChromeSession, BrowserTrouble> {
        let proxy = self.proxy(target).await?;
        let mut wishes = capabilities::capabilities(
            isolation(target, proxy.as_ref()),
            &self.settings.chromium,
            &self.settings.temp_dir,
            self.settings.no_sandbox,
        );
        let name = format!("pitlane {} at {}", target.public_url, target.node);
        grid::for_grid(&mut wishes, &name);
        let endpoint = Endpoint::elsewhere(grid.url.clone(), grid.authorization.clone())?;
        let (wire, _) = endpoint.connect(wishes, grid::CONNECT_LIMIT).await?;
        // from here on dropping it deletes it
        let leased = Leased::new(wire.clone());
        let contexts = Contexts::open(wire.devtools()?).await?;
        ChromeSession::new(wire, Home::Grid(leased), contexts, target, proxy).await
    }

    /// Where resolver rules do not reach, and on a Grid always if its machines are given one to ask.
    async fn proxy(&self, target: &Target) -> Result<Option<SessionProxy>, BrowserTrouble> {
        let through =
            self.settings.grid.is_some() && self.settings.proxy != ProxySettings::default();
        if target.rules_suffice() && !through {
            return Ok(None);
        }
        SessionProxy::start(target, &self.settings.proxy)
            .await
            .map(Some)
    }
}

fn isolation<'a>(target: &'a Target, proxy: Option<&'a SessionProxy>) -> Isolation<'a> {
    proxy.map_or(Isolation::Rules(target), Isolation::Proxy)
}
