//! What happened to a deployment as a whole, in sentences: who took it up, who asked what, what was found.

use super::Live;
use crate::model::{
    command::Command,
    deployment::DeploymentState,
    environment::Admission,
    evidence::Verdict,
    ids::NodeId,
    journal::{Event, Fact, Found},
    mark::Mark,
    time::Timestamp,
};

/// Lines kept; the whole is in the journal.
const LINES: usize = 200;

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Of the event.
    pub seq: u64,
    pub at: Timestamp,
    pub mark: Mark,
    pub words: String,
}

impl Live {
    /// Adds the line of this event, if it has one. Called before the event changes anything else.
    pub(super) fn tell(&mut self, event: &Event) {
        let name = |id: Option<NodeId>| {
            self.node(id)
                .map(|node| node.name.to_string())
                .unwrap_or_default()
        };
        let (mark, words) = match &event.fact {
            Fact::Claimed { owner } => {
                let server = server(owner);
                let words = match &self.owner {
                    None => format!("Server {server} took it up."),
                    Some(former) if *former == server => {
                        format!("Server {server} took it up again.")
                    }
                    Some(former) => format!("Server {server} went on where {former} had stopped."),
                };
                self.owner = Some(server);
                (Mark::Work, words)
            }
            Fact::Reconciled { seen } => found(seen, &name),
            Fact::Behind { words } => (Mark::Halt, words.clone()),
            Fact::Adopted { attempt } => (
                Mark::Work,
                format!(
                    "Went on with {} on {}, which had been begun before; it was not begun twice.",
                    attempt.work,
                    name(event.node)
                ),
            ),
            Fact::Requeued {} => (
                Mark::Work,
                format!("{} is rolled again from the start.", name(event.node)),
            ),
            Fact::Newer { version } => (
                Mark::Work,
                format!(
                    "A newer Pitlane wrote this (version {version} of the journal); this server cannot read it."
                ),
            ),
            Fact::Alarmed { words } => (Mark::Halt, words.clone()),
            Fact::Became { state, why } => (Mark::from(*state), became(*state, why)),
            Fact::Reasserted {
                balancer, found, ..
            } => (
                Mark::Drain,
                format!(
                    "{balancer} had {} {}; it was taken out again.",
                    name(event.node),
                    found.word()
                ),
            ),
            Fact::Commanded {
                command,
                by,
                refused,
            } => {
                let wish = wish(*command, &name(event.node));
                match refused {
                    None => (Mark::Done, format!("{by} asked to {wish}.")),
                    Some(why) => (Mark::Out, format!("{by} asked to {wish}; refused: {why}.")),
                }
            }
            Fact::Pictured { report, .. } => {
                let mark = match report.differences.is_empty() {
                    true => Mark::Done,
                    false => Mark::Drain,
                };
                (mark, format!("{}: {}", name(event.node), report.words()))
            }
            Fact::Reviewed {
                flow,
                step,
                verdict,
                by,
                reason,
                ..
            } => {
                let mark = match verdict {
                    Verdict::Accepted => Mark::Done,
                    Verdict::Rejected => Mark::Fail,
                };
                let words = format!(
                    "{by} {verdict} how step {step} of {flow} looks on {}: {reason}",
                    name(event.node)
                );
                (mark, super::words::sentence(&words))
            }
            Fact::Planned { plan } => (Mark::Wait, format!("{} asked for it.", plan.asked_by)),
            Fact::Observed { .. }
            | Fact::Started { .. }
            | Fact::Noted { .. }
            | Fact::Finished { .. }
            | Fact::Visited { .. } => return,
        };
        if self.told.len() >= LINES {
            self.told.remove(0);
        }
        self.told.push(Told {
            seq: event.seq,
            at: event.at,
            mark,
            words,
        });
    }
}

/// `host pid 4711` of an owner's full name.
fn server(owner: &str) -> String {
    let words: Vec<_> = owner.split(' ').take(3).collect();
    words.join(" ")
}

fn became(state: DeploymentState, why: &str) -> String {
    let word = super::words::capital(state.word());
    match why.trim_end_matches('.') {
        "" => format!("{word}."),
        why => format!("{word}: {why}."),
    }
}

fn wish(command: Command, node: &str) -> String {
    match command {
        Command::Hold => "hold it when the nodes at hand have rejoined".to_owned(),
        Command::HoldNow => "hold it now".to_owned(),
        Command::Resume => "resume it".to_owned(),
        Command::Retry => "retry what failed".to_owned(),
        Command::Skip => format!("skip {node}"),
        Command::ForceDrain => format!("force the drain of {node}"),
        Command::Continue => "continue".to_owned(),
        Command::Abort => "abort it".to_owned(),
    }
}

fn found(seen: &[Found], name: &dyn Fn(Option<NodeId>) -> String) -> (Mark, String) {
    let unread: Vec<_> = seen
        .iter()
        .filter_map(|found| {
            Some(format!(
                "{}: {}",
                name(Some(found.node)),
                found.unread.as_ref()?
            ))
        })
        .collect();
    let said: Vec<_> = seen
        .iter()
        .filter(|found| found.unread.is_none())
        .map(|found| {
            let out = !found.admissions.is_empty()
                && found
                    .admissions
                    .iter()
                    .all(|(_, a)| *a == Admission::Isolated);
            let place = if out { "out" } else { "in service" };
            format!("{} is {place}", name(Some(found.node)))
        })
        .collect();
    let few = (said.len() <= 4 && !said.is_empty()).then(|| format!(": {}", said.join(", ")));
    let mut words = format!(
        "Looked at balancers and nodes before going on{}.",
        few.unwrap_or_default()
    );
    for one in &unread {
        words.push_str(&format!(" {}.", one.trim_end_matches('.')));
    }
    let mark = if unread.is_empty() {
        Mark::Done
    } else {
        Mark::Unknown
    };
    (mark, words)
}
