//! Old names and old ways.

use super::*;

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
