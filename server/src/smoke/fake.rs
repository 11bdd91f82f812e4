//! A browser that sees what a test tells it to. Unless told otherwise every step passes and the node answers it.

use super::{Browser, BrowserSession, BrowserTrouble, PageEvidence, StepSeen, Target, Values};
use app::model::smoke::{Act, Step};
use async_trait::async_trait;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::bytes::Bytes;

/// Clones share their state, so that a test keeps one and hands one over.
#[derive(Clone, Default)]
pub struct FakeBrowser(Arc<Mutex<State>>);

/// How pages look, by the node that answers.
type Looks = Box<dyn Fn(SocketAddr) -> Bytes + Send>;

#[derive(Default)]
struct State {
    rules: Vec<(Option<SocketAddr>, String, FakeStep)>,
    /// For one time each, in turn, before any rule.
    turns: Vec<(String, FakeStep)>,
    done: Vec<String>,
    start_troubles: Vec<String>,
    started: Vec<Target>,
    typed: Vec<String>,
    open: usize,
    looks: Option<Looks>,
    holds: Vec<(String, Arc<Notify>)>,
}

/// What a step does instead of passing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FakeStep {
    /// The page does not let it be done, for this reason.
    Refused(String),
    /// It loads a main document with this status.
    Status(u16),
    /// It is answered from this address.
    AnsweredBy(SocketAddr),
    /// The browser dies.
    Breaks(String),
    /// It passes and comes to this.
    Yields(serde_json::Value),
}

impl FakeBrowser {
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on the steps that read `words` (see [`Step::words`]) do this, on `node` or on all; the latest rule wins.
    pub fn on_step(&self, node: Option<SocketAddr>, words: &str, step: FakeStep) {
        self.state().rules.push((node, words.to_owned(), step));
    }

    /// The next step that reads `words`, after those already told to, does this; those after it do not.
    pub fn on_turn(&self, words: &str, step: FakeStep) {
        self.state().turns.push((words.to_owned(), step));
    }

    /// The next step that reads `words` begins only when it was notified.
    pub fn hold_step(&self, words: &str) -> Arc<Notify> {
        let hold = Arc::new(Notify::new());
        self.state().holds.push((words.to_owned(), hold.clone()));
        hold
    }

    /// Words of every step done so far.
    pub fn done(&self) -> Vec<String> {
        self.state().done.clone()
    }

    /// All steps pass again.
    pub fn forget_rules(&self) {
        self.state().rules.clear();
    }

    /// The next start, after those already told to, fails.
    pub fn fail_a_start(&self, why: &str) {
        self.state().start_troubles.push(why.to_owned());
    }

    /// From now on every page looks like this.
    pub fn look_like(&self, picture: impl Into<Bytes>) {
        let picture = picture.into();
        self.looks_by(move |_| picture.clone());
    }

    /// From now on a page looks as `looks` says of the node that answers; it must not ask this browser anything.
    pub fn looks_by(&self, looks: impl Fn(SocketAddr) -> Bytes + Send + 'static) {
        self.state().looks = Some(Box::new(looks));
    }

    /// Targets of all sessions so far.
    pub fn started(&self) -> Vec<Target> {
        self.state().started.clone()
    }

    /// Everything typed so far.
    pub fn typed(&self) -> Vec<String> {
        self.state().typed.clone()
    }

    /// Sessions neither closed nor dropped.
    pub fn open_sessions(&self) -> usize {
        self.state().open
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

#[async_trait]
impl Browser for FakeBrowser {
    async fn start(&self, target: &Target) -> Result<Box<dyn BrowserSession>, BrowserTrouble> {
        let mut state = self.state();
        if !state.start_troubles.is_empty() {
            return Err(BrowserTrouble::new(state.start_troubles.remove(0)));
        }
        state.started.push(target.clone());
        state.open += 1;
        Ok(Box::new(FakeSession {
            browser: self.clone(),
            target: target.clone(),
            url: "about:blank".to_owned(),
            status: None,
        }))
    }
}

struct FakeSession {
    browser: FakeBrowser,
    target: Target,
    url: String,
    status: Option<u16>,
}

impl Drop for FakeSession {
    fn drop(&mut self) {
        self.browser.state().open -= 1;
    }
}

#[async_trait]
impl BrowserSession for FakeSession {
    async fn begin_flow(&mut self) -> Result<(), BrowserTrouble> {
        (self.url, self.status) = ("about:blank".to_owned(), None);
        Ok(())
    }

    async fn step(
        &mut self,
        step: &Step,
        values: Values<'_>,
        _limit: Duration,
    ) -> Result<StepSeen, BrowserTrouble> {
        let read = step.words();
        let held = {
            let mut state = self.browser.state();
            let at = state.holds.iter().position(|(words, _)| *words == read);
            at.map(|at| state.holds.remove(at).1)
        };
        if let Some(held) = held {
            held.notified().await;
        }
        let mut state = self.browser.state();
        let node = self.target.node;
        let turn = state.turns.iter().position(|(words, _)| *words == read);
        let turn = turn.map(|turn| state.turns.remove(turn).1);
        let rule = turn.or_else(|| {
            let mut rules = state.rules.iter().rev();
            let rule =
                rules.find(|(at, words, _)| at.is_none_or(|at| at == node) && *words == read);
            rule.map(|(_, _, rule)| rule.clone())
        });
        state.done.push(read);
        let mut seen = StepSeen::default();
        match &step.act {
            Act::Open { path } => {
                self.url = format!(
                    "{}{path}",
                    self.target.public_url.as_str().trim_end_matches('/')
                );
                (self.status, seen.loaded) = (Some(200), true);
            }
            Act::Fill { with, .. } => state.typed.extend(values.text(with)),
            Act::ExpectStatus { status } => self.status = Some(*status),
            // the rest does nothing that a test could see
            _ => {}
        }
        seen.answered_by = vec![node.to_string()];
        match rule {
            None => {}
            Some(FakeStep::Refused(why)) => seen.refused = Some(why),
            Some(FakeStep::Status(status)) => {
                (self.status, seen.loaded) = (Some(status), true);
            }
            Some(FakeStep::AnsweredBy(other)) => seen.answered_by = vec![other.to_string()],
            Some(FakeStep::Yields(value)) => seen.value = Some(value),
            Some(FakeStep::Breaks(why)) => return Err(BrowserTrouble::new(why)),
        }
        (seen.url, seen.status) = (self.url.clone(), self.status);
        Ok(seen)
    }

    async fn picture(&mut self) -> Result<Option<Bytes>, BrowserTrouble> {
        let state = self.browser.state();
        let looks = state.looks.as_ref().map(|looks| looks(self.target.node));
        Ok(Some(looks.unwrap_or(Bytes::from_static(b"a picture"))))
    }

    async fn evidence(&mut self) -> PageEvidence {
        PageEvidence {
            full_page: Some(Bytes::from_static(b"a whole page")),
            source: Some("<p>a source</p>".to_owned()),
            archive: Some("MIME-Version: 1.0".to_owned()),
        }
    }

    async fn close(self: Box<Self>) {}
}
