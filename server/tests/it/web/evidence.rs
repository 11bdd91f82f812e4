//! Pictures over HTTP: the page, its forms, and the API.

use super::site::{Site, Visitor, location, refusal};
use crate::harness::sample;
use app::model::{access::Role, evidence::EvidenceView};
use http::{Method, StatusCode, header};
use serde_json::json;

const POOL: &str = "/api/v1/pools/production/shop";
const PAGE: &str = "/pools/production/shop/deployments/1/evidence";

/// Deployment #1, queued, and who asked for it.
async fn queued() -> (Site, Visitor) {
    let site = Site::open().await;
    sample::pool(site.pool(), "production", 1).await;
    let ann = site.signed_in("ann", Role::Deployer).await;
    let line = ann
        .post(&format!("{POOL}/deployments"), json!({ "version": "1.1" }))
        .await;
    assert_eq!(line.status(), StatusCode::CREATED);
    (site, ann)
}

/// The picture that all forms of these tests are about.
fn fields<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let place = [
        ("place[environment]", "production"),
        ("place[application]", "shop"),
        ("place[number]", "1"),
        ("place[node]", "red"),
        ("place[flow]", "home"),
        ("place[step]", "1"),
        ("place[row]", "new"),
        ("place[view]", "heat"),
        ("place[with]", "https://elsewhere.test"),
    ];
    place.iter().chain(more).copied().collect()
}

/// What the page says after the form was sent.
async fn sent(visitor: &Visitor, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = visitor
        .request(Method::POST, path)
        .header(header::ACCEPT, "text/html")
        .form(fields)
        .send()
        .await
        .unwrap();
    // only words of ours come back in the address
    let there = format!("{PAGE}?flow=home&step=1&node=red&view=heat#picture");
    assert_eq!(location(&answer), there);
    let told = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    let told = told.split(';').next().unwrap();
    let page = visitor.with_cookie(told).get(&there).await;
    assert_eq!(page.status(), StatusCode::OK);
    page.text().await.unwrap()
}

#[tokio::test]
async fn a_deployment_without_pictures_says_why_there_are_none() {
    let (_site, ann) = queued().await;
    let page = ann.get(PAGE).await.text().await.unwrap();
    assert!(page.contains("No picture yet."), "{page}");
    let view: EvidenceView = ann
        .get(&format!("{POOL}/deployments/1/evidence"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(view.strips.len(), 1);
    assert_eq!(view.headline(), "1.1 has left no pictures.");
    for path in [
        format!("{POOL}/deployments/9/evidence"),
        "/pools/production/shop/deployments/9/evidence".to_owned(),
    ] {
        assert_eq!(ann.get(&path).await.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn plain_forms_mask_and_review_and_are_answered_on_the_page() {
    let (site, ann) = queued().await;
    let rect = [
        ("rect[x]", "1100"),
        ("rect[y]", "20"),
        ("rect[width]", "160"),
        ("rect[height]", "40"),
        ("reason", "the clock"),
    ];
    let said = sent(&ann, "/_fn/mask", &fields(&rect)).await;
    assert!(said.contains("ann masked 160 × 40 at 1100, 20"), "{said}");
    let view: EvidenceView = ann
        .get(&format!("{POOL}/deployments/1/evidence"))
        .await
        .json()
        .await
        .unwrap();
    let id = view.masks[0].id.to_string();
    let away = [("id", id.as_str()), ("reason", "it stands still")];
    let said = sent(&ann, "/_fn/unmask", &fields(&away)).await;
    assert!(said.contains("took the mask 160 × 40"), "{said}");
    let picture = "0a".repeat(32);
    let verdict = [
        ("verdict", "accepted"),
        ("new", picture.as_str()),
        ("old", ""),
        ("after", ""),
        ("reason", "new mugs"),
    ];
    let said = sent(&ann, "/_fn/review", &fields(&verdict)).await;
    assert!(
        said.contains("There is no such picture to review."),
        "{said}"
    );
    let vic = site.signed_in("vic", Role::Viewer).await;
    let said = sent(&vic, "/_fn/review", &fields(&verdict)).await;
    assert!(said.contains("this needs the role deployer"), "{said}");
}

#[tokio::test]
async fn the_api_reviews_and_masks_and_says_why_not() {
    let (_site, ann) = queued().await;
    let review = json!({
        "node": "red", "flow": "home", "step": 7, "verdict": "accepted", "new": "0a", "reason": "so",
    });
    let path = format!("{POOL}/deployments/1/review");
    let words = refusal(ann.post(&path, review).await, StatusCode::NOT_FOUND).await;
    assert_eq!(words, "#1 has no step 7 of home on red.");
    let masks = format!("{POOL}/masks");
    let neither = json!({ "flow": "home", "step": 1, "reason": "so" });
    let words = refusal(ann.post(&masks, neither).await, StatusCode::CONFLICT).await;
    assert!(words.starts_with("A change of masks is one of"), "{words}");
    let add = json!({
        "flow": "home", "step": 1, "reason": "so",
        "add": { "x": 0, "y": 0, "width": 10, "height": 10 },
    });
    assert_eq!(ann.post(&masks, add).await.status(), StatusCode::OK);
}
