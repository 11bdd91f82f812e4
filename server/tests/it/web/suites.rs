//! Suites over HTTP: the page, its forms, and the API.

use super::site::{Site, Visitor, location, refusal};
use crate::harness::sample;
use app::model::{
    access::Role,
    import::{Format, SuiteExport, SuiteImport, SuiteView},
    view::AuditPage,
};
use http::{Method, StatusCode, header};
use serde_json::{Value, json};

const SUITE: &str = "/api/v1/pools/production/shop/suite";
const PAGE: &str = "/pools/production/shop/suite";

fn project(title: &str, command: &str) -> String {
    format!(
        r#"{{"id":"p","version":"2.0","name":"p","url":"http://localhost:3000","tests":[{{"id":"1","name":"{title}","commands":[
{{"id":"a","command":"open","target":"/","value":""}},
{{"id":"b","command":"{command}","target":"id=a","value":"x"}}]}}],"suites":[],"urls":[],"plugins":[]}}"#
    )
}

fn body(name: &str, text: &str) -> Value {
    json!({ "files": [{ "name": name, "text": text }] })
}

async fn shop(role: Role) -> (Site, Visitor) {
    let site = Site::open().await;
    sample::pool(site.pool(), "production", 1).await;
    let ann = site.signed_in("ann", role).await;
    (site, ann)
}

async fn taken(visitor: &Visitor, body: Value) -> SuiteImport {
    let answer = visitor.post(SUITE, body).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

async fn shown(visitor: &Visitor) -> SuiteView {
    visitor.get(SUITE).await.json().await.unwrap()
}

#[tokio::test]
async fn a_dry_run_reports_and_changes_nothing_and_an_import_makes_a_revision_that_is_audited() {
    let (_site, ann) = shop(Role::Admin).await;
    let mut dry = body("shop.side", &project("Buy a mug", "assertText"));
    dry["replace"] = json!(true);
    dry["dry_run"] = json!(true);
    let would = taken(&ann, dry.clone()).await;
    assert!(would.changed);
    assert_eq!(would.reports[0].format, Format::Side("2.0".into()));
    assert_eq!(would.reports[0].fates().supported, 2);
    // the address of before, not that of the recording
    assert_eq!(would.public_url, "http://shop.example.test");
    assert_eq!(shown(&ann).await.reports[0].flows[0].title, "Open the shop");

    dry["dry_run"] = json!(false);
    let came = taken(&ann, dry.clone()).await;
    assert_eq!(
        came.words,
        "ann took shop.side into the smoke suite of production/shop: Buy a mug."
    );
    let view = shown(&ann).await;
    assert_eq!(view.reports[0].file, "shop.side");
    assert_eq!(view.reports[0].flows[0].title, "Buy a mug");
    assert_eq!(view.change_refused, None);

    let again = taken(&ann, dry).await;
    assert!(!again.changed, "{}", again.words);

    let second = taken(&ann, body("more.side", &project("Buy a mug", "click"))).await;
    assert_eq!(second.flows, ["Buy a mug", "Buy a mug"]);
    assert_eq!(second.reports[0].flows[0].name.as_str(), "buy-a-mug-2");

    let audit: AuditPage = ann.get("/api/v1/audit").await.json().await.unwrap();
    let acts: Vec<_> = audit
        .entries
        .iter()
        .filter(|entry| entry.action == "suite.imported")
        .collect();
    assert_eq!(acts.len(), 2);
    assert_eq!(acts[1].words, came.words);
    assert_eq!(acts[1].subject, "production/shop");
    let detail = acts[1].detail.as_ref().unwrap();
    assert_eq!(detail["files"], json!(["shop.side"]));
    assert_eq!(detail["after"]["flows"], json!(["buy-a-mug"]));
    assert_ne!(detail["after"]["revision"], detail["before"]["revision"]);
}

#[tokio::test]
async fn a_flow_with_an_unknown_command_cannot_run_and_the_others_can() {
    let (_site, ann) = shop(Role::Admin).await;
    let mut bad = body("shop.side", &project("Look", "eyesCheckWindow"));
    bad["replace"] = json!(true);
    let came = taken(&ann, bad.clone()).await;
    assert_eq!(came.reports[0].flows[0].invalid.len(), 1);
    assert_eq!(came.reports[0].unknown(), ["eyesCheckWindow"]);
    bad["skip"] = json!(["eyesCheckWindow"]);
    let came = taken(&ann, bad).await;
    assert_eq!(came.reports[0].flows[0].invalid, Vec::<String>::new());
    // it is remembered
    assert_eq!(shown(&ann).await.reports[0].fates().ignored, 1);
}

#[tokio::test]
async fn only_who_may_configure_may_change_a_suite_and_a_bad_file_changes_nothing() {
    let (site, bob) = shop(Role::Deployer).await;
    let answer = bob
        .post(SUITE, body("a.side", &project("x", "click")))
        .await;
    refusal(answer, StatusCode::FORBIDDEN).await;
    assert!(
        shown(&bob)
            .await
            .change_refused
            .unwrap()
            .contains("role admin")
    );

    let eve = site.signed_in("eve", Role::Admin).await;
    let broken = project("x", "click").replace("\"id=a\"", "5");
    let answer = eve.post(SUITE, body("a.side", &broken)).await;
    let said = refusal(answer, StatusCode::CONFLICT).await;
    assert!(said.starts_with("a.side: line 3, column "), "{said}");
    assert!(said.contains("Nothing was changed."), "{said}");
    let script = "import { test } from '@playwright/test';\ntest('x', async ({ page }) => {});";
    let answer = eve.post(SUITE, body("a.ts", script)).await;
    assert!(
        refusal(answer, StatusCode::CONFLICT)
            .await
            .contains("a Playwright script")
    );
    let answer = eve.post(SUITE, json!({ "files": [] })).await;
    refusal(answer, StatusCode::CONFLICT).await;
    assert_eq!(shown(&eve).await.reports[0].flows[0].title, "Open the shop");
}

#[tokio::test]
async fn a_suite_goes_out_as_a_project_that_can_be_taken_in_again() {
    let (_site, ann) = shop(Role::Admin).await;
    let mut first = body("shop.side", &project("Buy a mug", "assertText"));
    first["replace"] = json!(true);
    taken(&ann, first).await;
    let exported: SuiteExport = ann
        .get(&format!("{SUITE}/export?format=side"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        (exported.file.as_str(), exported.lost.len()),
        ("shop.side", 0)
    );
    let mut again = body("shop.side", &exported.text);
    again["replace"] = json!(true);
    let came = taken(&ann, again).await;
    assert_eq!(came.flows, ["Buy a mug"]);
    let exported: SuiteExport = ann
        .get(&format!("{SUITE}/export?format=toml"))
        .await
        .json()
        .await
        .unwrap();
    let suite = server::smoke::suite::parse(&exported.text).unwrap();
    assert_eq!(suite.flows[0].title, "Buy a mug");
}

/// A form as a browser sends it with a file in it.
fn form(fields: &[(&str, Option<&str>, &str)]) -> (String, String) {
    let mut text = String::new();
    for (name, file, value) in fields {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        text.push_str(&format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"
        ));
    }
    text.push_str("--edge--\r\n");
    ("multipart/form-data; boundary=edge".to_owned(), text)
}

async fn send(visitor: &Visitor, fields: &[(&str, Option<&str>, &str)]) -> reqwest::Response {
    let (kind, text) = form(fields);
    visitor
        .request(Method::POST, PAGE)
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, kind)
        .body(text)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn plain_forms_check_a_file_and_then_take_it_in() {
    let (_site, ann) = shop(Role::Admin).await;
    let page = ann.get(PAGE).await.text().await.unwrap();
    assert!(
        page.contains("Take in a file") && page.contains("Open the shop"),
        "{page}"
    );

    let file = project("Buy a &lt;mug&gt;", "eyesCheckWindow");
    let answer = send(
        &ann,
        &[
            ("file", Some("shop.side"), &file),
            ("text", None, ""),
            ("public_url", None, ""),
            ("go", None, "check"),
        ],
    )
    .await;
    assert_eq!(answer.status(), StatusCode::OK);
    let page = answer.text().await.unwrap();
    for words in [
        "Nothing is changed yet",
        "line 3",
        "eyesCheckWindow",
        "Take it in",
        "Check again",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(shown(&ann).await.reports.len(), 1);

    // what the page sends back: the text, its name, a tick
    let answer = send(
        &ann,
        &[
            ("name", None, "shop.side"),
            ("text", None, &file.replace('\n', "\r\n")),
            ("skip", None, "eyesCheckWindow"),
            ("go", None, "take"),
        ],
    )
    .await;
    assert_eq!(location(&answer), PAGE);
    let told = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    let told = told.split(';').next().unwrap().to_owned();
    let page = ann.with_cookie(&told).get(PAGE).await.text().await.unwrap();
    assert!(
        page.contains("ann took shop.side into the smoke suite"),
        "{page}"
    );
    let view = shown(&ann).await;
    assert_eq!(view.reports.len(), 2);
    assert_eq!(view.reports[1].flows[0].invalid, Vec::<String>::new());
}

#[tokio::test]
async fn a_form_with_something_else_in_it_says_what_that_is() {
    let (_site, ann) = shop(Role::Admin).await;
    let answer = send(
        &ann,
        &[("text", None, "<html></html>"), ("go", None, "check")],
    )
    .await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let page = answer.text().await.unwrap();
    assert!(page.contains("this is a web page"), "{page}");
    let answer = send(&ann, &[("file", Some(""), ""), ("go", None, "check")]).await;
    assert!(answer.text().await.unwrap().contains("No file was given."));
    let large = " ".repeat(11 * 1024 * 1024);
    let answer = send(
        &ann,
        &[("file", Some("large.side"), &large), ("go", None, "check")],
    )
    .await;
    assert!(answer.text().await.unwrap().contains("10 MB that are read"));
}
