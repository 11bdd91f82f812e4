//! What passes, and what fails with which words, in whatever browser: parts of one test in one browser.

use super::{SHOP, expect_failure, failure, look, shared::Shared, site};
use app::model::trouble::FailureClass;

pub async fn every_flow_begins_signed_out(shared: &mut Shared) {
    let flows = [
        SHOP.replace("name = \"order\"", "name = \"order-2\""),
        look(
            "30 s",
            "{ open = \"/products\" }, { expect = { url = \"/sign-in\" } }",
        ),
    ]
    .concat();
    shared.run(&flows).await.result.unwrap();
}

pub async fn a_wrong_status_is_the_releases_failure_and_keeps_its_evidence(shared: &mut Shared) {
    let flows = look(
        "30 s",
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

pub async fn a_status_that_is_expected_passes(shared: &mut Shared) {
    let flows = look(
        "30 s",
        "{ open = \"/teapot\" }, { expect = { status = 418 } }, { expect = { text = \"stout\" } }",
    );
    shared.run(&flows).await.result.unwrap();
}

pub async fn what_is_not_on_the_page_is_named(shared: &mut Shared) {
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
        // the page itself may take longer
        let step = step.strip_suffix(" }").unwrap();
        let flows = look(
            "30 s",
            &format!("{{ open = \"/orders/new\" }}, {step}, limit = \"1 s\" }}"),
        );
        let outcome = shared.run(&flows).await;
        let (failure, _) = failure(outcome);
        assert_eq!(failure.class, FailureClass::Release);
        assert!(failure.trouble.what.contains(words), "{failure:?}");
    }
    let flows = look(
        "30 s",
        "{ open = \"/covered\" }, { click = \"Buy\", limit = \"1 s\" }",
    );
    let (failure, _) = failure(shared.run(&flows).await);
    assert!(
        failure
            .trouble
            .what
            .contains("another element covers it: <div id=\"veil\""),
        "{failure:?}"
    );
}

pub async fn what_comes_late_is_waited_for(shared: &mut Shared) {
    let flows = look(
        "20 s",
        "{ open = \"/late\" }, { click = \"Here\" }, { expect = { text = \"clicked at last\" } }",
    );
    shared.run(&flows).await.result.unwrap();
}

pub async fn an_alert_fails_the_step_with_its_text_and_a_picture(shared: &mut Shared) {
    let (_, report) = expect_failure(
        shared,
        &look("30 s", "{ open = \"/alert\" }"),
        FailureClass::Release,
        "the page raised an alert: \"out of mugs\"",
    )
    .await;
    assert!(report.picture.is_some());
}

pub async fn a_redirect_to_another_host_leads_nowhere(shared: &mut Shared) {
    let (failure, _) = expect_failure(
        shared,
        &look("30 s", "{ open = \"/elsewhere\" }"),
        FailureClass::Release,
        "the page led to http://other.example.test/x, and the suite lets this address lead nowhere",
    )
    .await;
    let place = "Look failed on red at step 1 (open /elsewhere)";
    assert!(failure.trouble.what.starts_with(place), "{failure:?}");
}

pub async fn console_lines_and_failed_requests_are_kept_and_fail_nothing(shared: &mut Shared) {
    let flows = look("30 s", "{ open = \"/noise\" }");
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

pub async fn a_secret_a_page_shows_is_neither_photographed_nor_written_down(shared: &mut Shared) {
    let flows = look(
        "30 s",
        "{ open = \"/echo\" }, { fill = \"Word\", secret = \"shop_password\" }, { click = \"Go\" }, { expect = { text = \"nothing\" }, limit = \"2 s\" }",
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

pub async fn an_answer_from_another_address_than_the_nodes_is_unsure(shared: &mut Shared) {
    let expected = "127.0.0.22:1".parse().unwrap();
    let flows = look("30 s", "{ open = \"/orders/new\" }");
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

pub async fn a_page_that_hangs_is_bounded(shared: &mut Shared) {
    expect_failure(
        shared,
        &look("2 s", "{ open = \"/hang\" }"),
        FailureClass::Release,
        "the page did not finish loading within 2.0 s",
    )
    .await;
}

/// All of these in one browser, and what else is its own.
macro_rules! in_whatever_browser {
    ($test:ident($open:path) $(: $($own:path),* $(,)?)?) => {
        $crate::smoke::shared::in_one_browser! {
            $test($open):
            $crate::smoke::parts::every_flow_begins_signed_out,
            $crate::smoke::parts::a_wrong_status_is_the_releases_failure_and_keeps_its_evidence,
            $crate::smoke::parts::a_status_that_is_expected_passes,
            $crate::smoke::parts::what_is_not_on_the_page_is_named,
            $crate::smoke::parts::what_comes_late_is_waited_for,
            $crate::smoke::parts::an_alert_fails_the_step_with_its_text_and_a_picture,
            $crate::smoke::parts::a_redirect_to_another_host_leads_nowhere,
            $crate::smoke::parts::console_lines_and_failed_requests_are_kept_and_fail_nothing,
            $crate::smoke::parts::a_secret_a_page_shows_is_neither_photographed_nor_written_down,
            $crate::smoke::parts::an_answer_from_another_address_than_the_nodes_is_unsure,
            $crate::smoke::parts::a_page_that_hangs_is_bounded,
            $($($own),*)?
        }
    };
}

pub(in crate::smoke) use in_whatever_browser;
