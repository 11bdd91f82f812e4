//! Comparisons, what is stored, scripts.

use super::{Case, conform, css, equal, fails, fails_at_once, id, passes, walk_afresh};
use crate::smoke::shared::Shared;
use app::model::smoke::{Act, Find, Script, Subject, Wanted};
use serde_json::{Value, json};

fn is(subject: Subject, is: Wanted) -> Case {
    passes("form", vec![Act::Expect { subject, is }])
}

fn is_not(subject: Subject, is: Wanted, why: &'static str) -> Case {
    fails("form", why, vec![Act::Expect { subject, is }])
}

fn unequal(text: &str) -> Wanted {
    Wanted::Unequal(text.into())
}

fn attribute(on: Find, name: &str) -> Subject {
    Subject::Attribute {
        on,
        name: name.into(),
    }
}

/// What a step comes to is stored and compared.
fn comes_to(act: Act, text: &str) -> Case {
    let name = super::into(&act).expect("it is stored").to_owned();
    passes(
        "form",
        vec![
            act,
            Act::Expect {
                subject: Subject::Variable(name),
                is: equal(text),
            },
        ],
    )
}

fn stored(subject: Subject) -> Act {
    Act::StoreOf {
        subject,
        into: "x".into(),
    }
}

fn script(text: &str) -> Act {
    Act::Run {
        script: Script::Body(text.into()),
        into: Some("x".into()),
    }
}

fn promise(text: &str) -> Act {
    Act::Run {
        script: Script::Promise(text.into()),
        into: Some("x".into()),
    }
}

fn json_of(text: &str) -> Act {
    Act::StoreJson {
        json: text.into(),
        into: "list".into(),
    }
}

pub async fn comparisons_and_scripts(shared: &mut Shared) {
    conform(shared, cases()).await;
}

pub fn cases() -> Vec<Case> {
    vec![
        is(Subject::Title, equal("Form")),
        is(Subject::Title, unequal("form")),
        is_not(
            Subject::Title,
            equal("form"),
            "the title is \"Form\", not \"form\"",
        ),
        is(Subject::Text(id("plain")), equal("plain")),
        is(Subject::Text(id("plain")), unequal("plain ")),
        is_not(
            Subject::Text(id("plain")),
            unequal("plain"),
            "`#plain` reads \"plain\"",
        ),
        // what cannot be seen reads nothing
        is(Subject::Text(id("gone")), equal("")),
        is(Subject::Value(id("name")), equal("old")),
        is_not(
            Subject::Value(id("name")),
            equal("ol"),
            "the value of `#name` is \"old\", not \"ol\"",
        ),
        is(Subject::Checked(id("ticked")), Wanted::True),
        is(Subject::Checked(id("tick")), Wanted::False),
        is_not(
            Subject::Checked(id("tick")),
            Wanted::True,
            "`#tick` is not checked",
        ),
        is_not(
            Subject::Checked(id("ticked")),
            Wanted::False,
            "`#ticked` is checked",
        ),
        is(Subject::Editable(id("name")), Wanted::True),
        is(Subject::Editable(id("locked")), Wanted::False),
        is(Subject::Editable(id("off")), Wanted::False),
        is_not(
            Subject::Editable(id("off")),
            Wanted::True,
            "`#off` is not editable",
        ),
        is(Subject::SelectedValue(id("colour")), equal("r")),
        is(Subject::SelectedLabel(id("colour")), equal("Red")),
        is(Subject::SelectedLabel(id("colour")), unequal("Blue sky")),
        is_not(
            Subject::SelectedLabel(id("colour")),
            equal("Blue"),
            "the choice in `#colour` is \"Red\", not \"Blue\"",
        ),
        is(Subject::Present(id("gone")), Wanted::True),
        is(Subject::Absent(id("nobody")), Wanted::True),
        is_not(
            Subject::Absent(id("gone")),
            Wanted::True,
            "`#gone` is there",
        ),
        is(Subject::Count(css("select")), equal("3")),
        is(attribute(id("name"), "name"), equal("name")),
        is(attribute(id("name"), "value"), equal("old")),
        is(attribute(id("off"), "disabled"), equal("true")),
        is(attribute(id("tick"), "checked"), unequal("true")),
        is(
            attribute(id("form"), "action"),
            equal("http://shop.example.test/pages/done.html"),
        ),
        is(attribute(id("plain"), "title"), equal("")),
        is(attribute(id("plain"), "lang-of"), unequal("")),
        is(attribute(css("#many"), "multiple"), Wanted::True),
        comes_to(stored(Subject::Title), "Form"),
        comes_to(stored(Subject::Text(id("plain"))), "plain"),
        comes_to(stored(Subject::Value(id("name"))), "old"),
        comes_to(stored(Subject::Count(css("select"))), "3"),
        comes_to(stored(Subject::Count(css("nobody"))), "0"),
        comes_to(stored(Subject::Checked(id("tick"))), "false"),
        comes_to(stored(attribute(id("name"), "id")), "name"),
        comes_to(json_of("{\"a\": [1, 2]}"), "[object Object]"),
        comes_to(json_of("[1, \"b\"]"), "1,b"),
        fails("form", "what is stored is no JSON", vec![json_of("{a}")]),
        comes_to(script("return 1 + 1"), "2"),
        comes_to(script("return document.title"), "Form"),
        comes_to(script("1"), "null"),
        comes_to(
            promise("new Promise((resolve) => setTimeout(() => resolve('kept'), 20))"),
            "kept",
        ),
        comes_to(
            promise("fetch('/pages/done.html').then((answer) => answer.status);"),
            "200",
        ),
        comes_to(promise("Promise.reject(new Error('broken'))"), "broken"),
        fails(
            "form",
            "the script failed: nobody is not defined",
            vec![promise("nobody()")],
        ),
        fails(
            "form",
            "the script failed: boom",
            vec![script("throw new Error('boom')")],
        ),
        fails("form", "the script failed:", vec![script("return (")]),
        fails(
            "form",
            "the script failed: it did not end in time",
            vec![promise("new Promise(() => {})")],
        ),
        fails_at_once(
            "form",
            "the script failed: the page was left before it ended",
            vec![promise(
                "new Promise(() => { location.href = '/pages/done.html' })",
            )],
        ),
        passes(
            "form",
            vec![
                json_of("[1, {\"b\": true}]"),
                script("return ${list}[0] + ${list}.length"),
                Act::Expect {
                    subject: Subject::Variable("x".into()),
                    is: equal("3"),
                },
            ],
        ),
        is_not(
            Subject::Variable("nobody".into()),
            equal("1"),
            "the variable nobody is \"undefined\", not \"1\"",
        ),
        fails(
            "form",
            "\"many\" is no number of times",
            vec![times("many")],
        ),
        fails(
            "form",
            "there is no variable nobody",
            vec![Act::ForEach {
                list: "nobody".into(),
                each: "x".into(),
            }],
        ),
    ]
}

fn times(count: &str) -> Act {
    Act::Times {
        count: count.into(),
        most: 1000,
    }
}

pub async fn conditions_come_to_what_they_say(shared: &mut Shared) {
    let condition = |script: &str| Act::If {
        script: script.into(),
    };
    let cases: [(Vec<Act>, Value); 7] = [
        (vec![condition("1 === 1")], true.into()),
        (
            vec![condition("document.querySelector('#nobody')")],
            false.into(),
        ),
        (vec![condition("document.body")], true.into()),
        (
            vec![json_of("[3]"), condition("${list}[0] > 2")],
            true.into(),
        ),
        (vec![condition("'${nobody}' === ''")], false.into()),
        (vec![times("2.5")], 2.into()),
        (
            vec![
                json_of("[1, 2]"),
                Act::ForEach {
                    list: "list".into(),
                    each: "x".into(),
                },
            ],
            json!([1, 2]),
        ),
    ];
    for (steps, wanted) in cases {
        let seen = walk_afresh(shared, &passes("form", steps)).await;
        assert_eq!(seen.last().unwrap().value, Some(wanted));
    }
    let endless = fails("form", "", vec![script("for (;;) {}")]);
    let seen = walk_afresh(shared, &endless).await;
    let why = seen[1].refused.as_deref().unwrap_or_default();
    assert!(why.contains("the suite's script did not end"), "{why}");
}
