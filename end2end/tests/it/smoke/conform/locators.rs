//! How elements are found.

use super::{Case, click, conform, fails, id, log_is, passes, text_is};
use crate::smoke::shared::Shared;
use app::model::smoke::{Act, Counted, Find, Locator, Operator};

fn css(css: &str) -> Locator {
    Locator::Css(css.into())
}

fn aria(name: &str, role: Option<&str>) -> Locator {
    Locator::Aria {
        name: name.into(),
        role: role.map(str::to_owned),
    }
}

fn logs(locator: Locator, log: &str) -> Case {
    passes("locators", vec![click(locator.into()), log_is(log)])
}

fn reads(locator: Locator, text: &str) -> Case {
    passes("locators", vec![text_is(locator.into(), text)])
}

fn lacks(locator: Locator, why: &'static str) -> Case {
    fails("locators", why, vec![text_is(locator.into(), "")])
}

fn count(locator: Locator, count: u32) -> Case {
    let counted = Counted {
        operator: Operator::Exactly,
        count,
        visible: None,
        attributes: [].into(),
        properties: [].into(),
    };
    passes(
        "locators",
        vec![Act::WaitForCount {
            on: locator.into(),
            counted,
        }],
    )
}

fn found(locator: Locator) -> Case {
    passes(
        "locators",
        vec![Act::Fill {
            on: locator.into(),
            with: super::plain("x"),
        }],
    )
}

pub async fn every_locator_finds_what_it_says(shared: &mut Shared) {
    conform(shared, cases()).await;
}

pub fn cases() -> Vec<Case> {
    let either = |first: Locator, or: Vec<Locator>| Find { first, or };
    vec![
        // the standard: the first in the document, whatever its state
        reads(Locator::Id("title".into()), "Long title of a small part"),
        reads(Locator::Id("it\"s".into()), "quoted"),
        found(Locator::Name("city".into())),
        reads(Locator::FirstCss(".twin".into()), ""),
        reads(Locator::Xpath("//p[@class='twin']".into()), "second twin"),
        logs(Locator::LinkText("Read more".into()), "more;"),
        logs(Locator::LinkText("SHOUT".into()), "upper;"),
        lacks(
            Locator::LinkText("Hidden".into()),
            "no link reads \"Hidden\"",
        ),
        lacks(Locator::LinkText("Read".into()), "no link reads \"Read\""),
        logs(Locator::PartialLinkText("ad mo".into()), "more;"),
        lacks(
            Locator::PartialLinkText("less".into()),
            "no link's text has \"less\" in it",
        ),
        lacks(
            Locator::Name("town".into()),
            "no element has the name `town`",
        ),
        lacks(Locator::Xpath("//h6".into()), "no element is at `//h6`"),
        // ours: what can be seen
        reads(css(".twin"), "second twin"),
        found(Locator::Label("City".into())),
        logs(Locator::Text("Cancel now".into()), "cancel;"),
        lacks(
            Locator::Text("Cancel".into()),
            "no button, link or other text reads \"Cancel\"",
        ),
        logs(aria("Save all", None), "save;"),
        logs(aria("Save all", Some("button")), "save;"),
        lacks(
            aria("Save all", Some("link")),
            "nothing is called the link \"Save all\"",
        ),
        found(aria("City:", Some("textbox"))),
        logs(aria("Read more", Some("link")), "more;"),
        logs(aria("The logo", None), "logo;"),
        reads(
            aria("Long title of a small part", Some("heading")),
            "Long title of a small part",
        ),
        // an accessible name is looked for in shadow roots too
        logs(aria("Deep one", None), "deep;"),
        reads(Locator::Reads("small".into()), "small part"),
        reads(
            Locator::Reads("Long title".into()),
            "Long title of a small part",
        ),
        logs(Locator::Reads("Deep one".into()), "deep;"),
        lacks(
            Locator::Reads("no such words".into()),
            "nothing on the page reads",
        ),
        logs(Locator::Pierce("button.deep".into()), "deep;"),
        found(Locator::Pierce(".deeper".into())),
        count(Locator::Pierce(".deep".into()), 2),
        lacks(css(".deep"), "no element is selected by `.deep`"),
        logs(Locator::Nested(vec![css("my-app"), css("button")]), "deep;"),
        found(Locator::Nested(vec![
            css("#app"),
            css("my-part"),
            css("input"),
        ])),
        logs(
            Locator::Nested(vec![css("#app"), aria("Deep one", None)]),
            "deep;",
        ),
        reads(Locator::Nested(vec![css("h2"), css("span")]), "small part"),
        lacks(
            Locator::Nested(vec![css("h2"), css("button")]),
            "there is no `h2` > `button`",
        ),
        count(Locator::Nested(vec![css("#app"), css("i, button")]), 1),
        // alternatives, in their order
        passes(
            "locators",
            vec![
                click(either(
                    Locator::Id("nobody".into()),
                    vec![css("#cancel"), css("#more")],
                )),
                log_is("cancel;"),
            ],
        ),
        passes(
            "locators",
            vec![
                click(either(
                    Locator::Id("more".into()),
                    vec![Locator::Id("cancel".into())],
                )),
                log_is("more;"),
            ],
        ),
        // one that is no selector is no reason to stop, unless it is the first
        passes(
            "locators",
            vec![
                click(either(
                    Locator::Id("nobody".into()),
                    vec![css("::"), css("#more")],
                )),
                log_is("more;"),
            ],
        ),
        fails(
            "locators",
            "the suite's selector `::` is not valid",
            vec![click(either(css("::"), vec![css("#more")]))],
        ),
        fails(
            "locators",
            "the suite's selector `//[` is not valid",
            vec![click(Locator::Xpath("//[".into()).into())],
        ),
        passes(
            "locators",
            vec![
                Act::Store {
                    value: "can".into(),
                    into: "begin".into(),
                },
                click(id("${begin}cel")),
                log_is("cancel;"),
            ],
        ),
    ]
}
