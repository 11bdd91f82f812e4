//! What browsers asked for through their proxies: the proof that a run saw its own node and nobody else.

use super::Taken;
use crate::model::{
    journal::{Event, Fact, Outcome},
    name::Name,
};
use serde::{Deserialize, Serialize};

/// One run of the suite in a browser that had a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxied {
    pub node: Name,
    pub taken: Taken,
    /// Which try at the smoke test it was.
    pub number: u32,
    pub passed: bool,
    /// SHA-256 in the object store (JSON lines).
    pub proxy_log: String,
}

impl Proxied {
    /// `red, the new release, try 2: failed`.
    pub fn words(&self) -> String {
        let run = match self.taken {
            Taken::New => "the new release",
            Taken::Rehearsal => "rehearsal on the old release",
            Taken::Back => "the old release, put back",
            Taken::LastGood => "the last good release",
        };
        let again = match self.number {
            ..=1 => String::new(),
            number => format!(", try {number}"),
        };
        let ended = if self.passed { "passed" } else { "failed" };
        format!("{}, {run}{again}: {ended}", self.node)
    }
}

/// The runs of a journal, in its order.
pub fn proxied(events: &[Event]) -> Vec<Proxied> {
    let Some(Fact::Planned { plan }) = events.first().map(|event| &event.fact) else {
        return Vec::new();
    };
    let runs = events.iter().filter_map(|event| {
        let Fact::Finished { attempt, outcome } = &event.fact else {
            return None;
        };
        let proxy_log = outcome.proxy_log()?.to_owned();
        let planned = plan.node(event.node?)?;
        Some(Proxied {
            node: planned.node.name.clone(),
            taken: attempt.pass.into(),
            number: attempt.number,
            passed: matches!(outcome, Outcome::Passed { .. }),
            proxy_log,
        })
    });
    runs.collect()
}
