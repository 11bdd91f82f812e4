//! What went through a session's proxy: the proof which node answered, independent of the browser.

use app::model::time::Timestamp;
use serde::Serialize;
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Beyond this the oldest that ended are only counted.
const MOST_LINES: usize = 2_000;

/// Clones share it.
#[derive(Clone, Default)]
pub struct ProxyLog(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    lines: Vec<Line>,
    /// Lines that had to go.
    forgotten: u64,
    /// Nodes on forgotten lines that answered since the last look.
    answered: BTreeSet<SocketAddr>,
}

struct Line {
    at: Timestamp,
    asked: String,
    went: Went,
    counts: Arc<Counts>,
    /// What had come back at the last look.
    looked_at: u64,
}

/// Where a connection went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Went {
    Node(SocketAddr),
    RealAddress(SocketAddr),
    Blocked,
    /// Nowhere, though it was let through; a clause.
    Failed(String),
}

/// What one connection carried so far; it lasts as long as somebody else holds this.
#[derive(Debug, Default)]
pub struct Counts {
    pub sent: AtomicU64,
    pub received: AtomicU64,
    /// Stays 0 where they cannot be seen.
    pub requests: AtomicU64,
}

/// A line as it is stored.
#[derive(Serialize)]
struct Told<'a> {
    at: String,
    asked: &'a str,
    went: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<u64>,
    sent: u64,
    received: u64,
    is_open: bool,
}

impl ProxyLog {
    /// A connection for `asked`, a host and port, begins.
    pub fn note(&self, at: Timestamp, asked: &str, went: Went) -> Arc<Counts> {
        let counts = Arc::new(Counts::default());
        let mut kept = self.kept();
        kept.lines.push(Line {
            at,
            asked: asked.to_owned(),
            went,
            counts: Arc::clone(&counts),
            looked_at: 0,
        });
        kept.shorten();
        counts
    }

    /// Nodes from which something came since this was last asked. What a browser has, came before.
    pub fn answered(&self) -> BTreeSet<SocketAddr> {
        let mut kept = self.kept();
        let mut answered = std::mem::take(&mut kept.answered);
        answered.extend(kept.lines.iter_mut().filter_map(Line::look));
        answered
    }

    /// Why the last try to get through to `asked` failed.
    pub fn failure(&self, asked: &str) -> Option<String> {
        let kept = self.kept();
        let line = kept.lines.iter().rfind(|line| line.asked == asked)?;
        match &line.went {
            Went::Failed(why) => Some(why.clone()),
            Went::Node(_) | Went::RealAddress(_) | Went::Blocked => None,
        }
    }

    /// All connections since this was last asked, and those then open: one JSON object a line.
    pub fn take(&self) -> String {
        let mut kept = self.kept();
        let mut text: String = kept.lines.iter().map(Line::told).collect();
        if kept.forgotten > 0 {
            text = format!("{{\"left_out_before_these\":{}}}\n{text}", kept.forgotten);
        }
        kept.forgotten = 0;
        let ended: Vec<_> = kept.lines.extract_if(.., |line| !line.is_open()).collect();
        for mut line in ended {
            kept.answered.extend(line.look());
        }
        text
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

impl Kept {
    fn shorten(&mut self) {
        if self.lines.len() > MOST_LINES
            && let Some(oldest) = self.lines.iter().position(|line| !line.is_open())
        {
            self.answered.extend(self.lines.remove(oldest).look());
            self.forgotten += 1;
        }
    }
}

impl Line {
    fn is_open(&self) -> bool {
        Arc::strong_count(&self.counts) > 1
    }

    /// The node, if something came from it since the last look.
    fn look(&mut self) -> Option<SocketAddr> {
        let received = self.counts.received.load(Relaxed);
        let before = std::mem::replace(&mut self.looked_at, received);
        match self.went {
            Went::Node(address) if received > before => Some(address),
            Went::Node(_) | Went::RealAddress(_) | Went::Blocked | Went::Failed(_) => None,
        }
    }

    fn told(&self) -> String {
        let (went, address, why) = match &self.went {
            Went::Node(address) => ("node", Some(*address), None),
            Went::RealAddress(address) => ("real-address", Some(*address), None),
            Went::Blocked => ("blocked", None, None),
            Went::Failed(why) => ("failed", None, Some(why.as_str())),
        };
        let told = Told {
            at: self.at.rfc3339(),
            asked: &self.asked,
            went,
            address,
            why,
            requests: Some(self.counts.requests.load(Relaxed)).filter(|number| *number > 0),
            sent: self.counts.sent.load(Relaxed),
            received: self.counts.received.load(Relaxed),
            is_open: self.is_open(),
        };
        let line = serde_json::to_string(&told).expect("texts and numbers have no fault");
        line + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: &str = "127.0.0.11:3000";

    fn node() -> Went {
        Went::Node(NODE.parse().unwrap())
    }

    #[test]
    fn a_node_has_answered_when_something_new_came_from_it() {
        let log = ProxyLog::default();
        let kept_open = log.note(Timestamp(0), "shop.test:443", node());
        let real = Went::RealAddress("9.9.9.9:443".parse().unwrap());
        let elsewhere = log.note(Timestamp(0), "pay.test:443", real);
        kept_open.sent.store(10, Relaxed);
        elsewhere.received.store(10, Relaxed);
        assert_eq!(log.answered(), BTreeSet::new(), "asking is no answer");
        kept_open.received.store(10, Relaxed);
        assert_eq!(log.answered(), [NODE.parse().unwrap()].into());
        assert_eq!(log.answered(), BTreeSet::new(), "nothing new");
        kept_open.received.store(11, Relaxed);
        drop(kept_open);
        log.take();
        assert_eq!(log.answered(), [NODE.parse().unwrap()].into());
        assert_eq!(log.answered(), BTreeSet::new());
    }

    #[test]
    fn each_run_gets_its_own_lines_and_those_still_open() {
        let log = ProxyLog::default();
        let open = log.note(Timestamp(0), "shop.test:443", node());
        open.requests.store(2, Relaxed);
        open.received.store(7, Relaxed);
        log.note(Timestamp(1_000), "ads.test:443", Went::Blocked);
        log.note(
            Timestamp(2_000),
            "shop.test:80",
            Went::Failed("gone".into()),
        );
        assert_eq!(log.failure("shop.test:80"), Some("gone".to_owned()));
        assert_eq!(log.failure("ads.test:443"), None);
        let shop = "{\"at\":\"1970-01-01T00:00:00.000Z\",\"asked\":\"shop.test:443\",\"went\":\"node\",\"address\":\"127.0.0.11:3000\",\
             \"requests\":2,\"sent\":0,\"received\":7,\"is_open\":true}\n";
        let expected = [
            shop,
            "{\"at\":\"1970-01-01T00:00:01.000Z\",\"asked\":\"ads.test:443\",\"went\":\"blocked\",\"sent\":0,\"received\":0,\"is_open\":false}\n",
            "{\"at\":\"1970-01-01T00:00:02.000Z\",\"asked\":\"shop.test:80\",\"went\":\"failed\",\"why\":\"gone\",\"sent\":0,\"received\":0,\"is_open\":false}\n",
        ];
        assert_eq!(log.take(), expected.concat());
        assert_eq!(log.take(), shop);
    }

    #[test]
    fn the_log_is_bounded_and_forgets_no_answer() {
        let log = ProxyLog::default();
        let open = log.note(Timestamp(0), "open.test:443", Went::Blocked);
        let first = log.note(Timestamp(0), "shop.test:443", node());
        first.received.store(1, Relaxed);
        drop(first);
        for _ in 0..MOST_LINES + 10 {
            log.note(Timestamp(0), "ads.test:443", Went::Blocked);
        }
        let text = log.take();
        assert_eq!(text.lines().count(), MOST_LINES + 1);
        assert!(text.starts_with("{\"left_out_before_these\":12}\n"));
        assert!(text.contains("open.test"), "what is open stays");
        assert_eq!(log.answered(), [NODE.parse().unwrap()].into());
        drop(open);
    }
}
