//! Differences over HTTP: the pool's page, its forms, and the API.

use super::site::{Site, Visitor, location, refusal};
use crate::harness::sample;
use app::model::{
    access::Role,
    drift::{Compared, Difference, Running, Shown},
    view::PoolView,
};
use http::{Method, StatusCode, header};
use serde_json::json;
use server::store;

const POOL: &str = "/api/v1/pools/production/shop";

/// Red was found on a release nobody knows, which is not what its machine says now.
async fn found(site: &Site) {
    let pool = sample::pool(site.pool(), "production", 1).await;
    let difference = Difference::Unadopted {
        found: Running {
            release_dir: sample::name("20251111000000"),
            version: None,
        },
        answers: None,
    };
    let compared = Compared {
        differences: vec![difference],
        ..Compared::default()
    };
    // nobody looks for a while, so that this is what is shown
    store::drift::enrol(site.pool()).await.unwrap();
    sqlx::query("UPDATE drift_checks SET next_at = clock_timestamp() + interval '1 hour'")
        .execute(&site.database.owner)
        .await
        .unwrap();
    let mut conn = site.pool().acquire().await.unwrap();
    let now = store::drift::now(&mut *conn).await.unwrap();
    let nodes = [(pool.nodes[0].id, compared)];
    store::drift::save(&mut conn, pool.id, &nodes, now)
        .await
        .unwrap();
}

async fn shown(visitor: &Visitor) -> Shown {
    let pool: PoolView = visitor.get(POOL).await.json().await.unwrap();
    let red = &pool.nodes[0];
    let drift = red.drift.as_ref().unwrap();
    Shown {
        node: red.node.name.clone(),
        difference: drift.differences[0].id.clone(),
    }
}

#[tokio::test]
async fn the_plain_form_is_answered_on_the_page_and_once() {
    let site = Site::open().await;
    found(&site).await;
    let ann = site.signed_in("ann", Role::Deployer).await;
    let shown = shown(&ann).await.to_string();
    let fields = [
        ("environment", "production"),
        ("application", "shop"),
        ("shown[]", shown.as_str()),
        ("reason", "it was always there"),
    ];
    let answer = ann
        .request(Method::POST, "/_fn/adopt")
        .header(header::ACCEPT, "text/html")
        .form(&fields)
        .send()
        .await
        .unwrap();
    assert_eq!(location(&answer), "/pools/production/shop#nodes");
    let told = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(
        told.contains("HttpOnly") && told.contains("SameSite=Strict"),
        "{told}"
    );
    let told = told.split(';').next().unwrap().to_owned();

    let page = ann.with_cookie(&told).get("/pools/production/shop").await;
    let forgets = page.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(
        forgets.starts_with("pitlane_told=;") && forgets.contains("Max-Age=0"),
        "{forgets}"
    );
    let page = page.text().await.unwrap();
    assert!(
        page.contains("What was shown of red is no longer so."),
        "{page}"
    );
    let again = ann.get("/pools/production/shop").await;
    assert!(!again.headers().contains_key(header::SET_COOKIE));
    // what is, is shown from now on
    let pool: PoolView = ann.get(POOL).await.json().await.unwrap();
    assert_eq!(pool.nodes[0].drift.as_ref().unwrap().differences, []);
}

#[tokio::test]
async fn the_api_says_why_not() {
    let site = Site::open().await;
    found(&site).await;
    let ann = site.signed_in("ann", Role::Deployer).await;
    let vic = site.signed_in("vic", Role::Viewer).await;
    let body = json!({ "shown": [shown(&ann).await], "reason": "tidy" });
    let words = refusal(
        vic.post(&format!("{POOL}/adopt"), body.clone()).await,
        StatusCode::FORBIDDEN,
    )
    .await;
    assert!(words.contains("role deployer"), "{words}");
    let silent = json!({ "shown": [shown(&ann).await], "reason": " " });
    let words = refusal(
        ann.post(&format!("{POOL}/adopt"), silent).await,
        StatusCode::CONFLICT,
    )
    .await;
    assert!(words.starts_with("A reason is needed."), "{words}");
    let nowhere = json!({ "shown": ["pink:0123456789abcdef"], "reason": "tidy" });
    let words = refusal(
        ann.post(&format!("{POOL}/revert"), nowhere).await,
        StatusCode::NOT_FOUND,
    )
    .await;
    assert_eq!(words, "The pool production/shop has no node pink.");
    let odd = json!({ "shown": ["red"], "reason": "tidy" });
    let odd = ann.post(&format!("{POOL}/revert"), odd).await;
    assert!(odd.status().is_client_error(), "{}", odd.status());
    let page = vic
        .get("/pools/production/shop")
        .await
        .text()
        .await
        .unwrap();
    assert!(
        page.contains("This needs the role deployer") && !page.contains("/_fn/adopt"),
        "{page}"
    );
}
