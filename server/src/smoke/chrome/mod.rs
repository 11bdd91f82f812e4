//! Chromium through its driver.
//!
//! Every session has a driver, a browser, a folder and, as root, an unprivileged user of its own; the public name
//! leads to the node under test and every other name nowhere, by the browser's own rules or, where those do not reach,
//! by a proxy of ours. Nothing survives a session, however it ends.

/// The driver's process.
mod driver;

/// Whose process the browser is.
mod user;

/// What a browser is asked for.
mod capabilities;

/// Single calls to the driver.
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

/// Steps and what was seen.
mod session;

use super::{
    Browser, BrowserSession, BrowserTrouble, Target,
    proxy::{ProxySettings, SessionProxy},
};
use crate::guard::Guard;
use async_trait::async_trait;
use capabilities::Isolation;
use driver::Driver;
use session::ChromeSession;
use std::{path::PathBuf, sync::Arc};
use wire::Wire;

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
        let driver = Driver::start(&self.settings, Arc::clone(&self.guard)).await?;
        let proxy = if target.rules_suffice() {
            None
        } else {
            Some(SessionProxy::start(target, &ProxySettings::default()).await?)
        };
        let isolation = proxy
            .as_ref()
            .map_or(Isolation::Rules(target), Isolation::Proxy);
        let wishes = capabilities::capabilities(
            isolation,
            &self.settings.chromium,
            &driver.profile(),
            self.settings.no_sandbox,
        );
        let wire = Wire::connect(&driver.url(), wishes)
            .await
            .map_err(|mut trouble| {
                let words = driver.words();
                let detail = trouble.detail.get_or_insert_default();
                *detail = format!("{detail}\n{words}").trim().to_owned();
                trouble
            })?;
        let session = ChromeSession::new(wire, driver, target, proxy).await?;
        Ok(Box::new(session))
    }
}
