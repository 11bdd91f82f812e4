//! Recordings of Chrome.

use super::*;

#[test]
fn a_recording_is_refused_with_the_line_of_its_step() {
    let text = |step: &str| {
        format!(
            "{{\"title\":\"x\",\"steps\":[\n{{\"type\":\"navigate\",\"url\":\"http://a/\"}},\n{step}]}}"
        )
    };
    for (step, words) in [
        (
            r#"{"type":"click","selectors":[["a"]],"offsetX":"1","offsetY":1}"#,
            "expected f64",
        ),
        (
            r#"{"type":"click","selectors":[["a"]],"timeout":99999,"offsetX":1,"offsetY":1}"#,
            "not between 1 and 30000",
        ),
        (
            r#"{"type":"click","selectors":[["a"]],"offsetX":1,"offsetY":1,"assertedEvents":[{"type":"x"}]}"#,
            "the event `x`",
        ),
    ] {
        let error = import("a", &text(step), &Wishes::default()).expect_err(step);
        assert!(error.words.contains(words), "{error}");
        assert_eq!(error.line, 3, "{error}");
    }
    for (step, words) in [
        (r#"{"type":"lighthouse"}"#, "no step of Chrome's recorder"),
        (
            r#"{"type":"click","selectors":[],"offsetX":1,"offsetY":1}"#,
            "`selectors` are missing",
        ),
        (
            r#"{"type":"click","selectors":[["a"]]}"#,
            "`offsetX` and `offsetY`",
        ),
        (
            r#"{"type":"change","selectors":[["a"]]}"#,
            "`value` is missing",
        ),
        (
            r#"{"type":"waitForElement","selectors":[["a"]],"operator":"<"}"#,
            "no operator",
        ),
    ] {
        let flow = read(&text(step)).flows.remove(0);
        assert!(
            flow.invalid[0].starts_with("line 3: ") && flow.invalid[0].contains(words),
            "{:?}",
            flow.invalid
        );
    }
    let error = import("a", r#"{"title":"x","steps":[]}"#, &Wishes::default()).unwrap_err();
    assert!(error.words.contains("no steps"));
}

#[test]
fn a_recording_has_its_places_and_limits() {
    let text = r##"{"title":"Place an order","timeout":7000,"steps":[
{"type":"navigate","url":"http://a/x","assertedEvents":[{"type":"navigation","url":"http://a/y","title":"Y"}]},
{"type":"click","target":"http://a/popup","frame":[1,0],"selectors":[["#a"],["aria/A"]],"offsetX":1.4,"offsetY":2.6,"timeout":900},
{"type":"change","target":"main","selectors":[["#p"]],"value":"${env:SHOP_PASSWORD}"}]}"##;
    let imported = read(text);
    let flow = &imported.flows[0];
    assert_eq!(
        (flow.name.as_str(), flow.step_limit_ms),
        ("place-an-order", 7_000)
    );
    let navigates = flow.steps[0].navigates.clone().unwrap();
    assert_eq!(
        (navigates.url.as_deref(), navigates.title.as_deref()),
        (Some("/y"), Some("Y"))
    );
    let place = flow.steps[1].place.clone().unwrap();
    assert_eq!(
        (place.window.as_deref(), place.frames.as_slice()),
        (Some("/popup"), &[1, 0][..])
    );
    assert_eq!(flow.steps[1].limit_ms, Some(900));
    let home = flow.steps[2].place.clone().unwrap();
    assert_eq!((home.window, home.frames), (None, Vec::new()));
    assert!(
        matches!(&flow.steps[2].act, Act::Change { with: Typed::Secret(name), .. } if name == "SHOP_PASSWORD")
    );
}
