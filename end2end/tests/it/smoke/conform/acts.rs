//! Clicks, texts, choices.

use super::{
    Case, click, conform, css, equal, fails, id, log_is, passes, plain, run, text_is, value_is,
};
use crate::smoke::shared::Shared;
use app::model::smoke::{Act, Choice, Find, Locator, OptionBy, Subject, Text, Wanted};
use std::{io::Write, path::Path};
use tempfile::NamedTempFile;

fn fill(on: Find, text: &str) -> Act {
    Act::Fill {
        on,
        with: plain(text),
    }
}

fn keys(on: Find, text: &str) -> Act {
    Act::Keys {
        on,
        with: plain(text),
    }
}

fn change(on: Find, text: &str) -> Act {
    Act::Change {
        on,
        with: plain(text),
    }
}

fn select(on: Find, option: OptionBy, choice: Choice) -> Act {
    Act::Select { on, option, choice }
}

fn label(text: &str) -> OptionBy {
    OptionBy::Label(text.into())
}

fn check(on: Find, checked: bool) -> Act {
    Act::Check { on, checked }
}

fn checked(on: Find, is: Wanted) -> Act {
    Act::Expect {
        subject: Subject::Checked(on),
        is,
    }
}

fn edit(on: Find, text: &str) -> Act {
    Act::Edit {
        on,
        text: text.into(),
    }
}

fn done() -> Act {
    text_is(id("done"), "Done")
}

pub async fn clicks_texts_and_choices(shared: &mut Shared) {
    let file = mug();
    conform(shared, cases(file.path())).await;
}

/// Something to upload. The browser is somebody else and must be able to read it.
pub fn mug() -> NamedTempFile {
    let mut file = tempfile::Builder::new()
        .suffix("-mug.txt")
        .tempfile()
        .unwrap();
    file.write_all(b"mug").unwrap();
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    file.as_file().set_permissions(readable).unwrap();
    file
}

pub fn cases(file: &Path) -> Vec<Case> {
    let path = file.to_str().unwrap().to_owned();
    let name = file.file_name().unwrap().to_str().unwrap();
    let mug = format!("file {name};");
    let secret = || Text::Secret("shop_password".into());
    vec![
        passes("form", vec![click(id("send")), done()]),
        passes("form", vec![click(css("#send")), done()]),
        passes(
            "form",
            vec![click(css("#tick")), log_is("change tick true;")],
        ),
        // chosen beside others, as the standard does it
        passes(
            "form",
            vec![
                click(css("#many option:last-child")),
                log_is("change many 1;"),
            ],
        ),
        // the standard clicks what is disabled, and nothing happens
        passes("form", vec![click(id("dead")), log_is("")]),
        fails("form", "cannot be seen", vec![click(id("gone"))]),
        fails("form", "`#dead` is disabled", vec![click(css("#dead"))]),
        passes(
            "form",
            vec![
                fill(id("name"), "ann"),
                value_is(id("name"), "ann"),
                fill(css("#name"), "bob"),
                value_is(id("name"), "bob"),
                fill(id("name"), ""),
                value_is(id("name"), ""),
            ],
        ),
        fails("form", "cannot be changed", vec![fill(id("locked"), "x")]),
        fails("form", "cannot be changed", vec![fill(css("#locked"), "x")]),
        fails("form", "is disabled", vec![fill(css("#off"), "x")]),
        fails(
            "form",
            "is no field that takes text",
            vec![fill(css("#tick"), "x")],
        ),
        passes("form", vec![fill(id("file"), &path), log_is(&mug)]),
        passes("form", vec![fill(css("#file"), &path), log_is(&mug)]),
        passes("form", vec![change(css("#file"), &path), log_is(&mug)]),
        fails("form", "File not found", vec![fill(id("file"), "/nowhere")]),
        passes(
            "form",
            vec![fill(id("editor"), "new"), text_is(id("editor"), "new")],
        ),
        passes(
            "form",
            vec![
                keys(id("name"), "er${KEY_BACK_SPACE}x"),
                value_is(id("name"), "oldex"),
                keys(id("name"), "${KEY_HOME}very "),
                value_is(id("name"), "very oldex"),
            ],
        ),
        passes("form", vec![keys(id("name"), "${KEY_ENTER}"), done()]),
        fails(
            "form",
            "`${KEY_ANY}` is no key",
            vec![keys(id("name"), "${KEY_ANY}")],
        ),
        passes(
            "form",
            vec![
                Act::Keys {
                    on: id("word"),
                    with: secret(),
                },
                run(
                    "if (document.getElementById('word').value.length !== 18) throw Error('not typed')",
                ),
            ],
        ),
        passes(
            "form",
            vec![
                edit(id("editor"), "two\nlines"),
                text_is(id("editor"), "two\nlines"),
            ],
        ),
        fails(
            "form",
            "`#plain` is not editable",
            vec![edit(id("plain"), "x")],
        ),
        passes(
            "form",
            vec![
                select(id("colour"), label("Red"), Choice::Only),
                select(
                    id("colour"),
                    OptionBy::LabelMostly("Blue sky".into()),
                    Choice::Only,
                ),
                value_is(id("colour"), "b"),
                select(id("colour"), OptionBy::Value("r".into()), Choice::Only),
                value_is(id("colour"), "r"),
                select(id("colour"), OptionBy::Id("blue".into()), Choice::Only),
                value_is(id("colour"), "b"),
                select(id("colour"), OptionBy::Index(0), Choice::Only),
                value_is(id("colour"), "r"),
                log_is("change colour b;change colour r;change colour b;change colour r;"),
            ],
        ),
        // both lists offer it: the one that was named takes it
        passes(
            "form",
            vec![
                select(id("second"), label("Green"), Choice::Only),
                select(id("second"), label("Red"), Choice::Only),
                value_is(id("second"), "r"),
                log_is("change second g;change second r;"),
            ],
        ),
        fails(
            "form",
            "does not offer \"Mauve\"",
            vec![select(id("colour"), label("Mauve"), Choice::Only)],
        ),
        passes(
            "form",
            vec![
                select(id("many"), label("Three"), Choice::Add),
                select(id("many"), label("Three"), Choice::Add),
                select(id("many"), label("One"), Choice::Remove),
                select(id("many"), label("One"), Choice::Remove),
                value_is(id("many"), "3"),
            ],
        ),
        fails(
            "form",
            "does not take several choices",
            vec![select(id("colour"), label("Red"), Choice::Remove)],
        ),
        passes(
            "form",
            vec![
                Act::Choose {
                    on: Locator::Label("Colour".into()).into(),
                    option: "Blue sky".into(),
                },
                value_is(id("colour"), "b"),
            ],
        ),
        fails(
            "form",
            "offers \"None\" disabled",
            vec![Act::Choose {
                on: css("#colour"),
                option: "None".into(),
            }],
        ),
        passes(
            "form",
            vec![
                check(id("tick"), true),
                check(id("tick"), true),
                checked(id("tick"), Wanted::True),
                check(id("ticked"), false),
                checked(id("ticked"), Wanted::False),
                check(id("small"), true),
                checked(id("large"), Wanted::False),
                check(Locator::Label("Tick".into()).into(), false),
                log_is("change tick true;change small s;change tick false;"),
            ],
        ),
        passes(
            "form",
            vec![
                change(css("#name"), "ann"),
                value_is(id("name"), "ann"),
                change(css("#note"), "two\nlines"),
                value_is(id("note"), "two\nlines"),
                change(css("#colour"), "b"),
                value_is(id("colour"), "b"),
                fill(css("#day"), "2026-11-26"),
                value_is(id("day"), "2026-11-26"),
                change(css("#day"), "2026-11-27"),
                value_is(id("day"), "2026-11-27"),
                change(css("#tick"), "true"),
                checked(id("tick"), Wanted::True),
                change(css("#editor"), "changed"),
                text_is(id("editor"), "changed"),
            ],
        ),
        fails(
            "form",
            "does not offer \"m\"",
            vec![change(css("#colour"), "m")],
        ),
        fails(
            "form",
            "does not take \"soon\"",
            vec![change(css("#day"), "soon")],
        ),
        fails("form", "is no field", vec![change(css("#plain"), "x")]),
        passes(
            "form",
            vec![
                Act::Submit { on: id("name") },
                done(),
                run("if (sessionStorage.getItem('sent') !== 'yes') throw Error('nobody was told')"),
            ],
        ),
        fails(
            "form",
            "is in no form",
            vec![Act::Submit { on: id("plain") }],
        ),
        passes(
            "form",
            vec![
                Act::Store {
                    value: "ann".into(),
                    into: "who".into(),
                },
                fill(id("name"), "${who} and ${nobody}"),
                Act::Expect {
                    subject: Subject::Value(id("name")),
                    is: equal("ann and ${nobody}"),
                },
            ],
        ),
    ]
}
