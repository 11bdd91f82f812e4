//! Pure: how a deployment goes on from here, for people. Every state says what happens next, who acts, and until when.

use super::fold::{Job, NodeRun};
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    time::spoken,
    trouble::FailureClass,
    view::Outlook,
};

const PITLANE: &str = "Pitlane";
const PERSON: &str = "a person";
const NOBODY: &str = "nobody";

pub fn outlook(job: &Job) -> Outlook {
    let say = |who: &str, next: String| Outlook {
        next,
        who: who.to_owned(),
        until: None,
    };
    if let Some(by) = job.abort_asked.as_ref().filter(|_| !job.state.is_over()) {
        let next = format!(
            "{by} asked to abort it: what runs is stopped, and a node that is out is put back."
        );
        return say(PITLANE, next);
    }
    match job.state {
        DeploymentState::Queued => say(
            PITLANE,
            "A server takes it up as soon as one is free; until then nothing is touched.".into(),
        ),
        DeploymentState::Preparing => say(
            PITLANE,
            match &job.hold {
                Some(hold) => format!(
                    "{} asked to hold it: it is held before the first node leaves service.",
                    hold.by
                ),
                None => "When every node is prepared, the first one leaves service.".into(),
            },
        ),
        DeploymentState::Rolling => rolling(job),
        DeploymentState::Held => held(job),
        DeploymentState::Undoing => say(
            PITLANE,
            format!(
                "{} what it ran before, is proven again and rejoins; {}.",
                gets_back(job),
                after_undo(job)
            ),
        ),
        DeploymentState::Aborting => say(
            PITLANE,
            match out(job).is_empty() {
                true => {
                    "It ends as soon as nothing runs any more; no further node is touched.".into()
                }
                false => format!(
                    "{} what it ran before, is proven again and rejoins; then it ends.",
                    gets_back(job)
                ),
            },
        ),
        DeploymentState::Halted => say(PERSON, halted(job)),
        DeploymentState::Succeeded | DeploymentState::Undone | DeploymentState::Aborted => say(
            NOBODY,
            "It has ended; the pool is free for the next one.".into(),
        ),
    }
}

fn rolling(job: &Job) -> Outlook {
    let next = match (&job.hold, last_batch(job)) {
        (Some(hold), _) if hold.now => format!(
            "{} asked to hold it now: it stops when the stage at hand has ended.",
            hold.by
        ),
        (Some(hold), _) => format!(
            "{} asked to hold it: it stops when the nodes at hand have rejoined.",
            hold.by
        ),
        (None, true) => "When the nodes at hand have rejoined, it has succeeded.".into(),
        (None, false) => {
            "When the nodes at hand have rejoined, the next ones leave service.".into()
        }
    };
    Outlook {
        next,
        who: PITLANE.to_owned(),
        until: None,
    }
}

fn held(job: &Job) -> Outlook {
    if job.go_on {
        let next = "It goes on as soon as balancer and nodes were looked at.".into();
        return Outlook {
            next,
            who: PITLANE.to_owned(),
            until: None,
        };
    }
    let out = out(job);
    if out.is_empty() {
        return Outlook {
            next: "Every node is in service. It goes on when somebody resumes it; there is no limit to that.".into(),
            who: PERSON.to_owned(),
            until: None,
        };
    }
    let until = job.held_until();
    if let Some(gate) = job.gate() {
        return Outlook {
            next: gate.words(),
            who: PERSON.to_owned(),
            until: Some(until),
        };
    }
    Outlook {
        next: format!(
            "{} out of service and watched. At {} UTC, after {}, {} put back and the deployment halts, unless somebody resumes it.",
            names(job, &out, "is", "are"),
            &until.clock()[..5],
            spoken(job.hold_limit()),
            if out.len() == 1 { "it is" } else { "they are" },
        ),
        who: PERSON.to_owned(),
        until: Some(until),
    }
}

fn halted(job: &Job) -> String {
    let out = out(job);
    let retry = job.situation().can_retry;
    match (out.is_empty(), retry) {
        (false, true) => format!(
            "{} out of service and watched. Somebody retries the stage, skips the node, or aborts.",
            names(job, &out, "is", "are")
        ),
        (false, false) => format!(
            "{} out of service and watched. Somebody skips the node or aborts.",
            names(job, &out, "is", "are")
        ),
        (true, true) => "Every node is in service. Somebody retries, continues or aborts.".into(),
        (true, false) => "Every node is in service. Somebody continues or aborts.".into(),
    }
}

/// `red is`, `red, blue are`
fn names(job: &Job, nodes: &[&NodeRun], one: &str, many: &str) -> String {
    let all: Vec<_> = nodes
        .iter()
        .map(|node| job.planned(node).node.name.as_str())
        .collect();
    format!(
        "{} {}",
        all.join(", "),
        if all.len() == 1 { one } else { many }
    )
}

fn out(job: &Job) -> Vec<&NodeRun> {
    job.nodes.iter().filter(|node| node.out).collect()
}

/// What an undo ends in, by what began it.
fn after_undo(job: &Job) -> &'static str {
    let skips = job
        .nodes
        .iter()
        .any(|node| node.skip && node.state != NodeRunState::Skipped);
    match (&job.cause, skips) {
        (_, true) => "then the deployment goes on with the others",
        (Some(cause), false) if cause.failure.class == FailureClass::Release => {
            "no further node is touched"
        }
        (_, false) => "then the deployment halts and waits for a person",
    }
}

fn gets_back(job: &Job) -> String {
    match out(job).as_slice() {
        [] => "The node that failed gets back".to_owned(),
        out => names(job, out, "gets back", "get back, one after the other,"),
    }
}

/// Nothing is left to begin after the nodes at hand.
fn last_batch(job: &Job) -> bool {
    let waits = |node: &NodeRun| !node.is_done() && !node.out && node.open.is_none();
    !job.nodes.iter().any(waits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        remote::{artefact::sample, fake::node_at},
        rolling::fold::{Hold, fold},
    };
    use app::model::{
        journal::{Event, Fact},
        time::Timestamp,
    };

    fn job(state: DeploymentState, red_is_out: bool) -> Job {
        let plan = Box::new(sample::plan(&node_at("/srv/shop")));
        let planned = Event {
            seq: 1,
            epoch: 1,
            at: Timestamp(1_795_442_531_000),
            node: None,
            fact: Fact::Planned { plan },
        };
        let mut job = fold([&planned]).unwrap();
        job.state = state;
        job.nodes[0].out = red_is_out;
        job
    }

    #[test]
    fn every_state_says_what_comes_next_and_who_acts() {
        let lines: Vec<_> = DeploymentState::ALL
            .into_iter()
            .flat_map(|state| [false, true].map(|out| (state, out)))
            .filter(|(state, out)| !(state.is_over() && *out))
            .map(|(state, out)| {
                let Outlook { next, who, until } = outlook(&job(state, out));
                let until = until.map_or(String::new(), |at| format!(", until {}", at.clock()));
                format!(
                    "{state}{}: {next} [{who}{until}]",
                    if out { ", out" } else { "" }
                )
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        queued: A server takes it up as soon as one is free; until then nothing is touched. [Pitlane]
        queued, out: A server takes it up as soon as one is free; until then nothing is touched. [Pitlane]
        preparing: When every node is prepared, the first one leaves service. [Pitlane]
        preparing, out: When every node is prepared, the first one leaves service. [Pitlane]
        rolling: When the nodes at hand have rejoined, the next ones leave service. [Pitlane]
        rolling, out: When the nodes at hand have rejoined, it has succeeded. [Pitlane]
        held: Every node is in service. It goes on when somebody resumes it; there is no limit to that. [a person]
        held, out: red is out of service and watched. At 14:32 UTC, after 30 min, it is put back and the deployment halts, unless somebody resumes it. [a person, until 14:32:11]
        undoing: The node that failed gets back what it ran before, is proven again and rejoins; then the deployment halts and waits for a person. [Pitlane]
        undoing, out: red gets back what it ran before, is proven again and rejoins; then the deployment halts and waits for a person. [Pitlane]
        aborting: It ends as soon as nothing runs any more; no further node is touched. [Pitlane]
        aborting, out: red gets back what it ran before, is proven again and rejoins; then it ends. [Pitlane]
        halted: Every node is in service. Somebody continues or aborts. [a person]
        halted, out: red is out of service and watched. Somebody skips the node or aborts. [a person]
        succeeded: It has ended; the pool is free for the next one. [nobody]
        undone: It has ended; the pool is free for the next one. [nobody]
        aborted: It has ended; the pool is free for the next one. [nobody]
        ");
    }

    #[test]
    fn a_wish_that_has_not_come_about_yet_is_said_first() {
        let mut job = job(DeploymentState::Rolling, true);
        let mut hold = |now| {
            job.hold = Some(Hold {
                by: "ann".into(),
                now,
            });
            outlook(&job).next
        };
        insta::assert_snapshot!(hold(false), @"ann asked to hold it: it stops when the nodes at hand have rejoined.");
        insta::assert_snapshot!(hold(true), @"ann asked to hold it now: it stops when the stage at hand has ended.");
        job.abort_asked = Some("bob".into());
        insta::assert_snapshot!(outlook(&job).next, @"bob asked to abort it: what runs is stopped, and a node that is out is put back.");
    }
}
