//! All that is said to one browser: the standard's calls over the driver's line, and what the standard has none for.

use super::{
    line::Line,
    network::Event,
    own::{self, Context, Network, Own, Shot, Spoken},
};
use crate::smoke::BrowserTrouble;
use app::model::smoke::Viewport;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::{ops::Deref, time::Duration};
use tokio_util::bytes::Bytes;

pub use super::snag::Snag;

pub struct Wire {
    line: Line,
    own: Own,
}

/// The standard's calls.
impl Deref for Wire {
    type Target = Line;

    fn deref(&self) -> &Line {
        &self.line
    }
}

impl Wire {
    pub fn new(line: Line, own: Own) -> Self {
        Self { line, own }
    }

    /// A context that nobody has used, with an empty tab.
    pub async fn create(&self) -> Result<Context, BrowserTrouble> {
        match &self.own {
            Own::Cdp(cdp) => cdp.create().await,
            Own::Bidi(bidi) => bidi.create().await,
        }
    }

    /// Ends a context with all its tabs, workers and data.
    pub async fn dispose(&self, context: Context) -> Result<(), BrowserTrouble> {
        match &self.own {
            Own::Cdp(cdp) => cdp.dispose(context).await,
            Own::Bidi(bidi) => bidi.dispose(context).await,
        }
    }

    /// Whether the tab at hand is again as if no page had ever been open in it.
    pub async fn forget_history(&self, limit: Duration) -> Result<bool, Snag> {
        match &self.own {
            Own::Cdp(cdp) => cdp.forget_history(limit).await.map(|()| true),
            Own::Bidi(_) => Ok(false),
        }
    }

    /// What every page is told before anything of its own.
    pub const fn first_words(&self) -> &'static str {
        match &self.own {
            Own::Cdp(_) => own::cdp::FIRST_WORDS,
            Own::Bidi(_) => own::bidi::FIRST_WORDS,
        }
    }

    /// The pages of the tab at hand are told them from now on.
    pub async fn on_each_page(&self, limit: Duration) -> Result<(), Snag> {
        match &self.own {
            Own::Cdp(cdp) => cdp.on_each_page(limit).await,
            // it was told once for all
            Own::Bidi(_) => Ok(()),
        }
    }

    /// `tab` is the one at hand; `None`: as large as its window lets the page be.
    pub async fn resize(
        &self,
        tab: &str,
        to: Option<Viewport>,
        limit: Duration,
    ) -> Result<(), Snag> {
        match &self.own {
            Own::Cdp(cdp) => cdp.resize(to, limit).await,
            Own::Bidi(bidi) => bidi.resize(tab, to, limit).await,
        }
    }

    pub async fn network(&self, tab: &str, network: Network, limit: Duration) -> Result<(), Snag> {
        match &self.own {
            Own::Cdp(cdp) => cdp.network(network, limit).await,
            Own::Bidi(bidi) => bidi.network(tab, network, limit).await,
        }
    }

    pub async fn picture(&self, tab: &str, of: Shot, limit: Duration) -> Result<Bytes, Snag> {
        let shot = match &self.own {
            Own::Cdp(cdp) => cdp.picture(of, limit).await?,
            Own::Bidi(bidi) => bidi.picture(tab, of, limit).await?,
        };
        let picture = BASE64_STANDARD.decode(shot["data"].as_str().unwrap_or_default());
        picture.map(Bytes::from).map_err(|error| {
            let trouble = BrowserTrouble::new("the browser took no picture of the page");
            Snag::Trouble(trouble.because(error))
        })
    }

    /// The page with all that belongs to it, as MHTML; `None` also where the browser does not make any.
    pub async fn archive(&self, limit: Duration) -> Option<String> {
        match &self.own {
            Own::Cdp(cdp) => cdp.archive(limit).await,
            Own::Bidi(_) => None,
        }
    }

    /// What the browser calls so for those who do not see the page; `None`: it cannot be asked. `tab`: the one at hand,
    /// if the page at hand is its own and not a frame's.
    pub async fn called(
        &self,
        tab: Option<&str>,
        name: &str,
        role: Option<&str>,
        limit: Duration,
    ) -> Result<Option<Vec<Value>>, Snag> {
        match (&self.own, tab) {
            (Own::Cdp(cdp), _) => cdp.called(name, role, limit).await,
            (Own::Bidi(bidi), Some(tab)) => {
                let found = bidi.called(tab, name, role, limit).await?;
                // it looks into no shadow
                Ok(Some(found).filter(|found| !found.is_empty()))
            }
            (Own::Bidi(_), None) => Ok(None),
        }
    }

    /// Whether its driver drags what the browser itself drags, `draggable` elements.
    pub const fn drags(&self) -> bool {
        match &self.own {
            Own::Cdp(_) => true,
            Own::Bidi(_) => false,
        }
    }

    /// Whether its driver looks a dozen times before it clicks.
    pub const fn is_slow_to_click(&self) -> bool {
        match &self.own {
            Own::Cdp(_) => true,
            Own::Bidi(_) => false,
        }
    }

    /// What happened to requests since this was last asked.
    pub async fn requests(&self, limit: Duration) -> Result<Vec<Event>, Snag> {
        match &self.own {
            Own::Cdp(cdp) => cdp.requests(limit).await,
            Own::Bidi(bidi) => bidi.requests(limit).await,
        }
    }

    /// What the console was told since this was last asked.
    pub async fn console(&self, limit: Duration) -> Result<Vec<Spoken>, Snag> {
        match &self.own {
            Own::Cdp(cdp) => cdp.console(limit).await,
            Own::Bidi(bidi) => bidi.console(limit).await,
        }
    }
}
