//! What went wrong, whose fault it is, and the sentence a person reads.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Whose failure it is; each class has its own default (`docs/architecture.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// Our own means failed: SSH cut, balancer silent, browser died. The release is not blamed: retry, then halt.
    Ours,
    /// The release does not work here: undo this node, then stop.
    Release,
    /// Reality and journal disagree: halt and show both sides.
    Unsure,
}

/// Why an attempt at a stage failed: whose fault, and the sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub class: FailureClass,
    pub trouble: Trouble,
    /// What went through the browser's proxy until then, where it had one: SHA-256 in the object store (JSON lines).
    /// Boxed, for this is what nearly everything returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_log: Option<Box<str>>,
}

impl Failure {
    pub fn new(class: FailureClass, trouble: Trouble) -> Self {
        Self {
            class,
            trouble,
            proxy_log: None,
        }
    }

    pub fn ours(trouble: Trouble) -> Self {
        Self::new(FailureClass::Ours, trouble)
    }

    pub fn release(trouble: Trouble) -> Self {
        Self::new(FailureClass::Release, trouble)
    }

    pub fn unsure(trouble: Trouble) -> Self {
        Self::new(FailureClass::Unsure, trouble)
    }

    /// With the log of the browser's proxy.
    pub fn proxied(self, proxy_log: Option<String>) -> Self {
        let proxy_log = proxy_log.map(String::into_boxed_str);
        Self { proxy_log, ..self }
    }
}

/// An operator's sentence in its four parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What happened, to what: a full sentence.
    pub what: String,
    /// How things stand now: a full sentence, or empty where the page says it better.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stands: String,
    /// What can be done: a full sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// Machine words that help: the last lines of output, both sides of a contradiction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Trouble {
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            stands: String::new(),
            remedy: String::new(),
            detail: None,
        }
    }

    pub fn stands(mut self, text: impl Into<String>) -> Self {
        self.stands = text.into();
        self
    }

    pub fn remedy(mut self, text: impl Into<String>) -> Self {
        self.remedy = text.into();
        self
    }

    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        for part in [&self.stands, &self.remedy] {
            if !part.is_empty() {
                write!(f, " {part}")?;
            }
        }
        Ok(())
    }
}
