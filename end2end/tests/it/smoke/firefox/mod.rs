//! Firefox below geckodriver: the same steps with the same verdicts, isolated by the session's proxy, and nothing left.

/// The cases of every kind of action.
mod conform;

/// However a session ends, nothing of it stays.
mod leaks;

/// Behind a front that ends TLS, and with a certificate nobody trusts.
mod front;

use super::{
    SHOP,
    bench::{Bench, Outcome},
    failure, look, site,
};
use app::model::{journal::Proof, smoke::StepVerdict, trouble::FailureClass};
use end2end::lab::program;
use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Copied below `dir`, for the browser's user may not be let into ours.
pub fn geckodriver(dir: &Path) -> PathBuf {
    let found = env::var_os("PITLANE_TEST_GECKODRIVER").map_or_else(
        || {
            let all = program::target().unwrap().join("cargo/geckodriver");
            let newest = fs::read_dir(&all).unwrap_or_else(|error| {
                panic!(
                    "no geckodriver in {}: {error}; run `cargo xtask test`",
                    all.display()
                )
            });
            let folder = newest.last().unwrap().unwrap().path();
            folder.join("bin/geckodriver")
        },
        PathBuf::from,
    );
    let bin = dir.join("bin");
    fs::create_dir_all(&bin).unwrap();
    for open in [dir, &bin] {
        fs::set_permissions(open, fs::Permissions::from_mode(0o711)).unwrap();
    }
    let copy = bin.join("geckodriver");
    fs::copy(found, &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    copy
}

#[tokio::test]
async fn both_flows_pass_on_red_through_a_proxy_and_only_red_is_asked() {
    let red = site::start("red", "127.0.0.21").await;
    let blue = site::start("blue", "127.0.0.22").await;
    let bench = Bench::firefox();
    let mut session = bench.session(red.address).await;
    let outcome = bench.run(session.as_mut(), red.address, SHOP).await;
    let Outcome {
        result, reports, ..
    } = outcome;
    let Proof::Smoked {
        flows: 2,
        steps: 14,
        answered_by,
        proxy_log: Some(log),
        ..
    } = result.unwrap()
    else {
        panic!("it is a smoke test behind a proxy");
    };
    assert_eq!(answered_by, [red.address.to_string()]);
    assert_eq!(blue.asked.paths(), Vec::<String>::new());
    assert_eq!(
        red.asked.orders(),
        [format!("Blue mug for smoke {}", outcome.run)]
    );
    let log = bench.objects.get(&log).await.unwrap().unwrap();
    let log = String::from_utf8_lossy(&log).into_owned();
    let to_node = format!("\"went\":\"node\",\"address\":\"{}\"", red.address);
    assert!(log.contains(&to_node), "{log}");
    assert!(!log.contains("real-address"), "{log}");
    assert!(!log.contains("mozilla"), "Firefox stays at home: {log}");
    for report in &reports {
        assert_eq!(report.verdict, StepVerdict::Passed);
        assert_eq!(report.console, []);
        assert_eq!(report.failed_requests, []);
        assert_eq!(report.status, Some(200), "{}", report.words);
        let picture = report.picture.as_ref().expect("every step has a picture");
        let picture = bench.objects.get(picture).await.unwrap().unwrap();
        assert!(picture.starts_with(&[0xff, 0xd8, 0xff]), "a JPEG");
    }
    let urls: Vec<&str> = reports.iter().map(|r| r.url.as_str()).collect();
    assert_eq!(urls[0], "http://shop.example.test/sign-in");
    assert_eq!(urls[13], "http://shop.example.test/orders/done?id=1");

    // console, failed requests, and errors of scripts
    let noise = look("30 s", "{ open = \"/noise\" }");
    let outcome = bench.run(session.as_mut(), red.address, &noise).await;
    outcome.result.unwrap();
    let report = &outcome.reports[0];
    let boom = report.console.iter().find(|l| l.text.contains("boom goes"));
    assert_eq!(boom.expect("it is there").level, "severe");
    let failed: Vec<(&str, &str)> = report
        .failed_requests
        .iter()
        .map(|request| (request.url.as_str(), request.outcome.as_str()))
        .collect();
    for wanted in [
        ("http://shop.example.test/missing.js", "404"),
        ("http://cdn.example.test/x.png", "blocked by the suite"),
    ] {
        assert!(failed.contains(&wanted), "{failed:?}");
    }

    // what fails fails in words, with what is kept of the page
    let wrong = look(
        "30 s",
        "{ open = \"/sign-in\" }, { fill = \"Name\", with = \"x\" }, { click = \"Sign in\" }",
    );
    let (wrong, report) = failure(bench.run(session.as_mut(), red.address, &wrong).await);
    assert_eq!(
        wrong.trouble.what,
        "Look failed on red at step 3 (click \"Sign in\"): the main document answered 401."
    );
    let page = bench.objects.get(&report.full_page.unwrap()).await.unwrap();
    assert!(page.unwrap().starts_with(b"\x89PNG"));
    let source = bench.objects.get(&report.source.unwrap()).await.unwrap();
    assert!(String::from_utf8_lossy(&source.unwrap()).contains("Wrong name or password"));
    assert_eq!(report.archive, None, "Firefox makes none");
    for (steps, words) in [
        (
            "{ open = \"/elsewhere\" }",
            "the page led to http://other.example.test/x, and the suite lets this address lead nowhere",
        ),
        (
            "{ open = \"/alert\" }",
            "the page raised an alert: \"out of mugs\"",
        ),
        (
            "{ open = \"/covered\" }, { click = \"Buy\", limit = \"1 s\" }",
            "another element covers it: <div id=\"veil\">",
        ),
        (
            "{ open = \"/hang\", limit = \"2 s\" }",
            "the page did not finish loading within 2.0 s",
        ),
    ] {
        let flows = look("30 s", steps);
        let (failure, _) = failure(bench.run(session.as_mut(), red.address, &flows).await);
        assert_eq!(failure.class, FailureClass::Release, "{failure:?}");
        assert!(failure.trouble.what.contains(words), "{failure:?}");
    }

    // a secret is on no picture
    let echo = look(
        "30 s",
        "{ open = \"/echo\" }, { fill = \"Word\", secret = \"shop_password\" }, { click = \"Go\" }, { expect = { text = \"nothing\" }, limit = \"1 s\" }",
    );
    let outcome = bench.run(session.as_mut(), red.address, &echo).await;
    let everything = format!("{:?} {:?}", outcome.result, outcome.reports);
    assert!(!everything.contains(site::PASSWORD), "{everything}");
    let [_, typed, shown, failed] = &outcome.reports[..] else {
        panic!("four steps: {everything}");
    };
    assert!(typed.picture.is_some(), "it is hidden while it is typed");
    assert_eq!(
        (&shown.picture, &failed.picture, &failed.full_page),
        (&None, &None, &None)
    );

    let address = red.address;
    drop(red);
    let down = look("30 s", "{ open = \"/\" }");
    let (failure, _) = failure(bench.run(session.as_mut(), address, &down).await);
    assert_eq!(failure.class, FailureClass::Release);
    let words = format!("could not be loaded: the node at {address} could not be reached");
    assert!(failure.trouble.what.contains(&words), "{failure:?}");
    session.close().await;
    bench.expect_nothing_left();
}
