//! Back to a `.side` file.

use super::*;
use crate::smoke::import::export::side as write;

/// The same but for the places in the file.
fn without_lines(flows: &[Flow]) -> Vec<Flow> {
    let mut flows = flows.to_vec();
    for step in flows.iter_mut().flat_map(|flow| &mut flow.steps) {
        step.line = None;
    }
    flows
}

/// Out and in again.
fn again(url: &str, flows: &[Flow]) -> (Vec<Flow>, Vec<String>) {
    let exported = write("conform", &Suite::new(url, flows.to_vec()));
    let read = import("again.side", &exported.text, &Wishes::default())
        .unwrap_or_else(|error| panic!("{error}\n{}", exported.text));
    (read.flows, exported.lost)
}

#[test]
fn what_came_from_selenium_goes_back_as_it_was() {
    let url = "http://conform.example.test";
    for (name, text) in samples()
        .into_iter()
        .filter(|(name, _)| name.ends_with(".side"))
    {
        let imported = import(&name, &text, &Wishes::default()).unwrap();
        let (flows, lost) = again(url, &imported.flows);
        if name.starts_with("old-names") {
            // a text anywhere is no command of today
            let nearly = lost.iter().filter(|words| words.contains("only nearly"));
            assert!(!lost.is_empty() && nearly.count() == lost.len(), "{lost:?}");
            continue;
        }
        assert_eq!(lost, Vec::<String>::new(), "{name}");
        assert_eq!(
            without_lines(&flows),
            without_lines(&imported.flows),
            "{name}"
        );
    }
}

#[test]
fn what_a_project_cannot_say_is_listed() {
    let (_, text) = samples()
        .into_iter()
        .find(|(name, _)| name == "recorder-steps.json")
        .unwrap();
    let imported = read(&text);
    let (_, lost) = again("http://conform.example.test", &imported.flows);
    let all = lost.join("\n");
    for words in [
        "`step_limit`",
        "press Tab",
        "cannot be said, and is left out",
        "is said only nearly",
        "its place cannot be said",
        "that it loads a page",
    ] {
        assert!(all.contains(words), "{words}: {all}");
    }
    let own = crate::smoke::suite::parse(
        "public_url = \"http://a\"\n[[flow]]\nname = \"sign-in\"\nsteps = [{ open = \"/\" }, { fill = \"Name\", with = \"it's \\\"x\\\"\" }, { expect = { url = \"/x\" } }, { expect = { status = 200 } }]",
    )
    .unwrap();
    let (flows, lost) = again("http://a", &own.flows);
    assert_eq!(flows[0].invalid, Vec::<String>::new());
    assert_eq!(lost.len(), 4, "{lost:?}");
}

/// Texts that are hard to write down.
fn awkward() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,6}",
        r#"[a\\nr"'=,$\{\}]{0,8}"#,
        "\\PC{0,6}",
        Just("${who}".to_owned()),
        Just("a\nb".to_owned()),
    ]
}

proptest! {
    /// Any command is either understood and comes back from an export as it was, or the export says that it does not.
    #[test]
    fn any_command_goes_out_and_in(
        names in prop::collection::vec(prop::sample::select(vec![
            "open", "click", "type", "sendKeys", "assertText", "verifyNotText", "select", "clickAt", "store",
            "executeScript", "runScript", "waitForText", "waitForElementVisible", "storeAttribute", "selectFrame",
            "answerPrompt", "assertAlert", "echo", "pause", "times", "end", "setWindowSize", "run", "nonsense", "",
        ]), 1..5),
        targets in prop::collection::vec(prop_oneof![awkward(), awkward().prop_map(|text| format!("id={text}"))], 5),
        values in prop::collection::vec(awkward(), 5),
    ) {
        let commands: Vec<_> = names
            .iter()
            .zip(targets.iter().zip(&values))
            .map(|(name, (target, value))| (*name, target.as_str(), value.as_str()))
            .collect();
        let imported = read(&project("3.0", &commands));
        prop_assert_eq!(imported.report.flows[0].commands.len(), commands.len());
        if imported.flows[0].invalid.is_empty() {
            let (flows, lost) = again("http://shop.example.test", &imported.flows);
            if lost.is_empty() {
                prop_assert_eq!(without_lines(&flows), without_lines(&imported.flows));
            }
        }
    }

    /// Whatever it is, it is taken in or refused, and never more.
    #[test]
    fn no_text_is_too_much(text in "\\PC{0,200}") {
        let _ = import("a", &text, &Wishes::default());
        let _ = import("a", &format!("{{\"version\":\"2.0\",\"tests\":[{text}]}}"), &Wishes::default());
        let _ = import("a", &format!("{{\"title\":\"\",\"steps\":[{text}]}}"), &Wishes::default());
    }
}
