//! A good release goes over all nodes in their order, and everybody else waits.

use crate::product::{LIMIT, POOL, Product, node, passed, until};
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    ids::SuiteRevisionId,
    journal::Proof,
    smoke::StepVerdict,
    stage::{Pass, Stage},
};
use server::record::{DeploymentRecord, NodeRecord};
use std::collections::BTreeSet;

/// Returns the revision of the suite that proved it.
pub async fn all_nodes_in_order_while_others_wait(product: &Product) -> SuiteRevisionId {
    let roll = tokio::spawn(product.roll("1.1"));
    until("1.1 is under way", async || {
        product.pool().await.active.is_some()
    })
    .await;
    a_second_one_is_refused(product).await;
    let rolled = tokio::time::timeout(LIMIT, roll).await.unwrap().unwrap();

    let record = &rolled.record;
    assert_eq!(
        (rolled.code, record.state, record.exit_code),
        (0, DeploymentState::Succeeded, Some(0)),
        "{record:#?}"
    );
    assert!(record.failure.is_none());
    let visitors = record.visitors.expect("the pool has a prober");
    assert!(
        visitors.requests > 0 && visitors.failed == 0,
        "{visitors:?}"
    );
    in_order(record);
    let suites: BTreeSet<_> = record.nodes.iter().map(smoked).collect();
    assert_eq!(suites.len(), 1);
    product.expect_serving(["1.1"; 3]).await;
    suites.into_iter().next().unwrap()
}

async fn a_second_one_is_refused(product: &Product) {
    let active = product.active().await;
    let second = product.say(&["deploy", POOL, "1.4"]).await;
    assert_eq!(second.code, 2, "{second:?}");
    let who = format!("{} is deploying 1.1 to {POOL}", active.asked_by);
    assert!(second.words.contains(&who), "{second:?}");
    assert_eq!(product.active().await.number, active.number);
}

/// The six stages of a node, and no node isolated before the one ahead of it was back.
fn in_order(record: &DeploymentRecord) {
    let names: Vec<_> = record.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["red", "blue", "green"]);
    let time = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
    let mut free_at = time(&record.started_at);
    for name in names {
        let node = node(record, name);
        assert_eq!((node.state, node.out), (NodeRunState::Rejoined, false));
        assert!(node.isolated_seconds.is_some_and(|seconds| seconds > 0.0));
        for stage in Stage::ALL {
            let done = passed(node, Pass::Forward, stage);
            let begun = time(&done.started_at);
            assert!(begun >= free_at, "{name}: {stage} began too early");
            free_at = time(done.ended_at.as_deref().unwrap());
            assert!(free_at >= begun);
        }
        let undone = node.stages.iter().any(|record| record.pass == Pass::Undo);
        assert!(!undone, "{name} was put back");
    }
}

/// Both flows passed with a picture per step, answered by this node alone.
fn smoked(node: &NodeRecord) -> SuiteRevisionId {
    let smoke = passed(node, Pass::Forward, Stage::Smoke);
    let Some(Proof::Smoked {
        suite,
        flows,
        answered_by,
        ..
    }) = &smoke.proof
    else {
        panic!("{smoke:?}")
    };
    assert_eq!((*flows, answered_by.len()), (2, 1), "{smoke:?}");
    let seen: BTreeSet<_> = smoke
        .evidence
        .iter()
        .map(|step| step.flow.as_str())
        .collect();
    assert_eq!(seen, BTreeSet::from(["place-order", "sign-in"]));
    for step in &smoke.evidence {
        assert_eq!(step.verdict, StepVerdict::Passed, "{step:?}");
        assert!(step.picture.is_some(), "{step:?}");
    }
    suite.expect("the pool has a suite")
}
