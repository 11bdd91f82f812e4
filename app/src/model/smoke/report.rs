use super::super::{name::Name, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What one step left behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    pub flow: Name,
    pub flow_title: String,
    /// Counts from 1, of `of`.
    pub step: u32,
    pub of: u32,
    pub words: String,
    pub started_at: Timestamp,
    pub took_ms: u64,
    pub verdict: StepVerdict,
    /// 2: the flow is run again, for it failed the first time.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub attempt: u32,
    /// How often a loop has come to this step.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub round: u32,
    /// Where the browser was afterwards.
    pub url: String,
    /// Status of the main document; `None` when nothing was loaded.
    pub status: Option<u16>,
    /// Viewport picture after the step: SHA-256 in the object store (JPEG).
    pub picture: Option<String>,
    /// At failure: the whole page (PNG).
    #[serde(default)]
    pub full_page: Option<String>,
    /// At failure: the page's source (plain text).
    #[serde(default)]
    pub source: Option<String>,
    /// At failure: the page with all it loaded (MHTML).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
    /// The element it was done to, in the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<ElementBox>,
    /// Boxes in the picture that the step's masks cover.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<ElementBox>,
    /// The locator that found it, where it was not the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_by: Option<String>,
    /// How often it was tried before it worked or its time was up.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub tries: u32,
    /// Of its time: until the page let it be done, and until the page was at rest.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waited_ms: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub settled_ms: u64,
    /// What dialogs of the page said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialogs: Vec<String>,
    #[serde(default)]
    pub console: Vec<ConsoleLine>,
    #[serde(default)]
    pub failed_requests: Vec<FailedRequest>,
    /// `ip:port` of every response this step, each once; proof of which node answered.
    #[serde(default)]
    pub answered_by: Vec<String>,
    /// What did not count as a failure and should be looked at, each a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// In CSS pixels of the viewport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementBox {
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict", content = "why")]
pub enum StepVerdict {
    Passed,
    /// The release's failure: expectation, missing element, bad status, wrong page.
    Failed(String),
    /// Our failure: browser, driver.
    Broken(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleLine {
    pub level: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRequest {
    pub url: String,
    /// HTTP status, the browser's error text, or that the suite lets its host lead nowhere.
    pub outcome: String,
    pub remote: Option<String>,
}

impl StepReport {
    /// A step of which nothing is known yet; as if it passed.
    pub fn begun(
        flow: Name,
        flow_title: String,
        (step, of): (u32, u32),
        words: String,
        started_at: Timestamp,
    ) -> Self {
        Self {
            flow,
            flow_title,
            step,
            of,
            words,
            started_at,
            took_ms: 0,
            verdict: StepVerdict::Passed,
            attempt: 1,
            round: 1,
            url: String::new(),
            status: None,
            picture: None,
            full_page: None,
            source: None,
            archive: None,
            element: None,
            masked: Vec::new(),
            found_by: None,
            tries: 1,
            waited_ms: 0,
            settled_ms: 0,
            dialogs: Vec::new(),
            console: Vec::new(),
            failed_requests: Vec::new(),
            answered_by: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub fn took(&self) -> Duration {
        Duration::from_millis(self.took_ms)
    }
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
fn is_one(number: &u32) -> bool {
    *number == 1
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}
