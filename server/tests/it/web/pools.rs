use super::site::{Site, Visitor, location, refusal};
use crate::harness::sample;
use app::model::{
    access::Role,
    command::Command,
    environment::Admission,
    view::{AuditPage, DeploymentLine, DeploymentView, Overview, PlanView, PoolView},
};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};

const POOL: &str = "/api/v1/pools/production/shop";

#[tokio::test]
async fn a_pool_is_shown_with_its_nodes_as_the_balancer_has_them() {
    let site = Site::open().await;
    sample::pool(site.pool(), "production", 1).await;
    let ann = site.signed_in("ann", Role::Viewer).await;
    let pool: PoolView = ann.get(POOL).await.json().await.unwrap();
    let nodes: Vec<_> = pool
        .nodes
        .iter()
        .map(|row| row.node.name.as_str())
        .collect();
    assert_eq!(nodes, ["red", "blue", "green"]);
    for row in &pool.nodes {
        assert_eq!(row.admission, Admission::InService, "{}", row.words);
        assert_eq!(row.open_work, Some(0));
    }
    assert_eq!(pool.flows, ["Open the shop"]);
    assert!(pool.deploy_refused.unwrap().contains("role deployer"));
    let overview: Overview = ann.get("/api/v1/overview").await.json().await.unwrap();
    assert_eq!(overview.pools[0].nodes[0].admission, Admission::InService);
}

#[tokio::test]
async fn a_deployment_is_planned_queued_and_then_locks_the_pool() {
    let site = Site::open().await;
    sample::pool(site.pool(), "production", 1).await;
    let ann = site.signed_in("ann", Role::Deployer).await;
    let order = json!({ "version": "1.1", "reason": " summer sale " });
    let plan: PlanView = ann
        .post(&format!("{POOL}/plan"), order.clone())
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(plan.refused, None);
    assert_eq!(plan.nodes.len(), 3);
    assert!(plan.warnings.iter().any(|words| words.contains("red")));

    let line = ann
        .post(&format!("{POOL}/deployments"), order.clone())
        .await;
    assert_eq!(line.status(), StatusCode::CREATED);
    let line: DeploymentLine = line.json().await.unwrap();
    assert_eq!((line.number, line.of), (1, 3));

    let busy = ann
        .post(&format!("{POOL}/deployments"), order.clone())
        .await;
    let busy = refusal(busy, StatusCode::CONFLICT).await;
    insta::assert_snapshot!(busy, @"ann is deploying 1.1 to production/shop (deployment #1, queued). A pool takes one deployment at a time. Wait until it has ended, or abort it.");
    let plan = ann.post(&format!("{POOL}/plan"), order).await;
    let plan: PlanView = plan.json().await.unwrap();
    assert!(plan.refused.is_some() && plan.nodes.len() == 3);

    let view = ann.get(&format!("{POOL}/deployments/1")).await;
    let view: DeploymentView = view.json().await.unwrap();
    let abort = view
        .verbs
        .verbs
        .iter()
        .find(|line| line.command == Command::Abort);
    assert_eq!(
        (view.events.len(), abort.unwrap().refused.clone()),
        (1, None)
    );
    let record: Value = ann
        .get(&format!("{POOL}/deployments/1/record"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(record["exit_code"], Value::Null);
    assert_eq!(record["state"], "queued");
    assert_eq!(record["nodes"][2]["name"], "green");

    let abort = ann
        .post(&format!("{POOL}/deployments/1/abort"), json!({}))
        .await;
    assert_eq!(abort.status(), StatusCode::ACCEPTED);
    let none = ann
        .post(&format!("{POOL}/deployments/2/abort"), json!({}))
        .await;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);

    let audit = ann.get("/api/v1/audit?action=deployment.").await;
    let audit: AuditPage = audit.json().await.unwrap();
    let words: Vec<_> = audit.entries.iter().map(|entry| &*entry.words).collect();
    insta::assert_snapshot!(words.join("\n"), @r"
    ann asked: Abort, deployment #1 of 1.1 to production/shop.
    ann started deployment #1 of 1.1 to production/shop on red, blue, green.
    ");
    assert_eq!(audit.entries[1].reason.as_deref(), Some("summer sale"));
}

#[tokio::test]
async fn a_deployment_can_be_started_by_the_plain_form() {
    let site = Site::open().await;
    sample::pool(site.pool(), "production", 1).await;
    let ann = site.signed_in("ann", Role::Deployer).await;
    let fields = [
        ("environment", "production"),
        ("application", "shop"),
        ("version", "1.1"),
        ("nodes[0]", "red"),
        ("reason", ""),
    ];
    let island = site.stranger().form("/_fn/deploy", &fields).await;
    let words = refusal(island, StatusCode::UNAUTHORIZED).await;
    assert_eq!(words, "You are not signed in. Sign in and try again.");
    let send = |visitor: &Visitor| {
        let request = visitor.request(Method::POST, "/_fn/deploy");
        request
            .header(header::ACCEPT, "text/html")
            .form(&fields)
            .send()
    };
    let stranger = send(&site.stranger()).await.unwrap();
    assert_eq!(location(&stranger), "/sign-in");
    let answer = send(&ann).await.unwrap();
    assert_eq!(location(&answer), "/pools/production/shop/deployments/1");
    let page = ann.get("/pools/production/shop/deployments/1").await;
    assert_eq!(page.status(), StatusCode::OK);
}
