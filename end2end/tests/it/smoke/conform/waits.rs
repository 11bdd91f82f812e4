//! What is waited for, and what is not.

use super::{Case, click, conform, css, equal, fails, fails_at_once, id, log_is, passes, text_is};
use crate::smoke::shared::Shared;
use app::model::smoke::{Act, Counted, Find, Locator, Operator, Subject, Until, Wanted};

/// What happens a moment after a click.
fn after(act: Act) -> Case {
    passes("waits", vec![click(id("start")), act])
}

fn until(on: Find, until: Until) -> Act {
    Act::WaitFor { on, until }
}

fn never(why: &'static str, act: Act) -> Case {
    fails("waits", why, vec![act])
}

fn once(why: &'static str, act: Act) -> Case {
    fails_at_once("waits", why, vec![act])
}

fn subject(subject: Subject, is: Wanted) -> Act {
    Act::Expect { subject, is }
}

fn counted(operator: Operator, count: u32) -> Counted {
    Counted {
        operator,
        count,
        visible: None,
        attributes: [].into(),
        properties: [].into(),
    }
}

fn count(counted: Counted) -> Act {
    Act::WaitForCount {
        on: css(".one"),
        counted,
    }
}

fn ready(script: &str) -> Act {
    Act::WaitForScript {
        script: script.into(),
    }
}

pub async fn what_is_waited_for(shared: &mut Shared) {
    conform(shared, cases()).await;
}

pub fn cases() -> Vec<Case> {
    let with_kind = |kind: &str| Counted {
        attributes: [("data-kind".to_owned(), kind.to_owned())].into(),
        ..counted(Operator::Exactly, 3)
    };
    let with_tag = |tag: &str| Counted {
        properties: [("tagName".to_owned(), tag.into())].into(),
        ..counted(Operator::AtLeast, 1)
    };
    vec![
        after(until(id("late"), Until::Present)),
        after(until(id("leaves"), Until::Absent)),
        after(until(id("hidden"), Until::Visible)),
        after(until(id("shown"), Until::Hidden)),
        after(until(id("locked"), Until::Editable)),
        after(until(id("open"), Until::Locked)),
        never(
            "no element has the id `late`",
            until(id("late"), Until::Present),
        ),
        never(
            "`#leaves` is still there",
            until(id("leaves"), Until::Absent),
        ),
        never(
            "`#hidden` cannot be seen",
            until(id("hidden"), Until::Visible),
        ),
        never("`#shown` can be seen", until(id("shown"), Until::Hidden)),
        never(
            "`#locked` cannot be edited",
            until(id("locked"), Until::Editable),
        ),
        never("`#open` can be edited", until(id("open"), Until::Locked)),
        // what is not there is neither there nor seen, at once
        passes(
            "waits",
            vec![
                until(id("nobody"), Until::Absent),
                until(id("nobody"), Until::Hidden),
            ],
        ),
        after(Act::WaitForText {
            on: id("text"),
            text: "after all".into(),
        }),
        never(
            "`#text` reads \"before\", not \"after\"",
            Act::WaitForText {
                on: id("text"),
                text: "after".into(),
            },
        ),
        after(count(counted(Operator::Exactly, 3))),
        after(count(counted(Operator::AtLeast, 2))),
        passes("waits", vec![count(counted(Operator::AtMost, 1))]),
        after(count(with_kind("a"))),
        passes("waits", vec![count(with_tag("LI"))]),
        never("not all as wanted", count(with_tag("UL"))),
        never(
            "there are 1 of `.one`",
            count(counted(Operator::Exactly, 3)),
        ),
        // Chrome's recorder: the opposite of all the rest
        passes(
            "waits",
            vec![count(Counted {
                visible: Some(false),
                ..counted(Operator::Exactly, 3)
            })],
        ),
        after(ready("window.ready")),
        after(ready(
            "new Promise((resolve) => setTimeout(() => resolve(window.ready), 20))",
        )),
        after(ready("document.getElementById('late').id === 'late'")),
        never("the expression is not true", ready("window.ready")),
        never(
            "the expression comes to nothing: nobody is not defined",
            ready("nobody.is"),
        ),
        passes("waits", vec![Act::Pause { ms: 1 }]),
        // an element is waited for, its state only by what repeats
        after(text_is(id("late"), "Late")),
        passes(
            "waits",
            vec![click(id("start")), click(id("late")), log_is("late;")],
        ),
        after(click(id("hidden"))),
        after(subject(Subject::Present(id("late")), Wanted::True)),
        after(subject(
            Subject::Attribute {
                on: id("late"),
                name: "id".into(),
            },
            equal("late"),
        )),
        // compared once by the standard, as Selenium IDE does: time enough is not used
        once(
            "`#text` reads \"before\", not \"after all\"",
            text_is(id("text"), "after all"),
        ),
        once(
            "the title is \"Waits\", not \"Waited\"",
            subject(Subject::Title, equal("Waited")),
        ),
        once(
            "`#leaves` is there",
            subject(Subject::Absent(id("leaves")), Wanted::True),
        ),
        once(
            "the value of `#open` is \"y\"",
            subject(Subject::Value(id("open")), Wanted::Unequal("y".into())),
        ),
        once(
            "`#locked` is not editable",
            subject(Subject::Editable(id("locked")), Wanted::True),
        ),
        // what does not repeat as a whole fails with its first refusal
        once(
            "`#text` is not editable",
            Act::Edit {
                on: id("text"),
                text: "x".into(),
            },
        ),
        once("is in no form", Act::Submit { on: id("text") }),
        passes(
            "waits",
            vec![subject(Subject::Absent(id("late")), Wanted::True)],
        ),
        // and until it is so by ours
        after(text_is(css("#text"), "after all")),
        after(subject(Subject::Count(css(".one")), equal("3"))),
        passes(
            "waits",
            vec![subject(Subject::Absent(css("#hidden")), Wanted::True)],
        ),
        fails(
            "waits",
            "`#text` reads \"before\", not \"after\"",
            vec![text_is(css("#text"), "after")],
        ),
        after(click(Locator::Text("Late".into()).into())),
        after(Act::ExpectText {
            text: "now you see me".into(),
        }),
        // what is replaced while it is used is used all the same
        passes("waits", vec![click(id("replaced")), log_is("replaced;")]),
        passes("waits", vec![click(id("go")), text_is(id("done"), "Done")]),
        // so is a page that is left while it is looked at
        passes(
            "leaving",
            vec![click(id("leave")), text_is(id("done"), "Done")],
        ),
        passes(
            "leaving",
            vec![
                ready(
                    "document.title === 'Done' || new Promise(() => { location.href = '/pages/done.html' })",
                ),
                text_is(id("done"), "Done"),
            ],
        ),
        // scripts draw as they would for people
        passes(
            "drawing",
            vec![
                text_is(css("#order"), "a c thrown d e"),
                text_is(css("#pace"), "as with a screen"),
            ],
        ),
    ]
}
