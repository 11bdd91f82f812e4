//! What the browser says about its requests: which address answered, with what, what failed. Pure.

use crate::smoke::{Target, target::Lead};
use app::model::smoke::FailedRequest;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

const MOST_FAILED: usize = 50;
const BLOCKED: &str = "blocked by the suite";

/// What happened to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Sent {
        id: String,
        url: String,
        /// The frame whose document is asked for; `None`: something else is.
        document_of: Option<String>,
    },
    /// It goes on elsewhere, under the same id.
    Redirected(Answer),
    Answered {
        id: String,
        document_of: Option<String>,
        answer: Answer,
    },
    Failed {
        id: String,
        /// The browser's words.
        error: String,
        /// Nobody waits for it any more.
        is_canceled: bool,
    },
    Finished {
        id: String,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub url: String,
    pub status: Option<u16>,
    /// `ip:port`, where the browser says so.
    pub by: Option<String>,
    /// The browser had it already.
    pub is_kept: bool,
    /// Why a proxy of ours answered in the node's place.
    pub proxy: Option<String>,
}

/// Who knows which address answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// The browser, which asked itself.
    Browser,
    /// The session's proxy: all that the browser sees is the proxy's own address.
    Proxy,
}

/// What happened since the last [`Digest::take`], and which main document is shown.
#[derive(Debug)]
pub struct Digest {
    target: Target,
    witness: Witness,
    /// The tab's own frame; documents of other frames are no main documents.
    frame: String,
    /// Requests on the way: id, address, whether it is the main document's.
    open: BTreeMap<String, (String, bool)>,
    /// Status of the document each frame shows; `None`: it came from elsewhere than the web.
    shown: BTreeMap<String, Option<u16>>,
    seen: Seen,
}

/// One step's share.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub loaded: bool,
    pub not_loaded: Option<Lost>,
    pub failed_requests: Vec<FailedRequest>,
    /// As far as the browser knows.
    pub answered_by: BTreeSet<String>,
}

/// A main document that could not be loaded.
#[derive(Debug, PartialEq, Eq)]
pub struct Lost {
    pub url: String,
    /// The browser's words.
    pub error: String,
    /// The proxy's words, where it answered itself.
    pub proxy: Option<String>,
}

impl Digest {
    pub fn new(target: Target, witness: Witness, frame: String) -> Self {
        Self {
            target,
            witness,
            frame,
            open: BTreeMap::new(),
            shown: BTreeMap::new(),
            seen: Seen::default(),
        }
    }

    /// From now on `frame` is the one that counts: the browser went to another window.
    pub fn look_at(&mut self, frame: &str) {
        if self.frame != frame {
            frame.clone_into(&mut self.frame);
            self.open
                .values_mut()
                .for_each(|(_, is_main)| *is_main = false);
        }
    }

    /// Status of the main document now shown; `None` when none was loaded.
    pub fn status(&self) -> Option<u16> {
        self.shown.get(&self.frame).copied().flatten()
    }

    /// A main document was asked for and has not come yet.
    pub fn is_loading(&self) -> bool {
        self.open.values().any(|(_, is_main)| *is_main)
    }

    pub fn take(&mut self) -> Seen {
        std::mem::take(&mut self.seen)
    }

    pub fn feed(&mut self, event: Event) {
        match event {
            Event::Sent {
                id,
                url,
                document_of,
            } => {
                if url.starts_with("http") {
                    let is_main = self.is_main(document_of.as_deref());
                    self.open.insert(id, (url, is_main));
                }
            }
            Event::Redirected(answer) => self.note_answer(&answer),
            Event::Answered {
                id,
                document_of,
                answer,
            } => self.answered(&id, document_of, answer),
            Event::Failed {
                id,
                error,
                is_canceled,
            } => self.failed(&id, error, is_canceled),
            Event::Finished { id } => {
                self.open.remove(&id);
            }
        }
    }

    fn answered(&mut self, id: &str, document_of: Option<String>, answer: Answer) {
        self.note_answer(&answer);
        let is_http = answer.url.starts_with("http");
        let refused = self.refused_by_proxy(&answer);
        if self.is_main(document_of.as_deref()) {
            // the document is here; what it still loads does not concern its status
            self.open.remove(id);
            self.seen.loaded = is_http && refused.is_none();
            let shown = answer.status.filter(|_| self.seen.loaded);
            self.shown.insert(self.frame.clone(), shown);
            self.seen.not_loaded = refused.map(|why| Lost {
                url: answer.url,
                error: answer.status.unwrap_or_default().to_string(),
                proxy: Some(why),
            });
            return;
        }
        if let Some(frame) = document_of {
            // of a window that the browser may go to
            let shown = answer.status.filter(|_| is_http && refused.is_none());
            self.shown.insert(frame, shown);
        }
        if let Some(status) = answer.status.filter(|status| *status >= 400) {
            let remote = self.remote(&answer);
            let outcome = refused.unwrap_or_else(|| status.to_string());
            self.note_failure(answer.url, outcome, remote);
        }
    }

    fn failed(&mut self, id: &str, error: String, is_canceled: bool) {
        let Some((url, is_main)) = self.open.remove(id) else {
            return;
        };
        if is_canceled {
            // a newer navigation took its place, or it became a download
            return;
        }
        if is_main {
            self.shown.remove(&self.frame);
            self.seen.not_loaded = Some(Lost {
                url: url.clone(),
                error: error.clone(),
                proxy: None,
            });
        }
        self.note_failure(url, error, None);
    }

    fn note_answer(&mut self, answer: &Answer) {
        let Ok(url) = Url::parse(&answer.url) else {
            return;
        };
        if answer.is_kept || !self.is_of_node(&url) || self.witness == Witness::Proxy {
            return;
        }
        let by = answer.by.clone();
        let by = by.unwrap_or_else(|| "an unknown address".to_owned());
        self.seen.answered_by.insert(by);
    }

    fn note_failure(&mut self, url: String, outcome: String, remote: Option<String>) {
        let parsed = Url::parse(&url).ok();
        let is_icon = parsed
            .as_ref()
            .is_some_and(|url| url.path() == "/favicon.ico");
        let is_blocked = parsed.is_some_and(|url| self.target.lead_of(&url) == Lead::Blocked);
        let outcome = if is_blocked {
            BLOCKED.to_owned()
        } else {
            outcome
        };
        if !is_icon && self.seen.failed_requests.len() < MOST_FAILED {
            self.seen.failed_requests.push(FailedRequest {
                url,
                outcome,
                remote,
            });
        }
    }

    fn is_of_node(&self, url: &Url) -> bool {
        match self.target.lead_of(url) {
            Lead::Node | Lead::Front { .. } => true,
            Lead::RealAddress | Lead::Blocked => false,
        }
    }

    /// Why the proxy did not let the request through; nobody else can send this header.
    fn refused_by_proxy(&self, answer: &Answer) -> Option<String> {
        let why = answer.proxy.clone();
        why.filter(|_| self.witness == Witness::Proxy)
    }

    fn remote(&self, answer: &Answer) -> Option<String> {
        match self.witness {
            Witness::Browser => answer.by.clone(),
            // the proxy lets what leads to the node lead nowhere else
            Witness::Proxy => Url::parse(&answer.url)
                .is_ok_and(|url| self.is_of_node(&url))
                .then(|| self.target.node.to_string()),
        }
    }

    fn is_main(&self, document_of: Option<&str>) -> bool {
        document_of == Some(self.frame.as_str())
    }
}

#[cfg(test)]
mod tests;
