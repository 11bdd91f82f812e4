//! What an effect does to the made-up world, and what comes of it.

use super::Flight;
use crate::rolling::{
    next::Effect,
    simulation::{
        story::Scene,
        world::{Fate, RealNode, Run, Wrapped},
    },
    stage,
};
use app::model::{
    environment::Admission,
    journal::{Fact, Outcome, Proof},
    stage::{Attempt, Pass, Stage, Work},
    trouble::{Failure, Trouble},
};
use rand::RngExt;
use std::time::Duration;

pub(super) fn failed(fate: Fate, words: &str) -> Outcome {
    let trouble = Trouble::new(format!("{words}."));
    let failure = match fate {
        Fate::Ours => Failure::ours(trouble),
        Fate::Release => Failure::release(trouble),
        Fate::Unsure => Failure::unsure(trouble),
    };
    Outcome::Failed { failure }
}

pub(super) fn passed() -> Outcome {
    Outcome::Passed {
        proof: Proof::Isolated,
    }
}

/// What the attempt does now; `None`: it goes on.
pub(super) fn act(
    flight: &mut Flight,
    pool: usize,
    epoch: u64,
    scene: &mut Scene,
) -> Option<Outcome> {
    let Effect {
        node: id,
        attempt: Attempt { pass, work, .. },
        ..
    } = flight.effect;
    let now = scene.now;
    let ours = scene.is_flaky();
    // what failed may have been done all the same
    let done = !ours || scene.rng.random_bool(0.5);
    let job = &scene.database.rows[pool].job;
    let (run, soak) = (job.run(id)?.clone(), job.plan.policy.soak());
    let held = job.hold.as_ref().is_some_and(|hold| hold.now);
    let with_suite = job
        .plan
        .node(id)?
        .before
        .as_ref()
        .is_some_and(|before| before.suite.is_some());
    let broken = |stage| move |node: &RealNode| pass == Pass::Forward && node.broken == Some(stage);
    let stop = || Some(Outcome::Stopped { why: "held".into() });
    let cut = scene.world.node(id).cut_until > now;
    let expected = if pass == Pass::Forward { "1" } else { "0" };
    if pass == Pass::Rehearsal {
        if ours {
            return Some(failed(Fate::Ours, "the browser died"));
        }
        if scene.world.node(id).current != "0" {
            return Some(failed(Fate::Unsure, "another release answers"));
        }
        if scene.world.bad_suite[pool] {
            return Some(failed(Fate::Release, "the suite is wrong"));
        }
        return (now - flight.since >= 600).then(passed);
    }
    match work {
        Work::Prepare | Work::Stage(Stage::Deploy) => {
            remote(flight, epoch, expected, cut, ours, scene)
        }
        Work::Stage(Stage::Isolate) => {
            let usable = scene.world.order[pool]
                .iter()
                .filter(|other| **other != id && scene.world.nodes[other].in_rotation)
                .count();
            if usable < 1 && scene.world.node(id).in_rotation {
                return Some(failed(Fate::Ours, "the floor would break"));
            }
            if done && scene.world.node(id).in_rotation {
                scene.world.take_out(pool, id);
            }
            Some(if ours {
                failed(Fate::Ours, "no answer")
            } else {
                passed()
            })
        }
        Work::Stage(Stage::Drain) => {
            if held {
                return stop();
            }
            if run.forced.is_some() {
                return Some(passed());
            }
            let waited = now - flight.since;
            match broken(Stage::Drain)(scene.world.node(id)) {
                true if waited >= 5_000 => Some(failed(Fate::Unsure, "requests are open")),
                true => None,
                false if ours => Some(failed(Fate::Ours, "no answer")),
                // an idle node in rotation proves nothing
                false => (waited >= 400 && !scene.world.node(id).in_rotation).then(passed),
            }
        }
        Work::Stage(Stage::Check | Stage::Smoke) => {
            let node = scene.world.node(id);
            if node.current != expected {
                return Some(failed(Fate::Unsure, "another release answers"));
            }
            let smoke = work == Work::Stage(Stage::Smoke);
            let at = if smoke { Stage::Smoke } else { Stage::Check };
            if broken(at)(node) {
                return Some(failed(Fate::Release, "it does not work"));
            }
            if ours {
                return Some(failed(Fate::Ours, "the browser died"));
            }
            if now - flight.since < 600 {
                return None;
            }
            match (smoke, pass) {
                (false, _) => node.checked = true,
                (true, Pass::Forward) => return pictured(flight, pool, epoch, scene),
                (true, Pass::Undo | Pass::Rehearsal) => node.smoked = with_suite,
            }
            Some(passed())
        }
        Work::Stage(Stage::Rejoin) => {
            let was_in = run
                .before
                .iter()
                .flatten()
                .all(|(_, admission)| *admission == Admission::InService);
            if done && was_in {
                scene.world.let_in(id, pass, with_suite);
            }
            Some(if ours {
                failed(Fate::Ours, "no answer")
            } else {
                passed()
            })
        }
        Work::Soak => {
            if held {
                return stop();
            }
            let watched = Duration::from_millis(u64::try_from(now - flight.since).unwrap_or(0));
            if scene.world.node(id).worsens && watched > soak / 2 {
                return Some(failed(Fate::Release, "it got worse"));
            }
            (watched >= soak).then(passed)
        }
    }
}

/// As `act::pictures`: what the new release looks like is journalled before its smoke test ends.
pub(super) fn pictured(
    flight: &Flight,
    pool: usize,
    epoch: u64,
    scene: &mut Scene,
) -> Option<Outcome> {
    let Effect {
        node: id, attempt, ..
    } = flight.effect;
    let differs = scene.world.node(id).differs;
    let row = &scene.database.rows[pool];
    let plan = &row.job.plan;
    let pictures = plan.suite.as_ref()?.suite.pictures.clone();
    let version = plan.release.version.clone();
    if stage::gate::looks(&pictures) {
        let report = row.report(differs);
        let fact = Fact::Pictured {
            attempt,
            report: Box::new(report.clone()),
        };
        // nobody knows whether it was written: it is looked at again
        scene.write(pool, epoch, Some(id), fact).ok()?;
        let node = "it".parse().expect("a good name");
        if let Err(failure) = stage::gate::judge(&pictures, &report, &version, &node) {
            return Some(Outcome::Failed { failure });
        }
    }
    scene.world.node(id).smoked = true;
    Some(passed())
}

/// A command on the node, through its wrapper.
pub(super) fn remote(
    flight: &mut Flight,
    epoch: u64,
    expected: &'static str,
    cut: bool,
    ours: bool,
    scene: &mut Scene,
) -> Option<Outcome> {
    let now = scene.now;
    let deploy = flight.effect.attempt.work != Work::Prepare;
    if cut {
        return match flight.attached && deploy {
            true => Some(failed(Fate::Unsure, "the connection was lost")),
            false => Some(failed(Fate::Ours, "no way there")),
        };
    }
    if !flight.attached {
        if ours {
            return Some(failed(Fate::Ours, "ssh did not start"));
        }
        let run = Run {
            epoch,
            done_at: now + scene.rng.random_range(100..4_000),
            switches_to: deploy.then_some(expected),
            result: None,
            applied: 0,
        };
        scene.intended(flight.run);
        match scene
            .world
            .node(flight.effect.node)
            .wrapped(flight.run, run, now)
        {
            Wrapped::Attached => flight.attached = true,
            Wrapped::Fenced => return Some(failed(Fate::Ours, "a newer owner was here")),
            Wrapped::Busy => return Some(failed(Fate::Ours, "another run is alive")),
        }
    }
    let node = scene.world.node(flight.effect.node);
    node.advance(now);
    let run = &node.runs[&flight.run];
    assert!(run.applied <= 1, "a run took effect twice");
    Some(match run.result? {
        Ok(()) => passed(),
        Err(Fate::Unsure) => failed(Fate::Ours, "it left no result"),
        Err(fate) => failed(fate, "the command failed"),
    })
}
