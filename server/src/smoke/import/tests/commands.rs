//! One command of Selenium IDE at a time.

use super::*;

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
        assert_eq!(
            found(command).or,
            std::slice::from_ref(&target),
            "{command}"
        );
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
