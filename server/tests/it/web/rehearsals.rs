//! Rehearsals over HTTP: the form on the pool's page, and a page for each.

use super::site::{Site, Visitor, cookie, location};
use crate::harness::sample;
use app::model::access::Role;
use http::{Method, StatusCode, header};
use reqwest::Response;
use server::store::rehearsals;

const POOL: &str = "/pools/production/shop";

async fn site() -> Site {
    let site = Site::open().await;
    sample::pool(site.pool(), "production", 1).await;
    site
}

async fn asks(visitor: &Visitor, node: &str) -> Response {
    let fields = [
        ("environment", "production"),
        ("application", "shop"),
        ("node", node),
    ];
    let request = visitor.request(Method::POST, "/_fn/rehearse");
    let request = request.header(header::ACCEPT, "text/html").form(&fields);
    request.send().await.unwrap()
}

/// What the pool's page says after the form was refused.
async fn refused(visitor: &Visitor, node: &str) -> String {
    let answer = asks(visitor, node).await;
    assert_eq!(location(&answer), POOL);
    let page = visitor.with_cookie(&cookie(&answer)).get(POOL).await;
    assert_eq!(page.status(), StatusCode::OK);
    page.text().await.unwrap()
}

#[tokio::test]
async fn a_deployer_has_the_suite_tried_and_each_try_has_a_page_of_its_own() {
    let site = site().await;
    sample::pool(site.pool(), "staging", 2).await;
    let dan = site.signed_in("dan", Role::Deployer).await;
    let answer = asks(&dan, "blue").await;
    let path = location(&answer).to_owned();
    assert!(path.starts_with(&format!("{POOL}/rehearsals/")), "{path}");
    let page = dan.get(&path).await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.unwrap();
    assert!(page.contains("asked for by dan"), "{page}");
    // another pool has none of this name, and nobody has one that is none
    let strange = path.replace("production", "staging");
    let unknown = format!("{POOL}/rehearsals/01a0c000-0000-7000-8000-000000000000");
    for path in [strange, unknown, format!("{POOL}/rehearsals/9")] {
        assert_eq!(
            dan.get(&path).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let page = refused(&dan, "purple").await;
    assert!(page.contains("has no node purple"), "{page}");
}

#[tokio::test]
async fn a_viewer_may_look_at_it_and_is_told_why_not_more() {
    let site = site().await;
    let vic = site.signed_in("vic", Role::Viewer).await;
    let page = vic.get(POOL).await.text().await.unwrap();
    assert!(
        page.contains("this needs the role deployer; vic is viewer"),
        "{page}"
    );
    assert!(!page.contains("Try the suite now"), "{page}");
    let page = refused(&vic, "").await;
    assert!(
        page.contains("this needs the role deployer; vic is viewer"),
        "{page}"
    );
    let mut conn = site.pool().acquire().await.unwrap();
    assert!(
        rehearsals::latest(&mut conn, None)
            .await
            .unwrap()
            .is_empty()
    );
}
