use super::*;
use app::model::{
    deployment::*,
    environment::*,
    journal::{Note, Outcome, Proof},
    release::Release,
    smoke::{StepReport, StepVerdict},
    stage::{Attempt, Pass, Stage},
    time::Timestamp,
    trouble::Failure,
};
use uuid::Uuid;

const RED: NodeId = NodeId(Uuid::from_u128(1));

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn plan() -> Plan {
    let node = Node {
        id: RED,
        name: name("red"),
        group: None,
        ssh: SshAddress {
            user: "deploy".to_owned(),
            host: "10.0.0.11".to_owned(),
            port: 22,
            host_key_fingerprint: String::new(),
            host_key: String::new(),
        },
        app_url: "http://10.0.0.11:9000".to_owned(),
        deploy_root: "/srv/red".to_owned(),
        members: Vec::new(),
    };
    Plan {
        deployment: DeploymentId(Uuid::from_u128(7)),
        number: 3,
        pool: PoolId(Uuid::nil()),
        environment: name("production"),
        application: name("shop"),
        release: Release {
            id: ReleaseId(Uuid::nil()),
            application: ApplicationId(Uuid::nil()),
            version: name("1.1"),
            sha256: "5a".repeat(32),
            size: 1,
            commit: None,
            created_at: Timestamp(0),
            created_by: "ann".to_owned(),
        },
        release_dir: name("20261123140211"),
        nodes: vec![PlannedNode {
            node,
            before: Some(Before {
                release_dir: name("20261122"),
                version: Some(name("1.0")),
                suite: None,
            }),
        }],
        others: Vec::new(),
        balancers: Vec::new(),
        recipe: Recipe {
            shared: Vec::new(),
            restart: "true".to_owned(),
            output: None,
            keep: 5,
            command_limit_ms: 1,
            prepare_at_once: 1,
        },
        probe: ProbeSettings {
            path: "/".to_owned(),
            status: 200,
            good: 1,
            interval_ms: 1,
            limit_ms: 1,
            fingerprint: Fingerprint::None,
        },
        suite: None,
        policy: Policy {
            batch: 1,
            floor: 0,
            drain_limit_ms: 1,
            at_drain_limit: AtDrainLimit::Wait,
            isolation_limit_ms: 1,
            on_failure: OnFailure::UndoNode,
            hold_limit_ms: 1_800_000,
            soak_ms: 0,
            rehearse: false,
            rehearse_every_ms: 0,
            stages: Vec::new(),
        },
        visitors_url: None,
        asked_by: "ann".to_owned(),
        reason: Some("the new basket".to_owned()),
        undoes: None,
    }
}

/// A journal in the making: every event comes 100 ms after the one before.
struct Journal(Vec<Event>);

impl Journal {
    fn begin() -> Self {
        let mut journal = Self(Vec::new());
        let plan = Box::new(plan());
        journal.add(None, Fact::Planned { plan });
        journal.add(
            None,
            Fact::Claimed {
                owner: "here".to_owned(),
            },
        );
        journal.became(DeploymentState::Preparing);
        journal.passes(
            Work::Prepare,
            Proof::Prepared {
                release_dir: name("x"),
                sha256: String::new(),
            },
        );
        journal.became(DeploymentState::Rolling);
        journal
    }

    fn add(&mut self, node: Option<NodeId>, fact: Fact) {
        let seq = self.0.len() as u64 + 1;
        let at = Timestamp(1_795_442_531_000 + 100 * i64::try_from(seq).unwrap());
        self.0.push(Event {
            seq,
            epoch: 1,
            at,
            node,
            fact,
        });
    }

    fn became(&mut self, state: DeploymentState) {
        self.add(
            None,
            Fact::Became {
                state,
                why: "so it is".to_owned(),
            },
        );
    }

    fn attempt(work: Work) -> Attempt {
        Attempt {
            pass: Pass::Forward,
            work,
            number: 1,
        }
    }

    fn starts(&mut self, work: Work) {
        let fact = Fact::Started {
            attempt: Self::attempt(work),
            run: RunId(Uuid::nil()),
            deadline_at: Timestamp(i64::MAX),
        };
        self.add(Some(RED), fact);
    }

    fn ends(&mut self, work: Work, outcome: Outcome) {
        self.add(
            Some(RED),
            Fact::Finished {
                attempt: Self::attempt(work),
                outcome,
            },
        );
    }

    fn passes(&mut self, work: Work, proof: Proof) {
        self.starts(work);
        self.ends(work, Outcome::Passed { proof });
    }

    fn up_to_smoke(mut self) -> Self {
        let stages = [
            (Stage::Isolate, Proof::Isolated),
            (
                Stage::Drain,
                Proof::Drained {
                    idle_reads: 3,
                    forced: false,
                },
            ),
            (
                Stage::Deploy,
                Proof::Deployed {
                    release_dir: name("x"),
                },
            ),
            (
                Stage::Check,
                Proof::Checked {
                    good: 3,
                    fingerprint: None,
                },
            ),
        ];
        for (stage, proof) in stages {
            self.passes(Work::Stage(stage), proof);
        }
        let smoke = Work::Stage(Stage::Smoke);
        self.starts(smoke);
        let note = Note::Step {
            report: Box::new(step()),
        };
        self.add(
            Some(RED),
            Fact::Noted {
                attempt: Self::attempt(smoke),
                note,
            },
        );
        self
    }
}

fn step() -> StepReport {
    StepReport {
        took_ms: 120,
        verdict: StepVerdict::Failed("no such button".to_owned()),
        url: "http://shop.test/".to_owned(),
        status: Some(200),
        picture: Some("ab".repeat(32)),
        answered_by: vec!["10.0.0.11:9000".to_owned()],
        ..StepReport::begun(
            name("sign-in"),
            "Sign in".to_owned(),
            (1, 1),
            "open /".to_owned(),
            Timestamp(0),
        )
    }
}

fn validated(events: &[Event]) -> DeploymentRecord {
    let record = record(events, None).unwrap();
    let schema = serde_json::from_str(include_str!("../../../docs/schema/deployment-record.json"));
    let validator = jsonschema::validator_for(&schema.unwrap()).unwrap();
    let json = serde_json::to_value(&record).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&json)
        .map(|e| format!("{}: {e}", e.instance_path))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{json:#}");
    assert_eq!(
        serde_json::from_value::<DeploymentRecord>(json).unwrap(),
        record
    );
    record
}

#[test]
fn a_deployment_that_succeeded_is_told_in_full() {
    let mut journal = Journal::begin().up_to_smoke();
    let smoked = Proof::Smoked {
        suite: None,
        flows: 1,
        steps: 1,
        answered_by: Vec::new(),
        proxy_log: None,
        warnings: Vec::new(),
    };
    journal.ends(Work::Stage(Stage::Smoke), Outcome::Passed { proof: smoked });
    journal.passes(Work::Stage(Stage::Rejoin), Proof::Rejoined { served: true });
    let report = VisitorReport {
        requests: 900,
        failed: 0,
        longest_gap_ms: 41,
        ..VisitorReport::default()
    };
    journal.add(None, Fact::Visited { report });
    journal.became(DeploymentState::Succeeded);
    let record = validated(&journal.0);
    assert_eq!(record.exit_code, Some(0));
    assert_eq!(record.visitors, Some(report));
    let red = &record.nodes[0];
    assert_eq!(
        (red.state, red.before.clone()),
        (NodeRunState::Rejoined, Some(name("1.0")))
    );
    let stages: Vec<_> = red.stages.iter().map(|stage| stage.stage.word()).collect();
    assert_eq!(
        stages,
        [
            "prepare", "isolate", "drain", "deploy", "check", "smoke", "rejoin"
        ]
    );
    assert_eq!(red.stages[5].evidence.len(), 1);
    // isolate's intent is the 7th event, the proof of the return the 19th
    assert_eq!(red.isolated_seconds, Some(1.2));
}

#[test]
fn a_deployment_that_fails_names_what_failed_and_a_running_one_has_no_end() {
    let mut journal = Journal::begin().up_to_smoke();
    let running = validated(&journal.0);
    assert_eq!((running.exit_code, running.ended_at), (None, None));
    assert!(running.nodes[0].out);
    assert_eq!(running.nodes[0].isolated_seconds, None);
    assert_eq!(running.nodes[0].stages[5].outcome, StageResult::Open);

    let failure = Failure::unsure(Trouble::new("Another node answered.").detail("10.0.0.12:9000"));
    journal.ends(Work::Stage(Stage::Smoke), Outcome::Failed { failure });
    journal.became(DeploymentState::Halted);
    let halted = validated(&journal.0);
    assert_eq!(halted.exit_code, Some(3));
    let failed = &halted.nodes[0].stages[5];
    assert_eq!(
        (failed.outcome, failed.class),
        (StageResult::Failed, Some(FailureClass::Unsure))
    );
}
