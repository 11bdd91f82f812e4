//! Forms that came to nothing: a person reads why on a page, and loses nothing.

use super::site::{Site, Visitor, refusal};
use crate::harness::sample;
use app::model::access::Role;
use http::{Method, StatusCode, header};

const PAGE: &str = "/pools/production/shop/suite/edit";

/// As a browser does, which no script helps: with what it can read.
async fn browsed(visitor: &Visitor, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let request = visitor.request(Method::POST, PAGE).form(fields);
    let request = request.header(header::ACCEPT, "text/html,*/*;q=0.8");
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn whoever_sends_a_form_in_vain_reads_why_on_a_page() {
    let site = Site::open().await;
    sample::pool(site.pool(), "production", 2).await;
    let ann = site.signed_in("ann", Role::Admin).await;
    let unknown = [("name", "look"), ("act", "juggle"), ("go", "keep")];
    let (status, page) = browsed(&ann, &unknown).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    assert!(page.contains("`juggle` is unknown here"), "{page}");
    assert!(page.contains("This cannot be done now"), "{page}");

    // the session ended while the form was open
    let (status, page) = browsed(&site.stranger(), &unknown).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(
        page.contains("What you typed is kept on this page"),
        "{page}"
    );
    for kept in [
        "action=\"/pools/production/shop/suite/edit\"",
        "name=\"act\" value=\"juggle\"",
        "href=\"/sign-in\"",
    ] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    // more than is kept is heard out, and not kept
    let large = "x".repeat(1 << 20);
    let (status, page) = browsed(&site.stranger(), &[("name", &large)]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(page.contains("Sign in and send it again."), "{page}");
    assert!(!page.contains("kept on this page"), "{page}");

    // a program reads what programs read
    let answer = ann.form(PAGE, &unknown).await;
    let why = refusal(answer, StatusCode::CONFLICT).await;
    assert!(why.contains("juggle"), "{why}");
}
