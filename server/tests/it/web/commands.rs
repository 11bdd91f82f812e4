//! What people ask of a deployment over the API and the plain form.

use super::site::{Site, Visitor, location, refusal};
use crate::harness::sample;
use app::model::{
    access::Role,
    command::Command,
    view::{AuditPage, Verbs},
};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};

const POOL: &str = "/api/v1/pools/production/shop";
const FIRST: &str = "/api/v1/pools/production/shop/deployments/1";

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

async fn inbox(site: &Site) -> i64 {
    let query = sqlx::query_scalar("SELECT count(*) FROM commands");
    query.fetch_one(site.pool()).await.unwrap()
}

#[tokio::test]
async fn a_wish_is_taken_with_its_end_state_and_written_into_the_audit_history() {
    let (site, ann) = queued().await;
    let running: Value = ann
        .get(&format!("{POOL}/running"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(running["deployment"]["number"], 1);
    let body = json!({ "reason": " the phones are ringing " });
    let taken = ann.post(&format!("{FIRST}/hold"), body).await;
    assert_eq!(taken.status(), StatusCode::ACCEPTED);
    let taken: Value = taken.json().await.unwrap();
    assert_eq!(taken["command"], "hold");
    assert!(taken["leads_to"].as_str().unwrap().contains("held"));
    // without a body, too
    let bare = ann.request(Method::POST, &format!("{FIRST}/abort"));
    assert_eq!(bare.send().await.unwrap().status(), StatusCode::ACCEPTED);
    assert_eq!(inbox(&site).await, 2);
    let audit = ann.get("/api/v1/audit?action=deployment.hold_asked").await;
    let audit: AuditPage = audit.json().await.unwrap();
    let entry = &audit.entries[0];
    assert_eq!(
        entry.words,
        "ann asked: Hold, deployment #1 of 1.1 to production/shop."
    );
    assert_eq!(entry.reason.as_deref(), Some("the phones are ringing"));
}

#[tokio::test]
async fn the_verbs_say_what_is_possible_why_not_and_how_it_goes_on() {
    let (_site, ann) = queued().await;
    let verbs: Verbs = ann
        .get(&format!("{FIRST}/verbs"))
        .await
        .json()
        .await
        .unwrap();
    let again: Verbs = ann
        .get(&format!("{FIRST}/verbs"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(verbs.turn, 1);
    assert_ne!(verbs.key, again.key);
    assert_eq!(verbs.outlook.who, "Pitlane");
    let refused = |command| {
        let line = verbs.verbs.iter().find(|line| line.command == command);
        line.unwrap().refused.clone()
    };
    assert_eq!(refused(Command::Hold), None);
    assert_eq!(refused(Command::Resume).as_deref(), Some("it is not held"));
}

#[tokio::test]
async fn what_is_impossible_stale_or_unknown_is_refused_in_words() {
    let (site, ann) = queued().await;
    let said = |path: &str, body: Value| {
        let (ann, path) = (&ann, format!("{FIRST}/{path}"));
        async move { refusal(ann.post(&path, body).await, StatusCode::CONFLICT).await }
    };
    insta::assert_snapshot!(said("resume", json!({})).await, @"Deployment #1: Resume is not possible: it is not held. Nothing was changed.");
    insta::assert_snapshot!(said("retry", json!({ "turn": 7 })).await, @"Deployment #1: Retry is not possible: the page it was asked from is not current any more; the deployment is queued now. Nothing was changed.");
    insta::assert_snapshot!(said("skip", json!({ "node": "pink" })).await, @"Deployment #1 has no node pink.");
    let odd = ann
        .post(&format!("{FIRST}/hold"), json!({ "nod": "red" }))
        .await;
    assert!(odd.status().is_client_error());
    let unknown = ann.post(&format!("{FIRST}/explode"), json!({})).await;
    let unknown = refusal(unknown, StatusCode::NOT_FOUND).await;
    assert!(unknown.contains("force-drain"), "{unknown}");
    assert_eq!(inbox(&site).await, 0);
}

#[tokio::test]
async fn the_same_key_again_is_the_same_wish() {
    let (site, ann) = queued().await;
    for _ in 0..3 {
        let taken = ann
            .post(&format!("{FIRST}/hold"), json!({ "key": "k1" }))
            .await;
        assert_eq!(taken.status(), StatusCode::ACCEPTED);
    }
    assert_eq!(inbox(&site).await, 1);
    let audit = ann.get("/api/v1/audit?action=deployment.hold_asked").await;
    let audit: AuditPage = audit.json().await.unwrap();
    assert_eq!(audit.entries.len(), 1);
}

#[tokio::test]
async fn a_viewer_may_look_and_ask_nothing() {
    let (site, _ann) = queued().await;
    let vic = site.signed_in("vic", Role::Viewer).await;
    for command in Command::ALL {
        let answer = vic.post(&format!("{FIRST}/{command}"), json!({})).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{command}");
    }
    let verbs: Verbs = vic
        .get(&format!("{FIRST}/verbs"))
        .await
        .json()
        .await
        .unwrap();
    assert!(verbs.verbs.iter().all(|line| line.refused.is_some()));
    assert_eq!(inbox(&site).await, 0);
}

#[tokio::test]
async fn an_islands_error_has_the_status_it_has_in_the_api() {
    let (_site, ann) = queued().await;
    let unknown = [
        ("environment", "production"),
        ("application", "shop"),
        ("number", "99"),
        ("command", "hold"),
    ];
    let nothing: &[(&str, &str)] = &[];
    for (form, status, words) in [
        (nothing, StatusCode::CONFLICT, "not understood"),
        (&unknown, StatusCode::NOT_FOUND, "99"),
    ] {
        let answer = ann.request(Method::POST, "/_fn/ask").form(form).send();
        let said = refusal(answer.await.unwrap(), status).await;
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn a_refused_form_comes_back_to_the_page_with_the_sentence_once() {
    let (site, ann) = queued().await;
    let fields = |command: &'static str| {
        [
            ("environment", "production"),
            ("application", "shop"),
            ("number", "1"),
            ("command", command),
            ("turn", "1"),
            ("key", command),
            ("reason", ""),
        ]
    };
    let send = |command| {
        let request = ann.request(Method::POST, "/_fn/ask");
        let request = request.header(header::ACCEPT, "text/html");
        request.form(&fields(command)).send()
    };
    let page = "/pools/production/shop/deployments/1";
    let taken = send("hold").await.unwrap();
    assert_eq!(location(&taken), page);
    assert!(!taken.headers().contains_key(header::SET_COOKIE));
    assert_eq!(inbox(&site).await, 1);

    let refused = send("resume-nothing").await.unwrap();
    assert!(!refused.status().is_server_error(), "{}", refused.status());
    let refused = send("retry").await.unwrap();
    assert_eq!(location(&refused), page);
    let cookie = refused.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains(page),
        "{cookie}"
    );
    let said = cookie.split(';').next().unwrap();
    // beside the session's own cookie
    let shown = ann
        .request(Method::GET, page)
        .header(header::COOKIE, said)
        .send()
        .await
        .unwrap();
    let forgets = shown.headers()[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(forgets.contains("Max-Age=0"), "{forgets}");
    let text = shown.text().await.unwrap();
    assert!(
        text.contains("Retry is not possible: nothing has halted it"),
        "{text}"
    );
}
