//! What is said about a deployment before any table: one headline, one line below, what a button does.

use super::{Live, LiveNode, Outline};
use crate::model::{
    deployment::DeploymentState,
    mark::Mark,
    name::Name,
    smoke::StepVerdict,
    stage::{Pass, Stage, Work},
    time::{Timestamp, spoken},
};
use std::time::Duration;

pub use super::sentence::{Piece, Sentence};

impl Live {
    /// `ann is deploying 1.1 to production / shop. Node 2 of 3, about 40 s left.`
    pub fn headline(&self, viewer: &str, now: Timestamp, usual: Option<Duration>) -> Sentence {
        let Some(plan) = &self.plan else {
            return Sentence::default().words("This deployment has no journal yet.");
        };
        let start = Sentence::default();
        let version = &plan.version;
        let place = format!("{} / {}", plan.environment, plan.application);
        let (who, are) = match viewer == plan.asked_by {
            true => ("You".to_owned(), "are"),
            false => (plan.asked_by.clone(), "is"),
        };
        match self.state {
            DeploymentState::Queued => start
                .code(version)
                .words(format!(" to {place} waits for a server to take it up.")),
            DeploymentState::Preparing => start
                .words(format!("{who} {are} deploying "))
                .code(version)
                .words(format!(" to {place}."))
                .line()
                .words(format!(
                    "Preparing {}; none is out of service.",
                    count(self.nodes.len(), "node")
                )),
            DeploymentState::Rolling => start
                .words(format!("{who} {are} deploying "))
                .code(version)
                .words(format!(" to {place}."))
                .line()
                .words(format!("{}.", self.progress(now, usual))),
            DeploymentState::Held => start
                .code(version)
                .words(format!(" to {place} is held."))
                .line()
                .words(format!(
                    "{} of {} done.",
                    self.done(),
                    count(self.nodes.len(), "node")
                )),
            DeploymentState::Undoing => self
                .failed_where(version)
                .words(format!("{} gets ", self.subject()))
                .code(self.old())
                .words(" back."),
            DeploymentState::Aborting => start.words("Aborting ").code(version).words(
                match self
                    .focus()
                    .filter(|node| node.is_touched() && !node.is_done())
                {
                    Some(node) => format!(" to {place}. {} is being put back.", node.name),
                    None => format!(" to {place}."),
                },
            ),
            DeploymentState::Halted => {
                let out: Vec<_> = self
                    .nodes
                    .iter()
                    .filter(|n| n.is_out())
                    .map(|n| n.name.to_string())
                    .collect();
                start
                    .code(version)
                    .words(format!(" to {place} is halted and waits for a person."))
                    .line()
                    .words(match out.len() {
                        0 => "No node is out of service.".to_owned(),
                        1 => format!("{} is out of service.", out[0]),
                        _ => format!("{} are out of service.", out.join(", ")),
                    })
            }
            DeploymentState::Succeeded => start
                .code(version)
                .words(match (self.nodes.len(), plan.others) {
                    (1, 0) => format!(" is on {place}."),
                    (n, 0) => format!(" is on all {n} nodes of {place}."),
                    (n, _) => format!(" is on {} of {place}.", count(n, "chosen node")),
                })
                .line()
                .words(match self.nodes.len() {
                    1 => "It was proven before it rejoined.",
                    _ => "Each was proven before it rejoined.",
                }),
            DeploymentState::Undone => {
                match self.trouble.as_ref().filter(|m| m.work == Work::Prepare) {
                    Some(_) => start.code(version).words(format!(
                        " could not be prepared for {place}. No node was touched."
                    )),
                    None => self
                        .failed_where(version)
                        .words(format!("{} is back on ", self.subject()))
                        .code(self.old())
                        .words("."),
                }
            }
            DeploymentState::Aborted => {
                let end = start
                    .code(version)
                    .words(format!(" to {place} was aborted."))
                    .line();
                match self.nodes.iter().find(|node| node.is_put_back()) {
                    Some(node) => end
                        .words(format!("{} is back on ", node.name))
                        .code(before(node))
                        .words("."),
                    None if self.done() == 0 => end.words("No node was touched."),
                    None => end.words(format!(
                        "{} of {} got it.",
                        self.done(),
                        count(self.nodes.len(), "node")
                    )),
                }
            }
        }
    }

    /// `1.2 failed on red at "Sign in".`, and the next line begun.
    fn failed_where(&self, version: &Name) -> Sentence {
        let start = Sentence::default().code(version);
        let Some((mishap, node)) = self
            .trouble
            .as_ref()
            .and_then(|m| Some((m, self.node(m.node)?)))
        else {
            return start.words(" failed.").line();
        };
        let flow = node
            .steps
            .iter()
            .rev()
            .find(|(_, r)| r.verdict != StepVerdict::Passed)
            .map(|(_, r)| r.flow_title.as_str());
        start
            .words(match (mishap.work, flow) {
                (Work::Stage(Stage::Smoke), Some(flow)) => {
                    format!(" failed on {} at \"{flow}\".", node.name)
                }
                (work, _) => format!(" failed on {} at {work}.", node.name),
            })
            .line()
    }

    fn subject(&self) -> String {
        let node = self.trouble.as_ref().and_then(|m| self.node(m.node));
        node.or_else(|| self.focus())
            .map(|n| n.name.to_string())
            .unwrap_or_default()
    }

    fn old(&self) -> String {
        let node = self.trouble.as_ref().and_then(|m| self.node(m.node));
        node.or_else(|| self.focus())
            .map(before)
            .unwrap_or_else(|| "what it ran".into())
    }

    /// `Node 2 of 3, about 40 s left`
    pub fn progress(&self, now: Timestamp, usual: Option<Duration>) -> String {
        let at = (self.done() + 1).min(self.nodes.len());
        let of = self.nodes.len();
        match self.left(now, usual) {
            Some(left) => format!("Node {at} of {of}, {}", about(left)),
            None => format!("Node {at} of {of}"),
        }
    }

    /// The quiet line below the headline.
    pub fn byline(&self, now: Timestamp) -> String {
        let Some(plan) = &self.plan else {
            return String::new();
        };
        let mut said = vec![match self.ended_at {
            Some(end) => format!(
                "Asked for by {}, took {}.",
                plan.asked_by,
                spoken(end.since(self.started_at))
            ),
            None => format!(
                "Asked for by {}, running for {}.",
                plan.asked_by,
                spoken(Duration::from_secs(now.since(self.started_at).as_secs()))
            ),
        }];
        said.extend(plan.undoes.map(|number| format!("Rolls back #{number}.")));
        match self.state {
            DeploymentState::Undone | DeploymentState::Undoing => said.extend(self.untouched()),
            DeploymentState::Succeeded | DeploymentState::Aborted | DeploymentState::Aborting => {}
            DeploymentState::Halted => {
                said.extend((!self.why.is_empty()).then(|| sentence(&self.why)))
            }
            DeploymentState::Queued
            | DeploymentState::Preparing
            | DeploymentState::Rolling
            | DeploymentState::Held => {
                said.push(promise(plan, &self.nodes));
            }
        }
        if let Some(visitors) = &self.visitors
            && self.is_over()
        {
            said.push(format!(
                "{} of {} visitor requests failed.",
                visitors.failed,
                thousands(visitors.requests)
            ));
        }
        said.join(" ")
    }

    fn untouched(&self) -> Option<String> {
        let names: Vec<_> = self
            .nodes
            .iter()
            .filter(|n| !n.is_touched())
            .map(|n| n.name.to_string())
            .collect();
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("{one} was not touched.")),
            [some @ .., last] if names.len() <= 4 => {
                Some(format!("{} and {last} were not touched.", some.join(", ")))
            }
            many => Some(format!("{} nodes were not touched.", many.len())),
        }
    }

    /// What the abort button does, as its end state.
    pub fn abort_words(&self) -> String {
        match self
            .nodes
            .iter()
            .find(|n| n.is_touched() && !n.is_done() && !n.is_put_back())
        {
            Some(node) => format!("Abort and put {} back", node.name),
            None => "Abort, no further node is touched".to_owned(),
        }
    }

    /// `34 s`: how long the rest will take, by the nodes that are through, else by what is usual here.
    pub fn left(&self, now: Timestamp, usual: Option<Duration>) -> Option<Duration> {
        let each = self.each(usual)?;
        let rest = self
            .nodes
            .iter()
            .filter(|n| !n.is_done())
            .map(|node| match node.begun_at() {
                Some(begun) => each.saturating_sub(now.since(begun)),
                None => each,
            });
        Some(rest.sum())
    }

    /// How long one node takes here.
    pub fn each(&self, usual: Option<Duration>) -> Option<Duration> {
        let spans: Vec<_> = self.nodes.iter().filter_map(LiveNode::roll_span).collect();
        match u32::try_from(spans.len()) {
            Ok(n) if n > 0 => Some(spans.iter().sum::<Duration>() / n),
            _ => usual,
        }
    }

    pub fn mark(&self) -> Mark {
        self.state.into()
    }

    /// `▶ 2/3 1.1 · production/shop #42`, for the tab.
    pub fn tab_title(&self) -> String {
        let Some(plan) = &self.plan else {
            return "Deployment".to_owned();
        };
        let sign = match self.mark() {
            Mark::Done => "✓",
            Mark::Fail | Mark::Halt => "✕",
            Mark::Out => "○",
            _ => "▶",
        };
        let how = match self.state {
            DeploymentState::Rolling => format!(
                "{}/{}",
                (self.done() + 1).min(self.nodes.len()),
                self.nodes.len()
            ),
            state => state.word().to_owned(),
        };
        format!("{sign} {how} · {} · {}", plan.version, plan.title())
    }
}

impl LiveNode {
    fn begun_at(&self) -> Option<Timestamp> {
        self.segments.iter().find(|s| s.touches()).map(|s| s.start)
    }

    /// From its first touch to its rejoining, the way forward only.
    fn roll_span(&self) -> Option<Duration> {
        let end = self.segments.iter().rev().find(|s| {
            s.pass == Pass::Forward
                && s.work == Work::Stage(Stage::Rejoin)
                && s.passed == Some(true)
        })?;
        Some(end.end?.since(self.begun_at()?))
    }
}

fn before(node: &LiveNode) -> String {
    node.before
        .as_ref()
        .map_or_else(|| "what it ran before".to_owned(), Name::to_string)
}

/// What happens if a node fails, said while it still may.
fn promise(plan: &Outline, nodes: &[LiveNode]) -> String {
    let first = nodes.first().and_then(|n| n.before.as_ref());
    let known = nodes.iter().all(|n| n.before.is_some());
    let alike = nodes.iter().all(|n| n.before.as_ref() == first);
    match first.filter(|_| known) {
        Some(old) if alike => {
            format!("Replaces {old}. If a node fails it gets {old} back, and the roll stops.")
        }
        Some(_) => "If a node fails it gets its own release back, and the roll stops.".to_owned(),
        None => format!(
            "Some nodes run an unknown release: if {} fails there, it cannot be undone and the roll halts.",
            plan.version
        ),
    }
}

/// `3 nodes`, `1 node`.
pub fn count(n: usize, noun: &str) -> String {
    match n {
        1 => format!("1 {noun}"),
        n => format!("{n} {noun}s"),
    }
}

/// `1,284`
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut said = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// `about 40 s left`, rounded so that it does not flicker.
fn about(left: Duration) -> String {
    match (left.as_millis() as u64 + 500) / 1_000 {
        0 => "almost done".to_owned(),
        s if s < 10 => format!("about {s} s left"),
        s if s < 90 => format!("about {} s left", s.div_ceil(5) * 5),
        s => format!("about {} min left", s.div_ceil(60)),
    }
}

/// A word of ours at the beginning of a sentence.
pub fn capital(word: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

/// Begins with a capital and ends with a stop.
pub fn sentence(text: &str) -> String {
    let text = capital(text.trim());
    match text.chars().last() {
        Some('.' | '!' | '?') | None => text,
        Some(_) => text + ".",
    }
}
