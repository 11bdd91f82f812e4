//! A release that works.

use super::ops::Ops;
use app::model::{
    deployment::DeploymentState,
    journal::Proof,
    stage::{Pass, Stage},
};
use server::store::{deployments::CreateError, proofs};

#[tokio::test]
async fn a_good_release_reaches_every_node_in_order_and_proven() {
    let mut ops = Ops::new().await;
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.1")])
        .await;

    let mut expected: Vec<String> = Vec::new();
    for node in ["red", "blue", "green"] {
        expected.extend(Stage::ALL.map(|stage| format!("{node} {stage}")));
    }
    let stages = ops.stages().await;
    let (prepared, rolled) = stages.split_at(3);
    assert!(
        prepared.iter().all(|stage| stage.ends_with("prepare")),
        "{prepared:?}"
    );
    assert_eq!(rolled, expected);

    let suite = ops.inventory.suite.as_ref().unwrap().revision;
    for proof in ops.proofs(Pass::Forward, Stage::Smoke).await {
        assert!(
            matches!(proof, Proof::Smoked { suite: Some(by), flows: 1, .. } if by == suite),
            "{proof:?}"
        );
    }
    let proven = proofs::latest(&ops.database.pool, Some(ops.inventory.id))
        .await
        .unwrap();
    assert_eq!(proven.len(), 3);
    for proof in proven {
        assert_eq!(proof.suite, Some(suite));
        assert_eq!(proof.version.unwrap().as_str(), "1.1");
    }
    ops.wait("every browser to end", async || {
        ops.browser.open_sessions() == 0
    })
    .await;
}

#[tokio::test]
async fn a_batch_of_two_goes_together_and_the_third_waits_for_both() {
    let mut ops = Ops::new().await;
    (ops.policy.batch, ops.policy.floor) = (2, 1);
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.1")])
        .await;
    let stages = ops.stages().await;
    let at = |what: &str| stages.iter().position(|stage| stage == what).unwrap();
    assert!(at("green isolate") > at("red rejoin").max(at("blue rejoin")));
    assert!(at("blue isolate") < at("red rejoin"));
}

#[tokio::test]
async fn a_second_deployment_of_a_busy_pool_is_told_who_deploys_what() {
    let mut ops = Ops::new().await;
    ops.kill().await;
    ops.deploy("1.1").await;
    let Err(CreateError::Busy(line)) = ops.try_deploy("1.2").await else {
        panic!("two deployments of one pool")
    };
    assert_eq!(
        (line.asked_by.as_str(), line.version.as_str(), line.number),
        ("ann", "1.1", 1)
    );
    ops.start();
    ops.until(DeploymentState::Succeeded).await;
    ops.deploy("1.2").await;
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
}
