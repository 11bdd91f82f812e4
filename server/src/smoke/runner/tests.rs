use super::*;
use crate::{
    clock::ManualClock,
    smoke::{
        Browser, Target,
        fake::{FakeBrowser, FakeStep},
    },
};
use app::model::{ids::SuiteRevisionId, trouble::FailureClass};
use std::sync::Mutex;

const SUITE: &str = r#"
public_url = "http://shop.example.test"
[[flow]]
name = "sign-in"
title = "Sign in"
steps = [
  { open = "/" },
  { fill = "Name", with = "ann {run}" },
  { fill = "Password", secret = "shop_password" },
  { click = "Sign in" },
]
[[flow]]
name = "order"
title = "Place an order"
steps = [{ open = "/orders" }, { expect = { status = 200 } }]
"#;
const NODE: &str = "127.0.0.11:3000";

struct Outcome {
    result: Result<Proof, Failure>,
    reports: Vec<StepReport>,
    run: RunId,
    objects: Objects,
    _dir: tempfile::TempDir,
}

async fn smoke(browser: &FakeBrowser, secret: Option<&str>) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let objects = Objects::local(dir.path()).unwrap();
    let values = secret.map(|value| ("shop_password".to_owned(), value.to_owned()));
    let secrets = Secrets::new(values.into_iter().collect()).unwrap();
    let clock = ManualClock::at(Timestamp(1_000));
    let planned = PlannedSuite {
        revision: SuiteRevisionId::generate(),
        suite: suite::parse(SUITE).unwrap(),
    };
    let target = Target::resolve(&planned.suite, &format!("http://{NODE}"))
        .await
        .unwrap();
    let order = SmokeOrder {
        node: "red".parse().unwrap(),
        address: target.node,
        run: RunId::generate(),
        deadline: Timestamp(61_000),
    };
    let means = Means {
        objects: &objects,
        secrets: &secrets,
        clock: &clock,
    };
    let mut session = browser.start(&target).await.unwrap();
    let reports = Mutex::new(Vec::new());
    let result = run(session.as_mut(), &planned, &order, means, |report| {
        reports.lock().unwrap().push(report);
    })
    .await;
    session.close().await;
    Outcome {
        result,
        reports: reports.into_inner().unwrap(),
        run: order.run,
        objects,
        _dir: dir,
    }
}

#[tokio::test]
async fn a_good_node_is_proven_with_a_picture_of_every_step() {
    let browser = FakeBrowser::new();
    let outcome = smoke(&browser, Some("open sesame")).await;
    let Proof::Smoked {
        suite: Some(_),
        flows: 2,
        steps: 6,
        answered_by,
        proxy_log: None,
    } = outcome.result.unwrap()
    else {
        panic!("another proof");
    };
    assert_eq!(answered_by, [NODE]);
    assert_eq!(outcome.reports.len(), 6);
    for report in &outcome.reports {
        assert_eq!(report.verdict, StepVerdict::Passed);
        let picture = report.picture.as_ref().unwrap();
        assert!(outcome.objects.get(picture).await.unwrap().is_some());
        assert_eq!(report.full_page, None);
    }
    assert_eq!(
        browser.typed(),
        [format!("ann {}", outcome.run), "open sesame".to_owned()]
    );
    assert_eq!(browser.open_sessions(), 0);
}

#[tokio::test]
async fn each_kind_of_failure_has_its_class_and_its_sentence() {
    let other = "127.0.0.12:3000".parse().unwrap();
    let cases = [
        (
            "click \"Sign in\"",
            FakeStep::Status(404),
            FailureClass::Release,
            "Sign in failed on red at step 4 (click \"Sign in\"): the main document answered 404.",
        ),
        (
            "open /orders",
            FakeStep::Refused("the page did not load".into()),
            FailureClass::Release,
            "Place an order failed on red at step 1 (open /orders): the page did not load.",
        ),
        (
            "open /",
            FakeStep::AnsweredBy(other),
            FailureClass::Unsure,
            "Sign in failed on red at step 1 (open /): 127.0.0.12:3000 answered instead of 127.0.0.11:3000.",
        ),
        (
            "open /orders",
            FakeStep::Breaks("the browser has gone".into()),
            FailureClass::Ours,
            "The browser that tested red failed in Place an order at step 1 (open /orders): the browser has gone.",
        ),
    ];
    for (words, step, class, sentence) in cases {
        let browser = FakeBrowser::new();
        browser.on_step(None, words, step);
        let outcome = smoke(&browser, Some("open sesame")).await;
        let failure = outcome.result.unwrap_err();
        assert_eq!(failure.trouble.what, sentence);
        assert_eq!(failure.class, class, "{sentence}");
        let last = outcome.reports.last().unwrap();
        assert_eq!(last.words, words);
        let is_broken = matches!(last.verdict, StepVerdict::Broken(_));
        assert_eq!(is_broken, class == FailureClass::Ours, "{sentence}");
        assert_eq!(last.full_page.is_some(), !is_broken, "{sentence}");
        assert_eq!(last.source.is_some(), !is_broken, "{sentence}");
        assert_eq!(browser.open_sessions(), 0);
    }
}

#[tokio::test]
async fn a_secret_a_page_repeats_is_masked() {
    let browser = FakeBrowser::new();
    browser.on_step(
        None,
        "open /orders",
        FakeStep::Refused("the page reads \"open sesame\"".into()),
    );
    let outcome = smoke(&browser, Some("open sesame")).await;
    let everything = format!("{:?} {:?}", outcome.result, outcome.reports);
    assert!(!everything.contains("open sesame"), "{everything}");
    assert!(everything.contains("•••"), "{everything}");
}

#[tokio::test]
async fn without_its_secret_nothing_is_begun() {
    let outcome = smoke(&FakeBrowser::new(), None).await;
    let failure = outcome.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Ours);
    assert!(failure.trouble.what.contains("`shop_password`"));
    assert!(outcome.reports.is_empty());
}
