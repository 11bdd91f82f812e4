//! Pictures that differ: the first node held for somebody to look, or the release's failure.

use super::{
    page,
    said::{Desk, bob},
};
use crate::{
    harness::sample::{self, name},
    rolling::ops::Ops,
};
use app::{
    gateway::Gateway,
    model::{
        deployment::{DeploymentState, NodeRunState},
        environment::Admission,
        evidence::*,
        journal::Fact,
        smoke::{OnDifference, Pictures, Suite},
        view::Need,
    },
};
use std::time::Duration;

/// The shop's suite, which says what follows.
fn suite(on_difference: OnDifference) -> Suite {
    Suite {
        pictures: Pictures {
            on_difference,
            above_ppm: 0,
            review_limit_ms: 86_400_000,
        },
        ..sample::suite()
    }
}

/// 1.0 in service; the bar of 1.1 is longer, everywhere, and longest on `odd`.
async fn shop(suite: &Suite, odd: Option<&str>) -> Desk {
    let mut ops = Ops::new().await;
    ops.use_suite("it looks at pictures", suite).await;
    ops.policy.rehearse = true;
    // an alarm would be more pressing, on a busy machine
    ops.policy.isolation_limit_ms = 86_400_000;
    let shells = ops.shells.clone();
    let nodes = ops.inventory.nodes.clone();
    let odd = odd.map(name);
    ops.browser.looks_by(move |address| {
        let at = nodes
            .iter()
            .find(|node| node.app_url.ends_with(&address.to_string()));
        let node = &at.expect("a node of ours").name;
        let longest = odd.as_ref() == Some(node);
        let bar = match shells.version(node).as_deref() {
            Some("1.0") => 100,
            _ if longest => 180,
            _ => 150,
        };
        page(bar).into()
    });
    ops.deploy("1.1").await;
    Desk::over(ops)
}

impl Desk {
    async fn held(&self) -> Gate {
        self.ops.until(DeploymentState::Held).await;
        self.evidence(1).await.gate.expect("it waits")
    }

    /// bob says it of red's picture.
    async fn says(&self, verdict: Verdict) -> String {
        let order = self.order(1, "red", verdict).await;
        self.gateway.review(&bob(), &order).await.unwrap()
    }

    /// What each node's pictures came to.
    async fn reports(&self) -> Vec<String> {
        let events = self.ops.events().await;
        let reports = events.iter().filter_map(|event| match &event.fact {
            Fact::Pictured { report, .. } => Some(report.words()),
            _ => None,
        });
        reports.collect()
    }
}

#[tokio::test]
async fn the_first_node_waits_isolated_until_its_difference_is_accepted_and_the_others_pass() {
    let desk = shop(&suite(OnDifference::HoldFirst), None).await;
    let gate = desk.held().await;
    assert_eq!((gate.node.as_str(), gate.open()), ("red", 1));
    assert_eq!(desk.ops.admission("red").await, Admission::Isolated);
    assert_eq!(desk.ops.run_state("red").await, NodeRunState::Smoked);
    desk.ops.expect_only_red_touched().await;
    assert!(
        gate.words()
            .starts_with("Held for review: 1 difference to accept or reject, until ")
            && gate
                .words()
                .ends_with("then red is put back on 1.0 and the deployment halts."),
        "{}",
        gate.words()
    );
    // it is in the inbox, with what happens then
    let overview = desk.gateway.overview(&bob()).await.unwrap();
    let [Need::Review { words, line }] = overview.needs.as_slice() else {
        panic!("{:?}", overview.needs);
    };
    assert_eq!((words, line.number), (&gate.words(), 1));
    // and nobody resumes it past the gate
    let verbs = desk.gateway.verbs(&bob(), &desk.pool, 1).await.unwrap();
    assert_eq!(verbs.outlook.next, gate.words());
    assert_eq!(verbs.outlook.until, gate.until);
    let resume = verbs
        .verbs
        .iter()
        .find(|verb| verb.command.word() == "resume");
    let refused = resume.unwrap().refused.clone().unwrap();
    assert!(refused.starts_with("it waits for a review"), "{refused}");

    let done = desk.says(Verdict::Accepted).await;
    assert!(
        done.ends_with("It is the last one red waits for: red rejoins on the new release, and the deployment goes on."),
        "{done}"
    );
    desk.ops.until(DeploymentState::Succeeded).await;
    desk.ops
        .expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.1")])
        .await;
    let differ = "1 picture compared with the old release; 1 differs by more than it may.";
    let none = "1 picture compared with the old release; none differs by more than it may.";
    assert_eq!(desk.reports().await, [differ, none, none]);
    assert_eq!(desk.acts().await.len(), 1);
    desk.ops.check_history().await;
}

#[tokio::test]
async fn a_rejection_undoes_the_node_and_says_who_and_why() {
    let desk = shop(&suite(OnDifference::HoldFirst), None).await;
    desk.held().await;
    let done = desk.says(Verdict::Rejected).await;
    assert!(
        done.ends_with("red gets 1.0 back, is proven again and rejoins. No further node is touched; the deployment ends undone."),
        "{done}"
    );
    desk.ops.until(DeploymentState::Undone).await;
    desk.ops
        .expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
    desk.ops.expect_only_red_touched().await;
    let why = desk.ops.job().await.why;
    insta::assert_snapshot!(why, @"bob rejected how step 1 of home (`open /`) looks with 1.1 on red: The bar is meant to be longer. red is back on 1.0, proven and in service; no further node was touched.");
    desk.ops.check_history().await;
}

#[tokio::test]
async fn nobody_looks_and_at_the_deadline_the_node_is_put_back() {
    let mut short = suite(OnDifference::HoldFirst);
    short.pictures.review_limit_ms = 20_000;
    let desk = shop(&short, None).await;
    desk.ops.until(DeploymentState::Halted).await;
    desk.ops
        .expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
    let events = desk.ops.events().await;
    let undoing = events.iter().find_map(|event| match &event.fact {
        Fact::Became {
            state: DeploymentState::Undoing,
            why,
        } => Some(why.as_str()),
        _ => None,
    });
    assert_eq!(
        undoing,
        Some(
            "Nobody accepted 1 difference within 20 s, the limit for a review; the node is put back."
        )
    );
    // too late: it is recorded, and moves nothing
    let done = desk.says(Verdict::Accepted).await;
    assert!(done.ends_with("looks with 1.1 on red."), "{done}");
    assert_eq!(desk.ops.job().await.state, DeploymentState::Halted);
    assert_eq!(desk.evidence(1).await.gate, None);
}

#[tokio::test]
async fn a_suite_may_make_a_difference_the_releases_failure() {
    let mut desk = shop(&suite(OnDifference::Fail), None).await;
    desk.ops.until(DeploymentState::Undone).await;
    desk.ops
        .expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
    let why = desk.ops.job().await.why;
    insta::assert_snapshot!(why, @"1.1 looks different on red at step 1 of home (`open /`): 5.0 % differs, held against red on 1.0. red is back on 1.0, proven and in service; no further node was touched.");
    // somebody says that this is how it is meant to look
    desk.says(Verdict::Accepted).await;
    desk.ops.deploy("1.1").await;
    desk.ops.until(DeploymentState::Succeeded).await;
}

#[tokio::test]
async fn what_may_differ_passes_every_gate() {
    let mut generous = suite(OnDifference::Fail);
    // the bar grows by 1,000 of 20,000 pixels
    generous.flows[0].steps[0].above_ppm = Some(50_000);
    let desk = shop(&generous, None).await;
    desk.ops.until(DeploymentState::Succeeded).await;
    let view = desk.evidence(1).await;
    let spot = view
        .find(&name("home"), 1, &name("red"), Taken::New)
        .unwrap();
    assert!(matches!(view.standing(spot), Standing::Slight(_)));
    assert_eq!(view.headline(), "1.1 looks the same at every step.");
}

#[tokio::test]
async fn without_pictures_of_the_old_release_the_gate_lets_pass_and_says_so() {
    let mut ops = Ops::new().await;
    ops.use_suite("it looks at pictures", &suite(OnDifference::HoldFirst))
        .await;
    ops.policy.rehearse = false;
    ops.browser.look_like(page(100));
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    let desk = Desk::over(ops);
    let said = "There are no pictures of the old release to hold the new ones against: they were let pass.";
    assert_eq!(desk.reports().await, [said; 3]);
}

#[tokio::test]
async fn a_new_difference_on_a_later_node_is_only_reported() {
    let desk = shop(&suite(OnDifference::HoldFirst), Some("blue")).await;
    desk.held().await;
    desk.says(Verdict::Accepted).await;
    desk.ops.until(DeploymentState::Succeeded).await;
    let differ = "1 picture compared with the old release; 1 differs by more than it may.";
    let none = "1 picture compared with the old release; none differs by more than it may.";
    assert_eq!(desk.reports().await, [differ, differ, none]);
}

#[tokio::test]
async fn a_server_that_takes_over_goes_on_with_the_same_wait() {
    let mut desk = shop(&suite(OnDifference::HoldFirst), None).await;
    let gate = desk.held().await;
    let epoch = desk.ops.job().await.epoch;
    desk.ops.restart().await;
    desk.ops
        .until_job("a successor", |job| job.epoch > epoch && !job.unreconciled)
        .await;
    // a balancer that reloads and forgets is put right meanwhile
    desk.ops.front.fake.reload(false);
    desk.ops.until_admission("red", Admission::Isolated).await;
    assert_eq!(desk.evidence(1).await.gate, Some(gate));
    // said while no server was there
    desk.ops.kill().await;
    desk.says(Verdict::Accepted).await;
    tokio::time::timeout(Duration::from_secs(60), desk.ops.restart())
        .await
        .unwrap();
    desk.ops.until(DeploymentState::Succeeded).await;
    desk.ops.check_history().await;
}

#[tokio::test]
async fn what_differs_between_two_runs_of_one_release_is_proposed_as_a_mask() {
    let mut ops = Ops::new().await;
    ops.policy.rehearse = false;
    ops.browser.look_like(page(100));
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    // the bar of 1.1 has grown by itself when it is looked at again, before 1.2 comes
    ops.policy.rehearse = true;
    ops.browser.look_like(page(120));
    ops.deploy("1.2").await;
    ops.until(DeploymentState::Succeeded).await;
    let desk = Desk::over(ops);
    let proposals = desk.evidence(2).await.proposals;
    let [proposal] = proposals.as_slice() else {
        panic!("{proposals:?}");
    };
    assert_eq!(proposal.reason(), "differs between two runs of 1.1");
    assert!(
        proposal.rect.contains(&Rect {
            x: 100,
            y: 0,
            width: 20,
            height: 20
        }),
        "{}",
        proposal.rect
    );
    let order = app::gateway::MaskOrder {
        pool: desk.pool.clone(),
        at_step: proposal.at_step.clone(),
        change: app::gateway::MaskChange::Add(proposal.rect),
        reason: proposal.reason(),
    };
    desk.gateway.mask(&bob(), &order).await.unwrap();
    let view = desk.evidence(2).await;
    assert_eq!(view.proposals, []);
    assert_eq!(view.masks[0].reason, "differs between two runs of 1.1");
}
