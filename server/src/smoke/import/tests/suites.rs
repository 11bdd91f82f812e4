//! Tests that run others, and suites of tests.

use super::*;

fn tests_that_run(runs: &[(&str, &[&str])]) -> String {
    let tests: Vec<String> = runs
        .iter()
        .map(|(name, runs)| {
            let commands: Vec<String> = runs
                .iter()
                .map(|run| match *run {
                    "echo" => r#"{"command":"echo","target":"x","value":""}"#.to_owned(),
                    run => format!(r#"{{"command":"run","target":"{run}","value":""}}"#),
                })
                .collect();
            format!(
                r#"{{"id":"{name}","name":"{name}","commands":[{}]}}"#,
                commands.join(",")
            )
        })
        .collect();
    format!(
        r#"{{"version":"2.0","url":"http://a","tests":[{}]}}"#,
        tests.join(",\n")
    )
}

#[test]
fn run_takes_others_in_and_never_itself() {
    let imported = read(&tests_that_run(&[
        ("a", &["b", "echo", "b"]),
        ("b", &["echo", "echo"]),
    ]));
    assert_eq!(imported.flows[0].steps.len(), 5);
    let imported = read(&tests_that_run(&[("a", &["echo", "b"]), ("b", &["a"])]));
    assert_eq!(
        imported.flows[0].invalid,
        ["line 2: `run`: `b` runs `a`, within which it is itself"]
    );
    let imported = read(&tests_that_run(&[("a", &["a"])]));
    assert_eq!(
        imported.flows[0].invalid,
        ["line 1: `run`: `a` runs `a`, within which it is itself"]
    );
}

#[test]
fn a_file_that_grows_without_end_is_refused() {
    // each runs the next twice: a million steps of thirty lines
    let names: Vec<String> = (0..25).map(|n| format!("t{n}")).collect();
    let mut runs: Vec<(&str, Vec<&str>)> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let next = names.get(at + 1).map_or("echo", String::as_str);
        runs.push((name, vec![next, next]));
    }
    let runs: Vec<(&str, &[&str])> = runs
        .iter()
        .map(|(name, runs)| (*name, runs.as_slice()))
        .collect();
    let error = import("a", &tests_that_run(&runs), &Wishes::default()).unwrap_err();
    assert!(error.words.contains("more than 20000 steps"), "{error}");

    let names: Vec<String> = (0..60).map(|n| format!("t{n}")).collect();
    let runs: Vec<(&str, Vec<&str>)> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            (
                name.as_str(),
                vec![names.get(at + 1).map_or("echo", String::as_str)],
            )
        })
        .collect();
    let runs: Vec<(&str, &[&str])> = runs
        .iter()
        .map(|(name, runs)| (*name, runs.as_slice()))
        .collect();
    assert!(read(&tests_that_run(&runs)).flows[0].invalid[0].contains("deep"));
}

#[test]
fn suites_say_what_is_run_and_whose_session_it_has() {
    let text = r#"{"version":"2.0","url":"http://a","tests":[
{"id":"1","name":"one","commands":[{"command":"echo","target":"x","value":""}]},
{"id":"2","name":"two","commands":[{"command":"echo","target":"x","value":""}]},
{"id":"3","name":"helper","commands":[{"command":"echo","target":"x","value":""}]}],
"suites":[{"name":"S","persistSession":true,"parallel":true,"timeout":30,"tests":["2","1"]},{"name":"T","tests":["2"]}]}"#;
    let imported = read(text);
    let flows: Vec<_> = imported
        .flows
        .iter()
        .map(|flow| (flow.name.as_str(), flow.session, flow.limit_ms))
        .collect();
    assert_eq!(
        flows,
        [
            ("two", Session::Fresh, Some(30_000)),
            ("one", Session::Continued, Some(30_000)),
            ("two-2", Session::Fresh, None),
        ]
    );
    let hints = imported.report.hints.join(" ");
    assert!(
        hints.contains("run in parallel")
            && hints.contains("In no suite")
            && hints.contains("`helper`"),
        "{hints}"
    );

    let without = text
        .replace(r#""tests":["2","1"]"#, r#""tests":[]"#)
        .replace(r#","tests":["2"]"#, "");
    assert_eq!(
        read(&without).flows.len(),
        3,
        "all tests where no suite has one"
    );
}
