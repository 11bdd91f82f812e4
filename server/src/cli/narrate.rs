//! Events as lines for people.

use app::model::{
    deployment::Plan,
    ids::NodeId,
    journal::{Event, Fact, Note, Outcome},
    smoke::{StepReport, StepVerdict},
    stage::{Attempt, Pass},
    time::{Timestamp, spoken},
    trouble::Trouble,
};
use std::collections::HashMap;

/// Remembers what it was told, so that a line can say how long something took.
#[derive(Debug, Default)]
pub struct Narrator {
    plan: Option<Box<Plan>>,
    started: HashMap<(Option<NodeId>, Attempt), Timestamp>,
}

impl Narrator {
    /// Lines for this event; none for what only machines need.
    pub fn tell(&mut self, event: &Event) -> Vec<String> {
        let clock = event.at.clock();
        match &event.fact {
            Fact::Planned { plan } => {
                let nodes: Vec<_> = plan.nodes.iter().map(|n| n.node.name.to_string()).collect();
                let undoing = plan.undoes.as_ref().map_or(String::new(), |undoes| {
                    format!(", which rolls back #{} ({})", undoes.number, undoes.version)
                });
                let line = format!(
                    "{clock}  {}: {} deploys {} to {}{undoing}",
                    plan.title(),
                    plan.asked_by,
                    plan.release.version,
                    nodes.join(", ")
                );
                self.plan = Some(plan.clone());
                vec![line]
            }
            Fact::Became { state, why } if why.is_empty() => vec![format!("{clock}  {state}")],
            Fact::Became { state, why } => vec![format!("{clock}  {state}: {why}")],
            Fact::Started { attempt, .. } => {
                self.started.insert((event.node, *attempt), event.at);
                Vec::new()
            }
            Fact::Noted {
                attempt,
                note: Note::Step { report },
            } => vec![format!(
                "{clock}  {}  {}",
                self.subject(event, *attempt),
                step(report)
            )],
            Fact::Noted { .. }
            | Fact::Claimed { .. }
            | Fact::Observed { .. }
            | Fact::Visited { .. } => Vec::new(),
            Fact::Reconciled { seen } => vec![format!(
                "{clock}  a server looked at {} node{} before it goes on",
                seen.len(),
                if seen.len() == 1 { "" } else { "s" }
            )],
            Fact::Behind { words } => vec![format!("{clock}  {words}")],
            Fact::Adopted { attempt } => {
                vec![format!(
                    "{clock}  {}  goes on with it",
                    self.subject(event, *attempt)
                )]
            }
            Fact::Requeued {} => vec![format!(
                "{clock}  {}  is rolled again",
                self.node(event.node)
            )],
            Fact::Newer { version } => vec![format!(
                "{clock}  written by a newer Pitlane (version {version} of the journal)"
            )],
            Fact::Alarmed { words } => vec![format!("{clock}  ALARM: {words}")],
            Fact::Pictured { attempt, report } => {
                let head = format!("{clock}  {}", self.subject(event, *attempt));
                let mut lines = vec![format!("{head}  {}", report.words())];
                let noticed = report.differences.iter();
                lines.extend(noticed.map(|one| format!("            {}", one.sentence())));
                lines
            }
            Fact::Reviewed {
                flow,
                step,
                verdict,
                by,
                reason,
                ..
            } => vec![format!(
                "{clock}  {}  {by} {verdict} how step {step} of {flow} looks: {reason}",
                self.node(event.node)
            )],
            Fact::Finished { attempt, outcome } => {
                let took = self.started.get(&(event.node, *attempt));
                let took = took.map_or_else(String::new, |start| spoken(event.at.since(*start)));
                let head = format!("{clock}  {}", self.subject(event, *attempt));
                match outcome {
                    Outcome::Passed { .. } => vec![format!("{head}  done in {took}")],
                    Outcome::Stopped { why } => vec![format!("{head}  stopped: {why}")],
                    Outcome::Failed { failure } => {
                        let mut lines = vec![format!("{head}  FAILED after {took}")];
                        lines.extend(indented(&failure.trouble));
                        lines
                    }
                }
            }
            Fact::Reasserted {
                balancer,
                found,
                words,
            } => vec![format!(
                "{clock}  {}  was {} in {balancer} ({words}); isolated again",
                self.node(event.node),
                found.word()
            )],
            Fact::Commanded {
                command,
                by,
                refused,
            } => {
                let asked = match event.node {
                    Some(_) => format!(
                        "{clock}  {by} asked to {command} {}",
                        self.node(event.node).trim_end()
                    ),
                    None => format!("{clock}  {by} asked to {command}"),
                };
                vec![match refused {
                    None => asked,
                    Some(why) => format!("{asked}; refused: {why}"),
                }]
            }
        }
    }

    fn subject(&self, event: &Event, attempt: Attempt) -> String {
        let mut words = attempt.work.word().to_owned();
        match attempt.pass {
            Pass::Rehearsal => words = "rehearse".to_owned(),
            Pass::Forward => {}
            Pass::Undo => words = format!("undo: {words}"),
        }
        if attempt.number > 1 {
            words = format!("{words} ({})", attempt.number);
        }
        format!("{}  {words:<8}", self.node(event.node))
    }

    /// The node's name, as wide as the longest.
    fn node(&self, id: Option<NodeId>) -> String {
        let Some(plan) = &self.plan else {
            return String::new();
        };
        let names = plan.nodes.iter().map(|n| n.node.name.as_str().len());
        let width = names.max().unwrap_or_default();
        let name = id
            .and_then(|id| plan.node(id))
            .map_or("", |planned| planned.node.name.as_str());
        format!("{name:<width$}")
    }
}

fn step(report: &StepReport) -> String {
    let StepReport {
        flow,
        step,
        of,
        words,
        ..
    } = report;
    let took = spoken(report.took());
    match &report.verdict {
        StepVerdict::Passed => format!("{flow} {step}/{of}: {words}, {took}"),
        StepVerdict::Failed(why) => format!("{flow} {step}/{of}: {words}: FAILED: {why}"),
        StepVerdict::Broken(why) => format!("{flow} {step}/{of}: {words}: broken: {why}"),
    }
}

fn indented(trouble: &Trouble) -> impl Iterator<Item = String> {
    let text = match &trouble.detail {
        Some(detail) => format!("{trouble}\n{detail}"),
        None => trouble.to_string(),
    };
    let lines: Vec<_> = text
        .lines()
        .map(|line| format!("          {line}"))
        .collect();
    lines.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::{
        deployment::DeploymentState,
        ids::RunId,
        journal::Proof,
        stage::{Stage, Work},
        trouble::Failure,
    };

    fn event(seq: u64, fact: Fact) -> Event {
        Event {
            seq,
            epoch: 1,
            at: Timestamp(1_795_442_531_000 + 310 * i64::try_from(seq).unwrap()),
            node: None,
            fact,
        }
    }

    #[test]
    fn a_failure_is_told_with_its_time_and_its_reason() {
        let attempt = Attempt {
            pass: Pass::Undo,
            work: Work::Stage(Stage::Check),
            number: 2,
        };
        let facts = [
            Fact::Started {
                attempt,
                run: RunId::generate(),
                deadline_at: Timestamp(0),
            },
            Fact::Finished {
                attempt,
                outcome: Outcome::Failed {
                    failure: Failure::ours(Trouble::new("No answer.").detail("last line")),
                },
            },
            Fact::Finished {
                attempt,
                outcome: Outcome::Passed {
                    proof: Proof::Rejoined { served: true },
                },
            },
            Fact::Became {
                state: DeploymentState::Halted,
                why: "somebody must look".to_owned(),
            },
        ];
        let mut narrator = Narrator::default();
        let told = (1..)
            .zip(facts)
            .flat_map(|(seq, fact)| narrator.tell(&event(seq, fact)));
        let told: Vec<String> = told.collect();
        assert_eq!(
            told.join("\n"),
            "14:02:11    undo: check (2)  FAILED after 0.31 s\n          No answer.\n          last line\n\
             14:02:11    undo: check (2)  done in 0.62 s\n14:02:12  halted: somebody must look"
        );
    }
}
