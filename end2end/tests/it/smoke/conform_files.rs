//! Files of Selenium IDE and of Chrome's recorder, every command and waiting rule, in the real browser.
//!
//! They lie in `server/tests/data/suites`, their pages in `tests/data/pages`; one browser does them all. A test whose name begins with `fails:` is
//! the release's failure; any other passes.

use super::{
    bench::PUBLIC_URL,
    shared::{Shared, in_one_browser},
};
use app::model::{
    smoke::{Flow, Session, Suite},
    trouble::FailureClass,
};
use server::smoke::files::{self, Sources};
use std::path::Path;

/// Each flow that begins a session, with those that go on in it.
fn parts(flows: Vec<Flow>) -> Vec<Vec<Flow>> {
    let mut parts: Vec<Vec<Flow>> = Vec::new();
    for flow in flows {
        match (flow.session, parts.last_mut()) {
            (Session::Continued, Some(part)) => part.push(flow),
            _ => parts.push(vec![flow]),
        }
    }
    parts
}

async fn conform(shared: &mut Shared, file: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/data/suites");
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let sources = Sources {
        public_url: Some(PUBLIC_URL.to_owned()),
        ..Sources::one(file, text)
    };
    let suite = files::read(&sources).unwrap().suite;
    let mut wrong = Vec::new();
    for part in parts(suite.flows) {
        let titles: Vec<String> = part.iter().map(|flow| flow.title.clone()).collect();
        let title = titles.join(", ");
        let fails = title.starts_with("fails:");
        let suite = Suite::new(PUBLIC_URL, part);
        let outcome = shared.run_suite(suite).await;
        match (fails, outcome.result) {
            (false, Ok(_)) => {}
            (true, Err(failure)) if failure.class == FailureClass::Release => {}
            (false, Err(failure)) => wrong.push(format!(
                "{title}: {} {:?}",
                failure.trouble.what, failure.trouble.detail
            )),
            (true, found) => wrong.push(format!("{title}: {found:?}")),
        }
    }
    assert!(wrong.is_empty(), "{file}:\n{}", wrong.join("\n"));
}

macro_rules! files {
    ($($name:ident: $file:literal,)*) => {
        $(
            async fn $name(shared: &mut Shared) {
                conform(shared, $file).await;
            }
        )*

        in_one_browser! { every_file_does_what_it_says(Shared::new): $($name),* }

        #[test]
        fn every_file_has_its_test() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/data/suites");
            for entry in std::fs::read_dir(folder).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!([$($file),*].contains(&name.as_str()), "{name}");
            }
        }
    };
}

files! {
    addresses_and_windows_sizes: "navigate.side",
    locators_and_their_alternatives: "elements.side",
    the_pointer: "pointer.side",
    forms: "forms.side",
    what_is_expected: "expect.side",
    what_is_expected_and_is_not_so: "expect-fails.side",
    waiting: "waiting.side",
    waiting_in_vain: "waiting-fails.side",
    dialogs: "dialogs.side",
    old_names: "old-names.side",
    old_names_in_vain: "old-names-fails.side",
    windows: "windows.side",
    frames: "frames.side",
    variables_and_scripts: "variables.side",
    conditions_and_loops: "control.side",
    a_loop_without_an_end: "control-fails.side",
    sessions_that_go_on: "sessions.side",
    selectors_of_the_recorder: "recorder-selectors.json",
    steps_of_the_recorder: "recorder-steps.json",
    windows_of_the_recorder: "recorder-windows.json",
    a_recording_that_fails: "recorder-fails.json",
}
