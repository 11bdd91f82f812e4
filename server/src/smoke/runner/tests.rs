use super::*;
use crate::{
    clock::ManualClock,
    smoke::{
        Browser, Target,
        fake::{FakeBrowser, FakeStep},
    },
};
use app::model::{ids::SuiteRevisionId, smoke::StepVerdict, trouble::FailureClass};
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
    smoke_of(SUITE, browser, secret).await
}

async fn smoke_of(text: &str, browser: &FakeBrowser, secret: Option<&str>) -> Outcome {
    let planned = PlannedSuite {
        revision: SuiteRevisionId::generate(),
        suite: suite::parse(text).unwrap(),
    };
    smoke_planned(&planned, browser, secret).await
}

async fn smoke_planned(
    planned: &PlannedSuite,
    browser: &FakeBrowser,
    secret: Option<&str>,
) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let objects = Objects::local(dir.path()).unwrap();
    let values = secret.map(|value| ("shop_password".to_owned(), value.to_owned()));
    let secrets = Secrets::new(values.into_iter().collect()).unwrap();
    let clock = ManualClock::at(Timestamp(1_000));
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
        variables: &BTreeMap::new(),
        clock: &clock,
    };
    let mut session = browser.start(&target).await.unwrap();
    let reports = Mutex::new(Vec::new());
    let result = run(session.as_mut(), planned, &order, means, |report| {
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
        ..
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
async fn the_log_of_the_proxy_is_kept_however_the_run_ends() {
    let dies = || FakeStep::Breaks("the browser has gone".into());
    for (step, asked) in [
        (None, 6),
        (Some(FakeStep::Refused("the page did not load".into())), 5),
        (Some(dies()), 5),
    ] {
        let browser = FakeBrowser::new();
        browser.is_proxied();
        if let Some(step) = step {
            browser.on_step(None, "open /orders", step);
        }
        let outcome = smoke(&browser, Some("open sesame")).await;
        let log = match &outcome.result {
            Ok(proof) => proof.proxy_log(),
            Err(failure) => failure.proxy_log.as_deref(),
        };
        let log = log.expect("it went through a proxy");
        let log = outcome.objects.get(log).await.unwrap().unwrap();
        assert_eq!(String::from_utf8_lossy(&log).lines().count(), asked);
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

/// Flows in front of which stands what every suite needs.
fn flows(text: &str) -> String {
    format!("public_url = \"http://shop.example.test\"\n{text}")
}

/// What was done beside opening pages, and what came of it.
async fn walked(text: &str, browser: &FakeBrowser) -> (Vec<String>, Outcome) {
    let outcome = smoke_of(&flows(text), browser, None).await;
    let mut done = browser.done();
    done.retain(|words| !words.starts_with("open "));
    (done, outcome)
}

fn warnings(outcome: Outcome) -> Vec<String> {
    match outcome.result.unwrap() {
        Proof::Smoked { warnings, .. } => warnings,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn conditions_and_loops_go_by_what_the_page_says_and_store_what_it_holds() {
    let browser = FakeBrowser::new();
    browser.on_turn("while `more`", FakeStep::Yields(true.into()));
    browser.on_step(None, "while `more`", FakeStep::Yields(false.into()));
    browser.on_step(None, "if `${rows} > 1`", FakeStep::Yields(true.into()));
    browser.on_step(
        None,
        "store the number of `li` as rows",
        FakeStep::Yields(2.into()),
    );
    let list = serde_json::json!(["a", "b"]);
    browser.on_step(None, "store JSON as list", FakeStep::Yields(list));
    let (done, outcome) = walked(
        r#"
        [[flow]]
        name = "loops"
        steps = [
            { open = "/" },
            { store = "rows", count_of = "li" },
            { store = "list", json = '["a", "b"]' },
            { while = "more" }, { click = "Next" }, { end = true },
            { if = "${rows} > 1" }, { click = "First" }, { else = true }, { click = "None" }, { end = true },
            { for_each = "list", as = "it" }, { echo = "${it}" }, { end = true },
        ]
        "#,
        &browser,
    )
    .await;
    assert_eq!(
        done,
        [
            "store the number of `li` as rows",
            "store JSON as list",
            "while `more`",
            "click \"Next\"",
            "while `more`",
            "if `${rows} > 1`",
            "click \"First\"",
            "say \"${it}\"",
            "say \"${it}\"",
        ]
    );
    let last = outcome.reports.last().unwrap();
    assert_eq!((last.step, last.of, last.round), (13, 14, 2));
    let with_picture = |report: &&StepReport| report.picture.is_some();
    assert_eq!(outcome.reports.iter().filter(with_picture).count(), 7);
    assert_eq!(warnings(outcome), [""; 0]);
}

#[tokio::test]
async fn a_loop_without_an_end_fails_the_release_and_keeps_few_reports() {
    let browser = FakeBrowser::new();
    browser.on_step(None, "again if `true`", FakeStep::Yields(true.into()));
    let (_, outcome) = walked(
        "[[flow]]\nname = \"loop\"\nsteps = [{ open = \"/\" }, { do = true }, { again_if = \"true\" }]",
        &browser,
    )
    .await;
    assert!(outcome.reports.len() < 10, "{}", outcome.reports.len());
    let failure = outcome.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Release);
    assert_eq!(
        failure.trouble.what,
        "loop failed on red at step 3 (again if `true`): it went on after 1000 rounds."
    );
}

#[tokio::test]
async fn a_soft_failure_lets_the_flow_go_on_and_then_fails_it() {
    let browser = FakeBrowser::new();
    let soft = "expect \"Welcome\", else go on";
    browser.on_step(None, soft, FakeStep::Refused("it says Hello".into()));
    let (done, outcome) = walked(
        "[[flow]]\nname = \"soft\"\nsteps = [{ open = \"/\" }, { expect = { text = \"Welcome\" }, soft = true }, { click = \"On\" }]",
        &browser,
    )
    .await;
    assert_eq!(done, [soft, "click \"On\""]);
    let verdicts: Vec<_> = outcome.reports.iter().map(|r| &r.verdict).collect();
    assert!(matches!(
        verdicts[..],
        [
            StepVerdict::Passed,
            StepVerdict::Failed(_),
            StepVerdict::Passed
        ]
    ));
    let failure = outcome.result.unwrap_err();
    assert_eq!(failure.class, FailureClass::Release);
    assert!(failure.trouble.what.contains("it says Hello"));
}

#[tokio::test]
async fn a_flow_is_repeated_only_where_the_suite_says_so_and_in_words() {
    let again = "[[flow]]\nname = \"shaky\"\nretry = \"once\"\nsteps = [{ open = \"/\" }, { click = \"Go\" }]";
    let refused = || FakeStep::Refused("it is covered".into());
    let browser = FakeBrowser::new();
    browser.on_turn("click \"Go\"", refused());
    let (done, outcome) = walked(again, &browser).await;
    assert_eq!(done.len(), 2);
    let attempts: Vec<u32> = outcome.reports.iter().map(|r| r.attempt).collect();
    assert_eq!(attempts, [1, 1, 2, 2]);
    assert_eq!(
        warnings(outcome),
        [
            "shaky passed on retry; the first time: shaky failed on red at step 2 (click \"Go\"): it is covered."
        ]
    );

    let browser = FakeBrowser::new();
    browser.on_step(None, "click \"Go\"", refused());
    let (done, outcome) = walked(again, &browser).await;
    assert_eq!((done.len(), outcome.result.is_err()), (2, true));

    let browser = FakeBrowser::new();
    browser.on_turn("click \"Go\"", refused());
    let (done, outcome) = walked(&again.replace("\"once\"", "\"never\""), &browser).await;
    assert_eq!((done.len(), outcome.result.is_err()), (1, true));

    let browser = FakeBrowser::new();
    browser.on_turn("click \"Go\"", FakeStep::Breaks("it died".into()));
    let (done, outcome) = walked(again, &browser).await;
    assert_eq!(
        done.len(),
        1,
        "a browser that died is not the flow's failure"
    );
    assert_eq!(outcome.result.unwrap_err().class, FailureClass::Ours);
}

#[tokio::test]
async fn a_flow_that_only_warns_leaves_a_warning_but_not_where_another_node_answered() {
    let text = "[[flow]]\nname = \"extra\"\nrequired = false\nsteps = [{ open = \"/\" }, { click = \"Go\" }]\n\
        [[flow]]\nname = \"core\"\nsteps = [{ open = \"/core\" }]";
    let browser = FakeBrowser::new();
    browser.on_step(None, "click \"Go\"", FakeStep::Status(500));
    let (_, outcome) = walked(text, &browser).await;
    assert!(browser.done().contains(&"open /core".to_owned()));
    assert_eq!(
        warnings(outcome),
        ["extra failed on red at step 2 (click \"Go\"): the main document answered 500."]
    );

    let browser = FakeBrowser::new();
    let other = "127.0.0.12:3000".parse().unwrap();
    browser.on_step(None, "click \"Go\"", FakeStep::AnsweredBy(other));
    let (_, outcome) = walked(text, &browser).await;
    assert_eq!(outcome.result.unwrap_err().class, FailureClass::Unsure);
}

#[tokio::test]
async fn a_flow_begins_anew_unless_it_continues_the_one_before() {
    let text = "[[flow]]\nname = \"one\"\nsteps = [{ open = \"/\" }, { store = \"x\", value = \"1\" }]\n\
        [[flow]]\nname = \"two\"\ncontinues = true\nsteps = [{ for_each = \"x\", as = \"y\" }, { end = true }]\n\
        [[flow]]\nname = \"three\"\nsteps = [{ open = \"/\" }, { for_each = \"x\", as = \"y\" }, { end = true }]";
    for (value, failed) in [
        (
            serde_json::json!([1]),
            "three failed on red at step 2 (for each y of x): the variable x holds no list.",
        ),
        (
            serde_json::json!(1),
            "two failed on red at step 1 (for each y of x): the variable x holds no list.",
        ),
    ] {
        let browser = FakeBrowser::new();
        browser.on_step(None, "store \"1\" as x", FakeStep::Yields(value));
        let (_, outcome) = walked(text, &browser).await;
        assert_eq!(outcome.result.unwrap_err().trouble.what, failed);
    }
}

#[tokio::test]
async fn flows_that_cannot_run_are_told_and_something_must_run() {
    let browser = FakeBrowser::new();
    let mut planned = PlannedSuite {
        revision: SuiteRevisionId::generate(),
        suite: suite::parse(SUITE).unwrap(),
    };
    planned.suite.flows[0].invalid = vec!["line 7: unknown command `dance`".into()];
    let outcome = smoke_planned(&planned, &browser, None).await;
    assert_eq!(
        warnings(outcome),
        ["Sign in was not run: line 7: unknown command `dance`."]
    );
    planned.suite.flows[1].invalid = vec!["line 9: unknown command `sing`".into()];
    let failure = smoke_planned(&planned, &browser, None)
        .await
        .result
        .unwrap_err();
    assert_eq!(failure.class, FailureClass::Ours);
    assert!(failure.trouble.what.contains("nothing was proven"));
}
