//! The pure core against a world that fails: crashes at any point, effects whose result is lost, our own means
//! failing, releases that do not work, operators who meddle, people who abort. One seed is one story; after every
//! step the invariants of `docs/architecture.md` are checked. `SEED=n` replays one and prints it.

use super::{
    fold::{Job, fold},
    next::{Effect, Next, may_abort, next},
    stage::rejoin,
};
use crate::balancer::Wanted;
use app::model::{
    deployment::*,
    environment::{Admission, Node, SshAddress},
    ids::*,
    journal::{Command, Event, Fact, Outcome, Proof},
    release::Release,
    smoke::Suite,
    stage::{Attempt, Pass, Stage, Work},
    time::Timestamp,
    trouble::{Failure, Trouble},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{collections::HashMap, time::Duration};
use uuid::Uuid;

const SEEDS: u64 = 500;

/// One node as it really is, whatever the journal says.
#[derive(Debug, Clone)]
struct RealNode {
    in_rotation: bool,
    /// An operator had taken it out before us.
    operator_out: bool,
    current: &'static str,
    /// What was proven since the last switch: check, smoke.
    checked: bool,
    smoked: bool,
    touched: bool,
}

struct Simulation {
    rng: StdRng,
    now: Timestamp,
    epoch: u64,
    journal: Vec<Event>,
    nodes: HashMap<NodeId, RealNode>,
    order: Vec<NodeId>,
    /// The new release fails at this stage on this node.
    broken: Option<(NodeId, Stage)>,
    flaky: f64,
    crashes: u32,
    aborts: u32,
    story: Vec<String>,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let count = rng.random_range(2..=6);
        let order: Vec<NodeId> = (0..count).map(|n| NodeId(Uuid::from_u128(n + 1))).collect();
        let nodes = order
            .iter()
            .map(|id| {
                let operator_out = rng.random_bool(0.05);
                let node = RealNode {
                    in_rotation: !operator_out,
                    operator_out,
                    current: "old",
                    checked: true,
                    smoked: true,
                    touched: false,
                };
                (*id, node)
            })
            .collect();
        let stages = [Stage::Deploy, Stage::Check, Stage::Smoke, Stage::Drain];
        let broken = rng.random_bool(0.5).then(|| {
            (
                order[rng.random_range(0..order.len())],
                stages[rng.random_range(0..stages.len())],
            )
        });
        let flaky = if rng.random_bool(0.5) {
            rng.random_range(0.0..0.4)
        } else {
            0.0
        };
        let crashes = rng.random_range(0..3);
        let aborts = u32::from(rng.random_bool(0.3));
        let batch = if rng.random_bool(0.3) { 2 } else { 1 };
        let plan = plan(&order, batch, rng.random_bool(0.9), rng.random_bool(0.5));
        let planned = Event {
            seq: 1,
            epoch: 0,
            at: Timestamp(0),
            node: None,
            fact: Fact::Planned {
                plan: Box::new(plan),
            },
        };
        Self {
            rng,
            now: Timestamp(0),
            epoch: 0,
            journal: vec![planned],
            nodes,
            order,
            broken,
            flaky,
            crashes,
            aborts,
            story: Vec::new(),
        }
    }

    fn job(&self) -> Job {
        fold(&self.journal).expect("what the engine wrote folds")
    }

    fn write(&mut self, node: Option<NodeId>, fact: Fact) {
        let seq = self.journal.len() as u64 + 1;
        self.story.push(format!(
            "{:>6} ms  {seq:>3}  {}  {fact:?}",
            self.now.0,
            node.map_or("-".into(), |id| id.0.as_u128().to_string())
        ));
        self.journal.push(Event {
            seq,
            epoch: self.epoch,
            at: self.now,
            node,
            fact,
        });
    }

    /// A server comes to own the job, as after a start or a crash.
    fn claim(&mut self) {
        self.epoch += 1;
        let owner = format!("server {}", self.epoch);
        self.write(None, Fact::Claimed { owner });
    }

    fn crash_now(&mut self) -> bool {
        let crash = self.crashes > 0 && self.rng.random_bool(0.05);
        self.crashes -= u32::from(crash);
        crash
    }

    /// Runs to a rest; faults run dry, so it must come to one.
    fn run(&mut self) {
        self.claim();
        for _ in 0..2_000 {
            self.meddle();
            let job = self.job();
            match next(&job, self.now) {
                Next::Record(fact) => self.write(None, fact),
                Next::Look(node) => {
                    let real = &self.nodes[&node];
                    let admission = if real.in_rotation {
                        Admission::InService
                    } else {
                        Admission::Isolated
                    };
                    self.write(
                        Some(node),
                        Fact::Observed {
                            before: vec![(BalancerId(Uuid::nil()), admission)],
                        },
                    );
                }
                Next::Perform(effects) => self.perform(&effects),
                Next::Wait { until } => {
                    self.now = until.expect("nothing is open here, so there is a time to wait for")
                }
                Next::Watch | Next::Rest => {
                    self.watch();
                    self.check();
                    if job.state.is_over() || job.state == DeploymentState::Held {
                        return;
                    }
                    // a person decides in the end, where that is possible
                    if may_abort(&job).is_err() {
                        return;
                    }
                    self.abort("the operator");
                }
            }
            self.check();
        }
        panic!("comes to no end");
    }

    /// All begin together, as in the driver; they end in any order.
    fn perform(&mut self, effects: &[Effect]) {
        for effect in effects {
            let run = RunId(Uuid::from_u128(self.journal.len() as u128));
            self.write(
                Some(effect.node),
                Fact::Started {
                    attempt: effect.attempt,
                    run,
                    deadline_at: self.now + effect.limit,
                },
            );
        }
        let mut left = effects.to_vec();
        while !left.is_empty() {
            if self.crash_now() {
                return self.claim();
            }
            let effect = left.swap_remove(self.rng.random_range(0..left.len()));
            self.now = self.now + Duration::from_millis(self.rng.random_range(10..2_000));
            let outcome = self.act(&effect);
            self.check();
            if self.crash_now() {
                // it happened, and nobody wrote it down
                return self.claim();
            }
            self.write(
                Some(effect.node),
                Fact::Finished {
                    attempt: effect.attempt,
                    outcome,
                },
            );
        }
    }

    fn act(&mut self, effect: &Effect) -> Outcome {
        let Attempt { pass, work, .. } = effect.attempt;
        let flaky = self.rng.random_bool(self.flaky);
        // an effect that failed may have happened all the same
        let happens = !flaky || self.rng.random_bool(0.5);
        let before = self
            .job()
            .run(effect.node)
            .and_then(|run| run.before.clone())
            .unwrap_or_default();
        let node = self
            .nodes
            .get_mut(&effect.node)
            .expect("planned nodes exist");
        let broken = pass == Pass::Forward
            && self
                .broken
                .is_some_and(|(id, stage)| id == effect.node && work == Work::Stage(stage));
        if happens && !broken {
            match work {
                Work::Prepare | Work::Stage(Stage::Drain) => {}
                Work::Stage(Stage::Isolate) => node.in_rotation = false,
                Work::Stage(Stage::Check) => node.checked = true,
                Work::Stage(Stage::Smoke) => node.smoked = true,
                Work::Stage(Stage::Rejoin) => {
                    node.in_rotation =
                        rejoin::wanted(&before).all(|(_, wanted)| wanted == Wanted::InService)
                }
                Work::Stage(Stage::Deploy) => {}
            }
        }
        if work == Work::Stage(Stage::Deploy) && (happens || broken) {
            node.current = if pass == Pass::Forward { "new" } else { "old" };
            node.touched = true;
            (node.checked, node.smoked) = (false, false);
        }
        let trouble = Trouble::new(format!("{work} did not work."));
        match (broken, flaky) {
            (true, _) if work == Work::Stage(Stage::Drain) => Outcome::Failed {
                failure: Failure::unsure(trouble),
            },
            (true, _) => Outcome::Failed {
                failure: Failure::release(trouble),
            },
            (_, true) => Outcome::Failed {
                failure: Failure::ours(trouble),
            },
            _ => Outcome::Passed {
                proof: Proof::Prepared {
                    release_dir: "1".parse().unwrap(),
                    sha256: String::new(),
                },
            },
        }
    }

    /// People and balancers do as they like.
    fn meddle(&mut self) {
        if self.aborts > 0 && self.rng.random_bool(0.02) {
            self.aborts -= 1;
            self.abort("somebody");
        }
        if self.rng.random_bool(0.02) {
            // a reload forgot our flag; the keeper sets it again within its period, before anything else is done
            self.watch();
        }
        if self.crash_now() {
            self.claim();
        }
    }

    fn abort(&mut self, by: &str) {
        let refused = may_abort(&self.job()).err();
        self.write(
            None,
            Fact::Commanded {
                command: Command::Abort,
                by: by.into(),
                refused,
            },
        );
    }

    /// What the driver's keeper does every few seconds for every node that is out.
    fn watch(&mut self) {
        for run in self.job().nodes.iter().filter(|run| run.isolated) {
            self.nodes
                .get_mut(&run.node)
                .expect("planned nodes exist")
                .in_rotation = false;
        }
    }

    fn check(&self) {
        let job = self.job();
        let out = self
            .order
            .iter()
            .filter(|id| !self.nodes[id].in_rotation && !self.nodes[id].operator_out)
            .count();
        assert!(
            out <= job.plan.policy.batch as usize,
            "more nodes out than the batch"
        );
        for id in &self.order {
            let (real, run) = (&self.nodes[id], job.run(*id).unwrap());
            if real.in_rotation && real.touched {
                assert!(
                    real.checked && real.smoked,
                    "an unproven node is in rotation"
                );
            }
            assert!(
                !(real.operator_out && real.in_rotation),
                "a node an operator had disabled was enabled"
            );
            assert!(
                real.in_rotation || real.operator_out || run.out,
                "a node is out and nobody knows"
            );
        }
        let batch = job.plan.policy.batch as usize;
        for (n, id) in self
            .order
            .iter()
            .enumerate()
            .filter(|(_, id)| self.nodes[id].touched)
        {
            let first_of_batch = n / batch * batch;
            for earlier in &self.order[..first_of_batch] {
                assert_eq!(
                    job.run(*earlier).unwrap().state,
                    NodeRunState::Rejoined,
                    "{id} was touched before an earlier batch rejoined"
                );
            }
        }
        if job.state.is_over() {
            assert!(!job.any_out(), "it is over with a node out");
        }
    }

    /// After a failure or an abort nothing new was touched.
    fn check_story(&self) {
        let stopped = self.journal.iter().position(|event| {
            matches!(&event.fact, Fact::Became { state, .. } if matches!(state, DeploymentState::Undoing | DeploymentState::Aborting | DeploymentState::Halted))
        });
        let forward = |event: &Event| {
            matches!(
                event.fact,
                Fact::Started {
                    attempt: Attempt {
                        pass: Pass::Forward,
                        work: Work::Stage(_),
                        ..
                    },
                    ..
                }
            )
        };
        if let Some(at) = stopped {
            assert!(
                !self.journal[at..].iter().any(forward),
                "a stage went forward after the stop"
            );
        }
        let mut seen = std::collections::HashSet::new();
        for event in &self.journal {
            if let Fact::Started { attempt, .. } = event.fact {
                assert!(
                    seen.insert((event.node, attempt)),
                    "an attempt number was used twice"
                );
            }
        }
    }
}

fn plan(order: &[NodeId], batch: u32, known: bool, with_suite: bool) -> Plan {
    let name = |text: &str| text.parse().expect("a good name");
    let suite = || PlannedSuite {
        revision: SuiteRevisionId(Uuid::nil()),
        suite: Suite {
            public_url: "http://shop.test".into(),
            flows: Vec::new(),
        },
    };
    let node = |id: NodeId| Node {
        id,
        name: name(&format!("node{}", id.0.as_u128())),
        group: None,
        ssh: SshAddress {
            user: "d".into(),
            host: "h".into(),
            port: 22,
            host_key_fingerprint: String::new(),
            host_key: String::new(),
        },
        app_url: "http://h".into(),
        deploy_root: "/srv".into(),
        members: Vec::new(),
    };
    let before = || Before {
        release_dir: name("0"),
        version: Some(name("old")),
        suite: with_suite.then(suite),
    };
    Plan {
        deployment: DeploymentId(Uuid::nil()),
        number: 1,
        pool: PoolId(Uuid::nil()),
        environment: name("production"),
        application: name("shop"),
        release: Release {
            id: ReleaseId(Uuid::nil()),
            application: ApplicationId(Uuid::nil()),
            version: name("new"),
            sha256: String::new(),
            size: 0,
            commit: None,
            created_at: Timestamp(0),
            created_by: "ann".into(),
        },
        release_dir: name("1"),
        nodes: order
            .iter()
            .map(|id| PlannedNode {
                node: node(*id),
                before: known.then(before),
            })
            .collect(),
        others: Vec::new(),
        balancers: Vec::new(),
        recipe: Recipe {
            shared: Vec::new(),
            restart: "r".into(),
            output: None,
            keep: 3,
            command_limit_ms: 1_000,
            prepare_at_once: 2,
        },
        probe: ProbeSettings {
            path: "/".into(),
            status: 200,
            good: 1,
            interval_ms: 1,
            limit_ms: 1,
            fingerprint: Fingerprint::None,
        },
        suite: Some(suite()),
        policy: Policy {
            batch,
            floor: 1,
            drain_limit_ms: 1,
            at_drain_limit: AtDrainLimit::PutBack,
            isolation_limit_ms: 1,
        },
        visitors_url: None,
        asked_by: "ann".into(),
        reason: None,
    }
}

fn play(seed: u64) -> Simulation {
    let mut simulation = Simulation::new(seed);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        simulation.run();
        simulation.check_story();
    }));
    if let Err(panic) = result {
        println!("SEED={seed}\n{}", simulation.story.join("\n"));
        std::panic::resume_unwind(panic);
    }
    simulation
}

#[test]
fn invariants_hold_on_many_seeds() {
    if let Ok(seed) = std::env::var("SEED") {
        let story = play(seed.parse().expect("SEED is a number")).story;
        println!("{}", story.join("\n"));
        return;
    }
    let mut endings: HashMap<DeploymentState, u32> = HashMap::new();
    let mut stuck = 0;
    for seed in 0..SEEDS {
        let job = play(seed).job();
        *endings.entry(job.state).or_default() += 1;
        // the one dead end by design: what a node ran before is not known
        stuck += u32::from(!job.state.is_over() && may_abort(&job).is_ok());
    }
    assert_eq!(stuck, 0);
    for ending in [
        DeploymentState::Succeeded,
        DeploymentState::Undone,
        DeploymentState::Aborted,
    ] {
        assert!(
            endings.contains_key(&ending),
            "no story ends {ending}: the faults are too few or too many: {endings:?}"
        );
    }
}
