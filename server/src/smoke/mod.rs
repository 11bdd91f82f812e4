//! The browser test on one isolated node.
//!
//! A real browser is sent to the public address, which it resolves to the node under test and to nothing else. It
//! walks through the suite flow by flow, step by step. The browser only reports what it did and saw; what that means
//! (passed, the release's failure, the wrong node) is decided in `runner`, so the same rules hold for the fake.

/// A suite's text, read with line and column.
pub mod suite;

/// Suites people have already: Selenium IDE, Chrome's recorder.
pub mod import;

/// Several files as one suite.
pub mod files;

/// A recording as rows of the editor.
pub mod paste;

/// One flow put into a suite's files.
pub mod rewrite;

/// Values by name that are typed but never shown.
pub mod secrets;

/// `${name}` in a step's texts and scripts: pure.
pub mod variables;

/// Where a flow goes on: conditions and loops, pure.
pub mod control;

/// Flow by flow, step by step, to a proof or a failure.
pub mod runner;

/// A suite tried on one node by itself.
pub mod trial;

/// What a step's page must have been: pure.
pub mod judge;

/// Whose turn it is to have a browser.
pub mod queue;

/// Which node answers for a public address, and where other names lead.
pub mod target;

/// What stands between a browser and everything else where its own rules do not reach.
pub mod proxy;

/// Chromium and Firefox through their drivers.
pub mod webdriver;

/// A browser that sees what a test tells it to.
pub mod fake;

use app::model::{
    ids::RunId,
    smoke::{ConsoleLine, ElementBox, FailedRequest, Step, Text},
};
use async_trait::async_trait;
use secrets::Secrets;
use std::{collections::BTreeMap, time::Duration};
pub use target::Target;
use tokio_util::bytes::Bytes;

/// Browser or driver did not do their work: ours, never the release's failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct BrowserTrouble {
    pub what: String,
    /// The driver's own words.
    pub detail: Option<String>,
}

impl BrowserTrouble {
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            detail: None,
        }
    }

    pub fn because(mut self, detail: impl ToString) -> Self {
        self.detail = Some(detail.to_string());
        self
    }
}

/// What a flow has stored by name, each with its type.
pub type Variables = BTreeMap<String, serde_json::Value>;

/// What a step works with besides its own words.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    pub run: RunId,
    pub secrets: &'a Secrets,
    pub variables: &'a Variables,
    /// What follows deals with a dialog ([`Step::dialog_follows`]): one that opens stays open, and fails nothing.
    pub dialog_follows: bool,
}

impl Values<'_> {
    /// The characters to type; `None` when the secret is not known.
    pub fn text(&self, text: &Text) -> Option<String> {
        match text {
            Text::Plain(text) => Some(variables::interpolate(text, self).text),
            Text::Secret(name) => self.secrets.get(name).map(str::to_owned),
        }
    }
}

/// One step as the browser did and saw it; nothing is judged yet, nothing masked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepSeen {
    /// Why the page did not let the step be done, as a clause: `no field is labelled "Name"`.
    pub refused: Option<String>,
    pub url: String,
    /// Status of the main document now shown; `None` when nothing was loaded.
    pub status: Option<u16>,
    /// The main document is another one than before the step.
    pub loaded: bool,
    pub console: Vec<ConsoleLine>,
    pub failed_requests: Vec<FailedRequest>,
    /// `ip:port` behind every answer for the public host and those that lead to the same node, each once.
    pub answered_by: Vec<String>,
    /// What a condition, a script or a `store` came to.
    pub value: Option<serde_json::Value>,
    /// Handle of the window it opened.
    pub opened: Option<String>,
    /// The element it was done to, and what its masks cover, in the viewport.
    pub element: Option<ElementBox>,
    pub masked: Vec<ElementBox>,
    /// The locator that found it, in words, where it was not the first.
    pub found_by: Option<String>,
    pub tries: u32,
    /// Until the page let it be done, and then until it was at rest.
    pub waited: Duration,
    pub settled: Duration,
    pub dialogs: Vec<String>,
    /// Uncaught errors of the page's scripts.
    pub script_errors: Vec<String>,
}

/// What is kept of a page on which a step failed; each part as far as it could be had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageEvidence {
    /// PNG.
    pub full_page: Option<Bytes>,
    pub source: Option<String>,
    /// MHTML.
    pub archive: Option<String>,
}

/// The role every browser plays.
#[async_trait]
pub trait Browser: Send + Sync {
    /// A browser of its own, ready to open `target`. Does not need the node: call it while the node is switched.
    async fn start(&self, target: &Target) -> Result<Box<dyn BrowserSession>, BrowserTrouble>;
}

/// One browser. Dropping it ends it and removes what it wrote, in the background.
#[async_trait]
pub trait BrowserSession: Send {
    /// Nobody is signed in, nothing is cached, no page is open. A flow that goes on with another does not begin so.
    async fn begin_flow(&mut self) -> Result<(), BrowserTrouble>;

    /// Does `step` within `limit`, retrying what is not there yet, and waits until the page is at rest.
    async fn step(
        &mut self,
        step: &Step,
        values: Values<'_>,
        limit: Duration,
    ) -> Result<StepSeen, BrowserTrouble>;

    /// The viewport as JPEG; `None` when the page shows a secret in plain sight.
    async fn picture(&mut self) -> Result<Option<Bytes>, BrowserTrouble>;

    /// The whole page, for a step that failed.
    async fn evidence(&mut self) -> PageEvidence;

    /// What went through its proxy since this was last asked, one JSON object a line; `None` where it needed none.
    fn proxy_log(&mut self) -> Option<String> {
        None
    }

    /// Ends the browser and returns when nothing of it is left.
    async fn close(self: Box<Self>);
}
