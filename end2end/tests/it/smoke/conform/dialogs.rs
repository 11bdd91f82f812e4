//! Alerts, confirmations, prompts.

use super::{Case, click, conform, css, fails, id, log_is, passes, plain, text_is, walk_afresh};
use crate::smoke::shared::Shared;
use app::model::smoke::{Act, Answer, Dialog, Find, Subject};
use server::smoke::PageEvidence;

fn says(dialog: Dialog, text: &str) -> Act {
    Act::ExpectDialog {
        dialog,
        text: text.into(),
    }
}

fn answer(dialog: Dialog, answer: Answer) -> Act {
    Act::AnswerDialog { dialog, answer }
}

fn echo() -> Act {
    Act::Echo { text: "hm".into() }
}

pub async fn dialogs(shared: &mut Shared) {
    conform(shared, cases()).await;
}

/// By the standard's click, and by ours.
pub fn cases() -> Vec<Case> {
    let ours = |id: &str| css(&format!("#{id}"));
    [cases_by(id), cases_by(ours)]
        .into_iter()
        .flatten()
        .collect()
}

fn cases_by(id: fn(&str) -> Find) -> Vec<Case> {
    let yes = || answer(Dialog::Confirm, Answer::Accept);
    let no = || answer(Dialog::Confirm, Answer::Dismiss);
    let named = |text: &str| answer(Dialog::Prompt, Answer::Text(plain(text)));
    vec![
        passes(
            "dialogs",
            vec![
                click(id("alert")),
                says(Dialog::Alert, "out of mugs"),
                answer(Dialog::Alert, Answer::Accept),
                log_is("alerted;"),
            ],
        ),
        // nobody answers it: it goes by itself
        passes(
            "dialogs",
            vec![
                click(id("alert")),
                says(Dialog::Alert, "out of mugs"),
                log_is("alerted;"),
            ],
        ),
        passes(
            "dialogs",
            vec![
                click(id("alert")),
                echo(),
                says(Dialog::Alert, "out of mugs"),
            ],
        ),
        passes(
            "dialogs",
            vec![click(id("confirm")), yes(), log_is("true;")],
        ),
        passes(
            "dialogs",
            vec![click(id("confirm")), no(), log_is("false;")],
        ),
        passes(
            "dialogs",
            vec![click(id("prompt")), named("ann"), log_is("ann;")],
        ),
        passes(
            "dialogs",
            vec![click(id("prompt")), named(""), log_is("nobody;")],
        ),
        passes(
            "dialogs",
            vec![
                click(id("prompt")),
                says(Dialog::Prompt, "Your name?"),
                answer(Dialog::Prompt, Answer::Dismiss),
                log_is("null;"),
            ],
        ),
        passes(
            "dialogs",
            vec![
                click(id("two")),
                says(Dialog::Alert, "one"),
                answer(Dialog::Alert, Answer::Accept),
                says(Dialog::Alert, "two"),
                answer(Dialog::Alert, Answer::Accept),
                log_is("both;"),
            ],
        ),
        // one that comes late is waited for
        passes(
            "dialogs",
            vec![click(id("late")), says(Dialog::Alert, "late")],
        ),
        fails(
            "dialogs",
            "the page has no dialog open",
            vec![says(Dialog::Alert, "x")],
        ),
        fails("dialogs", "the page has no dialog open", vec![yes()]),
        fails(
            "dialogs",
            "the dialog says \"out of mugs\", not \"out of cups\"",
            vec![click(id("alert")), says(Dialog::Alert, "out of cups")],
        ),
        fails(
            "dialogs",
            "the dialog takes no text",
            vec![click(id("alert")), named("ann")],
        ),
        fails(
            "dialogs",
            "the page raised an alert: \"out of mugs\"",
            vec![click(id("alert"))],
        ),
        fails(
            "dialogs",
            "the page raised an alert: \"two\"",
            vec![click(id("two")), yes()],
        ),
        fails(
            "dialogs",
            "the page raised an alert: \"changed\"",
            vec![
                Act::Fill {
                    on: id("field"),
                    with: plain("x"),
                },
                click(id("go")),
            ],
        ),
        // leaving is not asked about
        passes(
            "dialogs",
            vec![
                click(id("guard")),
                log_is("guarded;"),
                Act::Open {
                    path: "/pages/done.html".into(),
                },
                text_is(id("done"), "Done"),
            ],
        ),
        passes(
            "dialogs",
            vec![
                click(id("guard")),
                click(id("go")),
                text_is(id("done"), "Done"),
            ],
        ),
    ]
}

pub async fn an_open_dialog_is_told_and_not_photographed(shared: &mut Shared) {
    let title = Act::Expect {
        subject: Subject::Title,
        is: super::equal("Dialogs"),
    };
    let case = passes(
        "dialogs",
        vec![
            click(id("confirm")),
            says(Dialog::Confirm, "Really?"),
            answer(Dialog::Confirm, Answer::Accept),
            title,
        ],
    );
    let seen = walk_afresh(shared, &case).await;
    let told: Vec<&[String]> = seen.iter().map(|seen| seen.dialogs.as_slice()).collect();
    let really = ["Really?".to_owned()];
    assert_eq!(told, [&[], &really[..], &really[..], &[], &[]]);
    assert!(shared.session.picture().await.unwrap().is_some());
    let endless = passes("dialogs", vec![click(id("endless"))]);
    let seen = walk_afresh(shared, &endless).await;
    assert_eq!(
        seen[1].refused.as_deref(),
        Some("the page raises one dialog after the other; the first said \"again\"")
    );
    assert!(shared.session.picture().await.unwrap().is_none());
    assert_eq!(shared.session.evidence().await, PageEvidence::default());
}
