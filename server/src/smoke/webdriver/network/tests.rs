use super::*;
use crate::smoke::{target::tests::target, webdriver::own::cdp::events};
use app::model::smoke::{Front, Leads};
use serde_json::{Value, json};

const NODE: &str = "127.0.0.11:3000";

fn digest(entries: &[(&str, Value)]) -> Digest {
    let hosts = [
        ("img.test", Leads::SameNode),
        ("pay.test", Leads::RealAddress),
    ];
    let target = target("http://shop.test", Front::Direct, &hosts);
    fed(Digest::new(target, Witness::Browser, "TOP".into()), entries)
}

fn fed(mut digest: Digest, entries: &[(&str, Value)]) -> Digest {
    for (method, params) in entries {
        let entry = json!({"message": {"method": method, "params": params}});
        events(&entry.to_string())
            .into_iter()
            .for_each(|event| digest.feed(event));
    }
    digest
}

fn sent(id: &str, url: &str, kind: &str) -> (&'static str, Value) {
    (
        "Network.requestWillBeSent",
        json!({"requestId": id, "frameId": "TOP", "type": kind, "request": {"url": url}}),
    )
}

fn response(url: &str, status: u16, ip: &str) -> Value {
    json!({"url": url, "status": status, "remoteIPAddress": ip, "remotePort": 3000})
}

fn received(id: &str, kind: &str, response: &Value) -> (&'static str, Value) {
    (
        "Network.responseReceived",
        json!({"requestId": id, "frameId": "TOP", "type": kind, "response": response}),
    )
}

fn lost(id: &str, error: &str) -> (&'static str, Value) {
    (
        "Network.loadingFailed",
        json!({"requestId": id, "errorText": error}),
    )
}

#[test]
fn a_redirect_and_the_page_behind_it_are_both_answers() {
    let mut second = sent("1", "http://shop.test/sign-in", "Document");
    second.1["redirectResponse"] = response("http://shop.test/", 302, "127.0.0.12");
    let mut digest = digest(&[
        sent("1", "http://shop.test/", "Document"),
        second,
        received(
            "1",
            "Document",
            &response("http://shop.test/sign-in", 200, "127.0.0.11"),
        ),
    ]);
    assert_eq!(digest.status(), Some(200));
    assert!(!digest.is_loading());
    let seen = digest.take();
    assert!(seen.loaded);
    assert_eq!(
        seen.answered_by.into_iter().collect::<Vec<_>>(),
        ["127.0.0.11:3000", "127.0.0.12:3000"]
    );
    assert_eq!(
        digest.take(),
        Seen::default(),
        "each step has its own share"
    );
    assert_eq!(digest.status(), Some(200), "the page is still shown");
}

#[test]
fn failed_assets_are_listed_but_neither_the_icon_nor_a_frame_is_the_page() {
    let mut frame = received(
        "4",
        "Document",
        &response("http://shop.test/ad", 500, "127.0.0.11"),
    );
    frame.1["frameId"] = "CHILD".into();
    let mut digest = digest(&[
        received(
            "1",
            "Document",
            &response("http://shop.test/", 200, "127.0.0.11"),
        ),
        received(
            "2",
            "Script",
            &response("http://shop.test/a.js", 404, "127.0.0.11"),
        ),
        received(
            "3",
            "Other",
            &response("http://shop.test/favicon.ico", 404, "127.0.0.11"),
        ),
        frame,
        sent("5", "http://cdn.test/b.js", "Script"),
        lost("5", "net::ERR_NAME_NOT_RESOLVED"),
    ]);
    assert_eq!(digest.status(), Some(200));
    let failed: Vec<_> = digest
        .take()
        .failed_requests
        .into_iter()
        .map(|f| (f.url, f.outcome, f.remote))
        .collect();
    let node = Some(NODE.to_owned());
    assert_eq!(
        failed,
        [
            ("http://shop.test/a.js".into(), "404".into(), node.clone()),
            ("http://shop.test/ad".into(), "500".into(), node),
            (
                "http://cdn.test/b.js".into(),
                "blocked by the suite".into(),
                None
            ),
        ]
    );
}

#[test]
fn a_page_that_does_not_come_is_told_from_one_that_was_replaced() {
    let asked = sent("1", "http://other.test/", "Document");
    assert!(digest(std::slice::from_ref(&asked)).is_loading());
    let mut gone = digest(&[asked.clone(), lost("1", "net::ERR_NAME_NOT_RESOLVED")]);
    assert!(!gone.is_loading());
    assert_eq!(
        gone.take().not_loaded,
        Some(Lost {
            url: "http://other.test/".into(),
            error: "net::ERR_NAME_NOT_RESOLVED".into(),
            proxy: None
        })
    );
    let mut replaced = digest(&[asked, lost("1", "net::ERR_ABORTED")]);
    assert_eq!(replaced.take(), Seen::default());
}

#[test]
fn an_answer_without_an_address_is_suspicious_unless_the_browser_kept_it() {
    let mut kept = response("http://shop.test/a.css", 200, "");
    let mut seen = digest(&[received("1", "Stylesheet", &kept)]).take();
    assert!(seen.answered_by.contains("an unknown address"));
    kept["fromDiskCache"] = true.into();
    seen = digest(&[received("1", "Stylesheet", &kept)]).take();
    assert!(seen.answered_by.is_empty());
}

#[test]
fn other_hosts_and_nonsense_prove_nothing() {
    let mut digest = digest(&[
        received(
            "1",
            "Image",
            &response("http://cdn.test/x.png", 200, "9.9.9.9"),
        ),
        received("2", "Image", &response("data:image/png;base64,xx", 200, "")),
        ("Network.dataReceived", json!({})),
    ]);
    assert_eq!(digest.take(), Seen::default());
}

#[test]
fn hosts_that_lead_to_the_same_node_must_be_answered_by_it_too() {
    let mut digest = digest(&[
        received(
            "1",
            "Image",
            &response("http://img.test/x.png", 200, "127.0.0.12"),
        ),
        received(
            "2",
            "Image",
            &response("http://pay.test/x.png", 200, "9.9.9.9"),
        ),
    ]);
    let by: Vec<_> = digest.take().answered_by.into_iter().collect();
    assert_eq!(by, ["127.0.0.12:3000"]);
}

#[test]
fn behind_a_proxy_the_browser_knows_no_address_and_the_proxy_says_why() {
    let refusal = |url: &str, status, why: &str| {
        let mut refusal = response(url, status, "127.0.0.1");
        refusal["headers"] = json!({ "x-pitlane-proxy": why });
        refusal
    };
    let target = target("https://shop.test", Front::Terminate, &[]);
    let mut digest = fed(
        Digest::new(target, Witness::Proxy, "TOP".into()),
        &[
            received(
                "1",
                "Document",
                &response("https://shop.test/", 200, "127.0.0.1"),
            ),
            received(
                "2",
                "Script",
                &response("https://shop.test/a.js", 404, "127.0.0.1"),
            ),
            received(
                "3",
                "Script",
                &refusal("http://cdn.test/b.js", 403, "nowhere"),
            ),
            received(
                "4",
                "Document",
                &refusal("https://shop.test/x", 502, "it is gone"),
            ),
        ],
    );
    assert_eq!(digest.status(), None);
    let seen = digest.take();
    assert!(!seen.loaded);
    assert_eq!(seen.answered_by, BTreeSet::new());
    let failed: Vec<_> = seen
        .failed_requests
        .iter()
        .map(|failed| (failed.outcome.as_str(), failed.remote.as_deref()))
        .collect();
    assert_eq!(
        failed,
        [("404", Some(NODE)), ("blocked by the suite", None)]
    );
    let lost = seen.not_loaded.unwrap();
    assert_eq!(
        (lost.url.as_str(), lost.proxy.as_deref()),
        ("https://shop.test/x", Some("it is gone"))
    );
}
