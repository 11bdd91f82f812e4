//! What people say about pictures, of real deployments with made-up pages.

use super::{page, two_releases};
use crate::{harness::sample::name, rolling::ops::Ops};
use app::{
    error::AppError,
    gateway::{Gateway, MaskChange, MaskOrder, PoolPath, ReviewOrder},
    model::{
        access::{Actor, Role},
        deployment::DeploymentState,
        evidence::*,
        view::AuditFilter,
    },
};
use server::{
    clock::SystemClock,
    drift::Eyes,
    evidence::comparer::Comparer,
    gateway::{LiveGateway, Lookout},
    rolling::planner::Planner,
};
use std::sync::Arc;

pub struct Desk {
    pub ops: Ops,
    pub gateway: LiveGateway,
    pub pool: PoolPath,
}

fn person(name: &str, role: Role) -> Actor {
    Actor {
        user: None,
        name: name.into(),
        role,
        from: "test".into(),
    }
}

pub fn bob() -> Actor {
    person("bob", Role::Deployer)
}

fn refused(result: Result<impl std::fmt::Debug, AppError>) -> String {
    match result {
        Err(AppError::Refused(why)) => why.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

impl Desk {
    async fn new() -> Self {
        Self::over(two_releases().await)
    }

    /// Of what was done before.
    pub fn over(ops: Ops) -> Self {
        let planner = Planner {
            pool: ops.database.pool.clone(),
            ports: ops.ports.clone(),
        };
        let eyes = Eyes {
            connect: ops.ports.connect.clone(),
            shell: ops.ports.shell.clone(),
            probe: ops.ports.probe.clone(),
            at_once: 3,
        };
        let gateway = LiveGateway::new(
            ops.database.pool.clone(),
            Arc::new(planner),
            Lookout::new(ops.ports.connect.clone()),
            eyes,
            Comparer::new(ops.database.pool.clone(), ops.ports.objects.clone()),
            ops.ports.vault.clone(),
            Arc::new(SystemClock),
        );
        let pool = PoolPath {
            environment: ops.inventory.environment.clone(),
            application: ops.inventory.application.clone(),
        };
        Self { ops, gateway, pool }
    }

    /// Compared to the end, however busy this machine is.
    pub async fn evidence(&self, number: u32) -> EvidenceView {
        loop {
            let view = self.gateway.evidence(&bob(), &self.pool, number).await;
            let view = view.unwrap();
            if view.tally().comparing == 0 {
                return view;
            }
        }
    }

    /// What somebody would send who sees the page of `node` now.
    pub async fn order(&self, number: u32, node: &str, verdict: Verdict) -> ReviewOrder {
        let view = self.evidence(number).await;
        let spot = view
            .find(&name("home"), 1, &name(node), Taken::New)
            .unwrap();
        let cell = view.cell(spot);
        ReviewOrder {
            pool: self.pool.clone(),
            number,
            node: name(node),
            at_step: view.key(spot),
            verdict,
            new: cell.picture().unwrap().to_owned(),
            old: cell.judged.against().first().map(|one| one.picture.clone()),
            after: view.said(spot).map(|review| review.id),
            reason: "the bar is meant to be longer".into(),
        }
    }

    async fn standing(&self, number: u32, node: &str) -> &'static str {
        let view = self.evidence(number).await;
        let spot = view
            .find(&name("home"), 1, &name(node), Taken::New)
            .unwrap();
        match view.standing(spot) {
            Standing::Differs(_) => "differs",
            Standing::Accepted(_) => "accepted",
            Standing::Rejected(_) => "rejected",
            Standing::Equal => "equal",
            other => panic!("{other:?}"),
        }
    }

    /// The audit history of pictures, oldest first.
    pub async fn acts(&self) -> Vec<String> {
        let filter = AuditFilter {
            action: Some("evidence.".into()),
            ..AuditFilter::default()
        };
        let page = self.gateway.audit(&bob(), &filter).await.unwrap();
        let entries = page.entries.into_iter().rev();
        entries
            .map(|entry| {
                format!(
                    "{}: {} ({})",
                    entry.action,
                    entry.words,
                    entry.reason.unwrap()
                )
            })
            .collect()
    }
}

#[tokio::test]
async fn a_difference_is_accepted_once_for_all_nodes_and_is_the_baseline_from_then_on() {
    let mut desk = Desk::new().await;
    let view = desk.evidence(2).await;
    assert_eq!(view.headline(), "1.2 looks different at 1 of 1 step.");
    let order = desk.order(2, "blue", Verdict::Accepted).await;
    let done = desk.gateway.review(&bob(), &order).await.unwrap();
    assert_eq!(
        done,
        "bob accepted how step 1 of home (`open /`) looks with 1.2 on blue, and the same picture on red and green."
    );
    for node in ["red", "blue", "green"] {
        assert_eq!(desk.standing(2, node).await, "accepted", "{node}");
    }
    // the same button again is the same act
    assert_eq!(desk.gateway.review(&bob(), &order).await.unwrap(), done);
    assert_eq!(
        desk.acts().await,
        [format!(
            "evidence.accepted: {done} (the bar is meant to be longer)"
        )]
    );

    // the next release looks as accepted
    desk.ops.deploy("1.1").await;
    desk.ops.until(DeploymentState::Succeeded).await;
    assert_eq!(desk.standing(3, "red").await, "equal");
    // and one that goes back to the old look differs from both
    desk.ops.browser.look_like(page(100));
    desk.ops.deploy("1.2").await;
    desk.ops.until(DeploymentState::Succeeded).await;
    let view = desk.evidence(4).await;
    let spot = view.most_telling().unwrap();
    let against = view.cell(spot).judged.against();
    let words: Vec<_> = against.iter().map(|one| one.baseline.word()).collect();
    assert_eq!(words, ["last-good", "accepted"]);
    assert!(matches!(view.standing(spot), Standing::Differs(_)));
}

#[tokio::test]
async fn a_rejection_is_recorded_and_says_what_else_there_is_to_do() {
    let desk = Desk::new().await;
    let order = desk.order(2, "red", Verdict::Rejected).await;
    let done = desk.gateway.review(&bob(), &order).await.unwrap();
    assert!(
        done.ends_with("roll #2 back to bring the old release back."),
        "{done}"
    );
    assert_eq!(desk.standing(2, "green").await, "rejected");
    assert_eq!(desk.evidence(2).await.tally().rejected, 1);
}

#[tokio::test]
async fn a_stale_form_is_refused_in_words() {
    let desk = Desk::new().await;
    let order = desk.order(2, "red", Verdict::Accepted).await;
    let another = ReviewOrder {
        new: "0d".repeat(32),
        ..order.clone()
    };
    assert!(
        refused(desk.gateway.review(&bob(), &another).await)
            .starts_with("Step 1 of home was run again on red, and left another picture.")
    );
    let against = ReviewOrder {
        old: Some("0d".repeat(32)),
        ..order.clone()
    };
    assert!(
        refused(desk.gateway.review(&bob(), &against).await)
            .starts_with("The picture is held against another one by now.")
    );
    let wordless = ReviewOrder {
        reason: " ".into(),
        ..order.clone()
    };
    assert!(
        refused(desk.gateway.review(&bob(), &wordless).await).starts_with("A reason is needed.")
    );
    // somebody else was faster
    let rejected = ReviewOrder {
        verdict: Verdict::Rejected,
        reason: "too long".into(),
        ..order.clone()
    };
    let eve = person("eve", Role::Deployer);
    desk.gateway.review(&eve, &rejected).await.unwrap();
    assert!(
        refused(desk.gateway.review(&bob(), &order).await)
            .starts_with("eve rejected this picture meanwhile: Too long.")
    );
    // who has seen that may decide otherwise
    let seen = desk.order(2, "red", Verdict::Accepted).await;
    desk.gateway.review(&bob(), &seen).await.unwrap();
    assert_eq!(desk.standing(2, "red").await, "accepted");
    assert_eq!(desk.acts().await.len(), 2);
}

#[tokio::test]
async fn a_viewer_may_look_and_not_speak() {
    let desk = Desk::new().await;
    let viewer = person("vic", Role::Viewer);
    let view = desk.gateway.evidence(&viewer, &desk.pool, 2).await.unwrap();
    assert!(
        view.review_refused
            .unwrap()
            .contains("needs the role deployer")
    );
    let order = desk.order(2, "red", Verdict::Accepted).await;
    let said = desk.gateway.review(&viewer, &order).await;
    assert!(matches!(said, Err(AppError::Forbidden(_))), "{said:?}");
    let mask = MaskOrder {
        pool: desk.pool.clone(),
        at_step: order.at_step,
        change: MaskChange::Remove(1),
        reason: "so".into(),
    };
    let said = desk.gateway.mask(&viewer, &mask).await;
    assert!(matches!(said, Err(AppError::Forbidden(_))), "{said:?}");
    assert!(desk.acts().await.is_empty());
}

#[tokio::test]
async fn what_is_masked_is_not_compared_until_the_mask_is_taken_away() {
    let desk = Desk::new().await;
    let mask = |change| MaskOrder {
        pool: desk.pool.clone(),
        at_step: StepKey {
            flow: name("home"),
            step: 1,
        },
        change,
        reason: "the bar grows by itself".into(),
    };
    let rect = |width| Rect {
        x: 90,
        y: 0,
        width,
        height: 30,
    };
    let add = mask(MaskChange::Add(rect(70)));
    for _ in 0..2 {
        let done = desk.gateway.mask(&bob(), &add).await.unwrap();
        assert_eq!(
            done,
            "bob masked 70 × 30 at 90, 0 in step 1 of home: it is not compared any more."
        );
    }
    assert_eq!(desk.standing(2, "red").await, "equal");
    let masks = desk.evidence(2).await.masks;
    assert_eq!((masks.len(), masks[0].by.as_str()), (1, "bob"));
    let remove = mask(MaskChange::Remove(masks[0].id));
    desk.gateway.mask(&bob(), &remove).await.unwrap();
    assert_eq!(desk.standing(2, "red").await, "differs");
    let gone = desk.gateway.mask(&bob(), &remove).await.unwrap();
    assert_eq!(gone, "That mask is gone already.");
    for width in [0, u32::MAX] {
        refused(
            desk.gateway
                .mask(&bob(), &mask(MaskChange::Add(rect(width))))
                .await,
        );
    }
    let acts = desk.acts().await;
    assert_eq!(acts.len(), 2, "{acts:?}");
}
