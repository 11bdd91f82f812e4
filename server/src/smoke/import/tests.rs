use super::*;
use app::model::{
    import::Fate,
    smoke::{Act, Answer, Dialog, Find, Locator, NewWindow, Session, Step, Suite, Text as Typed},
};
use proptest::prelude::*;

/// Every sample, and what it is called.
pub fn samples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/suites");
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    samples.sort();
    samples
}

fn read(text: &str) -> Imported {
    import("a.side", text, &Wishes::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A project of one test, a command per line from line 2 on.
fn project(version: &str, commands: &[(&str, &str, &str)]) -> String {
    let commands: Vec<String> = commands
        .iter()
        .map(|(command, target, value)| {
            serde_json::json!({"command": command, "target": target, "value": value}).to_string()
        })
        .collect();
    format!(
        r#"{{"version":"{version}","url":"http://shop.example.test","tests":[{{"id":"1","name":"one","commands":[
{}]}}]}}"#,
        commands.join(",\n")
    )
}

fn steps(version: &str, commands: &[(&str, &str, &str)]) -> Vec<Step> {
    let imported = read(&project(version, commands));
    assert_eq!(imported.flows[0].invalid, Vec::<String>::new());
    imported.flows[0].steps.clone()
}

fn words(version: &str, commands: &[(&str, &str, &str)]) -> Vec<String> {
    steps(version, commands).iter().map(Step::words).collect()
}

/// Why the only flow cannot run.
fn invalid(commands: &[(&str, &str, &str)]) -> Vec<String> {
    read(&project("3.0", commands)).flows[0].invalid.clone()
}

#[test]
fn every_sample_is_understood_to_the_last_command() {
    let samples = samples();
    assert!(samples.len() > 15, "{}", samples.len());
    for (name, text) in samples {
        let imported = import(&name, &text, &Wishes::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for (flow, report) in imported.flows.iter().zip(&imported.report.flows) {
            assert_eq!(flow.invalid, Vec::<String>::new(), "{name}: {}", flow.title);
            assert!(!flow.steps.is_empty(), "{name}: {}", flow.title);
            assert_eq!(report.steps as usize, flow.steps.len());
            assert!(flow.steps.iter().all(|step| step.line.is_some()), "{name}");
            assert!(
                report
                    .hints
                    .iter()
                    .all(|hint| !hint.contains("Nothing is expected"))
                    || flow.title == "first"
                    || name == "control-fails.side",
                "{name}: {}: {:?}",
                flow.title,
                report.hints
            );
        }
        assert_eq!(
            imported.public_url.as_deref(),
            Some("http://conform.example.test"),
            "{name}"
        );
    }
}

/// What is left out here is in no sample.
#[test]
fn the_samples_hold_every_command_of_the_table() {
    let all: String = samples().into_iter().map(|(_, text)| text).collect();
    for command in [
        "open",
        "setWindowSize",
        "click",
        "doubleClick",
        "clickAt",
        "doubleClickAt",
        "mouseDownAt",
        "mouseMoveAt",
        "mouseUpAt",
        "mouseDown",
        "mouseUp",
        "mouseOver",
        "mouseOut",
        "dragAndDropToObject",
        "type",
        "sendKeys",
        "editContent",
        "select",
        "addSelection",
        "removeSelection",
        "check",
        "uncheck",
        "submit",
        "close",
        "selectWindow",
        "storeWindowHandle",
        "selectFrame",
        "waitForElementPresent",
        "waitForElementVisible",
        "waitForElementEditable",
        "waitForElementNotPresent",
        "waitForElementNotVisible",
        "waitForElementNotEditable",
        "waitForText",
        "pause",
        "assert",
        "verify",
        "assertText",
        "assertNotText",
        "assertValue",
        "assertTitle",
        "assertElementPresent",
        "assertElementNotPresent",
        "assertChecked",
        "assertNotChecked",
        "assertEditable",
        "assertNotEditable",
        "assertSelectedValue",
        "assertNotSelectedValue",
        "assertSelectedLabel",
        "assertNotSelectedLabel",
        "assertAlert",
        "assertConfirmation",
        "assertPrompt",
        "acceptAlert",
        "acceptConfirmation",
        "dismissConfirmation",
        "dismissPrompt",
        "answerPrompt",
        "verifyText",
        "verifyNotText",
        "verifyValue",
        "verifyTitle",
        "verifyElementPresent",
        "verifyElementNotPresent",
        "verifyChecked",
        "verifyNotChecked",
        "verifyEditable",
        "verifyNotEditable",
        "verifySelectedValue",
        "verifyNotSelectedValue",
        "verifySelectedLabel",
        "store",
        "storeJson",
        "storeText",
        "storeValue",
        "storeAttribute",
        "storeElementCount",
        "storeTitle",
        "executeScript",
        "executeAsyncScript",
        "runScript",
        "if",
        "elseIf",
        "else",
        "end",
        "while",
        "do",
        "repeatIf",
        "times",
        "forEach",
        "run",
        "echo",
    ] {
        assert!(
            all.contains(&format!("\"command\": \"{command}\"")),
            "{command}"
        );
    }
    for step in [
        "setViewport",
        "navigate",
        "click",
        "doubleClick",
        "change",
        "keyDown",
        "keyUp",
        "hover",
        "scroll",
        "waitForElement",
        "waitForExpression",
        "emulateNetworkConditions",
        "customStep",
    ] {
        assert!(all.contains(&format!("\"type\": \"{step}\"")), "{step}");
    }
}

#[test]
fn alternatives_count_where_the_runtime_looks_at_them() {
    let text = |command: &str| {
        format!(
            r#"{{"version":"2.0","url":"http://a","tests":[{{"id":"1","name":"x","commands":[
{{"command":"{command}","target":"id=a","value":"1","targets":[["id=a","id"],["css=.t","css"]],
"targetFallback":[["name=f","name"]],"fallbackTargets":[["xpath=//l","xpath"]]}}]}}]}}"#
        )
    };
    let found = |command: &str| -> Find {
        let step = read(&text(command)).flows[0].steps[0].clone();
        match step.act {
            Act::Click { on } | Act::WaitFor { on, .. } | Act::WaitForText { on, .. } => on,
            Act::Expect { subject, .. } => subject.on().unwrap().clone(),
            other => panic!("{other:?}"),
        }
    };
    let (target, listed, last) = (
        Locator::Name("f".into()),
        Locator::FirstCss(".t".into()),
        Locator::Xpath("//l".into()),
    );
    for command in ["click", "assertText", "assertChecked"] {
        assert_eq!(
            found(command).or,
            [target.clone(), listed.clone(), last.clone()],
            "{command}"
        );
    }
    for command in [
        "waitForElementPresent",
        "waitForElementVisible",
        "waitForText",
        "assertElementPresent",
    ] {
        assert_eq!(found(command).or, [target.clone()], "{command}");
    }
    for command in [
        "waitForElementNotPresent",
        "waitForElementEditable",
        "assertElementNotPresent",
    ] {
        assert_eq!(found(command).or, [], "{command}");
    }
}

#[test]
fn commands_have_their_own_limits_and_softness() {
    let all = steps(
        "2.0",
        &[
            ("waitForElementVisible", "id=a", "700"),
            ("waitForElementVisible", "id=a", ""),
            ("verifyText", "id=a", "x"),
            ("assertText", "id=a", "x"),
        ],
    );
    assert_eq!(all[0].limit_ms, Some(700));
    assert_eq!(all[1].limit_ms, None);
    assert!(all[2].soft && !all[3].soft);
    assert_eq!(
        read(&project("2.0", &[("open", "/", "")])).flows[0].step_limit_ms,
        15_000
    );
}

#[test]
fn addresses_below_the_project_are_paths() {
    let opened = |target: &str| match &steps("2.0", &[("open", target, "")])[0].act {
        Act::Open { path } => path.clone(),
        other => panic!("{other:?}"),
    };
    for (target, path) in [
        ("/a?b=c#d", "/a?b=c#d"),
        ("a", "/a"),
        ("", "/"),
        ("http://shop.example.test/x", "/x"),
        ("http://shop.example.test", "/"),
        ("https://shop.example.test/x", "https://shop.example.test/x"),
        ("http://other.example.test/x", "http://other.example.test/x"),
        ("/a/${id}", "/a/${id}"),
        ("http://shop.example.test/${id}", "/${id}"),
    ] {
        assert_eq!(opened(target), path, "{target}");
    }
}

#[test]
fn old_answers_come_after_what_opens_the_dialog() {
    assert_eq!(
        words(
            "2.0",
            &[
                ("chooseCancelOnNextConfirmation", "", ""),
                ("click", "id=a", ""),
                ("assertConfirmation", "Sure?", ""),
                ("click", "id=b", ""),
            ]
        ),
        [
            "click `#a`",
            "expect the confirmation \"Sure?\"",
            "dismiss the confirmation",
            "click `#b`"
        ]
    );
    let twice = project(
        "2.0",
        &[
            ("chooseOkOnNextConfirmation", "", ""),
            ("click", "id=a", ""),
            ("webdriverChooseOkOnVisibleConfirmation", "", ""),
        ],
    );
    let imported = read(&twice);
    assert_eq!(imported.flows[0].steps.len(), 2);
    let fates: Vec<&Fate> = imported.report.flows[0]
        .commands
        .iter()
        .map(|command| &command.fate)
        .collect();
    assert_eq!(fates[0], &Fate::Ignored("line 4 answers it".into()));
    assert_eq!(fates[2], &Fate::Mapped("now `acceptConfirmation`".into()));

    let last = invalid(&[("click", "id=a", ""), ("answerOnNextPrompt", "ann", "")]);
    assert_eq!(
        last,
        ["line 3: `answerOnNextPrompt`: what opens the dialog must be the next command"]
    );
    let steps = steps(
        "2.0",
        &[("answerOnNextPrompt", "ann", ""), ("click", "id=a", "")],
    );
    assert_eq!(
        steps[1].act,
        Act::AnswerDialog {
            dialog: Dialog::Prompt,
            answer: Answer::Text(Typed::Plain("ann".into()))
        }
    );
}

#[test]
fn an_alert_accepts_itself_in_old_files_only() {
    let commands = [
        ("click", "id=a", ""),
        ("assertAlert", "x", ""),
        ("click", "id=b", ""),
    ];
    assert_eq!(words("2.0", &commands).len(), 4);
    assert_eq!(words("3.0", &commands).len(), 3);
    let answered = [
        ("click", "id=a", ""),
        ("assertAlert", "x", ""),
        ("acceptAlert", "", ""),
    ];
    assert_eq!(words("2.0", &answered).len(), 3);
}

#[test]
fn old_window_numbers_become_handles() {
    let steps = steps(
        "1.1",
        &[
            ("open", "/", ""),
            ("click", "id=a", ""),
            ("selectWindow", "win_ser_1", ""),
            ("selectWindow", "win_ser_local", ""),
        ],
    );
    assert_eq!(
        steps[1].act,
        Act::StoreWindow {
            into: "root".into()
        }
    );
    let window = NewWindow {
        into: "win_ser_1".into(),
        limit_ms: 2_000,
    };
    assert_eq!(steps[2].opens, Some(window));
    assert_eq!(
        steps[3].act,
        Act::SwitchWindow {
            handle: "${win_ser_1}".into()
        }
    );
    assert_eq!(
        steps[4].act,
        Act::SwitchWindow {
            handle: "${root}".into()
        }
    );
}

#[test]
fn the_first_version_has_ways_of_its_own() {
    let steps = steps(
        "1.0",
        &[
            ("click", "a", ""),
            ("click", "//b", ""),
            ("storeText", "c", "${name}"),
            ("executeScript", "return '${name}'", "${x}"),
            ("pause", "", "10"),
            ("storeTitle", "", "t"),
        ],
    );
    assert_eq!(
        steps[0].act,
        Act::Click {
            on: Locator::Id("a".into()).into()
        }
    );
    assert_eq!(
        steps[1].act,
        Act::Click {
            on: Locator::Xpath("//b".into()).into()
        }
    );
    let words: Vec<String> = steps[2..].iter().map(Step::words).collect();
    assert_eq!(
        words,
        [
            "store the text of `#c` as name",
            "run `return ${name}` into x",
            "pause for 10 ms",
            "store the title as t",
        ]
    );
}

#[test]
fn unknown_commands_name_their_line_and_can_be_skipped() {
    let commands = [
        ("open", "/", ""),
        ("eyesCheckWindow", "x", ""),
        ("pause", "${t}", ""),
    ];
    assert_eq!(
        invalid(&commands),
        [
            "line 3: `eyesCheckWindow`: it is no command of Selenium IDE; a plugin may have brought it",
            "line 4: `pause`: `${t}` must be a time in ms; a variable cannot stand there",
        ]
    );
    let wishes = Wishes {
        skip: ["eyesCheckWindow".to_owned(), "pause".to_owned()].into(),
    };
    let skipped = import("a", &project("2.0", &commands), &wishes).unwrap();
    assert_eq!(skipped.flows[0].invalid, Vec::<String>::new());
    assert_eq!(skipped.report.fates().ignored, 2);
}

#[test]
fn what_cannot_be_done_says_why() {
    let cases = [
        (("click", "foo=a", ""), "`foo=a` finds no element"),
        (("click", "", ""), "it names no element"),
        (("click", "id=", ""), "finds no element"),
        (("select", "id=a", "regexp=x"), "`regexp=x` is no option"),
        (("select", "id=a", "index=0"), "options are counted from 1"),
        (("clickAt", "id=a", "x"), "`x` is no offset"),
        (("setWindowSize", "big", ""), "`big` is no size"),
        (("selectWindow", "title=x", ""), "a window is chosen by"),
        (
            ("storeText", "id=a", ""),
            "the variable's name in `value` is missing",
        ),
        (("storeAttribute", "id=a", "x"), "`@` and an attribute"),
        (("while", "", ""), "a condition is missing"),
        (("type", "id=a", "\u{7}"), "a control character"),
        (("run", "nothing", ""), "there is no test `nothing`"),
    ];
    for ((command, target, value), why) in cases {
        let invalid = invalid(&[("open", "/", ""), (command, target, value)]);
        assert!(
            invalid.iter().any(|words| words.contains(why)),
            "{command}: {invalid:?}"
        );
        assert!(
            invalid.iter().any(|words| words.starts_with("line 3: ")),
            "{invalid:?}"
        );
    }
}

#[test]
fn blocks_are_closed_as_they_are_opened() {
    let cases: [(&[&str], &str); 9] = [
        (&["if"], "line 2: `if`: it is never closed by `end`"),
        (&["do"], "line 2: `do`: it is never closed by `repeatIf`"),
        (&["end"], "line 2: `end`: nothing is open"),
        (&["else"], "line 2: `else`: there is no `if`"),
        (
            &["if", "else", "else", "end"],
            "line 4: `else`: the `if` has had its `else`",
        ),
        (
            &["if", "else", "elseIf", "end"],
            "line 4: `elseIf`: the `if` has had its `else`",
        ),
        (
            &["while", "else", "end"],
            "line 3: `else`: there is no `if`",
        ),
        (&["do", "end"], "line 3: `end`: a `do` ends with `repeatIf`"),
        (
            &["if", "repeatIf", "end"],
            "line 3: `repeatIf`: there is no `do`",
        ),
    ];
    for (commands, why) in cases {
        let commands: Vec<_> = commands.iter().map(|name| (*name, "true", "")).collect();
        let invalid = invalid(&commands);
        assert!(invalid[0].starts_with(why), "{commands:?}: {invalid:?}");
    }
    let good = [
        "if", "elseIf", "else", "while", "end", "end", "do", "repeatIf",
    ];
    let good: Vec<_> = good.iter().map(|name| (*name, "true", "")).collect();
    assert_eq!(invalid(&good), Vec::<String>::new());
}

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

#[test]
fn a_wrong_file_is_refused_with_line_and_column() {
    let good = project("2.0", &[("open", "/", ""), ("click", "id=a", "")]);
    let cases = [
        (good[..good.len() - 20].to_owned(), 3, "is the file whole?"),
        (
            good.replace("\"2.0\"", "\"4.0\""),
            1,
            "version 4.0 of the file format is not known",
        ),
        (
            good.replace("\"2.0\"", "2"),
            1,
            "version 2 of the file format",
        ),
        (
            good.replace("\"version\":\"2.0\",", ""),
            1,
            "names no `version`",
        ),
        (good.replace("\"id=a\"", "5"), 3, "expected a string"),
        (
            good.replace("\"id=a\"", "\"\u{1}\""),
            3,
            "control character",
        ),
        (
            good.replace(
                "\"target\":\"id=a\"",
                "\"target\":\"id=a\",\"target\":\"b\"",
            ),
            3,
            "duplicate field `target`",
        ),
        (
            good.replace("\"commands\":[", "\"commands\":5,\"x\":["),
            1,
            "expected a sequence",
        ),
        (
            good.replace("\"tests\":[", "\"tests\":[],\"x\":["),
            1,
            "the project has no tests",
        ),
        (
            good.replace("{\"command\":\"click\"", "[{\"command\":\"click\""),
            3,
            "",
        ),
    ];
    for (text, line, words) in cases {
        let error = import("a", &text, &Wishes::default()).expect_err(words);
        assert!(error.words.contains(words), "{words}: {error}");
        assert_eq!(error.line, line, "{words}: {error}");
        assert!(error.column > 0);
    }
    let twice = r#"{"version":"2.0","url":"http://a","tests":[{"id":"1","name":"a","commands":[]},
{"id":"1","name":"b","commands":[]}]}"#;
    let error = import("a", twice, &Wishes::default()).unwrap_err();
    assert_eq!((error.line, error.column), (2, 1));
    assert!(
        error.words.contains("that of the test in line 1 too"),
        "{error}"
    );
    let nowhere = r#"{"version":"2.0","url":"http://a","tests":[{"id":"1","name":"a","commands":[]}],"suites":[{"name":"S","tests":["9"]}]}"#;
    let error = import("a", nowhere, &Wishes::default()).unwrap_err();
    assert!(error.words.contains("a test of the id `9`"), "{error}");
}

#[test]
fn what_is_too_large_or_too_deep_ends_soon() {
    let error = text(&vec![b' '; 50 * 1024 * 1024]).unwrap_err();
    assert_eq!(error.words, "the file has 50 MB; at most 10 MB are read");
    let error = text(b"{\n\"a\": \"\xff\"}").unwrap_err();
    assert_eq!(
        (error.line, error.column, error.words.as_str()),
        (2, 7, "the file is not UTF-8 text")
    );
    assert!(text(b"\xff\xfe{\0").unwrap_err().words.contains("UTF-16"));
    assert_eq!(text(b"\xef\xbb\xbf{}").unwrap(), "{}");

    let commands = vec![("echo", "x", ""); 100_000];
    let error = import("a", &project("2.0", &commands), &Wishes::default()).unwrap_err();
    assert!(error.words.contains("more than 20000 commands"), "{error}");
    let many = vec![("echo", "x", ""); 20_000];
    assert_eq!(read(&project("2.0", &many)).flows[0].steps.len(), 20_000);

    let deep = format!(
        r#"{{"version":"2.0","tests":[{{"id":"1","name":"a","commands":[{{"command":"echo","targets":{}{}}}]}}]}}"#,
        "[".repeat(1_000_000),
        "]".repeat(1_000_000)
    );
    let error = import("a", &deep, &Wishes::default()).unwrap_err();
    assert!(error.words.contains("recursion limit"), "{error}");
    // nobody looks at it, so it does no harm
    let elsewhere = format!(
        r#"{{"snapshot":{}{},"version":"2.0","tests":[{{"id":"1","name":"a","commands":[{{"command":"echo"}}]}}]}}"#,
        "[".repeat(1_000_000),
        "]".repeat(1_000_000)
    );
    read(&elsewhere);
}

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

#[test]
fn a_password_in_plain_text_and_a_flow_that_expects_nothing_are_pointed_out() {
    let imported = read(&project(
        "2.0",
        &[("type", "id=password", "geheim"), ("click", "id=a", "")],
    ));
    let hints = imported.report.flows[0].hints.join(" ");
    assert!(
        hints.contains("Nothing is expected in it")
            && hints.contains("Line 2 types what looks like a password"),
        "{hints}"
    );
    assert!(!hints.contains("geheim"));
    let imported = read(&project(
        "2.0",
        &[
            ("type", "id=password", "${env:P}"),
            ("assertTitle", "x", ""),
        ],
    ));
    assert_eq!(imported.report.flows[0].hints, Vec::<String>::new());
}

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
    let exported = export::side("conform", &Suite::new(url, flows.to_vec()));
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
        if name == "old-names.side" {
            // a text anywhere is no command of today
            assert_eq!(lost.len(), 1, "{lost:?}");
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
