//! Suite, flow, step and what they leave behind.

use super::{name::Name, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The browser test of a pool, in the order its flows run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    /// The public address users know, `http://shop.example.test`; mapped to the node under test alone.
    pub public_url: String,
    pub flows: Vec<Flow>,
}

/// One user journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    pub name: Name,
    /// For people: `Place an order`.
    pub title: String,
    pub writes: Writes,
    pub steps: Vec<Step>,
    /// Each step's own limit.
    pub step_limit_ms: u64,
}

/// Whether a flow leaves data behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Writes {
    #[default]
    None,
    /// Its data carries the run id; it is never repeated silently.
    Marked,
}

/// One browser action or expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Step {
    /// Path below the public address.
    Open {
        path: String,
    },
    Click {
        on: Locator,
    },
    Fill {
        on: Locator,
        with: Text,
    },
    Choose {
        on: Locator,
        option: String,
    },
    ExpectText {
        text: String,
    },
    ExpectUrl {
        path: String,
    },
    /// Status of the main document.
    ExpectStatus {
        status: u16,
    },
}

/// How an element is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locator {
    /// A form field by the text of its label.
    Label(String),
    /// A button or link by its visible text, else the smallest element with it.
    Text(String),
    Css(String),
}

/// What is typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    /// As it stands; `{run}` becomes the run id, which marks what the flow writes.
    Plain(String),
    /// The name of a secret; its value is never shown, logged or journalled.
    Secret(String),
}

impl Locator {
    pub fn words(&self) -> String {
        match self {
            Self::Label(text) | Self::Text(text) => format!("\"{text}\""),
            Self::Css(css) => format!("`{css}`"),
        }
    }
}

impl Step {
    /// The action in words, without any secret: `click "Sign in"`.
    pub fn words(&self) -> String {
        match self {
            Self::Open { path } => format!("open {path}"),
            Self::Click { on } => format!("click {}", on.words()),
            Self::Fill {
                on,
                with: Text::Plain(text),
            } => format!("fill {} with \"{text}\"", on.words()),
            Self::Fill {
                on,
                with: Text::Secret(name),
            } => format!("fill {} with the secret {name}", on.words()),
            Self::Choose { on, option } => format!("choose \"{option}\" in {}", on.words()),
            Self::ExpectText { text } => format!("expect \"{text}\""),
            Self::ExpectUrl { path } => format!("expect to be at {path}"),
            Self::ExpectStatus { status } => format!("expect status {status}"),
        }
    }
}

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
    #[serde(default)]
    pub console: Vec<ConsoleLine>,
    #[serde(default)]
    pub failed_requests: Vec<FailedRequest>,
    /// `ip:port` of every response this step, each once; proof of which node answered.
    #[serde(default)]
    pub answered_by: Vec<String>,
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
    /// HTTP status, or the browser's error text.
    pub outcome: String,
    pub remote: Option<String>,
}

impl StepReport {
    pub fn took(&self) -> Duration {
        Duration::from_millis(self.took_ms)
    }
}
