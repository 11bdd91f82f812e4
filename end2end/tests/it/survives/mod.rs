//! One roll per disturbance: real processes, and visitors all the time.
//!
//! The short list runs with all tests. `cargo test -p end2end survives -- --ignored --nocapture --test-threads 1` runs
//! the long one and prints the figures of `docs/reliability.md`; `ROUNDS=n` repeats it, `SEED=n` chooses its moments.

/// The servers: killed, frozen, asked to end.
mod servers;

/// What they stand on: PostgreSQL, sshd, Apache, the browser.
mod surroundings;

use super::pair::{Moment, Pair, begins, now_ms, on_the_way, owner_pid};
use app::model::{
    ids::DeploymentId,
    journal::{Event, Fact},
    stage::{Pass, Stage, Work},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{ops::Range, time::Duration};

/// All there is to be disturbed, in order.
const MOMENTS: [Moment; 8] = [
    (Pass::Forward, Work::Prepare),
    (Pass::Rehearsal, Work::Stage(Stage::Smoke)),
    on_the_way(Stage::Isolate),
    on_the_way(Stage::Drain),
    on_the_way(Stage::Deploy),
    on_the_way(Stage::Check),
    on_the_way(Stage::Smoke),
    on_the_way(Stage::Rejoin),
];

/// Times of one kind, told at the end.
#[derive(Default)]
struct Figures(Vec<i64>);

impl Figures {
    fn add(&mut self, ms: i64) {
        self.0.push(ms);
    }

    fn tell(&mut self, what: &str) {
        self.0.sort_unstable();
        let all = &self.0;
        if let (Some(median), Some(worst)) = (all.get(all.len() / 2), all.last()) {
            let count = all.len();
            println!("figure: {what}: {count} times, median {median} ms, worst {worst} ms");
        }
    }
}

/// Moments by chance that can be had again.
struct Chance(StdRng);

impl Chance {
    fn new(salt: u64) -> Self {
        let seed = number("SEED").unwrap_or(1);
        println!("SEED={seed}");
        Self(StdRng::seed_from_u64(seed.wrapping_add(salt << 32)))
    }

    async fn pause(&mut self, ms: Range<u64>) {
        let pause = self.0.random_range(ms);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn rounds() -> u64 {
    number("ROUNDS").unwrap_or(1)
}

/// The intent to do that, just written.
async fn begun(pair: &Pair, deployment: DeploymentId, moment: Moment, after: u64) -> Event {
    let what = format!("{} begins", told(moment));
    let is = |event: &Event| begins(event, moment);
    pair.journal.find(deployment, &what, after, is).await
}

fn told((pass, work): Moment) -> String {
    match pass {
        Pass::Forward => work.to_string(),
        Pass::Rehearsal | Pass::Undo => pass.word().to_owned(),
    }
}

/// Another process has claimed it.
async fn taken_over(pair: &Pair, deployment: DeploymentId, after: u64, from: u32) -> Event {
    let is = |event: &Event| {
        matches!(event.fact, Fact::Claimed { .. })
            && owner_pid(std::slice::from_ref(event)) != Some(from)
    };
    let what = "another server takes over";
    pair.journal.find(deployment, what, after, is).await
}

/// Whole journals of real rolls for `server/tests/data/journals`, written when `JOURNALS` names a folder.
mod golden;
