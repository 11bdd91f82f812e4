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
use std::{
    sync::Mutex,
    time::{Duration, SystemTime},
};

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

    fn needs(&self) -> Vec<Need> {
        let (production, shop) = (name("production"), name("shop"));
        match self.scene {
            Scene::Busy => {
                let line = Box::new(DeploymentLine {
                    application: name("accounts-and-invoices-of-the-whole-company"),
                    ..self.line(44)
                });
                let words = "red has been out of service for 10 min, the limit of production/shop. shop serves with \
                    one node fewer meanwhile. Retry the stage, skip the node, or abort to put it back."
                    .into();
                let gate = self.gate(46).expect("#46 waits");
                let review = Need::Review {
                    line: Box::new(self.line(46)),
                    words: gate.words(),
                };
                vec![Need::Alarm { line, words }, review]
            }
            Scene::Drift => vec![
                Need::Drift {
                    environment: production.clone(),
                    application: shop.clone(),
                    nodes: NODES.map(name).to_vec(),
                    words: "4 differences on red, blue, green.".into(),
                },
                Need::Unadopted {
                    environment: name("staging"),
                    application: shop,
                    nodes: vec![name("stage-1"), name("stage-2")],
                },
            ],
            Scene::Empty | Scene::Quiet => Vec::new(),
        }
    }

    /// As the engine's fold has it.
    fn gate(&self, number: u32) -> Option<Gate> {
        let live = Live::from_events(&self.story(number)?.events);
        let suite = &story::suite().suite;
        if live.state != DeploymentState::Held || number != 46 {
            return None;
        }
        let mut strips = strips(&live, None);
        let reviews = self.reviews.lock().expect("no holder panicked").clone();
        let before: Vec<_> = reviews
            .iter()
            .filter(|review| review.deployment != number)
            .cloned()
            .collect();
        judge(
            &mut strips,
            &before,
            &[],
            |_| 0,
            |pair| Some(shop::likeness(&pair.old, &pair.new)),
        );
        let report = report(&strips, &before, suite, &name("red"))?;
        let accepted_by = |noticed: &Noticed| {
            let mut said = reviews.iter().rev();
            let said = said.find(|said| said.new == noticed.new && said.deployment == number)?;
            (said.verdict == Verdict::Accepted).then(|| said.by.clone())
        };
        let looked = |noticed: Noticed| Looked {
            accepted_by: accepted_by(&noticed),
            noticed,
        };
        Some(Gate {
            node: name("red"),
            old: Some(name("1.0")),
            undone_if_rejected: true,
            differences: report.differences.into_iter().map(looked).collect(),
            until: Some(self.ago(-900)),
        })
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

    /// By the engine's own rule, from what the page shows.
    fn all_verbs(&self, actor: &Actor, events: &[Event]) -> Verbs {
        let live = Live::from_events(events);
        let allowed = actor.role >= app::model::access::Role::Deployer;
        let nodes = live.nodes.iter().map(|node| NodeSituation {
            node: node.id,
            name: node.name.clone(),
            state: node.run_state(),
            out: node.is_out(),
            busy: node.at_work().map(|segment| segment.work),
            forced: false,
            cannot_go_back: false,
        });
        let situation = Situation {
            state: live.state,
            turn: 1,
            hold: None,
            abort: None,
            can_retry: live.trouble.is_some(),
            review: live
                .plan
                .as_ref()
                .and_then(|plan| self.gate(plan.number))
                .map(|gate| gate.open()),
            nodes: nodes.collect(),
        };
        let refused = |command, node| match allowed {
            true => possible(&situation, command, node).err(),
            false => Some("this needs the role deployer".into()),
        };
        let mut verbs = Vec::new();
        for command in Command::ALL {
            if !command.needs_node() {
                verbs.push(VerbLine {
                    command,
                    node: None,
                    refused: refused(command, None),
                });
                continue;
            }
            for node in &live.nodes {
                if refused(command, Some(node.id)).is_none() {
                    verbs.push(VerbLine {
                        command,
                        node: Some(node.name.clone()),
                        refused: None,
                    });
                }
            }
        }
        Verbs {
            turn: 1,
            key: "k".into(),
            outlook: match live.plan.as_ref().and_then(|plan| self.gate(plan.number)) {
                Some(gate) => Outlook {
                    next: gate.words(),
                    who: "a person".into(),
                    until: gate.until,
                },
                None => outlook(&live),
            },
            verbs,
        }
    }
}

/// What ben said of how people are welcomed.
fn accepted(now: Timestamp) -> Review {
    Review {
        id: 7,
        at_step: StepKey {
            flow: name("sign-in"),
            step: 4,
        },
        words: "expect \"Welcome\"".into(),
        verdict: Verdict::Accepted,
        old: Some("1.0-sign-in-4".into()),
        new: "1.1-sign-in-4".into(),
        deployment: 42,
        version: name("1.1"),
        node: name("red"),
        reason: "The green mug is new.".into(),
        by: "ben".into(),
        at: Timestamp(now.0 - 3_000_000),
    }
}

fn masked(now: Timestamp) -> Mask {
    Mask {
        id: 3,
        at_step: StepKey {
            flow: name("sign-in"),
            step: 1,
        },
        rect: Rect {
            x: 0,
            y: 752,
            width: 1280,
            height: 48,
        },
        reason: "names its node".into(),
        by: "ben".into(),
        at: Timestamp(now.0 - 90_000_000),
    }
}

fn outlook(live: &Live) -> Outlook {
    let (who, next) = match live.state {
        DeploymentState::Held => (
            "a person",
            "blue is out of service and watched. At 14:32 UTC, after 30 min, it is put back and the deployment halts, unless somebody resumes it.",
        ),
        DeploymentState::Halted => (
            "a person",
            "blue is out of service and watched. Somebody retries the stage, skips the node, or aborts.",
        ),
        state if state.is_over() => ("nobody", ""),
        _ => (
            "Pitlane",
            "When the nodes at hand have rejoined, the next ones leave service.",
        ),
    };
    let held = live.state == DeploymentState::Held;
    Outlook {
        next: next.into(),
        who: who.into(),
        until: held.then(|| live.started_at + Duration::from_secs(1_815)),
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
        let view = self.deployment(actor, pool, number).await?;
        let live = Live::from_events(&view.events);
        let plan = live.plan.as_deref().expect("every story has a plan");
        let old = Live::from_events(&story::old(self.ago(90_019)).events);
        let before = Earlier {
            number: 40,
            live: &old,
        };
        let mut strips = strips(&live, (number > 40).then_some(&before));
        let reviews = self.reviews.lock().expect("no holder panicked").clone();
        let masks = self.masks.lock().expect("no holder panicked").clone();
        let proposals = proposed(number);
        judge(
            &mut strips,
            &reviews,
            &masks,
            |_| 0,
            |pair| Some(shop::likeness(&pair.old, &pair.new)),
        );
        let went_wrong = matches!(
            live.state,
            DeploymentState::Undone | DeploymentState::Halted
        );
        Ok(EvidenceView {
            environment: plan.environment.clone(),
            application: plan.application.clone(),
            number,
            version: plan.version.clone(),
            state: live.state,
            failed: went_wrong.then(|| live.headline(&actor.name, view.now, None).plain()),
            byline: live.byline(view.now),
            strips,
            reviews,
            masks,
            proposals,
            proxied: app::model::evidence::proxied(&view.events),
            gate: self.gate(number),
            storage: None,
            addresses: Vec::new(),
            review_refused: (actor.role < app::model::access::Role::Deployer)
                .then(|| format!("this needs the role deployer; {} is viewer", actor.name)),
            now: system_now(),
        })
    }

    async fn review(&self, actor: &Actor, order: &ReviewOrder) -> Result<String, AppError> {
        let view = self.evidence(actor, &order.pool, order.number).await?;
        let spot = view.find(
            &order.at_step.flow,
            order.at_step.step,
            &order.node,
            Taken::New,
        );
        let spot = spot.expect("what was shown is there");
        let mut reviews = self.reviews.lock().expect("no holder panicked");
        let id = reviews.len() as i64 + 10;
        reviews.push(Review {
            id,
            at_step: order.at_step.clone(),
            words: view.strip(spot).columns[spot.column].clone(),
            verdict: order.verdict,
            old: order.old.clone(),
            new: order.new.clone(),
            deployment: order.number,
            version: view.version.clone(),
            node: order.node.clone(),
            reason: order.reason.clone(),
            by: actor.name.clone(),
            at: system_now(),
        });
        Ok(format!("{} {} it.", actor.name, order.verdict))
    }

    async fn mask(&self, actor: &Actor, order: &MaskOrder) -> Result<String, AppError> {
        let mut masks = self.masks.lock().expect("no holder panicked");
        match order.change {
            MaskChange::Remove(id) => masks.retain(|mask| mask.id != id),
            MaskChange::Add(rect) => {
                let id = masks.len() as i64 + 10;
                masks.push(Mask {
                    id,
                    at_step: order.at_step.clone(),
                    rect,
                    reason: order.reason.clone(),
                    by: actor.name.clone(),
                    at: system_now(),
                });
            }
        }
        Ok(format!("{} changed the masks.", actor.name))
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
        let quiet = self.scene == Scene::Quiet;
        let used = |flow: &str| FlowOf {
            application: name("shop"),
            flow: flow.into(),
        };
        let secret = |of: &str, state, used_by| SecretLine {
            name: of.into(),
            state,
            used_by,
        };
        let set = |by: &str, seconds| SecretState::Set {
            set_by: by.into(),
            at: self.ago(seconds),
        };
        let mut secrets = vec![
            secret(
                "admin_token",
                SecretState::InFile,
                vec![used("Look at the dashboard")],
            ),
            secret("old_password", set("bob", 8_000_000), vec![]),
            secret(
                "shop_password",
                set("ann", 7_300),
                vec![used("Sign in and order"), used("Sign in")],
            ),
        ];
        if !quiet {
            let why = "it was encrypted with the key 3f09c2a1b7d84e60, and this server has 91b2e8d04c7f3a55";
            secrets[1].state = SecretState::Locked {
                set_by: "bob".into(),
                at: self.ago(8_000_000),
                why: why.into(),
            };
            secrets.insert(
                1,
                secret("card_number", SecretState::Missing, vec![used("Pay")]),
            );
        }
        let variable = |of: &str, value: &str, seconds| VariableLine {
            name: of.parse().expect("a name"),
            value: value.into(),
            set_by: "ann".into(),
            at: self.ago(seconds),
        };
        Ok(EnvironmentView {
            name: environment.clone(),
            applications: vec![name("shop")],
            variables: vec![
                variable("BASKET_LIMIT", "20", 90_000),
                variable(
                    "FEED",
                    "https://feeds.example.test/catalogue/products/v2/all.json?currency=EUR&pages=1",
                    400,
                ),
            ],
            secrets,
            refused: can(actor, Verb::ManageSecrets, Subject::Installation).err(),
        })
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
        let entry =
            |seq: u64, seconds, actor: &str, action: &str, words: &str, reason: Option<&str>| {
                AuditEntry {
                    seq,
                    at: self.ago(seconds),
                    actor: actor.into(),
                    from: "192.0.2.7".into(),
                    action: action.into(),
                    subject: "production/shop".into(),
                    words: words.into(),
                    reason: reason.map(Into::into),
                    detail: None,
                    hash: "9f2c".repeat(16),
                }
            };
        let mut entries = vec![
            entry(
                214,
                8,
                "ann",
                "deployment.started",
                "ann started #42: shop 1.1 to production.",
                Some("Mugs in blue"),
            ),
            entry(
                213,
                8_600,
                "ann",
                "deployment.started",
                "ann started #41: shop 1.2 to production.",
                None,
            ),
            entry(
                212,
                9_000,
                "ben",
                "release.registered",
                "ben registered shop 1.2.",
                None,
            ),
            entry(211, 9_100, "ben", "session.opened", "ben signed in.", None),
        ];
        entries.retain(|e| filter.actor.as_ref().is_none_or(|a| *a == e.actor));
        if self.scene == Scene::Empty {
            entries.clear();
        }
        Ok(AuditPage {
            more: (entries.len() == 4).then_some(211),
            entries,
        })
    }
}

pub fn system_now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp(since.unwrap_or_default().as_millis() as i64)
}

/// The visitors' counter of the front page goes on by itself.
fn proposed(number: u32) -> Vec<Proposal> {
    let proposal = Proposal {
        at_step: StepKey {
            flow: name("sign-in"),
            step: 1,
        },
        rect: Rect {
            x: 1010,
            y: 20,
            width: 128,
            height: 28,
        },
        version: name("1.0"),
        seen: "red in service, and red in #40".into(),
    };
    match number {
        46 => vec![proposal],
        _ => Vec::new(),
    }
}
