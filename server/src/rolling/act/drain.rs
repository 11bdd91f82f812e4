//! Reads open work until there is none.

use super::{Act, Broken, held_now};
use crate::rolling::{
    fold::Job,
    stage::{
        drain::{Drain, READ_EVERY, Reading, Verdict},
        isolate::Observations,
    },
};
use app::model::{
    deployment::AtDrainLimit,
    environment::Admission,
    journal::{Note, Proof},
    time::spoken,
    trouble::{Failure, Trouble},
};
use std::time::Duration;

impl Act<'_> {
    pub(super) async fn drain(&self) -> Result<Proof, Broken> {
        let policy = &self.scene.plan.policy;
        let clock = &self.scene.ports.clock;
        let mut drain = Drain::default();
        let mut told = None;
        loop {
            let reading = self.reading(&self.scene.observe().await.unwrap_or_default());
            let elapsed = clock.now().since(self.since);
            match drain.judge(&reading, elapsed, policy) {
                Verdict::Drained { idle_reads } => {
                    return Ok(Proof::Drained {
                        idle_reads,
                        forced: false,
                    });
                }
                Verdict::AtLimit(AtDrainLimit::Force) => {
                    return Ok(Proof::Drained {
                        idle_reads: 0,
                        forced: true,
                    });
                }
                Verdict::AtLimit(AtDrainLimit::PutBack) => {
                    return Err(Failure::unsure(self.not_drained(&reading)).into());
                }
                Verdict::Waiting | Verdict::AtLimit(AtDrainLimit::Wait) => {}
            }
            // waiting changes nothing, and may last for ever
            let (held, forced) = self.scene.journal.ask(|job| self.asked(job)).await;
            if let Some(by) = held {
                return Err(Broken::Stopped(format!(
                    "{by} asked to hold while {} drained; it stays out of rotation.",
                    self.node().name
                )));
            }
            if forced {
                return Ok(Proof::Drained {
                    idle_reads: 0,
                    forced: true,
                });
            }
            // the page wants to see it fall, not every read
            let due = told.is_none_or(|(at, open)| {
                open != reading.open && clock.now().since(at) >= Duration::from_secs(1)
            });
            if let (true, Some(open)) = (due, reading.open) {
                told = Some((clock.now(), Some(open)));
                self.note(Note::OpenWork { open }).await?;
            }
            clock.sleep(READ_EVERY).await;
        }
    }

    /// Who asked to hold at once; whether somebody forces this drain.
    fn asked(&self, job: &Job) -> (Option<String>, bool) {
        let run = job.run(self.node().id);
        (held_now(job), run.is_some_and(|run| run.forced.is_some()))
    }

    /// Open work in all balancers together; nothing can be told while one shows the node in rotation.
    fn reading(&self, seen: &Observations) -> Reading {
        let mut reading = Reading {
            open: Some(0),
            incarnations: Vec::new(),
        };
        for member in &self.node().members {
            let observation = seen.get(&member.balancer);
            let worker = observation.and_then(|observation| observation.worker(&member.worker));
            let open = worker
                .filter(|worker| worker.admission == Admission::Isolated)
                .and_then(|worker| worker.open_work);
            reading.open = reading.open.zip(open).map(|(sum, open)| sum + open);
            reading
                .incarnations
                .extend(observation.map(|observation| observation.incarnation.clone()));
        }
        reading
    }

    fn not_drained(&self, reading: &Reading) -> Trouble {
        let name = &self.node().name;
        let limit = spoken(self.scene.plan.policy.drain_limit());
        let what = match reading.open {
            Some(open) => format!(
                "{name} still had {open} open request{} after {limit}.",
                if open == 1 { "" } else { "s" }
            ),
            None => {
                format!("The balancer did not say whether {name} had open requests for {limit}.")
            }
        };
        Trouble::new(what).remedy(
            "Look for requests that never end, or choose another policy for the drain limit.",
        )
    }
}
