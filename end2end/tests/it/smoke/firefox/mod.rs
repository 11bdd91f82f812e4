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
    conform::evidence,
    failure, look, parts,
    shared::Shared,
    site,
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

parts::in_whatever_browser! {
    what_is_right_passes_and_what_is_wrong_fails_in_the_same_words(Shared::firefox):
    what_is_kept_of_a_page_has_no_archive,
    evidence::a_step_tells_where_its_element_is_and_what_it_masks,
    evidence::a_secret_is_on_no_picture_whichever_way_the_page_shows_it,
    evidence::a_page_however_high_is_kept_in_bounds,
}

async fn what_is_kept_of_a_page_has_no_archive(shared: &mut Shared) {
    let flows = look(
        "30 s",
        "{ open = \"/sign-in\" }, { expect = { status = 201 }, limit = \"1 s\" }",
    );
    let (_, report) = failure(shared.run(&flows).await);
    assert!(report.full_page.is_some() && report.source.is_some());
    assert_eq!(report.archive, None, "Firefox makes none");
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
