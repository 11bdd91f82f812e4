//! A gateway that makes everything up.

use crate::{
    shop,
    story::{self, NODES, Story, name},
    suites,
};
use app::{
    error::AppError,
    gateway::{
        CommandOrder, DeployOrder, DriftOrder, EditOrder, Edited, Gateway, MaskChange, MaskOrder,
        PoolPath, ReviewOrder, SuiteFormat, SuiteOrder, ValueOrder,
    },
    model::{
        access::{Actor, Subject, Verb, can},
        audit::AuditEntry,
        command::{Command, NodeSituation, Situation, possible},
        deployment::*,
        drift::*,
        editor::EditorView,
        environment::Admission,
        evidence::{
            Before as Earlier, EvidenceView, Gate, Looked, Mask, Noticed, Proposal, Rect, Review,
            StepKey, Taken, Verdict, judge, report, strips,
        },
        ids::{BalancerId, RehearsalId},
        import::{SuiteExport, SuiteImport, SuiteView},
        journal::Event,
        live::{Live, film::Cell},
        name::Name,
        rehearsal::{
            Cause, DraftOf, PlannedFlow, RehearsalLine, RehearsalView, Verdict as Rehearsed,
        },
        time::Timestamp,
        trouble::Trouble,
        values::*,
        view::*,
    },
};
use async_trait::async_trait;
use pictures::{accepted, masked};
use std::{
    sync::Mutex,
    time::{Duration, SystemTime},
};

/// Pictures, judged, and what people say of them.
#[path = "fake/pictures.rs"]
mod pictures;

/// What people are asked for, and what they may ask.
#[path = "fake/people.rs"]
mod people;

/// An environment's values, and the history.
#[path = "fake/office.rs"]
mod office;

/// What there is to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    Empty,
    Busy,
    Quiet,
    /// Nothing is as it was left.
    Drift,
}

pub struct Fake {
    pub scene: Scene,
    pub now: Timestamp,
    /// Events of #43 told so far, for the page that moves.
    pub told: Mutex<usize>,
    /// When #43 began.
    pub began: Mutex<Timestamp>,
    pub reviews: Mutex<Vec<Review>>,
    pub masks: Mutex<Vec<Mask>>,
}

impl Fake {
    pub fn new(scene: Scene, now: Timestamp) -> Self {
        Self {
            scene,
            now,
            told: Mutex::new(usize::MAX),
            began: Mutex::new(now),
            reviews: Mutex::new(vec![accepted(now)]),
            masks: Mutex::new(vec![masked(now)]),
        }
    }

    fn ago(&self, seconds: i64) -> Timestamp {
        Timestamp(self.now.0 - seconds * 1_000)
    }

    pub fn story(&self, number: u32) -> Option<Story> {
        match number {
            40 => Some(story::old(self.ago(90_019))),
            41 => Some(story::undone(self.ago(8_600))),
            42 => Some(story::in_smoke(self.ago(8))),
            43 => Some(story::succeeded(
                *self.began.lock().expect("no holder panicked"),
            )),
            44 => Some(story::halted(self.ago(600))),
            45 => Some(story::held(self.ago(700))),
            46 => Some(story::in_review(self.ago(400))),
            _ => None,
        }
    }

    fn line(&self, number: u32) -> DeploymentLine {
        let live = Live::from_events(&self.story(number).expect("a known number").events);
        let plan = live.plan.as_ref().expect("a plan");
        DeploymentLine {
            id: plan.deployment,
            environment: plan.environment.clone(),
            application: plan.application.clone(),
            number,
            version: plan.version.clone(),
            state: live.state,
            why: live.why.clone(),
            asked_by: "ann".into(),
            started_at: live.started_at,
            ended_at: live.ended_at,
            done: live.done() as u32,
            of: 3,
        }
    }

    fn old(
        &self,
        number: u32,
        version: &str,
        state: DeploymentState,
        seconds: i64,
    ) -> DeploymentLine {
        DeploymentLine {
            number,
            version: name(version),
            state,
            why: format!("every node is on {version}, proven"),
            started_at: self.ago(seconds + 19),
            ended_at: Some(self.ago(seconds)),
            ..self.line(41)
        }
    }

    fn recent(&self) -> Vec<DeploymentLine> {
        let good = DeploymentState::Succeeded;
        vec![
            self.line(41),
            self.old(40, "1.0", good, 90_000),
            self.old(39, "0.9", DeploymentState::Aborted, 260_000),
            self.old(38, "0.9", good, 270_000),
            self.old(37, "0.8", good, 900_000),
        ]
    }

    fn square(&self, node: &str, version: &str, admission: Admission) -> NodeSquare {
        NodeSquare {
            name: name(node),
            version: Some(name(version)),
            admission,
            run: None,
        }
    }

    /// The last that the schedule asked for.
    fn rehearsed(&self) -> RehearsalView {
        let number = if self.scene == Scene::Quiet { 40 } else { 41 };
        let live = Live::from_events(&self.story(number).expect("a known number").events);
        let rows = live
            .strips()
            .into_iter()
            .filter_map(|mut strip| strip.rows.pop());
        let steps = rows
            .flat_map(|row| row.cells)
            .filter_map(|cell| match cell {
                Cell::Taken(report) => Some(*report),
                Cell::NotRun => None,
            })
            .collect();
        RehearsalView {
            line: RehearsalLine {
                id: RehearsalId(uuid::Uuid::nil()),
                environment: name("production"),
                application: name("shop"),
                cause: Cause::Scheduled,
                asked_by: "Pitlane".into(),
                asked_at: self.ago(1_900),
                node: Some(name("red")),
                version: Some(name("1.0")),
                suite: None,
                ended_at: Some(self.ago(1_890)),
                verdict: Some(if number == 40 {
                    Rehearsed::Passed { flows: 2, steps: 9 }
                } else {
                    Rehearsed::Failed {
                        trouble: Trouble::new(
                            "Step 2 of Sign in and order found no field labelled `Name`.",
                        ),
                    }
                }),
                draft: None,
            },
            steps,
            planned: Vec::new(),
            proxy_log: None,
        }
    }

    /// Every kind of difference: red out by hand, blue on another release, green answering as another.
    fn drift(&self, i: usize, staging: bool) -> Option<NodeDrift> {
        let running = |dir: &str, version: &str| Running {
            release_dir: name(dir),
            version: Some(name(version)),
        };
        let old = running("20261103081500", "1.0");
        let differences = match (self.scene, staging, i) {
            (Scene::Busy | Scene::Empty, ..) => return None,
            (Scene::Quiet, ..) => Vec::new(),
            (Scene::Drift, true, _) => vec![Difference::Unadopted {
                found: old,
                answers: Some("1.0".into()),
            }],
            (Scene::Drift, false, 0) => vec![Difference::Admission {
                balancer: BalancerId(uuid::Uuid::nil()),
                name: name("front"),
                worker: "http://10.0.0.11:9000".into(),
                expected: Placed::InService,
                found: Placed::Isolated,
            }],
            (Scene::Drift, false, 1) => vec![Difference::Current {
                expected: old,
                found: Pointing::Release(running("20261123091704", "1.1")),
                answers: Some("1.1".into()),
            }],
            (Scene::Drift, false, _) => vec![Difference::Answer {
                running: old,
                expected: "1.0".into(),
                found: "0.9".into(),
            }],
        };
        let node = name(NODES[i % NODES.len()]);
        let unread = Unread {
            part: Part::Current,
            why: format!("node {node} could not be reached over SSH: the connection timed out"),
        };
        let line = |difference: Difference| DriftLine {
            id: DifferenceId::from_hash(&[0x5a; 8]),
            trouble: difference.trouble(&node),
            difference,
        };
        Some(NodeDrift {
            differences: differences.into_iter().map(line).collect(),
            unread: (self.scene == Scene::Drift && i == 0 && !staging)
                .then_some(unread)
                .into_iter()
                .collect(),
            seen_at: self.ago(20),
        })
    }

    fn busy(&self) -> bool {
        self.scene == Scene::Busy
    }
}

#[async_trait]
impl Gateway for Fake {
    async fn overview(&self, _: &Actor) -> Result<Overview, AppError> {
        if self.scene == Scene::Empty {
            return Ok(Overview {
                needs: Vec::new(),
                pools: Vec::new(),
                lately: Vec::new(),
            });
        }
        let blue = if self.busy() {
            Admission::Isolated
        } else {
            Admission::InService
        };
        let shop = PoolCard {
            environment: name("production"),
            application: name("shop"),
            nodes: vec![
                self.square("red", "1.1", Admission::InService),
                self.square("blue", "1.0", blue),
                self.square("green", "1.0", Admission::InService),
            ],
            active: self.busy().then(|| self.line(42)),
            recent: self.recent(),
        };
        let staging = PoolCard {
            environment: name("staging"),
            nodes: (1..3)
                .map(|n| self.square(&format!("stage-{n}"), "1.1", Admission::InService))
                .collect(),
            active: None,
            recent: vec![DeploymentLine {
                environment: name("staging"),
                ..self.old(12, "1.1", DeploymentState::Succeeded, 7_300)
            }],
            ..shop.clone()
        };
        let accounts = PoolCard {
            application: name("accounts-and-invoices-of-the-whole-company"),
            nodes: (1..=24)
                .map(|n| {
                    self.square(
                        &format!("accounts-{n}"),
                        "2026.11.23+build.4711",
                        if n == 19 {
                            Admission::Failing
                        } else {
                            Admission::InService
                        },
                    )
                })
                .collect(),
            active: self.busy().then(|| DeploymentLine {
                application: name("accounts-and-invoices-of-the-whole-company"),
                ..self.line(44)
            }),
            ..shop.clone()
        };
        let mut lately = self.recent();
        if self.busy() {
            lately.insert(0, self.line(42));
        }
        Ok(Overview {
            needs: self.needs(),
            pools: vec![staging, shop, accounts],
            lately,
        })
    }

    async fn pool(&self, actor: &Actor, pool: &PoolPath) -> Result<PoolView, AppError> {
        if pool.application.as_str() == "nothing" {
            return Err(AppError::NotFound(
                Trouble::new(format!(
                    "There is no pool {}/{}.",
                    pool.environment, pool.application
                ))
                .remedy("Choose one on the overview."),
            ));
        }
        let staging = pool.environment.as_str() == "staging";
        let row = |(i, called): (usize, &&str)| NodeRow {
            node: story::node(i, called),
            admission: if self.busy() && i == 1 || self.scene == Scene::Drift && i == 0 && !staging
            {
                Admission::Isolated
            } else {
                Admission::InService
            },
            words: "Init Ok".into(),
            open_work: Some([3, 0, 5][i % 3]),
            version: Some(name(if self.busy() && i == 0 { "1.1" } else { "1.0" })),
            proven: (!staging || self.scene != Scene::Drift).then(|| (40, self.ago(90_000))),
            adopted: None,
            drift: self.drift(i, staging),
        };
        let releases = if pool.application.as_str() == "new" {
            Vec::new()
        } else {
            vec![
                story::release("1.2", self.ago(9_000)),
                story::release("1.1", self.ago(40_000)),
                story::release("1.0", self.ago(900_000)),
            ]
        };
        Ok(PoolView {
            environment: pool.environment.clone(),
            application: pool.application.clone(),
            nodes: NODES.iter().enumerate().map(row).collect(),
            balancers: vec![BalancerLine {
                name: name("front"),
                product: "Apache 2.4".into(),
                trouble: None,
            }],
            releases,
            recent: self.recent(),
            active: self.busy().then(|| self.line(42)),
            policy: story::policy(),
            flows: story::suite()
                .suite
                .flows
                .into_iter()
                .map(|f| f.title)
                .collect(),
            rehearsal: Some({
                let view = self.rehearsed();
                let flow = view.failing_flow().map(str::to_owned);
                (view.line, flow)
            }),
            rehearsal_refused: self
                .busy()
                .then(|| "a deployment of this pool is running".into()),
            drift_refused: (actor.role < app::model::access::Role::Deployer)
                .then(|| format!("this needs the role deployer; {} is viewer", actor.name)),
            deploy_refused: self.busy().then(|| {
                "ann is deploying 1.1 here, #42. Wait until it is over, or abort it.".into()
            }),
        })
    }

    async fn plan(&self, _: &Actor, order: &DeployOrder) -> Result<PlanView, AppError> {
        let line = |node: &Name| PlanLine {
            node: node.clone(),
            before: Some(name("1.0")),
            words: "isolate, drain, deploy, check, smoke, rejoin".into(),
        };
        let refused = (order.version.as_str() == "1.0").then(|| {
            Trouble::new("Every chosen node runs 1.0 already.").remedy("Choose another release.")
        });
        Ok(PlanView {
            version: order.version.clone(),
            nodes: order.nodes.iter().map(line).collect(),
            warnings: vec!["With one node out, 2 of 3 stay in service: exactly the floor.".into()],
            refused,
        })
    }

    async fn rollback(
        &self,
        _: &Actor,
        pool: &PoolPath,
        number: u32,
        nodes: &[Name],
    ) -> Result<DeployOrder, AppError> {
        if number != 43 {
            return Err(AppError::Refused(
                Trouble::new(format!("Deployment #43 has changed red since #{number}."))
                    .stands("Nothing was changed.")
                    .remedy("Roll that one back first, or deploy the release you want."),
            ));
        }
        Ok(DeployOrder {
            pool: pool.clone(),
            version: name("1.0"),
            nodes: match nodes {
                [] => NODES.map(name).to_vec(),
                chosen => chosen.to_vec(),
            },
            reason: None,
            undoes: Some(number),
            unrehearsed: true,
        })
    }

    async fn deploy(&self, _: &Actor, order: &DeployOrder) -> Result<DeploymentLine, AppError> {
        if order.version.as_str() == "1.0" {
            return Err(AppError::Refused(Trouble::new(
                "Every chosen node runs 1.0 already.",
            )));
        }
        *self.began.lock().expect("no holder panicked") = system_now();
        *self.told.lock().expect("no holder panicked") = 2;
        Ok(self.line(43))
    }

    async fn deployment(
        &self,
        actor: &Actor,
        _: &PoolPath,
        number: u32,
    ) -> Result<DeploymentView, AppError> {
        let missing = || {
            AppError::NotFound(
                Trouble::new(format!("There is no deployment #{number} here."))
                    .remedy("Choose one in the list."),
            )
        };
        let mut story = self.story(number).ok_or_else(missing)?;
        if number == 43 {
            story
                .events
                .truncate(*self.told.lock().expect("no holder panicked"));
            if let Some(last) = story.events.last() {
                story.at = last.at;
            }
        }
        let now = if number == 42 {
            story.at + Duration::from_millis(120)
        } else {
            story.at
        };
        story.log.retain(|chunk| chunk.at <= now);
        Ok(DeploymentView {
            verbs: self.all_verbs(actor, &story.events),
            events: story.events,
            log: story.log,
            visitors: None,
            now,
            viewer: actor.name.clone(),
            usual_node_ms: Some(4_400),
        })
    }

    async fn deployments(&self, _: &Actor) -> Result<Vec<DeploymentLine>, AppError> {
        if self.scene == Scene::Empty {
            return Ok(Vec::new());
        }
        let mut all = vec![self.line(44)];
        if self.busy() {
            all.insert(0, self.line(42));
        }
        all.extend(self.recent());
        Ok(all)
    }

    async fn running(&self, _: &Actor, _: &PoolPath) -> Result<Option<DeploymentLine>, AppError> {
        Ok(self.busy().then(|| self.line(42)))
    }

    async fn verbs(&self, actor: &Actor, _: &PoolPath, number: u32) -> Result<Verbs, AppError> {
        let story = self.story(number);
        Ok(self.all_verbs(actor, &story.map(|story| story.events).unwrap_or_default()))
    }

    async fn command(&self, _: &Actor, _: &CommandOrder) -> Result<(), AppError> {
        Ok(())
    }

    async fn adopt(&self, actor: &Actor, order: &DriftOrder) -> Result<String, AppError> {
        Ok(format!(
            "{} adopted on {} of production/shop: out of service.",
            actor.name, order.shown[0].node
        ))
    }

    async fn revert(&self, _: &Actor, order: &DriftOrder) -> Result<String, AppError> {
        let node = &order.shown[0].node;
        Err(AppError::Refused(
            Trouble::new(format!("What was shown of {node} is no longer so."))
                .stands(format!(
                    "Nothing was changed. No such difference is found on {node} now."
                ))
                .remedy("Look again, and decide anew."),
        ))
    }

    async fn evidence(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        number: u32,
    ) -> Result<EvidenceView, AppError> {
        self.pictures(actor, pool, number).await
    }

    async fn review(&self, actor: &Actor, order: &ReviewOrder) -> Result<String, AppError> {
        self.take_review(actor, order).await
    }

    async fn mask(&self, actor: &Actor, order: &MaskOrder) -> Result<String, AppError> {
        Ok(self.take_mask(actor, order))
    }

    async fn suite(&self, actor: &Actor, pool: &PoolPath) -> Result<SuiteView, AppError> {
        Ok(suites::view(actor, pool, self.scene == Scene::Empty))
    }

    async fn editor(
        &self,
        actor: &Actor,
        pool: &PoolPath,
        flow: Option<&Name>,
    ) -> Result<EditorView, AppError> {
        Ok(suites::editor(actor, pool, flow, self.now))
    }

    async fn edit_suite(&self, _: &Actor, _: &EditOrder) -> Result<Edited, AppError> {
        Ok(Edited::Kept(None))
    }

    async fn import_suite(&self, _: &Actor, _: &SuiteOrder) -> Result<SuiteImport, AppError> {
        Ok(suites::import())
    }

    async fn export_suite(
        &self,
        _: &Actor,
        _: &PoolPath,
        _: SuiteFormat,
    ) -> Result<SuiteExport, AppError> {
        Ok(SuiteExport {
            file: "shop.side".into(),
            text: "{}".into(),
            lost: Vec::new(),
        })
    }

    async fn environment(
        &self,
        actor: &Actor,
        environment: &Name,
    ) -> Result<EnvironmentView, AppError> {
        Ok(self.values(actor, environment))
    }

    async fn change_value(&self, actor: &Actor, order: &ValueOrder) -> Result<String, AppError> {
        Ok(format!(
            "{} changed {} of {}.",
            actor.name, order.name, order.environment
        ))
    }

    async fn rehearse(
        &self,
        _: &Actor,
        _: &PoolPath,
        _: Option<&Name>,
    ) -> Result<RehearsalLine, AppError> {
        Ok(self.rehearsed().line)
    }

    async fn rehearsal(
        &self,
        _: &Actor,
        _: &PoolPath,
        id: RehearsalId,
    ) -> Result<RehearsalView, AppError> {
        let mut view = self.rehearsed();
        // any other id: a draft that is being tried
        if !id.0.is_nil() {
            view.line.draft = Some(DraftOf {
                flow: Some(name("order")),
            });
            view.line.verdict = None;
            view.line.ended_at = None;
            view.line.cause = Cause::ByHand;
            view.line.asked_by = "ann".into();
            let first = view.steps[0].flow.clone();
            view.steps.retain(|step| step.flow == first);
            view.planned = vec![PlannedFlow {
                name: first,
                title: view.steps[0].flow_title.clone(),
                steps: view.steps.iter().map(|step| step.words.clone()).collect(),
            }];
            view.steps.truncate(2);
        }
        Ok(view)
    }

    async fn audit(&self, _: &Actor, filter: &AuditFilter) -> Result<AuditPage, AppError> {
        Ok(self.history(filter))
    }
}

pub fn system_now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp(since.unwrap_or_default().as_millis() as i64)
}
