//! The real browser on one of two nodes: what passes, what fails, whose fault it is, and what is left.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

/// A small shop as a node serves it.
mod site;

/// A browser on a folder of its own.
mod bench;

/// One browser for many tests.
mod shared;

/// Other fronts than a node that speaks plain http as the public name.
mod front;

/// However a session ends, nothing of it stays.
mod leaks;

/// Each flow has a context of its own.
mod contexts;

/// Browsers of a Selenium Grid.
mod grid;

/// The other browser.
mod firefox;

/// Every action and every waiting rule on a page of its own.
mod conform;

/// The same by files of Selenium IDE and Chrome's recorder.
mod conform_files;

use app::model::{
    journal::Proof,
    smoke::{StepReport, StepVerdict},
    trouble::{Failure, FailureClass},
};
use bench::{Bench, Outcome};
use shared::{Shared, in_one_browser};
use std::time::Instant;

const SHOP: &str = r#"
[[flow]]
name = "sign-in"
title = "Sign in"
step_limit = "30 s"
steps = [
  { open = "/" },
  { expect = { url = "/sign-in" } },
  { fill = "Name", with = "ann" },
  { fill = "Password", secret = "shop_password" },
  { click = "Sign in" },
  { expect = { text = "Welcome, ann" } },
  { expect = { url = "/products" } },
  { expect = { status = 200 } },
]
[[flow]]
name = "order"
title = "Place an order"
writes = "marked"
step_limit = "30 s"
steps = [
  { open = "/orders/new" },
  { choose = "Product", option = "Blue mug" },
  { fill = "Note", with = "smoke {run}" },
  { click = "Place order" },
  { expect = { url = "/orders/done" } },
  { expect = { text = "Thank you" } },
]
"#;

/// One flow named `Look` of these steps.
fn look(limit: &str, steps: &str) -> String {
    format!(
        "[[flow]]\nname = \"look\"\ntitle = \"Look\"\nstep_limit = \"{limit}\"\nsteps = [{steps}]"
    )
}

fn failure(outcome: Outcome) -> (Failure, StepReport) {
    let mut reports = outcome.reports;
    (
        outcome.result.expect_err("it must not pass"),
        reports.pop().expect("the failed step is reported"),
    )
}

async fn expect_failure(
    shared: &mut Shared,
    flows: &str,
    class: FailureClass,
    words: &str,
) -> (Failure, StepReport) {
    let (failure, report) = failure(shared.run(flows).await);
    assert_eq!(failure.class, class, "{failure:?}");
    assert!(failure.trouble.what.contains(words), "{failure:?}");
    (failure, report)
}

in_one_browser! {
    what_is_right_passes_and_what_is_wrong_fails_in_words:
    every_flow_begins_signed_out,
    a_wrong_status_is_the_releases_failure_and_keeps_its_evidence,
    a_status_that_is_expected_passes,
    what_is_not_on_the_page_is_named,
    what_comes_late_is_waited_for,
    an_alert_fails_the_step_with_its_text_and_a_picture,
    a_redirect_to_another_host_leads_nowhere,
    console_lines_and_failed_requests_are_kept_and_fail_nothing,
    a_secret_a_page_shows_is_neither_photographed_nor_written_down,
    an_answer_from_another_address_than_the_nodes_is_unsure,
    a_page_that_hangs_is_bounded,
}

#[tokio::test]
async fn both_flows_pass_on_red_and_only_red_is_asked() {
    let red = site::start("red", "127.0.0.21").await;
    let blue = site::start("blue", "127.0.0.22").await;
    let bench = Bench::new();
    let start = Instant::now();
    let mut session = bench.session(red.address).await;
    let ready = start.elapsed();
    let outcome = bench.run(session.as_mut(), red.address, SHOP).await;
    let closing = Instant::now();
    session.close().await;
    println!(
        "browser ready in {ready:?}, verdict {:?} later, closed in {:?}",
        outcome.took,
        closing.elapsed()
    );
    for report in &outcome.reports {
        println!(
            "{:>5} ms {}: {}",
            report.took_ms, report.flow_title, report.words
        );
    }
    bench.expect_nothing_left();
    let proof = outcome.result.unwrap();
    let Proof::Smoked {
        suite: Some(_),
        flows: 2,
        steps: 14,
        answered_by,
        proxy_log: None,
        ..
    } = proof
    else {
        panic!("{proof:?}");
    };
    assert_eq!(answered_by, [red.address.to_string()]);
    assert_eq!(blue.asked.paths(), Vec::<String>::new());
    assert!(red.asked.paths().contains(&"POST /sign-in".to_owned()));
    assert_eq!(
        red.asked.orders(),
        [format!("Blue mug for smoke {}", outcome.run)]
    );
    for report in &outcome.reports {
        assert_eq!(report.verdict, StepVerdict::Passed);
        assert_eq!(report.console, []);
        assert_eq!(report.failed_requests, []);
        let picture = report.picture.as_ref().expect("every step has a picture");
        let picture = bench.objects.get(picture).await.unwrap().unwrap();
        assert!(picture.starts_with(&[0xff, 0xd8, 0xff]), "a JPEG");
        assert_eq!(report.status, Some(200), "{}", report.words);
    }
    let urls: Vec<&str> = outcome.reports.iter().map(|r| r.url.as_str()).collect();
    assert_eq!(urls[0], "http://shop.example.test/sign-in");
    assert_eq!(urls[4], "http://shop.example.test/products");
    assert_eq!(urls[13], "http://shop.example.test/orders/done?id=1");
    let everything = format!("{:?}", outcome.reports);
    assert!(!everything.contains(site::PASSWORD));
}

async fn every_flow_begins_signed_out(shared: &mut Shared) {
    let flows = [
        SHOP.replace("name = \"order\"", "name = \"order-2\""),
        look(
            "5 s",
            "{ open = \"/products\" }, { expect = { url = \"/sign-in\" } }",
        ),
    ]
    .concat();
    shared.run(&flows).await.result.unwrap();
}

async fn a_wrong_status_is_the_releases_failure_and_keeps_its_evidence(shared: &mut Shared) {
    let flows = look(
        "5 s",
        "{ open = \"/sign-in\" }, { fill = \"Name\", with = \"x\" }, { click = \"Sign in\" }",
    );
    let (failure, report) = failure(shared.run(&flows).await);
    assert_eq!(failure.class, FailureClass::Release);
    assert_eq!(
        failure.trouble.what,
        "Look failed on red at step 3 (click \"Sign in\"): the main document answered 401."
    );
    assert_eq!(report.status, Some(401));
    let page = shared
        .bench
        .objects
        .get(&report.full_page.unwrap())
        .await
        .unwrap();
    assert!(page.unwrap().starts_with(b"\x89PNG"));
    let source = shared
        .bench
        .objects
        .get(&report.source.unwrap())
        .await
        .unwrap();
    assert!(String::from_utf8_lossy(&source.unwrap()).contains("Wrong name or password"));
    assert!(report.picture.is_some());
}

async fn a_status_that_is_expected_passes(shared: &mut Shared) {
    let flows = look(
        "5 s",
        "{ open = \"/teapot\" }, { expect = { status = 418 } }, { expect = { text = \"stout\" } }",
    );
    shared.run(&flows).await.result.unwrap();
}

async fn what_is_not_on_the_page_is_named(shared: &mut Shared) {
    let cases = [
        (
            "{ click = \"Buy\" }",
            "no button, link or other text reads \"Buy\"",
        ),
        (
            "{ fill = \"Colour\", with = \"x\" }",
            "no field is labelled \"Colour\"",
        ),
        (
            "{ click = { css = \"#x\" } }",
            "no element is selected by `#x`",
        ),
        (
            "{ choose = \"Product\", option = \"Hat\" }",
            "\"Product\" does not offer \"Hat\"",
        ),
        (
            "{ expect = { text = \"Sold out\" } }",
            "the page does not show \"Sold out\"; it begins \"Product",
        ),
        (
            "{ expect = { url = \"/sign-in\" } }",
            "the browser is at http://shop.example.test/orders/new",
        ),
        (
            "{ expect = { status = 201 } }",
            "the main document answered 200, not 201",
        ),
    ];
    for (step, words) in cases {
        let flows = look("1 s", &format!("{{ open = \"/orders/new\" }}, {step}"));
        let outcome = shared.run(&flows).await;
        let (failure, _) = failure(outcome);
        assert_eq!(failure.class, FailureClass::Release);
        assert!(failure.trouble.what.contains(words), "{failure:?}");
    }
    let flows = look("1 s", "{ open = \"/covered\" }, { click = \"Buy\" }");
    let (failure, _) = failure(shared.run(&flows).await);
    assert!(
        failure
            .trouble
            .what
            .contains("another element covers it: <div id=\"veil\""),
        "{failure:?}"
    );
}

async fn what_comes_late_is_waited_for(shared: &mut Shared) {
    let flows = look(
        "20 s",
        "{ open = \"/late\" }, { click = \"Here\" }, { expect = { text = \"clicked at last\" } }",
    );
    shared.run(&flows).await.result.unwrap();
}

async fn an_alert_fails_the_step_with_its_text_and_a_picture(shared: &mut Shared) {
    let (_, report) = expect_failure(
        shared,
        &look("5 s", "{ open = \"/alert\" }"),
        FailureClass::Release,
        "the page raised an alert: \"out of mugs\"",
    )
    .await;
    assert!(report.picture.is_some());
}

async fn a_redirect_to_another_host_leads_nowhere(shared: &mut Shared) {
    let (failure, _) = expect_failure(
        shared,
        &look("5 s", "{ open = \"/elsewhere\" }"),
        FailureClass::Release,
        "the page led to http://other.example.test/x, and the suite lets this address lead nowhere",
    )
    .await;
    let place = "Look failed on red at step 1 (open /elsewhere)";
    assert!(failure.trouble.what.starts_with(place), "{failure:?}");
}

async fn a_page_that_hangs_is_bounded(shared: &mut Shared) {
    expect_failure(
        shared,
        &look("1 s", "{ open = \"/hang\" }"),
        FailureClass::Release,
        "the page did not finish loading within 1.0 s",
    )
    .await;
}

#[tokio::test]
async fn a_page_whose_script_never_ends_is_bounded_and_leaves_nothing() {
    // nobody can tell it from a browser that hangs, so the release is not blamed
    let mut shared = Shared::new().await;
    expect_failure(
        &mut shared,
        &look("1 s", "{ open = \"/spin\" }, { click = \"Spin\" }"),
        FailureClass::Ours,
        "the browser gave no answer within 4 s",
    )
    .await;
    shared.close().await;
}

#[tokio::test]
async fn a_node_that_is_down_is_the_releases_failure() {
    let red = site::start("red", "127.0.0.21").await;
    let address = red.address;
    drop(red);
    let bench = Bench::new();
    let flows = look("5 s", "{ open = \"/\" }");
    let (failure, _) = failure(bench.smoke(address, &flows).await);
    assert_eq!(failure.class, FailureClass::Release);
    assert!(
        failure.trouble.what.contains("net::ERR_CONNECTION_REFUSED"),
        "{failure:?}"
    );
}

async fn console_lines_and_failed_requests_are_kept_and_fail_nothing(shared: &mut Shared) {
    let flows = look("5 s", "{ open = \"/noise\" }");
    let outcome = shared.run(&flows).await;
    outcome.result.unwrap();
    let report = &outcome.reports[0];
    let boom = report.console.iter().find(|l| l.text.contains("boom goes"));
    assert_eq!(boom.expect("it is there").level, "severe");
    let failed: Vec<(&str, &str)> = report
        .failed_requests
        .iter()
        .map(|request| (request.url.as_str(), request.outcome.as_str()))
        .collect();
    assert!(
        failed.contains(&("http://shop.example.test/missing.js", "404")),
        "{failed:?}"
    );
    assert!(
        failed.contains(&("http://cdn.example.test/x.png", "blocked by the suite")),
        "{failed:?}"
    );
}

async fn a_secret_a_page_shows_is_neither_photographed_nor_written_down(shared: &mut Shared) {
    let flows = look(
        "2 s",
        "{ open = \"/echo\" }, { fill = \"Word\", secret = \"shop_password\" }, { click = \"Go\" }, { expect = { text = \"nothing\" } }",
    );
    let outcome = shared.run(&flows).await;
    let everything = format!("{:?} {:?}", outcome.result, outcome.reports);
    assert!(!everything.contains(site::PASSWORD), "{everything}");
    assert!(everything.contains("You wrote •••"), "{everything}");
    let [_, typed, shown, failed] = &outcome.reports[..] else {
        panic!("four steps");
    };
    assert!(typed.picture.is_some(), "it is hidden while it is typed");
    assert_eq!(
        (&shown.picture, &failed.picture, &failed.full_page),
        (&None, &None, &None)
    );
    let source = shared
        .bench
        .objects
        .get(failed.source.as_ref().unwrap())
        .await
        .unwrap();
    let source = String::from_utf8(source.unwrap().to_vec()).unwrap();
    assert!(
        source.contains("You wrote •••") && !source.contains("sesame"),
        "{source}"
    );
}

async fn an_answer_from_another_address_than_the_nodes_is_unsure(shared: &mut Shared) {
    let expected = "127.0.0.22:1".parse().unwrap();
    let flows = look("5 s", "{ open = \"/orders/new\" }");
    let outcome = shared
        .bench
        .run(shared.session.as_mut(), expected, &flows)
        .await;
    let (failure, _) = failure(outcome);
    assert_eq!(failure.class, FailureClass::Unsure);
    assert!(failure.trouble.what.contains(&format!(
        "{} answered instead of 127.0.0.22:1",
        shared.red.address
    )));
}
