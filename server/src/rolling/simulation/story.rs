/// All but the servers.
mod scene;

pub use scene::Scene;

use super::{
    database::{Asked, Database, Said},
    plan,
    server::{Server, any_command},
    world::{RealNode, World},
};
use app::model::{
    command::{Command, possible},
    deployment::{DeploymentState, NodeRunState},
    evidence::Verdict,
    ids::NodeId,
    stage::Stage,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::collections::{BTreeMap, HashSet};

/// Everything that is done to a story; each must happen in a run of many.
pub const FAULTS: [&str; 16] = [
    "crash",
    "freeze",
    "late effect",
    "database away",
    "commit not acknowledged",
    "call twice",
    "ssh cut",
    "our means",
    "clock step",
    "operator lets in",
    "operator takes out",
    "foreign switch",
    "database restored",
    "accepted",
    "rejected",
    "nobody looks",
];

/// The last fault; from then on every story must come to its end.
const CALM: i64 = 90_000;
const END: i64 = 4_000_000;

pub struct Summary {
    pub endings: Vec<DeploymentState>,
    pub faults: BTreeMap<&'static str, u64>,
}

pub struct Story {
    scene: Scene,
    servers: Vec<Server>,
    fault_at: i64,
    /// How eager faults and people are, per story.
    storms: bool,
}

impl Story {
    pub fn new(seed: u64, aloud: bool) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut world = World::default();
        let mut plans = Vec::new();
        for pool in 0..rng.random_range(1..=3) {
            let count = rng.random_range(2..=6);
            let plan = plan::make(pool, count, &mut rng);
            let stages = [Stage::Deploy, Stage::Check, Stage::Smoke, Stage::Drain];
            let broken = rng.random_bool(0.4).then(|| {
                let node = rng.random_range(0..count);
                (node, stages[rng.random_range(0..stages.len())])
            });
            // a new look is the same everywhere, but for one node perhaps
            let (differs, odd) = (rng.random_range(0..3), rng.random_range(0..2 * count));
            let worsens = rng.random_bool(0.1).then(|| rng.random_range(0..count));
            world
                .order
                .push(plan.nodes.iter().map(|planned| planned.node.id).collect());
            for (n, planned) in plan.nodes.iter().enumerate() {
                let mut real = RealNode::new(n > 1 && rng.random_bool(0.05));
                real.broken = broken
                    .filter(|(node, _)| *node == n)
                    .map(|(_, stage)| stage);
                real.differs = if n == odd { 3 - differs } else { differs };
                real.worsens = worsens == Some(n);
                world.nodes.insert(planned.node.id, real);
            }
            world.bad_suite.push(rng.random_bool(0.1));
            plans.push(plan);
        }
        let servers = (0..rng.random_range(1..=3)).map(Server::new).collect();
        let flaky = if rng.random_bool(0.5) {
            rng.random_range(0.0..0.1)
        } else {
            0.0
        };
        let (storms, fault_at) = (rng.random_bool(0.3), rng.random_range(500..10_000));
        Self {
            scene: Scene {
                was_restored: vec![false; plans.len()],
                database: Database::new(plans),
                rng,
                now: 0,
                world,
                told: aloud.then(Vec::new),
                faults: BTreeMap::new(),
                disturbed: 0,
                intents: HashSet::new(),
                flaky,
                runs: 1_000_000,
            },
            servers,
            fault_at,
            storms,
        }
    }

    pub fn summary(&self) -> Summary {
        let rows = &self.scene.database.rows;
        Summary {
            endings: rows.iter().map(|row| row.job.state).collect(),
            faults: self.scene.faults.clone(),
        }
    }

    pub fn told(&self) -> String {
        self.scene.told.as_deref().unwrap_or_default().join("\n")
    }

    pub fn play(&mut self) {
        let mut asked_at = CALM;
        for ticks in 0.. {
            if self.is_over() {
                break;
            }
            assert!(ticks < 12_000, "it spins");
            let due = self
                .servers
                .iter()
                .map(Server::due)
                .min()
                .unwrap_or(i64::MAX);
            let fault_at = if self.fault_at < CALM {
                self.fault_at
            } else {
                i64::MAX
            };
            let person_at = asked_at;
            self.scene.now = due.min(fault_at).min(person_at).max(self.scene.now);
            assert!(self.scene.now < END, "comes to no end");
            let now = self.scene.now;
            if fault_at <= now {
                self.something_happens();
                self.fault_at = now
                    + self
                        .scene
                        .rng
                        .random_range(200..if self.storms { 2_000 } else { 15_000 });
            } else if person_at <= now {
                self.a_person_decides();
                asked_at = now + 20_000;
            } else {
                let n = (0..self.servers.len())
                    .filter(|n| self.servers[*n].due() <= now)
                    .max_by_key(|_| self.scene.rng.random_range(0..1_000u32));
                if let Some(n) = n {
                    self.servers[n].tick(&mut self.scene);
                }
            }
            self.scene.check();
        }
        self.scene.check_story();
    }

    /// Ended, or at the one dead end by design: what a node ran before is not known.
    fn is_over(&self) -> bool {
        self.scene.database.rows.iter().all(|row| {
            row.job.state.is_over()
                || (self.scene.now > CALM
                    && row.job.state == DeploymentState::Halted
                    && row.inbox.iter().all(|asked| asked.handled)
                    && possible(&row.job.situation(), Command::Abort, None).is_err())
        })
    }

    fn something_happens(&mut self) {
        let scene = &mut self.scene;
        let now = scene.now;
        let n = scene.rng.random_range(0..self.servers.len());
        let pool = scene.rng.random_range(0..scene.database.rows.len());
        let nodes = scene.world.order[pool].clone();
        let id = nodes[scene.rng.random_range(0..nodes.len())];
        let name = plan::node_name(id);
        let run = scene.database.rows[pool]
            .job
            .run(id)
            .expect("planned")
            .clone();
        match scene.rng.random_range(0..18) {
            0 => {
                let away = scene.rng.random_range(100..8_000);
                scene.disturbed += away;
                scene.fault("crash", &format!("server {n}"));
                self.servers[n].crash(now + away);
            }
            1 => {
                let away = scene.rng.random_range(7_500..75_000);
                scene.disturbed += away;
                scene.fault("freeze", &format!("server {n} for {away} ms"));
                self.servers[n].frozen_until = now + away;
                self.servers[n].late = true;
            }
            2 => {
                let away = scene.rng.random_range(100..30_000);
                scene.disturbed += away;
                scene.fault("database away", &format!("for {away} ms"));
                scene.database.down_until = now + away;
            }
            3 => {
                scene.fault("commit not acknowledged", "the next");
                scene.database.swallow = true;
            }
            4 => {
                scene.fault("call twice", "everybody");
                for server in &mut self.servers {
                    server.wake(now);
                    server.wake(now + 5);
                }
            }
            5 => {
                let away = scene.rng.random_range(100..20_000);
                scene.disturbed += away;
                scene.fault("ssh cut", &format!("{name} for {away} ms"));
                scene.world.node(id).cut_until = now + away;
            }
            6 => {
                scene.fault("clock step", &format!("server {n}"));
                self.servers[n].skew = scene.rng.random_range(-5_000..5_000);
            }
            7 if run.out
                && !scene.world.nodes[&id].in_rotation
                && !scene.world.nodes[&id].operator_out =>
            {
                scene.fault("operator lets in", &name);
                let node = scene.world.node(id);
                (node.in_rotation, node.loose_since) = (true, Some(now));
            }
            8 if run.before.is_none() && run.state == NodeRunState::Pending && !run.out => {
                scene.fault("operator takes out", &name);
                let node = scene.world.node(id);
                (node.in_rotation, node.operator_out) = (false, true);
            }
            9 if run.open.is_none() => {
                let real = &scene.world.nodes[&id];
                // between a proof and its rejoin nobody could see it; while it stands still, the next look must
                let stands = matches!(
                    scene.database.rows[pool].job.state,
                    DeploymentState::Held | DeploymentState::Halted
                );
                if real.in_rotation || real.foreign.is_some() || !stands {
                    return;
                }
                scene.fault("foreign switch", &name);
                let node = scene.world.node(id);
                node.foreign = Some(node.current);
                node.current = "x";
            }
            16 | 17 => self.somebody_looks(pool),
            10 if now < CALM / 2 && scene.rng.random_bool(0.3) => self.restore(pool),
            _ => self.somebody_asks(pool, id),
        }
    }

    /// People click what they like, also what is not possible and what is stale.
    fn somebody_asks(&mut self, pool: usize, id: NodeId) {
        let scene = &mut self.scene;
        if !self.storms && scene.rng.random_bool(0.7) {
            return;
        }
        let command = any_command(&mut scene.rng);
        let turn = scene.database.rows[pool].job.turn;
        let turn = scene.rng.random_bool(0.5).then_some(turn);
        self.ask(pool, command, command.needs_node().then_some(id), turn);
    }

    fn ask(&mut self, pool: usize, command: Command, node: Option<NodeId>, turn: Option<u64>) {
        let scene = &mut self.scene;
        if scene.database.is_down(scene.now) || scene.database.rows[pool].job.state.is_over() {
            return;
        }
        *scene.faults.entry(command.word()).or_default() += 1;
        let about = node.map_or(String::new(), plan::node_name);
        scene.tell(|| format!("bob asks pool {pool} to {command} {about}"));
        scene.database.rows[pool].inbox.push(Asked {
            command,
            node,
            turn,
            handled: false,
        });
        let now = scene.now;
        for server in &mut self.servers {
            server.wake(now);
        }
    }

    /// A reviewer accepts or rejects what waits, or never comes.
    fn somebody_looks(&mut self, pool: usize) {
        let scene = &mut self.scene;
        let row = &mut scene.database.rows[pool];
        let Some(waiting) = row.job.review.as_ref() else {
            return;
        };
        let steps: Vec<u32> = waiting
            .differences
            .iter()
            .filter(|looked| looked.accepted_by.is_none())
            .map(|looked| looked.noticed.at_step.step)
            .collect();
        let (word, verdict, many) = match scene.rng.random_range(0..6) {
            0 | 1 => ("accepted", Verdict::Accepted, steps.len()),
            2 => ("accepted", Verdict::Accepted, 1),
            3 => ("rejected", Verdict::Rejected, 1),
            _ => return scene.fault("nobody looks", ""),
        };
        let events = row.journal.len();
        let said = steps.into_iter().take(many).map(|step| Said {
            step,
            verdict,
            events,
        });
        row.reviews.extend(said);
        scene.fault(word, &format!("pool {pool}"));
        let now = scene.now;
        for server in &mut self.servers {
            server.wake(now);
        }
    }

    /// A backup of a while ago takes the database's place: everybody loses it for a moment, and its last events.
    fn restore(&mut self, pool: usize) {
        let scene = &mut self.scene;
        let row = &mut scene.database.rows[pool];
        let lost = scene
            .rng
            .random_range(1..6)
            .min(row.journal.len().saturating_sub(2));
        if lost == 0 || row.job.state.is_over() {
            return;
        }
        row.journal.truncate(row.journal.len() - lost);
        row.job = crate::rolling::fold::fold(&row.journal).expect("a prefix folds");
        (row.owner, row.until) = (None, i64::MIN);
        row.epoch = row.job.epoch;
        row.inbox.clear();
        let left = row.journal.len();
        row.reviews.retain(|said| said.events <= left);
        scene.was_restored[pool] = true;
        let epochs = scene.database.rows.iter().map(|row| row.epoch);
        scene.database.epoch = epochs.max().unwrap_or(0);
        scene.fault(
            "database restored",
            &format!("pool {pool} lost {lost} events"),
        );
        // a restored service is started anew
        let now = scene.now;
        for server in &mut self.servers {
            server.crash(now + 1_000);
        }
    }

    /// When all is calm a person looks, mends what only they can mend, and decides.
    fn a_person_decides(&mut self) {
        for pool in 0..self.scene.database.rows.len() {
            let situation = self.scene.database.rows[pool].job.situation();
            if !matches!(
                situation.state,
                DeploymentState::Held | DeploymentState::Halted
            ) {
                continue;
            }
            self.mend(pool);
            if situation.review.is_some() && situation.state == DeploymentState::Held {
                self.somebody_looks(pool);
                continue;
            }
            let choice = [
                Command::Resume,
                Command::Retry,
                Command::Continue,
                Command::Abort,
                Command::Abort,
            ];
            let from = self.scene.rng.random_range(0..choice.len());
            let wish = choice[from..]
                .iter()
                .find(|wish| possible(&situation, **wish, None).is_ok());
            if let Some(wish) = wish {
                self.ask(pool, *wish, None, Some(situation.turn));
            }
        }
    }

    /// What nobody but a person can put right: foreign switches, and what a lost journal forgot.
    fn mend(&mut self, pool: usize) {
        let scene = &mut self.scene;
        let (job, restored) = (
            scene.database.rows[pool].job.clone(),
            scene.was_restored[pool],
        );
        for run in &job.nodes {
            let node = scene.world.node(run.node);
            if let Some(was) = node.foreign.take() {
                node.current = was;
            }
            // the floor may need the nodes that operators keep out
            if node.operator_out && run.before.is_none() {
                (node.operator_out, node.in_rotation) = (false, true);
            }
            if !restored {
                continue;
            }
            let on_new = run.touched && run.state == NodeRunState::Rejoined;
            let should = if on_new { "1" } else { "0" };
            if !run.out {
                node.current = should;
                (node.touched, node.checked, node.smoked) = (on_new, true, true);
                node.in_rotation = !node.operator_out;
                node.loose_since = None;
            } else if !run.touched {
                (node.current, node.touched, node.checked, node.smoked) = ("0", false, true, true);
            }
        }
    }
}
