//! The real browser on one of two nodes: what passes, what fails, whose fault it is, and what is left.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

/// A small shop as a node serves it.
mod site;

/// A browser on a folder of its own.
mod bench;

/// One browser for many tests.
mod shared;

/// What passes, and what fails with which words, in whatever browser.
mod parts;

/// Other fronts than a node that speaks plain http as the public name.
mod front;

/// A certificate of a test's own.
mod tls;

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
use shared::Shared;
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

parts::in_whatever_browser! { what_is_right_passes_and_what_is_wrong_fails_in_words(Shared::new) }

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
