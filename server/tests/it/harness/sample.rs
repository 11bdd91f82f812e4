//! A small shop: pool, nodes, releases, plans.

use app::model::{
    access::{Actor, Role},
    deployment::*,
    environment::{BalancerProduct, Member, Node, SshAddress},
    ids::*,
    name::Name,
    release::Release,
    smoke::{Act, Flow, Suite},
    time::Timestamp,
};
use server::store::{
    inventory::{self, PoolSettings},
    pools::{self, PoolInventory},
    releases, suites,
};
use sqlx::PgPool;

pub fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub fn ann() -> Actor {
    Actor {
        user: None,
        name: "ann".into(),
        role: Role::Admin,
        from: "test".into(),
    }
}

pub fn recipe() -> Recipe {
    Recipe {
        shared: vec!["config".into()],
        restart: "supervisor restart shop".into(),
        output: None,
        keep: 5,
        command_limit_ms: 60_000,
        prepare_at_once: 2,
    }
}

pub fn policy() -> Policy {
    Policy {
        batch: 1,
        floor: 2,
        drain_limit_ms: 10_000,
        at_drain_limit: AtDrainLimit::PutBack,
        isolation_limit_ms: 60_000,
        on_failure: OnFailure::UndoNode,
        hold_limit_ms: 1_800_000,
        soak_ms: 0,
        rehearse: false,
        rehearse_every_ms: 0,
        stages: Vec::new(),
    }
}

pub fn probe() -> ProbeSettings {
    ProbeSettings {
        path: "/health".into(),
        status: 200,
        good: 3,
        interval_ms: 100,
        limit_ms: 10_000,
        fingerprint: Fingerprint::Header("x-release".into()),
    }
}

pub fn apache() -> BalancerProduct {
    BalancerProduct::Apache {
        manager_url: "http://127.0.0.10:8080/balancer-manager".into(),
        balancer: "shop".into(),
        referer: None,
        accept_no_persist: false,
    }
}

/// As somebody wrote [`suite`].
pub const SUITE: &str = r#"
public_url = "http://shop.example.test"

[[flow]]
name = "home"
title = "Open the shop"
step_limit = "5 s"
steps = [{ open = "/" }]
"#;

pub fn suite() -> Suite {
    let steps = vec![Act::Open { path: "/".into() }.into()];
    let flow = Flow {
        title: "Open the shop".into(),
        step_limit_ms: 5_000,
        ..Flow::new(name("home"), steps)
    };
    Suite::new("http://shop.example.test", vec![flow])
}

pub fn node(colour: &str, last_byte: u8, balancer: BalancerId) -> Node {
    let host = format!("127.0.0.{last_byte}");
    let app_url = format!("http://{host}:9000");
    Node {
        id: NodeId::generate(),
        name: name(colour),
        group: Some(name(colour)),
        ssh: SshAddress {
            user: "deploy".into(),
            host,
            port: 22,
            host_key_fingerprint: format!("SHA256:{colour}"),
            host_key: format!("ssh-ed25519 {colour}"),
        },
        app_url: app_url.clone(),
        deploy_root: "/srv/shop".into(),
        members: vec![Member {
            balancer,
            worker: app_url,
        }],
    }
}

pub fn release(application: ApplicationId, version: &str) -> Release {
    Release {
        id: ReleaseId::generate(),
        application,
        version: name(version),
        sha256: "5a".repeat(32),
        size: 1234,
        commit: Some("c0ffee".into()),
        created_at: Timestamp(1_795_442_531_123),
        created_by: "ann".into(),
    }
}

/// Applies `environment`/shop with red, blue and green, their suite and release 1.1. `subnet` keeps the nodes of
/// several pools apart.
pub async fn pool(pool: &PgPool, environment: &str, subnet: u8) -> PoolInventory {
    pool_behind(
        pool,
        environment,
        &format!("front-{subnet}"),
        "/srv/shop",
        subnet,
    )
    .await
}

/// The same behind a balancer of this name, in a deploy root of its own.
pub async fn pool_behind(
    pool: &PgPool,
    environment: &str,
    balancer: &str,
    deploy_root: &str,
    subnet: u8,
) -> PoolInventory {
    let mut tx = pool.begin().await.unwrap();
    let (environment_id, _) = inventory::upsert_environment(&mut tx, &name(environment))
        .await
        .unwrap();
    let (application, _) = inventory::upsert_application(&mut tx, &name("shop"), &recipe())
        .await
        .unwrap();
    let (balancer, _) = inventory::upsert_balancer(&mut tx, &name(balancer), &apache())
        .await
        .unwrap();
    let settings = PoolSettings {
        environment: environment_id,
        application,
        policy: policy(),
        probe: probe(),
        visitors_url: None,
    };
    let (id, _) = inventory::upsert_pool(&mut tx, &settings).await.unwrap();
    for (ordinal, colour) in (0_u8..).zip(["red", "blue", "green"]) {
        let mut node = node(colour, subnet * 10 + ordinal, balancer);
        node.deploy_root = deploy_root.into();
        inventory::upsert_node(&mut tx, id, ordinal.into(), &node)
            .await
            .unwrap();
    }
    suites::set(&mut tx, id, SUITE, &suite()).await.unwrap();
    releases::insert(&mut *tx, &release(application, "1.1"))
        .await
        .unwrap();
    let found = pools::find(&mut tx, &name(environment), &name("shop"))
        .await
        .unwrap()
        .unwrap();
    tx.commit().await.unwrap();
    found
}

/// Release 1.1 to all nodes of the pool.
pub async fn plan(pool: &PgPool, inventory: &PoolInventory) -> Plan {
    let release = releases::find(pool, inventory.application_id, &name("1.1"))
        .await
        .unwrap()
        .unwrap();
    let nodes = inventory.nodes.iter().map(|node| PlannedNode {
        node: node.clone(),
        before: None,
    });
    Plan {
        deployment: DeploymentId::generate(),
        number: 0,
        pool: inventory.id,
        environment: inventory.environment.clone(),
        application: inventory.application.clone(),
        release,
        release_dir: name("20261123140211"),
        nodes: nodes.collect(),
        others: vec![],
        balancers: inventory.balancers.clone(),
        recipe: inventory.recipe.clone(),
        probe: inventory.probe.clone(),
        suite: inventory.suite.clone(),
        policy: inventory.policy.clone(),
        visitors_url: None,
        asked_by: "ann".into(),
        reason: None,
        undoes: None,
    }
}
