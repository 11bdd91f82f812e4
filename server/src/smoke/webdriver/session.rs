//! One browser: how it is made ready, and what it plays its role with.

use super::{
    home::Home,
    network::{Digest, Witness},
    own::Context,
    spot::Spot,
    wire::{Snag, Wire},
};
use crate::smoke::{
    BrowserSession, BrowserTrouble, PageEvidence, StepSeen, Target, Values, proxy::SessionProxy,
};
use app::model::smoke::{Step, Viewport};
use async_trait::async_trait;
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};
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
/// Of the page, not of the window.
pub(super) const STANDARD_VIEW: Viewport = Viewport {
    width: 1280,
    height: 800,
    scale_percent: 100,
    mobile: false,
    touch: false,
};

pub struct Session {
    pub(super) wire: Wire,
    home: Home,
    /// Of the flow at hand.
    context: Context,
    pub(super) public: Url,
    pub(super) target: Target,
    /// `None`: resolver rules keep the browser to its node.
    pub(super) proxy: Option<SessionProxy>,
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

impl Session {
    /// Ready for its first flow, with the first page and the first picture behind it.
    pub async fn new(
        wire: Wire,
        home: Home,
        target: &Target,
        proxy: Option<SessionProxy>,
    ) -> Result<Self, BrowserTrouble> {
        let digest = Digest::new(target.clone(), Witness::Browser, String::new());
        let context = wire.create().await?;
        // the tab that every browser begins with belongs to no context of ours
        wire.delete("window", CALL).await.map_err(in_setup)?;
        let mut session = Self {
            wire,
            home,
            context,
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
        // the driver names a tab as the browser does its top frame
        let frame = self.context.tab.clone();
        self.spot = Spot::new(frame.clone(), BTreeSet::new(), STANDARD_VIEW);
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
        let is_as_new = self.wire.forget_history(CALL).await.map_err(in_setup)?;
        if !is_as_new {
            self.renew().await?;
        }
        self.wire.requests(CALL).await.map(drop).map_err(in_setup)
    }

    /// Goes to a fresh context, and ends the one before with its windows and their dialogs.
    async fn renew(&mut self) -> Result<(), BrowserTrouble> {
        let next = self.wire.create().await?;
        let former = std::mem::replace(&mut self.context, next);
        self.wire.dispose(former).await?;
        self.enter().await
    }

    pub(super) fn with_words(&self, mut trouble: BrowserTrouble) -> BrowserTrouble {
        let words = self.home.words();
        if !words.is_empty() {
            let detail = trouble.detail.get_or_insert_default();
            *detail = format!("{detail}\n{words}").trim().to_owned();
        }
        trouble
    }
}

#[async_trait]
impl BrowserSession for Session {
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
        self.renew().await?;
        self.wire.requests(CALL).await.map_err(in_setup)?;
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

    fn proxy_log(&mut self) -> Option<String> {
        self.proxy.as_ref().map(|proxy| proxy.log().take())
    }

    async fn close(self: Box<Self>) {
        self.home.end().await;
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
