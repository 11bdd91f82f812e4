//! Pure: what a new owner found in the world, against what the journal says.
//!
//! A contradiction is what nobody's crash explains: then nothing is done until a person has looked at both sides. What
//! a crash does explain (an effect that happened and was not written down, or was written down as begun and did not
//! happen) is none: the stages are desired states and go on from either.

use super::fold::{Job, NodeRun};
use app::model::{
    deployment::NodeRunState,
    journal::Found,
    name::Name,
    stage::{Pass, Stage, Work},
};

/// Both sides in words, if they disagree; a node that must be known and could not be read counts too.
pub fn contradiction(job: &Job, seen: &[Found]) -> Option<String> {
    let sentences: Vec<_> = seen
        .iter()
        .filter_map(|found| sides(job, job.run(found.node)?, found))
        .collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// Whether what runs on it must be known before anything is done.
pub fn matters(run: &NodeRun) -> bool {
    run.out || run.touched || run.open.is_some()
}

fn sides(job: &Job, run: &NodeRun, found: &Found) -> Option<String> {
    let name = &job.planned(run).node.name;
    if let Some(why) = &found.unread {
        return matters(run)
            .then(|| format!("What {name} runs could not be read: {why} It is left as it is."));
    }
    let expected = expected(job, run);
    // a node whose release nobody knew may hold anything, as long as it was not touched
    if expected.is_empty() || expected.contains(&found.current.as_ref()) {
        return None;
    }
    let told: Vec<_> = expected.iter().map(|dir| words(*dir)).collect();
    Some(format!(
        "By the journal `current` of {name} points to {}; on the node it points to {}.",
        told.join(" or "),
        words(found.current.as_ref())
    ))
}

fn words(dir: Option<&Name>) -> String {
    dir.map_or("nothing".to_owned(), |dir| format!("releases/{dir}"))
}

/// Where `current` may point; empty: anywhere.
fn expected<'a>(job: &'a Job, run: &NodeRun) -> Vec<Option<&'a Name>> {
    let new = Some(&job.plan.release_dir);
    let before = job
        .planned(run)
        .before
        .as_ref()
        .map(|before| Some(&before.release_dir));
    // with a switch under way, or one that failed, either
    let either = || std::iter::once(new).chain(before).collect();
    if !run.touched {
        return before.into_iter().collect();
    }
    if matches!(&run.open, Some(open) if open.attempt.work == Work::Stage(Stage::Deploy)) {
        return either();
    }
    match run.state {
        NodeRunState::Deployed
        | NodeRunState::Checked
        | NodeRunState::Smoked
        | NodeRunState::Rejoined => vec![new],
        NodeRunState::Undone | NodeRunState::Skipped => before.into_iter().collect(),
        NodeRunState::Undoing if has_gone_back(run) => before.into_iter().collect(),
        NodeRunState::Pending
        | NodeRunState::Isolated
        | NodeRunState::Drained
        | NodeRunState::Undoing => either(),
    }
}

/// The switch back is behind it.
fn has_gone_back(run: &NodeRun) -> bool {
    run.last.as_ref().is_some_and(|last| {
        let (pass, work) = (last.attempt.pass, last.attempt.work);
        let behind = match work {
            Work::Stage(Stage::Deploy) => last.failure.is_none(),
            work => work > Work::Stage(Stage::Deploy),
        };
        pass == Pass::Undo && behind
    })
}
