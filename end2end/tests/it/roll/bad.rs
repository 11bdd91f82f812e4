//! A bad release is caught on the first node, undone there, and no other node hears of it.

use crate::product::{Product, Rolled, attempts, expect_untouched, passed};
use app::model::{
    deployment::{DeploymentState, NodeRunState},
    ids::SuiteRevisionId,
    journal::Proof,
    smoke::StepVerdict,
    stage::{Pass, Stage, Work},
    trouble::FailureClass,
};
use server::record::Evidence;

/// What is true after each of them: `before` is back on red, proven, and blue and green were never touched.
async fn undone(product: &Product, version: &str, before: &str, stage: Stage) -> Rolled {
    let currents = product.currents();
    let rolled = product.roll(version).await;
    let record = &rolled.record;
    assert_eq!(
        (rolled.code, record.state, record.exit_code),
        (1, DeploymentState::Undone, Some(1)),
        "{record:#?}"
    );
    let failure = record.failure.as_ref().expect("something failed");
    assert_eq!(failure.node.as_str(), "red");
    assert_eq!(failure.stage, Work::Stage(stage), "{failure:?}");
    assert_eq!(failure.class, FailureClass::Release, "{failure:?}");

    let red = rolled.node("red");
    assert_eq!((red.state, red.out), (NodeRunState::Undone, false));
    for stage in [Stage::Deploy, Stage::Check, Stage::Smoke, Stage::Rejoin] {
        passed(red, Pass::Undo, stage);
    }
    expect_untouched(rolled.node("blue"));
    expect_untouched(rolled.node("green"));
    assert_eq!(product.currents(), currents, "every node is as it was");
    product.expect_serving([before; 3]).await;

    let visitors = record.visitors.expect("the pool has a prober");
    assert!(visitors.requests > 0, "{visitors:?}");
    assert_eq!(visitors.failed, 0, "{visitors:?}");
    rolled
}

/// The step at which the suite failed on red.
fn failed_step(rolled: &Rolled) -> &Evidence {
    let smoke = attempts(rolled.node("red"), Pass::Forward, Stage::Smoke);
    let evidence = &smoke.last().expect("it was smoke-tested").evidence;
    let last = evidence.last().expect("it left evidence");
    assert!(matches!(last.verdict, StepVerdict::Failed(_)), "{last:?}");
    assert!(
        last.picture.is_some() && last.full_page.is_some(),
        "{last:?}"
    );
    let address = rolled.record.nodes[0].name.as_str();
    assert!(!last.answered_by.is_empty(), "{address} answered: {last:?}");
    last
}

pub async fn nobody_can_sign_in(product: &Product) {
    let rolled = undone(product, "1.2", "1.0", Stage::Smoke).await;
    let step = failed_step(&rolled);
    assert_eq!(step.flow.as_str(), "sign-in");
    assert!(
        step.words.contains("Sign in") || step.words.contains("Welcome"),
        "{step:?}"
    );
    assert_eq!(step.status, Some(404));
    // 1.0 was never proven by us, so nothing but its check can prove it
    let again = passed(rolled.node("red"), Pass::Undo, Stage::Smoke);
    assert!(
        matches!(again.proof, Some(Proof::Smoked { suite: None, .. })),
        "{again:?}"
    );
}

pub async fn does_not_boot(product: &Product) {
    let rolled = undone(product, "1.3", "1.0", Stage::Check).await;
    let trouble = &rolled.record.failure.as_ref().unwrap().trouble;
    let output = trouble.detail.as_deref().unwrap_or_default();
    assert!(
        output.contains("setting missing: SHOP_PAYMENT_URL"),
        "{trouble:?}"
    );
    let smoke = attempts(rolled.node("red"), Pass::Forward, Stage::Smoke);
    assert_eq!(smoke.len(), 0, "what does not boot is shown to no browser");
}

pub async fn places_no_order(product: &Product) {
    let rolled = undone(product, "1.4", "1.0", Stage::Smoke).await;
    assert_eq!(failed_step(&rolled).flow.as_str(), "place-order");
    let smoke = attempts(rolled.node("red"), Pass::Forward, Stage::Smoke);
    let first: Vec<_> = smoke[0].evidence.iter().collect();
    let sign_in = first.iter().filter(|step| step.flow.as_str() == "sign-in");
    let verdicts: Vec<_> = sign_in.map(|step| &step.verdict).collect();
    assert!(
        verdicts.len() > 5
            && verdicts
                .iter()
                .all(|verdict| **verdict == StepVerdict::Passed),
        "{verdicts:?}"
    );
}

pub async fn undone_with_the_suite_that_proved(product: &Product, proven: SuiteRevisionId) {
    let rolled = undone(product, "1.2", "1.1", Stage::Smoke).await;
    let again = passed(rolled.node("red"), Pass::Undo, Stage::Smoke);
    let Some(Proof::Smoked { suite, flows, .. }) = &again.proof else {
        panic!("{again:?}")
    };
    assert_eq!((*suite, *flows), (Some(proven), 2));
    assert!(again.evidence.iter().all(|step| step.picture.is_some()));
}
