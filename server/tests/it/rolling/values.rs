//! What environments give to suites: asked for before anything begins, and read anew for each run.

use super::ops::Ops;
use crate::harness::sample;
use app::{
    gateway::{DeployOrder, PoolPath},
    model::{deployment::DeploymentState, values::ValueName},
};
use server::{
    rolling::planner::Planner, seam::Planner as _, smoke::suite, store::values, vault::Slot,
};

const SUITE: &str = r#"
public_url = "http://shop.example.test"
[[flow]]
name = "in"
title = "Sign in"
steps = [{ open = "/" }, { fill = "Password", secret = "shop_password" }]
"#;

async fn set(ops: &Ops, value: &str) {
    let name: ValueName = "shop_password".parse().unwrap();
    let mut transaction = ops.database.pool.begin().await.unwrap();
    let (environment, _) = values::environment_of_pool(&mut *transaction, ops.inventory.id)
        .await
        .unwrap()
        .unwrap();
    let slot = Slot {
        environment,
        name: &name,
    };
    let vault = &ops.ports.vault;
    vault
        .set(&mut transaction, slot, value, "ann")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_deployment_whose_suite_lacks_a_secret_is_refused_before_it_begins() {
    let ops = Ops::new().await;
    ops.use_suite(SUITE, &suite::parse(SUITE).unwrap()).await;
    let planner = Planner {
        pool: ops.database.pool.clone(),
        ports: ops.ports.clone(),
    };
    let order = DeployOrder {
        pool: PoolPath {
            environment: ops.inventory.environment.clone(),
            application: ops.inventory.application.clone(),
        },
        version: "1.1".parse().unwrap(),
        nodes: Vec::new(),
        reason: None,
        undoes: None,
        unrehearsed: false,
    };
    let refused = planner.plan(&order, &sample::ann()).await.unwrap_err();
    insta::assert_snapshot!(refused, @"“Sign in” types the secret `shop_password`, which production does not have. Set it: pitlane secrets set production shop_password, or on the page of production.");
    set(&ops, "open sesame").await;
    assert!(planner.plan(&order, &sample::ann()).await.is_ok());
}

#[tokio::test]
async fn a_run_types_what_is_set_when_it_begins() {
    let mut ops = Ops::new().await;
    ops.use_suite(SUITE, &suite::parse(SUITE).unwrap()).await;
    set(&ops, "of the first day").await;
    ops.deploy("1.1").await;
    ops.until(DeploymentState::Succeeded).await;
    assert_eq!(ops.browser.typed(), ["of the first day"; 3]);
    set(&ops, "of the second day").await;
    ops.deploy("1.2").await;
    ops.until(DeploymentState::Succeeded).await;
    assert_eq!(ops.browser.typed()[3..], ["of the second day"; 3]);
}
