//! The pure core against a world that fails, in virtual time: one to three servers share one database and one to three
//! pools of two to six nodes. Servers crash, freeze and thaw, are cut off; the database goes away, or commits and does
//! not say so; balancers and nodes fail, also after they did what they were told; people command and meddle. One seed
//! is one story, and after every step the invariants of `docs/architecture.md` are checked; when the faults stop, every
//! story must come to an end.
//!
//! `SEED=n cargo test -p server simulation` replays one and tells it; `cargo xtask simulate --seeds N` runs many.

/// What is true, whatever anybody knows: nodes, balancers, what runs where.
mod world;

/// Leases, epochs, journals, inboxes, as the real database keeps them.
mod database;

/// One server: it claims, asks `next`, acts, and may die at any moment.
mod server;

/// What must hold.
mod check;

/// How a story goes: who acts when, what breaks, what people do.
mod story;

/// A plan for so many nodes.
mod plan;

use app::model::deployment::DeploymentState;
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};
use story::Story;

/// Stories in the test run; `SEEDS` asks for more.
const SEEDS: u64 = 2_000;

fn play(seed: u64, aloud: bool) -> Story {
    let mut story = Story::new(seed, aloud);
    let played = catch_unwind(AssertUnwindSafe(|| story.play()));
    match played {
        Ok(()) => story,
        // the same again, this time in words
        Err(_) if !aloud => play(seed, true),
        Err(panic) => {
            println!("SEED={seed}\n{}", story.told());
            resume_unwind(panic)
        }
    }
}

#[test]
fn invariants_hold_on_many_seeds() {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().expect("a whole number"))
    };
    if let Some(seed) = number("SEED") {
        println!("{}", play(seed, true).told());
        return;
    }
    let seeds = number("SEEDS").unwrap_or(SEEDS);
    let workers = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let mut endings: BTreeMap<&str, u64> = BTreeMap::new();
    let mut faults: BTreeMap<&'static str, u64> = BTreeMap::new();
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn(move || {
                    let mine = (worker..seeds).step_by(usize::try_from(workers).unwrap_or(1));
                    mine.map(|seed| play(seed, false).summary())
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        for part in parts {
            let summaries = part.join().unwrap_or_else(|panic| resume_unwind(panic));
            for summary in summaries {
                for state in summary.endings {
                    *endings.entry(state.word()).or_default() += 1;
                }
                for (fault, count) in summary.faults {
                    *faults.entry(fault).or_default() += count;
                }
            }
        }
    });
    println!("{seeds} seeds\nendings: {endings:?}\nfaults and commands: {faults:?}");
    // stories that never get anywhere, or in which nothing breaks, would prove nothing
    for state in [
        DeploymentState::Succeeded,
        DeploymentState::Undone,
        DeploymentState::Aborted,
    ] {
        assert!(endings.contains_key(state.word()), "no story ends {state}");
    }
    for fault in story::FAULTS {
        assert!(faults.contains_key(fault), "{fault} never happened");
    }
}
