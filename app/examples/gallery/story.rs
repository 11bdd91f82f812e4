//! Made-up deployments, told event by event: for the gallery and for the tests.

use app::model::{
    command::Command, deployment::*, environment::*, ids::*, journal::*, name::Name,
    release::Release, smoke::*, stage::*, time::Timestamp, trouble::*, view::LogChunk,
};
use std::time::Duration;

pub fn name(text: &str) -> Name {
    text.parse().expect("a made-up name is a name")
}

fn uuid<T: std::str::FromStr>(n: u32) -> T {
    let text = format!("01930000-0000-7000-8000-{n:012}");
    text.parse().ok().expect("a made-up id is an id")
}

pub fn node_id(node: usize) -> NodeId {
    uuid(10 + node as u32)
}

pub const NODES: [&str; 3] = ["red", "blue", "green"];

pub fn node(i: usize, called: &str) -> Node {
    Node {
        id: node_id(i),
        name: name(called),
        group: None,
        ssh: SshAddress {
            user: "deploy".into(),
            host: format!("127.0.0.{}", 11 + i),
            port: 2222,
            host_key_fingerprint: "SHA256:made-up".into(),
            host_key: "ssh-ed25519 made-up".into(),
        },
        app_url: format!("http://127.0.0.{}:9000", 11 + i),
        deploy_root: "/srv/shop".into(),
        members: Vec::new(),
    }
}

pub fn suite() -> PlannedSuite {
    let text = |t: &str| Find::from(Locator::Text(t.into()));
    let label = |t: &str| Find::from(Locator::Label(t.into()));
    let flow = |id: &str, title: &str, writes, acts: Vec<Act>| {
        let steps = acts.into_iter().map(Step::from).collect();
        Flow {
            title: title.into(),
            writes,
            ..Flow::new(name(id), steps)
        }
    };
    let sign_in = vec![
        Act::Open { path: "/".into() },
        Act::Fill {
            on: label("Name"),
            with: Text::Plain("ann".into()),
        },
        Act::Click {
            on: text("Sign in"),
        },
        Act::ExpectText {
            text: "Welcome".into(),
        },
    ];
    let order = vec![
        Act::Open {
            path: "/orders/new".into(),
        },
        Act::Choose {
            on: label("Product"),
            option: "Blue mug".into(),
        },
        Act::Click {
            on: text("Place order"),
        },
        Act::ExpectText {
            text: "Thank you".into(),
        },
        Act::ExpectStatus { status: 200 },
    ];
    PlannedSuite {
        revision: uuid(70),
        suite: Suite::new(
            "http://shop.example.test",
            vec![
                flow("sign-in", "Sign in", Writes::None, sign_in),
                flow("order", "Place an order", Writes::Marked, order),
            ],
        ),
    }
}

pub fn policy() -> Policy {
    Policy {
        batch: 1,
        floor: 2,
        drain_limit_ms: 60_000,
        at_drain_limit: AtDrainLimit::Wait,
        isolation_limit_ms: 300_000,
        on_failure: OnFailure::UndoNode,
        hold_limit_ms: 1_800_000,
        soak_ms: 0,
        rehearse: true,
        rehearse_every_ms: 3_600_000,
        stages: Vec::new(),
    }
}

pub fn release(version: &str, at: Timestamp) -> Release {
    Release {
        id: uuid(50),
        application: uuid(3),
        version: name(version),
        sha256: "5d1f".repeat(16),
        size: 48_213,
        commit: None,
        created_at: at,
        created_by: "ann".into(),
    }
}

pub fn plan(number: u32, version: &str, nodes: &[&str]) -> Plan {
    let planned = |(i, called): (usize, &&str)| PlannedNode {
        node: node(i, called),
        before: Some(Before {
            release_dir: name("20261120090000"),
            version: Some(name("1.0")),
            suite: Some(suite()),
        }),
    };
    Plan {
        deployment: uuid(1_000 + number),
        number,
        pool: uuid(2),
        environment: name("production"),
        application: name("shop"),
        release: release(version, Timestamp(1_795_440_000_000)),
        release_dir: name("20261123140211"),
        nodes: nodes.iter().enumerate().map(planned).collect(),
        others: Vec::new(),
        balancers: Vec::new(),
        recipe: Recipe {
            shared: Vec::new(),
            restart: "supervisorctl restart shop".into(),
            output: None,
            keep: 5,
            command_limit_ms: 60_000,
            prepare_at_once: 3,
        },
        probe: ProbeSettings {
            path: "/health".into(),
            status: 200,
            good: 3,
            interval_ms: 100,
            limit_ms: 10_000,
            fingerprint: Fingerprint::Header("X-Release".into()),
        },
        suite: Some(suite()),
        policy: policy(),
        visitors_url: Some("http://127.0.0.1:1".into()),
        asked_by: "ann".into(),
        reason: None,
        undoes: None,
    }
}

/// Events with a clock of their own.
pub struct Story {
    pub events: Vec<Event>,
    pub log: Vec<LogChunk>,
    pub at: Timestamp,
    plan: Plan,
    visitors: VisitorReport,
}

impl Story {
    pub fn new(plan: Plan, at: Timestamp) -> Self {
        let mut story = Self {
            events: Vec::new(),
            log: Vec::new(),
            at,
            plan: plan.clone(),
            visitors: VisitorReport {
                longest_gap_ms: 94,
                p50_ms: 61.0,
                p99_ms: 318.0,
                ..VisitorReport::default()
            },
        };
        story.tell(
            None,
            0,
            Fact::Planned {
                plan: Box::new(plan),
            },
        );
        story.tell(
            None,
            5,
            Fact::Claimed {
                owner: "host-1".into(),
            },
        );
        story
    }

    pub fn tell(&mut self, node: Option<usize>, after_ms: u64, fact: Fact) {
        self.at = self.at + Duration::from_millis(after_ms);
        self.events.push(Event {
            seq: self.events.len() as u64 + 1,
            epoch: 1,
            at: self.at,
            node: node.map(node_id),
            fact,
        });
    }

    pub fn became(&mut self, state: DeploymentState, why: &str) {
        self.tell(
            None,
            3,
            Fact::Became {
                state,
                why: why.into(),
            },
        );
    }

    pub fn start(&mut self, node: usize, pass: Pass, work: Work) {
        let attempt = Attempt {
            pass,
            work,
            number: 1,
        };
        let deadline_at = self.at + Duration::from_secs(60);
        self.tell(
            Some(node),
            8,
            Fact::Started {
                attempt,
                run: uuid(self.events.len() as u32),
                deadline_at,
            },
        );
    }

    pub fn note(&mut self, node: usize, pass: Pass, work: Work, after_ms: u64, note: Note) {
        self.tell(
            Some(node),
            after_ms,
            Fact::Noted {
                attempt: Attempt {
                    pass,
                    work,
                    number: 1,
                },
                note,
            },
        );
    }

    pub fn finish(&mut self, node: usize, pass: Pass, work: Work, after_ms: u64, outcome: Outcome) {
        self.tell(
            Some(node),
            after_ms,
            Fact::Finished {
                attempt: Attempt {
                    pass,
                    work,
                    number: 1,
                },
                outcome,
            },
        );
    }

    fn pass(&mut self, node: usize, pass: Pass, stage: Stage, took_ms: u64, proof: Proof) {
        self.start(node, pass, Work::Stage(stage));
        self.finish(
            node,
            pass,
            Work::Stage(stage),
            took_ms,
            Outcome::Passed { proof },
        );
    }

    pub fn fail(&mut self, node: usize, pass: Pass, stage: Stage, failure: Failure) {
        self.finish(
            node,
            pass,
            Work::Stage(stage),
            40,
            Outcome::Failed { failure },
        );
    }

    fn say(&mut self, node: usize, work: Work, text: &str) {
        self.log.push(LogChunk {
            id: self.log.len() as i64 + 1,
            node: node_id(node),
            work,
            at: self.at,
            text: text.into(),
        });
    }

    pub fn prepare(&mut self) {
        self.became(DeploymentState::Preparing, "a server took it up");
        let nodes = self.plan.nodes.len();
        for node in 0..nodes {
            self.start(node, Pass::Forward, Work::Prepare);
            self.say(
                node,
                Work::Prepare,
                "48 KB sent, checksum as registered\nunpacked into releases/20261123140211",
            );
        }
        for node in 0..nodes {
            let proof = Proof::Prepared {
                release_dir: name("20261123140211"),
                sha256: "5d1f".repeat(16),
            };
            self.finish(
                node,
                Pass::Forward,
                Work::Prepare,
                280,
                Outcome::Passed { proof },
            );
        }
        self.became(DeploymentState::Rolling, "all nodes are prepared");
    }

    /// Isolate, drain, deploy, check.
    pub fn switch(&mut self, node: usize, pass: Pass) {
        let version = match pass {
            Pass::Forward => self.plan.release.version.clone(),
            Pass::Rehearsal | Pass::Undo => name("1.0"),
        };
        if pass == Pass::Forward {
            self.pass(node, pass, Stage::Isolate, 60, Proof::Isolated);
            self.start(node, pass, Work::Stage(Stage::Drain));
            self.note(
                node,
                pass,
                Work::Stage(Stage::Drain),
                200,
                Note::OpenWork { open: 4 },
            );
            self.finish(
                node,
                pass,
                Work::Stage(Stage::Drain),
                620,
                Outcome::Passed {
                    proof: Proof::Drained {
                        idle_reads: 3,
                        forced: false,
                    },
                },
            );
        }
        self.pass(
            node,
            pass,
            Stage::Deploy,
            540,
            Proof::Deployed {
                release_dir: name("20261123140211"),
            },
        );
        self.say(
            node,
            Work::Stage(Stage::Deploy),
            "current → releases/20261123140211\nrestart: supervisor took the order",
        );
        self.start(node, pass, Work::Stage(Stage::Check));
        for good in 1..=3 {
            let words = format!("200 in {} ms, release {version}", 14 - good * 2);
            self.say(
                node,
                Work::Stage(Stage::Check),
                &format!("check {good}/3: {words}"),
            );
            self.note(
                node,
                pass,
                Work::Stage(Stage::Check),
                110,
                Note::Probed { good, of: 3, words },
            );
        }
        self.finish(
            node,
            pass,
            Work::Stage(Stage::Check),
            10,
            Outcome::Passed {
                proof: Proof::Checked {
                    good: 3,
                    fingerprint: Some(version.to_string()),
                },
            },
        );
    }

    /// The first `steps` steps of the suite; `failing` is the last of them, and fails.
    pub fn steps(&mut self, node: usize, pass: Pass, steps: usize, failing: bool) {
        self.start(node, pass, Work::Stage(Stage::Smoke));
        let flows = suite().suite.flows;
        let all: Vec<_> = flows
            .iter()
            .flat_map(|flow| {
                flow.steps
                    .iter()
                    .enumerate()
                    .map(move |(i, step)| (flow, i, step))
            })
            .collect();
        for (n, (flow, i, step)) in all.iter().take(steps).enumerate() {
            let fails = failing && n + 1 == steps;
            let took_ms = [310, 80, 190, 60, 280, 70, 240, 50, 40][n % 9];
            let look = if fails {
                "failed"
            } else if pass != Pass::Forward || self.plan.release.version.as_str() == "1.0" {
                "1.0"
            } else {
                "1.1"
            };
            let report = StepReport {
                took_ms,
                verdict: if fails {
                    StepVerdict::Failed("the main document answered 404, expected below 400".into())
                } else {
                    StepVerdict::Passed
                },
                url: format!(
                    "http://shop.example.test/{}",
                    if *i == 0 { "" } else { "session" }
                ),
                status: Some(if fails { 404 } else { 200 }),
                picture: Some(format!("{look}-{}-{}", flow.name, i + 1)),
                full_page: fails.then(|| "failed-full".into()),
                source: fails.then(|| "failed-source".into()),
                console: if fails {
                    vec![ConsoleLine { level: "error".into(), text: "Failed to load resource: the server responded with a status of 404 (Not Found)".into() }]
                } else {
                    Vec::new()
                },
                failed_requests: if fails {
                    vec![FailedRequest {
                        url: "http://shop.example.test/session".into(),
                        outcome: "404".into(),
                        remote: Some(format!("127.0.0.{}:9000", 11 + node)),
                    }]
                } else {
                    Vec::new()
                },
                answered_by: vec![format!("127.0.0.{}:9000", 11 + node)],
                archive: fails.then(|| "failed-archive".into()),
                element: (*i == 2).then_some(ElementBox {
                    x: 560,
                    y: 430,
                    width: 160,
                    height: 48,
                }),
                waited_ms: if *i == 2 { 40 } else { 0 },
                settled_ms: if *i == 0 { 110 } else { 0 },
                warnings: if n == 4 && pass == Pass::Forward {
                    vec!["an uncaught script error: total is not defined".into()]
                } else {
                    Vec::new()
                },
                ..StepReport::begun(
                    flow.name.clone(),
                    flow.title.clone(),
                    (*i as u32 + 1, flow.steps.len() as u32),
                    step.words(),
                    self.at,
                )
            };
            self.note(
                node,
                pass,
                Work::Stage(Stage::Smoke),
                took_ms,
                Note::Step {
                    report: Box::new(report),
                },
            );
        }
        self.visited();
    }

    pub fn smoked(&mut self, node: usize, pass: Pass) {
        self.steps(node, pass, 9, false);
        let proof = Proof::Smoked {
            suite: Some(uuid(70)),
            flows: 2,
            steps: 9,
            answered_by: vec![format!("127.0.0.{}:9000", 11 + node)],
            proxy_log: None,
            warnings: Vec::new(),
        };
        self.finish(
            node,
            pass,
            Work::Stage(Stage::Smoke),
            30,
            Outcome::Passed { proof },
        );
        self.say(
            node,
            Work::Stage(Stage::Smoke),
            "smoke: 2 flows, 9 steps passed",
        );
    }

    pub fn rejoin(&mut self, node: usize, pass: Pass) {
        self.pass(
            node,
            pass,
            Stage::Rejoin,
            180,
            Proof::Rejoined { served: true },
        );
        self.visited();
    }

    pub fn through(&mut self, node: usize) {
        self.switch(node, Pass::Forward);
        self.smoked(node, Pass::Forward);
        self.rejoin(node, Pass::Forward);
    }

    fn visited(&mut self) {
        let since = self.at.since(self.events[0].at);
        self.visitors.requests = since.as_millis() as u64 / 20;
        let report = self.visitors;
        self.tell(None, 0, Fact::Visited { report });
    }
}

pub fn signing_in_failed() -> Failure {
    Failure::release(
        Trouble::new("On red nobody could sign in: \"click Sign in\" was answered with 404.")
            .stands("1.2 was taken off red again; blue and green were never touched.")
            .remedy("Mend the release and register it under a new version.")
            .detail(
                "POST http://shop.example.test/session: 404 Not Found, answered by 127.0.0.11:9000",
            ),
    )
}

/// 1.1, red through, blue in the middle of its smoke test.
pub fn in_smoke(at: Timestamp) -> Story {
    let mut story = Story::new(plan(42, "1.1", &NODES), at);
    story.prepare();
    story.through(0);
    story.switch(1, Pass::Forward);
    story.steps(1, Pass::Forward, 6, false);
    story
}

/// 1.1 on all three.
pub fn succeeded(at: Timestamp) -> Story {
    let mut story = Story::new(plan(43, "1.1", &NODES), at);
    story.prepare();
    (0..3).for_each(|node| story.through(node));
    story.became(DeploymentState::Succeeded, "every node is on 1.1, proven");
    story
}

/// 1.0 on all three, some time ago.
pub fn old(at: Timestamp) -> Story {
    let mut story = Story::new(plan(40, "1.0", &NODES), at);
    story.prepare();
    (0..3).for_each(|node| story.through(node));
    story.became(DeploymentState::Succeeded, "every node is on 1.0, proven");
    story
}

/// 1.2: nobody can sign in, so red gets 1.0 back and nobody else is touched.
pub fn undone(at: Timestamp) -> Story {
    let mut story = Story::new(plan(41, "1.2", &NODES), at);
    story.prepare();
    story.switch(0, Pass::Forward);
    story.steps(0, Pass::Forward, 3, true);
    story.fail(0, Pass::Forward, Stage::Smoke, signing_in_failed());
    story.became(DeploymentState::Undoing, "1.2 failed on red at \"Sign in\"");
    story.switch(0, Pass::Undo);
    story.smoked(0, Pass::Undo);
    story.rejoin(0, Pass::Undo);
    story.became(
        DeploymentState::Undone,
        "1.2 failed on red at \"Sign in\"; red is back on 1.0",
    );
    story
}

/// The server died with blue out.
pub fn halted(at: Timestamp) -> Story {
    let mut story = Story::new(plan(44, "1.1", &NODES), at);
    story.prepare();
    story.through(0);
    story.switch(1, Pass::Forward);
    let failure = Failure::ours(
        Trouble::new("The server ended while blue was being checked.")
            .stands("blue is kept out of service; red runs 1.1, green runs 1.0.")
            .remedy("Abort to put 1.0 back on blue, proven."),
    );
    story.start(1, Pass::Forward, Work::Stage(Stage::Smoke));
    story.fail(1, Pass::Forward, Stage::Smoke, failure);
    story.became(
        DeploymentState::Halted,
        "the server was started anew while blue was out",
    );
    story.tell(
        Some(1),
        900,
        Fact::Reasserted {
            balancer: name("front"),
            found: Admission::InService,
            words: "Its configuration was reloaded; blue was taken out again.".into(),
        },
    );
    story
}

fn asked(command: Command, by: &str, refused: Option<&str>) -> Fact {
    Fact::Commanded {
        command,
        by: by.into(),
        refused: refused.map(str::to_owned),
    }
}

/// Rehearsed on red with 1.0, then red looks different with 1.1 and waits for somebody to look.
pub fn in_review(at: Timestamp) -> Story {
    let mut plan = plan(46, "1.1", &NODES);
    if let Some(planned) = &mut plan.suite {
        planned.suite.pictures.on_difference = OnDifference::HoldFirst;
    }
    let mut story = Story::new(plan, at);
    story.prepare();
    story.smoked(0, Pass::Rehearsal);
    story.switch(0, Pass::Forward);
    story.smoked(0, Pass::Forward);
    story.became(
        DeploymentState::Held,
        "red passed its smoke test and is held for review: 4 pictures differ by more than they may, the first at step 1 of sign-in (`open /`): 2.1 % differs, held against red on 1.0. It stays out of service and is watched.",
    );
    story
}

/// Green was skipped, blue is out: held at once, after another server had gone on where the first one died.
pub fn held(at: Timestamp) -> Story {
    let mut plan = plan(45, "1.1", &NODES);
    plan.policy.soak_ms = 2_000;
    let mut story = Story::new(plan, at);
    story.prepare();
    story.through(0);
    story.start(0, Pass::Forward, Work::Soak);
    let watched = Proof::Soaked { watched_ms: 2_000 };
    let outcome = Outcome::Passed { proof: watched };
    story.finish(0, Pass::Forward, Work::Soak, 2_000, outcome);
    story.tell(Some(2), 100, asked(Command::Skip, "ben", None));
    story.switch(1, Pass::Forward);
    story.start(1, Pass::Forward, Work::Stage(Stage::Smoke));
    story.tell(
        None,
        1_500,
        Fact::Claimed {
            owner: "web-2 pid 812 x".into(),
        },
    );
    let seen = |node: usize, admission: Admission| Found {
        node: node_id(node),
        admissions: vec![(uuid(90), admission)],
        current: None,
        unread: None,
    };
    story.tell(
        None,
        40,
        Fact::Reconciled {
            seen: vec![
                seen(0, Admission::InService),
                seen(1, Admission::Isolated),
                seen(2, Admission::InService),
            ],
        },
    );
    let stopped = Outcome::Stopped {
        why: "the server that did it is gone".into(),
    };
    story.finish(1, Pass::Forward, Work::Stage(Stage::Smoke), 5, stopped);
    let twice = "nothing has halted it";
    story.tell(None, 10, asked(Command::Retry, "ben", Some(twice)));
    story.tell(None, 300, asked(Command::HoldNow, "ann", None));
    story.became(
        DeploymentState::Held,
        "ann asked to hold at once. blue stays out of service and is watched.",
    );
    story.tell(
        Some(1),
        12_000,
        Fact::Alarmed {
            words: "blue has been out of service for 10 min, the limit of production/shop. shop serves with one node fewer meanwhile. Resume, skip the node, or abort to put it back.".into(),
        },
    );
    story
}
