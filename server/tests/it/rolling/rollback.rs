//! A deployment that brings back what ran before another one.

use super::ops::Ops;
use crate::harness::sample::{self, ann};
use app::{
    error::AppError,
    gateway::{DeployOrder, Gateway, PoolPath},
    model::{
        deployment::{DeploymentState, Undoes},
        journal::Proof,
        smoke::{Act, Suite},
        stage::{Pass, Stage},
        view::AuditFilter,
    },
};
use server::{
    drift::Eyes,
    evidence::comparer::Comparer,
    gateway::{LiveGateway, Lookout},
    rolling::planner::Planner,
    smoke::fake::FakeStep,
};
use std::sync::Arc;

fn gateway(ops: &Ops) -> (LiveGateway, PoolPath) {
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
        ops.ports.clock.clone(),
    );
    let pool = PoolPath {
        environment: ops.inventory.environment.clone(),
        application: ops.inventory.application.clone(),
    };
    (gateway, pool)
}

fn refused(result: Result<impl std::fmt::Debug, AppError>) -> String {
    match result {
        Err(AppError::Refused(why)) => why.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

/// What asks for more than any release before it could do.
fn demanding(ops: &Ops) -> Suite {
    let mut suite = ops.inventory.suite.as_ref().unwrap().suite.clone();
    let expect = Act::ExpectText {
        text: "New in 1.2".into(),
    };
    suite.flows[0].steps.push(expect.into());
    suite
}

#[tokio::test]
async fn what_ran_before_comes_back_proven_as_it_was_proven_then() {
    let mut ops = Ops::new().await;
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    let first_suite = ops.inventory.suite.as_ref().unwrap().revision;
    let second = demanding(&ops);
    ops.use_suite("asks for more", &second).await;
    ops.deploy("1.2").await;
    ops.until(DeploymentState::Succeeded).await;

    let (gateway, pool) = gateway(&ops);
    let order = gateway.rollback(&ann(), &pool, 2, &[]).await;
    let order = DeployOrder {
        reason: Some("too slow".into()),
        ..order.unwrap()
    };
    assert_eq!(order.version.as_str(), "1.1");
    let plan = gateway.plan(&ann(), &order).await.unwrap();
    assert_eq!((plan.nodes.len(), plan.refused), (3, None));
    let line = gateway.deploy(&ann(), &order).await.unwrap();
    ops.follow(line.id);
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    ops.expect_in_service([("red", "1.1"), ("blue", "1.1"), ("green", "1.1")])
        .await;

    let undoes = Undoes {
        number: 2,
        version: sample::name("1.2"),
    };
    assert_eq!(ops.job().await.plan.undoes, Some(undoes));
    for proof in ops.proofs(Pass::Forward, Stage::Smoke).await {
        assert!(
            matches!(proof, Proof::Smoked { suite: Some(by), .. } if by == first_suite),
            "{proof:?}"
        );
    }
    let filter = AuditFilter {
        action: Some("deployment.rollback_started".into()),
        ..AuditFilter::default()
    };
    let audit = gateway.audit(&ann(), &filter).await.unwrap();
    assert!(
        audit.entries[0]
            .words
            .ends_with("which rolls back #2 (1.2)."),
        "{}",
        audit.entries[0].words
    );
    // the same button again
    assert!(
        refused(gateway.deploy(&ann(), &order).await)
            .starts_with("Deployment #3 has changed red since.")
    );
}

#[tokio::test]
async fn of_a_deployment_that_stopped_only_what_was_done_is_rolled_back() {
    let mut ops = Ops::new().await;
    let blue = std::net::SocketAddr::from(([127, 0, 0, 11], 9000));
    ops.browser.on_step(
        Some(blue),
        "open /",
        FakeStep::Refused("the page is empty".into()),
    );
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Undone).await;
    ops.browser.forget_rules();

    let (gateway, pool) = gateway(&ops);
    let order = gateway.rollback(&ann(), &pool, 1, &[]).await;
    let order = order.unwrap();
    assert_eq!(order.nodes, [sample::name("red")]);
    let of_blue = [sample::name("blue")];
    assert!(
        refused(gateway.rollback(&ann(), &pool, 1, &of_blue).await)
            .starts_with("Deployment #1 did not bring blue to 1.1.")
    );
    let newer = DeployOrder {
        version: sample::name("1.2"),
        ..order.clone()
    };
    assert!(
        refused(gateway.deploy(&ann(), &newer).await)
            .starts_with("Before deployment #1 these nodes ran 1.0, not 1.2.")
    );
    // nobody named is no more than those
    let all = DeployOrder {
        nodes: Vec::new(),
        ..order
    };
    let line = gateway.deploy(&ann(), &all).await.unwrap();
    assert_eq!(line.of, 1);
    let running = gateway.rollback(&ann(), &pool, line.number, &[]).await;
    assert!(refused(running).contains("has not ended"));
    ops.follow(line.id);
    ops.until(DeploymentState::Succeeded).await;
    ops.check_history().await;
    ops.expect_in_service([("red", "1.0"), ("blue", "1.0"), ("green", "1.0")])
        .await;
}
