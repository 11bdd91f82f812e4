//! Applying a configuration, on a real PostgreSQL and balancers in memory.

use crate::harness::{Database, database, sample};
use app::model::{
    access::{Actor, Role},
    environment::Balancer,
    import::SuiteFile,
    view::AuditFilter,
};
use server::{
    apply::{Applied, ApplyError, ApplyRequest, carry_out_with, host_key, read},
    balancer::{BalancerError, LoadBalancer, fake::FakeBalancer},
    smoke::files::Sources,
    store::{
        audit,
        pools::{self, PoolInventory},
    },
};
use sqlx::{PgConnection, PgPool};
use std::sync::Arc;

const LAB: &str = include_str!("../../src/apply/read/lab.toml");
const OTHER_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP8CAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";
const SUITE: &str = r#"
public_url = "http://shop.example.test"

[[flow]]
name = "look"
title = "Look around"
steps = [{ open = "/" }, { expect = { text = "Welcome" } }]
"#;

/// The lab as its file says, with keys and a suite.
fn lab() -> ApplyRequest {
    let mut request = read(LAB).unwrap().request;
    let pool = &mut request.pools[0];
    pool.suite = Some(SUITE.to_owned());
    let key = pool.nodes[0].host_key.clone();
    for node in &mut pool.nodes {
        node.host_key = key.clone();
    }
    request
}

fn balancers(_: &Balancer) -> Result<Arc<dyn LoadBalancer>, BalancerError> {
    let workers = [
        "http://127.0.0.11:9000",
        "http://127.0.0.12:9000",
        "http://green:9000",
    ];
    Ok(FakeBalancer::new("front", workers))
}

async fn apply(pool: &PgPool, request: &ApplyRequest) -> Result<Applied, ApplyError> {
    carry_out_with(pool, &balancers, request, &admin()).await
}

fn admin() -> Actor {
    Actor {
        role: Role::Admin,
        ..sample::ann()
    }
}

/// What is refused, as `place: words`.
async fn refusal(pool: &PgPool, request: &ApplyRequest) -> String {
    match apply(pool, request).await {
        Err(ApplyError::Refused(problems)) => {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            lines.join("\n")
        }
        other => panic!("wanted a refusal, found {other:?}"),
    }
}

async fn shop(conn: &mut PgConnection) -> PoolInventory {
    let (environment, application) = (sample::name("production"), sample::name("shop"));
    let found = pools::find(conn, &environment, &application).await;
    found.unwrap().expect("it was applied")
}

async fn acts(pool: &PgPool) -> usize {
    let filter = AuditFilter {
        action: Some("configuration.applied".to_owned()),
        ..AuditFilter::default()
    };
    audit::page(pool, &filter, 100).await.unwrap().entries.len()
}

#[tokio::test]
async fn a_configuration_is_made_once_and_twice_changes_nothing() {
    let Database { pool, .. } = database().await;
    let first = apply(&pool, &lab()).await.unwrap();
    assert_eq!(
        first.changes,
        [
            "Created environment production.",
            "Created application shop.",
            "Created balancer front.",
            "Created pool production/shop.",
            "Created 3 nodes of production/shop: red, blue, green.",
            "Set the smoke suite of production/shop: Look around.",
        ]
    );
    let mut conn = pool.acquire().await.unwrap();
    let shop = shop(&mut conn).await;
    assert_eq!(shop.nodes[2].members[0].worker, "http://green:9000");
    let key = host_key::parse(&shop.nodes[0].ssh.host_key).unwrap();
    assert_eq!(shop.nodes[0].ssh.host_key_fingerprint, key.fingerprint);

    let again = apply(&pool, &lab()).await.unwrap();
    assert!(
        again.changes.is_empty() && again.unmentioned.is_empty(),
        "{again:?}"
    );
    // A key that is not given is the registered one, and a suite that is not given stays.
    let mut without = lab();
    without.pools[0].suite = None;
    for node in &mut without.pools[0].nodes {
        node.host_key = None;
    }
    assert_eq!(apply(&pool, &without).await.unwrap().changes, [""; 0]);
    assert_eq!(acts(&pool).await, 1);
}

#[tokio::test]
async fn a_change_is_named_and_goes_into_the_audit_history_with_before_and_after() {
    let Database { pool, .. } = database().await;
    apply(&pool, &lab()).await.unwrap();
    let mut request = lab();
    request.pools[0].policy.floor = 1;
    request.pools[0].nodes[1].app_url = "http://127.0.0.12:9001".to_owned();
    request.applications[0].recipe.keep = 7;
    let applied = apply(&pool, &request).await.unwrap();
    assert_eq!(
        applied.changes,
        [
            "Changed application shop.",
            "Changed pool production/shop: policy.",
            "Changed node blue of production/shop: app url.",
        ]
    );
    let page = audit::page(&pool, &AuditFilter::default(), 1)
        .await
        .unwrap();
    let entry = &page.entries[0];
    assert_eq!(
        (
            entry.action.as_str(),
            entry.subject.as_str(),
            entry.actor.as_str()
        ),
        ("configuration.applied", "production/shop", "ann")
    );
    let detail = entry.detail.as_ref().unwrap();
    assert_eq!(detail["before"]["application shop"]["keep"], 5);
    assert_eq!(detail["after"]["application shop"]["keep"], 7);
    assert_eq!(
        detail["before"]["pool production/shop"]["policy"]["floor"],
        2
    );
    assert!(
        detail["after"]["pool production/shop"]
            .get("probe")
            .is_none()
    );
}

#[tokio::test]
async fn a_suite_of_several_formats_is_applied_and_twice_changes_nothing() {
    let Database { pool, .. } = database().await;
    let side = r#"{"version":"2.0","url":"http://localhost:3000","tests":[{"id":"1","name":"Buy a mug","commands":[
{"command":"open","target":"/","value":""}]}]}"#;
    let file = |name: &str, text: &str| SuiteFile {
        name: name.into(),
        text: text.into(),
    };
    let mut alone = lab();
    alone.pools[0].suite = Some(Sources::one("shop.side", side).to_text());
    apply(&pool, &alone).await.unwrap();
    let again = apply(&pool, &alone).await.unwrap();
    assert!(again.changes.is_empty(), "{:?}", again.changes);

    let mut both = lab();
    let mut sources = Sources::one("suite.toml", SUITE);
    sources.put(file("shop.side", side));
    both.pools[0].suite = Some(sources.to_text());
    let applied = apply(&pool, &both).await.unwrap();
    assert_eq!(
        applied.changes,
        ["Set the smoke suite of production/shop: Look around, Buy a mug."]
    );

    // the address of before holds where the files do not say one
    let applied = apply(&pool, &alone).await.unwrap();
    assert_eq!(applied.changes.len(), 1);
    let shop = shop(&mut pool.acquire().await.unwrap()).await;
    assert_eq!(
        shop.suite.unwrap().suite.public_url,
        "http://shop.example.test"
    );

    sources.put(file("bad.side", "{\"version\":\"9\",\"tests\":[]}"));
    both.pools[0].suite = Some(sources.to_text());
    let said = refusal(&pool, &both).await;
    assert!(
        said.starts_with("pool[0].suite: bad.side: line 1, column 12: version 9"),
        "{said}"
    );
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let Database { pool, .. } = database().await;
    let mut stranger = lab();
    let workers = &mut stranger.pools[0].nodes[1].workers;
    *workers.values_mut().next().unwrap() = "http://127.0.0.99:1".to_owned();
    let said = refusal(&pool, &stranger).await;
    assert!(
        said.starts_with("pool[0].node[1].workers.front: node `blue` is no member"),
        "{said}"
    );

    let mut keyless = lab();
    keyless.pools[0].nodes[2].host_key = None;
    let said = refusal(&pool, &keyless).await;
    assert!(
        said.contains("pool[0].node[2].host_key: no host key is known for node `green`"),
        "{said}"
    );

    let mut bad_suite = lab();
    bad_suite.pools[0].suite = Some("nonsense = 1".to_owned());
    let said = refusal(&pool, &bad_suite).await;
    assert!(said.starts_with("pool[0].suite: line 1"), "{said}");

    assert!(pools::list(&pool).await.unwrap().is_empty());
    assert_eq!(acts(&pool).await, 0);
    let nothing_new = apply(&pool, &ApplyRequest::default()).await.unwrap();
    assert!(nothing_new.unmentioned.is_empty(), "{nothing_new:?}");
}

#[tokio::test]
async fn a_changed_host_key_must_be_meant() {
    let Database { pool, .. } = database().await;
    apply(&pool, &lab()).await.unwrap();
    let mut request = lab();
    request.pools[0].nodes[0].host_key = Some(OTHER_KEY.to_owned());
    let said = refusal(&pool, &request).await;
    assert!(
        said.contains("another host key than the registered one"),
        "{said}"
    );
    request.accept_changed_host_keys = true;
    let applied = apply(&pool, &request).await.unwrap();
    assert_eq!(
        applied.changes,
        ["Changed node red of production/shop: ssh."]
    );
}

#[tokio::test]
async fn what_is_left_out_stays_and_is_told() {
    let Database { pool, .. } = database().await;
    apply(&pool, &lab()).await.unwrap();
    let mut smaller = lab();
    smaller.pools[0].nodes.pop();
    smaller.pools[0].policy.floor = 1;
    let applied = apply(&pool, &smaller).await.unwrap();
    assert_eq!(applied.unmentioned, ["node green of production/shop"]);
    let all = apply(&pool, &ApplyRequest::default()).await.unwrap();
    assert_eq!(all.unmentioned.len(), 7, "{all:?}");
    let mut conn = pool.acquire().await.unwrap();
    assert_eq!(shop(&mut conn).await.nodes.len(), 3);
}

#[tokio::test]
async fn another_pool_cannot_take_a_node_s_folder_or_worker() {
    let Database { pool, .. } = database().await;
    apply(&pool, &lab()).await.unwrap();
    let mut rival = lab();
    rival.environments = vec![sample::name("staging")];
    rival.pools[0].environment = sample::name("staging");
    let said = refusal(&pool, &rival).await;
    assert!(
        said.contains("pool[0].node[0].deploy_root: another node is configured with the folder"),
        "{said}"
    );
    for node in &mut rival.pools[0].nodes {
        node.deploy_root += "-staging";
    }
    let said = refusal(&pool, &rival).await;
    assert!(
        said.contains("pool[0].node[0].workers: another node"),
        "{said}"
    );
    assert_eq!(pools::list(&pool).await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_an_admin_may_apply() {
    let Database { pool, .. } = database().await;
    let deployer = Actor {
        role: Role::Deployer,
        ..admin()
    };
    let result = carry_out_with(&pool, &balancers, &lab(), &deployer).await;
    assert!(
        matches!(result, Err(ApplyError::Forbidden(_))),
        "{result:?}"
    );
}
