/// What an effect does to the world.
mod effects;

use super::{
    database::{Refused, TTL},
    plan::node_name,
    story::Scene,
    world::{Fate, Run, Wrapped},
};
use crate::rolling::{
    fold::Job,
    next::{Effect, Next, is_adopted, next},
    reconcile, stage,
};
use app::model::{
    command::{Command, is_current, possible},
    environment::Admission,
    ids::{BalancerId, NodeId, RunId},
    journal::{Fact, Found, Outcome},
    name::Name,
    stage::{Stage, Work},
    time::Timestamp,
};
use effects::{act, failed};
use rand::RngExt;
use std::time::Duration;
use uuid::Uuid;

const MARGIN: i64 = 5_000;
const BEAT: i64 = 4_000;
const POLL: i64 = 2_000;
const KEEPER: i64 = 3_000;
const LOOKS: u32 = 5;

/// One attempt this server performs.
struct Flight {
    effect: Effect,
    run: RunId,
    since: i64,
    limit_at: i64,
    acts_at: i64,
    attached: bool,
    outcome: Option<Outcome>,
}

/// One deployment this server owns, as far as it knows.
struct Drive {
    pool: usize,
    epoch: u64,
    confirmed: i64,
    beat_at: i64,
    keeper_at: i64,
    wake_at: i64,
    looks: u32,
    keep_out: Vec<NodeId>,
    flights: Vec<Flight>,
    claimed: bool,
}

/// Why a drive is over.
enum Over {
    Lost,
    Released,
}

pub struct Server {
    pub number: usize,
    /// Counts its starts; it remembers nothing of the one before.
    pub boot: u32,
    pub frozen_until: i64,
    /// How far its wall clock is off.
    pub skew: i64,
    /// It was frozen between its last look at the lease and the effect that followed.
    pub late: bool,
    claim_at: i64,
    drives: Vec<Drive>,
}

impl Server {
    pub fn new(number: usize) -> Self {
        Self {
            number,
            boot: 1,
            frozen_until: i64::MIN,
            skew: 0,
            late: false,
            claim_at: 0,
            drives: Vec::new(),
        }
    }

    pub fn crash(&mut self, back_at: i64) {
        self.drives.clear();
        self.boot += 1;
        self.frozen_until = back_at;
        (self.claim_at, self.late) = (back_at, false);
    }

    /// When it does something next.
    pub fn due(&self) -> i64 {
        let drives = self.drives.iter().map(|drive| {
            let flights = drive.flights.iter().map(|flight| flight.acts_at);
            let own = [drive.wake_at, drive.beat_at, drive.keeper_at];
            own.into_iter().chain(flights).min().unwrap_or(0)
        });
        drives
            .chain([self.claim_at])
            .min()
            .unwrap_or(0)
            .max(self.frozen_until)
    }

    /// Somebody called, or the call came late, or twice.
    pub fn wake(&mut self, at: i64) {
        self.claim_at = self.claim_at.min(at);
        for drive in &mut self.drives {
            drive.wake_at = drive.wake_at.min(at);
        }
    }

    pub fn tick(&mut self, scene: &mut Scene) {
        let mut kept = Vec::new();
        for mut drive in std::mem::take(&mut self.drives) {
            match self.drive(&mut drive, scene) {
                None => kept.push(drive),
                Some(Over::Lost) => {
                    scene.tell(|| format!("{} lets go of pool {}", self.name(), drive.pool));
                }
                Some(Over::Released) => {
                    if !scene.database.is_down(scene.now) {
                        scene.database.release(drive.pool, drive.epoch);
                    }
                    self.claim_at = scene.now;
                }
            }
        }
        self.drives = kept;
        self.late = false;
        if self.claim_at <= scene.now {
            self.claim(scene);
        }
    }

    fn name(&self) -> String {
        format!("server {}.{}", self.number, self.boot)
    }

    fn claim(&mut self, scene: &mut Scene) {
        self.claim_at = scene.now + POLL;
        if scene.database.is_down(scene.now) {
            return;
        }
        let owner = (self.number, self.boot);
        while let Some((pool, epoch)) = scene.database.claim(owner, scene.now) {
            scene.tell(|| format!("{} claims pool {pool} in epoch {epoch}", self.name()));
            self.drives.push(Drive {
                pool,
                epoch,
                confirmed: scene.now,
                beat_at: scene.now + BEAT,
                keeper_at: scene.now + KEEPER,
                wake_at: scene.now,
                looks: 0,
                keep_out: Vec::new(),
                flights: Vec::new(),
                claimed: false,
            });
        }
    }

    fn drive(&self, drive: &mut Drive, scene: &mut Scene) -> Option<Over> {
        let now = scene.now;
        let own = |drive: &Drive| now < drive.confirmed + TTL - MARGIN;
        if self.late {
            self.one_late_effect(drive, scene);
        }
        if drive.beat_at <= now {
            drive.beat_at = now + BEAT;
            if !scene.database.is_down(now) {
                let owner = (self.number, self.boot);
                if !scene
                    .database
                    .heartbeat(drive.pool, drive.epoch, owner, now)
                {
                    return Some(Over::Lost);
                }
                drive.confirmed = now;
            }
        }
        if !own(drive) {
            return Some(Over::Lost);
        }
        if drive.keeper_at <= now {
            drive.keeper_at = now + KEEPER;
            if self.keeper(drive, scene).is_err() {
                return Some(Over::Lost);
            }
        }
        for n in (0..drive.flights.len()).rev() {
            if drive.flights[n].acts_at <= now && self.fly(drive, n, scene).is_err() {
                return Some(Over::Lost);
            }
        }
        if drive.wake_at > now {
            return None;
        }
        drive.wake_at = now + POLL;
        if scene.database.is_down(now) {
            drive.wake_at = now + 500;
            return None;
        }
        match self.steps(drive, scene) {
            Ok(over) => over,
            Err(Refused::Fenced) => Some(Over::Lost),
            Err(Refused::Silent) => {
                drive.wake_at = now + 500;
                None
            }
        }
    }

    /// As `driver::Driver::steps`, until there is something to wait for.
    fn steps(&self, drive: &mut Drive, scene: &mut Scene) -> Result<Option<Over>, Refused> {
        // the first event of an epoch is its claim, and may have been committed without a word
        drive.claimed |= scene.database.rows[drive.pool].job.epoch == drive.epoch;
        if !drive.claimed {
            let owner = self.name();
            scene.write(drive.pool, drive.epoch, None, Fact::Claimed { owner })?;
            drive.claimed = true;
        }
        for _ in 0..200 {
            self.answer(drive, scene)?;
            self.take_in_reviews(drive, scene)?;
            let job = scene.database.rows[drive.pool].job.clone();
            if job.abort_asked.is_some() && runs_long(&job) {
                return Ok(Some(Over::Released));
            }
            drive.keep_out = job
                .nodes
                .iter()
                .filter(|run| {
                    let rejoins = run
                        .open
                        .as_ref()
                        .is_some_and(|open| open.attempt.work == Work::Stage(Stage::Rejoin));
                    run.isolated && !rejoins
                })
                .map(|run| run.node)
                .collect();
            self.take_up(drive, &job, scene);
            let (pool, epoch) = (drive.pool, drive.epoch);
            match next(&job, Timestamp(scene.now + self.skew)) {
                Next::Record(node, fact) => scene.write(pool, epoch, node, fact)?,
                Next::Reconcile => {
                    if let Some(over) = self.reconcile(drive, &job, scene)? {
                        return Ok(Some(over));
                    }
                    if scene.database.rows[pool].job.unreconciled {
                        return Ok(None);
                    }
                }
                Next::Look(node) => {
                    let real = scene.world.node(node);
                    let admission = match real.in_rotation {
                        true => Admission::InService,
                        false => Admission::Isolated,
                    };
                    let before = vec![(BalancerId(Uuid::nil()), admission)];
                    scene.write(pool, epoch, Some(node), Fact::Observed { before })?;
                }
                Next::Adopt(effect) => {
                    let attempt = effect.attempt;
                    scene.write(pool, epoch, Some(effect.node), Fact::Adopted { attempt })?;
                }
                Next::Perform(effects) => {
                    for effect in effects {
                        let started = Fact::Started {
                            attempt: effect.attempt,
                            run: scene.run_id(),
                            deadline_at: Timestamp(scene.now + self.skew) + effect.limit,
                        };
                        scene.write(pool, epoch, Some(effect.node), started)?;
                    }
                }
                Next::Wait { until } | Next::Watch { until } => {
                    let until = until.map_or(i64::MAX, |until| until.0 - self.skew);
                    drive.wake_at = until.clamp(scene.now + 1, scene.now + POLL);
                    return Ok(None);
                }
                Next::Rest => return Ok(Some(Over::Released)),
            }
            scene.check();
        }
        panic!("comes to no rest");
    }

    /// What the journal says this owner has begun, and what it does not do yet, it does now.
    fn take_up(&self, drive: &mut Drive, job: &Job, scene: &mut Scene) {
        for run in &job.nodes {
            let Some(open) = run.open.as_ref().filter(|open| !open.orphaned) else {
                continue;
            };
            if drive.flights.iter().any(|flight| flight.run == open.run) {
                continue;
            }
            let whole = stage::limit(&job.plan, open.attempt.work);
            let since = open.deadline_at.before(whole).0 - self.skew;
            let limit = Duration::from_millis(15_000)
                .max(open.deadline_at.since(Timestamp(scene.now + self.skew)));
            drive.flights.push(Flight {
                effect: Effect {
                    node: run.node,
                    attempt: open.attempt,
                    limit,
                },
                run: open.run,
                since,
                limit_at: scene.now + i64::try_from(limit.as_millis()).unwrap_or(i64::MAX),
                acts_at: scene.now + scene.rng.random_range(10..800),
                attached: false,
                outcome: None,
            });
        }
    }

    fn answer(&self, drive: &mut Drive, scene: &mut Scene) -> Result<(), Refused> {
        for n in 0..scene.database.rows[drive.pool].inbox.len() {
            let row = &scene.database.rows[drive.pool];
            let asked = row.inbox[n].clone();
            if asked.handled || row.job.state.is_over() {
                continue;
            }
            let situation = row.job.situation();
            let refused = match is_current(&situation, asked.command, asked.turn) {
                true => possible(&situation, asked.command, asked.node).err(),
                false => Some("it has moved on".into()),
            };
            let fact = Fact::Commanded {
                command: asked.command,
                by: "bob".into(),
                refused,
            };
            scene.write_answer(drive.pool, drive.epoch, asked.node, fact, n)?;
        }
        Ok(())
    }

    /// As `driver::Driver::take_in_reviews`.
    fn take_in_reviews(&self, drive: &Drive, scene: &mut Scene) -> Result<(), Refused> {
        let said = scene.database.rows[drive.pool].reviews.clone();
        for (id, said) in (1..).zip(said) {
            let Some(waiting) = scene.database.rows[drive.pool].job.review.clone() else {
                return Ok(());
            };
            let mut all = waiting.differences.iter().map(|looked| &looked.noticed);
            let about = all.find(|noticed| noticed.at_step.step == said.step);
            let Some(noticed) = about.filter(|_| waiting.after < id) else {
                continue;
            };
            let fact = Fact::Reviewed {
                review: id,
                flow: noticed.at_step.flow.clone(),
                step: said.step,
                new: noticed.new.clone(),
                verdict: said.verdict,
                by: "eve".into(),
                reason: "so".into(),
            };
            scene.write(drive.pool, drive.epoch, Some(waiting.node), fact)?;
        }
        Ok(())
    }

    /// As `act::reconcile`.
    fn reconcile(
        &self,
        drive: &mut Drive,
        job: &Job,
        scene: &mut Scene,
    ) -> Result<Option<Over>, Refused> {
        let mut seen = Vec::new();
        let mut ahead = None;
        for run in &job.nodes {
            let (now, epoch) = (scene.now, drive.epoch);
            let close = scene.run_id();
            let node = scene.world.node(run.node);
            let mut found = Found {
                node: run.node,
                admissions: Vec::new(),
                current: None,
                unread: None,
            };
            if node.cut_until > now {
                found.unread = Some("No way there.".into());
                seen.push(found);
                continue;
            }
            if !is_adopted(job, run) {
                let nothing = Run {
                    epoch,
                    done_at: now,
                    switches_to: None,
                    result: None,
                    applied: 0,
                };
                if node.wrapped(close, nothing, now) == Wrapped::Fenced {
                    ahead = Some(ahead.unwrap_or(0).max(node.epoch));
                }
                node.advance(now);
            }
            found.current = Some(node.current.parse::<Name>().expect("a good name"));
            let admission = match node.in_rotation {
                true => Admission::InService,
                false => Admission::Isolated,
            };
            found.admissions = vec![(BalancerId(Uuid::nil()), admission)];
            seen.push(found);
        }
        if let Some(seen) = ahead {
            if scene.database.rows[drive.pool].epoch != drive.epoch {
                return Err(Refused::Fenced);
            }
            scene.database.epoch = scene.database.epoch.max(seen);
            let words = "The database is behind the nodes.".into();
            scene.write(drive.pool, drive.epoch, None, Fact::Behind { words })?;
            return Ok(Some(Over::Released));
        }
        let unread = seen.iter().any(|found| {
            found.unread.is_some() && job.run(found.node).is_some_and(reconcile::matters)
        });
        drive.looks += 1;
        if unread && drive.looks < LOOKS {
            drive.wake_at = scene.now
                + i64::try_from(stage::back_off(drive.looks, 25).as_millis()).unwrap_or(0);
            return Ok(None);
        }
        drive.looks = 0;
        scene.write(drive.pool, drive.epoch, None, Fact::Reconciled { seen })?;
        Ok(None)
    }

    fn keeper(&self, drive: &mut Drive, scene: &mut Scene) -> Result<(), Refused> {
        for id in drive.keep_out.clone() {
            let node = scene.world.node(id);
            if !node.in_rotation {
                continue;
            }
            (node.in_rotation, node.loose_since) = (false, None);
            let fact = Fact::Reasserted {
                balancer: "front".parse().expect("a good name"),
                found: Admission::InService,
                words: String::new(),
            };
            match scene.write(drive.pool, drive.epoch, Some(id), fact) {
                Err(Refused::Fenced) => return Err(Refused::Fenced),
                Ok(()) | Err(Refused::Silent) => {}
            }
        }
        Ok(())
    }

    /// A process frozen exactly between its look at the lease and the order to the balancer gives that order late.
    fn one_late_effect(&self, drive: &Drive, scene: &mut Scene) {
        let rejoin = drive.flights.iter().find(|flight| {
            flight.effect.attempt.work == Work::Stage(Stage::Rejoin) && flight.outcome.is_none()
        });
        let Some(flight) = rejoin else { return };
        let now = scene.now;
        let node = scene.world.node(flight.effect.node);
        if !node.operator_out && !node.in_rotation {
            node.in_rotation = true;
            node.loose_since = Some(now);
            scene.fault("late effect", &node_name(flight.effect.node));
        }
    }

    /// One attempt goes on; its result is written once it is there.
    fn fly(&self, drive: &mut Drive, n: usize, scene: &mut Scene) -> Result<(), Refused> {
        let flight = &mut drive.flights[n];
        flight.acts_at = scene.now + 250;
        if flight.outcome.is_none() {
            flight.outcome = match scene.now >= flight.limit_at {
                true => Some(failed(Fate::Ours, "it did not end in time")),
                false => act(flight, drive.pool, drive.epoch, scene),
            };
            scene.check();
        }
        let flight = &drive.flights[n];
        let Some(outcome) = flight.outcome.clone() else {
            return Ok(());
        };
        if scene.database.is_down(scene.now) {
            return Ok(());
        }
        let Effect { node, attempt, .. } = flight.effect;
        // an earlier write may have been committed without a word
        let job = &scene.database.rows[drive.pool].job;
        let open = job.run(node).and_then(|run| run.open.as_ref());
        if open.is_none_or(|open| open.run != flight.run) {
            drive.flights.swap_remove(n);
            return Ok(());
        }
        let fact = Fact::Finished { attempt, outcome };
        match scene.write(drive.pool, drive.epoch, Some(node), fact) {
            Ok(()) => {
                drive.flights.swap_remove(n);
                drive.wake_at = scene.now;
                Ok(())
            }
            Err(Refused::Silent) => Ok(()),
            Err(Refused::Fenced) => Err(Refused::Fenced),
        }
    }
}

fn runs_long(job: &Job) -> bool {
    let short = [Work::Stage(Stage::Isolate), Work::Stage(Stage::Rejoin)];
    let mut open = job.nodes.iter().filter_map(|node| node.open.as_ref());
    open.any(|open| !open.orphaned && !short.contains(&open.attempt.work))
}

/// Everything a person can ask, for storms.
pub fn any_command(rng: &mut rand::rngs::StdRng) -> Command {
    Command::ALL[rng.random_range(0..Command::ALL.len())]
}
