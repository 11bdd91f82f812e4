use super::*;
use app::model::smoke::{Find, Leads, Locator, OnDifference, ScriptErrors};

const GOOD: &str = r##"
public_url = "http://shop.example.test"

[[flow]]
name = "sign-in"
title = "Sign in"
steps = [
  { open = "/" },
  { fill = "Name", with = "ann" },
  { fill = { css = "#p" }, secret = "shop_password" },
  { click = "Sign in" },
  { click = { label = "Remember me" } },
  { expect = { text = "Welcome" } },
]

[[flow]]
name = "order"
writes = "marked"
step_limit = "500 ms"
steps = [
  { open = "/orders/new" },
  { choose = "Product", option = "Blue mug" },
  { fill = "Note", with = "smoke {run}" },
  { expect = { url = "/orders" } },
  { expect = { status = 201 } },
]
"##;

#[test]
fn a_good_suite_is_read() {
    let suite = parse(GOOD).unwrap();
    assert_eq!(suite.public_url, "http://shop.example.test");
    let words: Vec<String> = suite
        .flows
        .iter()
        .flat_map(|flow| flow.steps.iter().map(Step::words))
        .collect();
    assert_eq!(
        words,
        [
            "open /",
            "fill \"Name\" with \"ann\"",
            "fill `#p` with the secret shop_password",
            "click \"Sign in\"",
            "click \"Remember me\"",
            "expect \"Welcome\"",
            "open /orders/new",
            "choose \"Blue mug\" in \"Product\"",
            "fill \"Note\" with \"smoke {run}\"",
            "expect to be at /orders",
            "expect status 201",
        ]
    );
    let [first, second] = &suite.flows[..] else {
        panic!("two flows");
    };
    assert_eq!(
        (first.writes, first.step_limit_ms, first.title.as_str()),
        (Writes::None, 10_000, "Sign in")
    );
    assert_eq!(
        (second.writes, second.step_limit_ms, second.title.as_str()),
        (Writes::Marked, 500, "order")
    );
    assert_eq!(secrets(&suite), BTreeSet::from(["shop_password"]));
    assert_eq!(
        first.steps[1],
        Step::from(Act::Fill {
            on: Locator::Label("Name".into()).into(),
            with: Text::Plain("ann".into())
        })
    );
    assert_eq!(
        first.steps[4],
        Step::from(Act::Click {
            on: Locator::Label("Remember me".into()).into()
        })
    );
}

#[test]
fn what_is_wrong_is_named_where_it_stands() {
    let cases = [
        // what is replaced, by what, line, column, a part of the words
        ("title =", "titel =", 6, 1, "unknown field `titel`"),
        (
            "{ open = \"/\" }",
            "{ opne = \"/\" }",
            8,
            5,
            "unknown field `opne`",
        ),
        (
            "{ css = \"#p\" }",
            "{ idd = \"p\" }",
            10,
            14,
            "unknown field `idd`",
        ),
        ("{ css = \"#p\" }", "{ css = \"\" }", 10, 3, "empty text"),
        ("{ css = \"#p\" }", "5", 10, 12, "expected a text, a table"),
        (", with = \"ann\"", "", 9, 3, "`fill` needs either"),
        (
            "with = \"ann\"",
            "with = \"ann\", secret = \"b\"",
            9,
            3,
            "`fill` needs either",
        ),
        (
            "{ open = \"/\" }",
            "{ open = \"shop\" }",
            8,
            3,
            "must be a path",
        ),
        (
            "{ open = \"/\" }",
            "{ open = \"//evil\" }",
            8,
            3,
            "must be a path",
        ),
        (
            "{ open = \"/\" }",
            "{ click = \"x\" }",
            8,
            3,
            "begins with { open",
        ),
        (
            "{ open = \"/\" }",
            "{ open = \"/\", click = \"x\" }",
            8,
            3,
            "a step is one of",
        ),
        (
            "{ open = \"/\" }",
            "{ open = \"/\", option = \"x\" }",
            8,
            3,
            "`option` does not go with `open`",
        ),
        (
            "{ open = \"/\" }",
            "{ open = \"/\", limit = \"soon\" }",
            8,
            3,
            "no step limit",
        ),
        (
            "{ open = \"/\" }",
            "{ open = \"/\" }, { else = true }",
            8,
            19,
            "there is no `if`",
        ),
        (
            "{ open = \"/\" }",
            "{ open = \"/\" }, { act = { do = \"dance\" } }",
            8,
            19,
            "unknown variant `dance`",
        ),
        (
            "{ open = \"/\" }",
            "{ open = \"/\" }, { act = { do = \"end\", sofd = true } }",
            8,
            19,
            "idle key `sofd`",
        ),
        (
            "title = \"Sign in\"",
            "continues = true",
            6,
            13,
            "no other that it could continue",
        ),
        (
            "step_limit = \"500 ms\"",
            "retry = \"once\"",
            19,
            9,
            "a flow that writes is never repeated",
        ),
        (
            "step_limit = \"500 ms\"",
            "limit = \"2 days\"",
            19,
            9,
            "no limit of a flow",
        ),
        (
            "step_limit = \"500 ms\"",
            "tags = [\"ok\", \"not ok\"]",
            19,
            15,
            "no usable name",
        ),
        (
            "test\"\n",
            "test\"\npictures = { above = \"half\" }\n",
            3,
            22,
            "no share of a picture",
        ),
        (
            "test\"\n",
            "test\"\n[[host]]\nhost = \"https://cdn\"\nleads = \"blocked\"\n",
            4,
            8,
            "is no host",
        ),
        (
            ", option = \"Blue mug\"",
            "",
            22,
            3,
            "`choose` needs `option`",
        ),
        ("status = 201", "status = 20", 25, 3, "`expect` is one of"),
        (
            "status = 201",
            "status = 201, url = \"/\"",
            25,
            3,
            "`expect` is one of",
        ),
        ("\"500 ms\"", "\"soon\"", 19, 14, "no step limit"),
        ("\"500 ms\"", "\"301 s\"", 19, 14, "no step limit"),
        ("\"500 ms\"", "500", 19, 14, "invalid type: integer"),
        (
            "\"marked\"",
            "\"sometimes\"",
            18,
            10,
            "unknown variant `sometimes`",
        ),
        ("\"order\"", "\"sign-in\"", 17, 8, "another flow `sign-in`"),
        ("\"order\"", "\"../x\"", 17, 8, "no usable name"),
        (
            "http://shop.example.test",
            "ftp://shop.example.test",
            2,
            14,
            "http or https",
        ),
        (
            "http://shop.example.test",
            "http://shop.example.test/x",
            2,
            14,
            "nothing more",
        ),
        ("http://shop.example.test", "shop", 2, 14, "no address"),
        (
            "[[flow]]\nname = \"order\"",
            "[[flow]\nname = \"order\"",
            16,
            8,
            "",
        ),
    ];
    for (part, by, line, column, words) in cases {
        assert!(GOOD.contains(part), "{part}");
        let error = parse(&GOOD.replacen(part, by, 1)).expect_err(by);
        assert!(error.words.contains(words), "{by}: {error}");
        assert_eq!((error.line, error.column), (line, column), "{by}: {error}");
    }
}

#[test]
fn a_suite_without_flows_or_a_flow_without_steps_is_refused() {
    let error = parse("public_url = \"http://a\"").unwrap_err();
    assert!(error.words.contains("no flow"), "{error}");
    let error = parse("public_url = \"http://a\"\n[[flow]]\nname = \"x\"\nsteps = []").unwrap_err();
    assert_eq!((error.line, error.column), (3, 8));
    assert!(error.words.contains("no steps"), "{error}");
}

#[test]
fn spans_are_read_with_their_unit() {
    for (text, span) in [
        ("10 s", Some(10_000)),
        ("500ms", Some(500)),
        (" 2 min ", Some(120_000)),
        ("10", None),
        ("s", None),
        ("-1 s", None),
        ("1.5 s", None),
        ("", None),
        ("99999999999999999999 s", None),
    ] {
        assert_eq!(super::span(text), span.map(Duration::from_millis), "{text}");
    }
}

/// Every form a step can have.
pub const RICH: &str = r##"
public_url = "https://shop.example.test"
front = "terminate"
script_errors = "fail"
pictures = { on_difference = "hold-first", above = "0.5 %", review_limit = "900 s" }

[[host]]
host = "*.cdn.example.com"
leads = "real-address"

[[flow]]
name = "everything"
title = "Everything at once"
required = false
retry = "once"
step_limit = "30 s"
limit = "120 s"
tags = ["slow", "nightly"]
variables = { who = "ann" }
steps = [
  { resize = "1280x800" },
  { open = "/" },
  { click = "Sign in", limit = "20 s", mask = ["#clock"], above = "1 %" },
  { click = ["Sign in", { id = "in" }, { xpath = "//button" }], opens = "popup" },
  { click = "Row", at = "12,-7", navigates = { url = "/rows" } },
  { double_click = "Row", at = "3, 4", navigates = {} },
  { change = "Colour", with = "blue" },
  { change = "Colour", secret = "colour" },
  { click = { nested = ["#host", { css = "button" }] } },
  { double_click = { aria = "Row", role = "row" } },
  { right_click = { reads = "Menu" } },
  { hover = { pierce = "x-menu" } },
  { drag = { name = "a" }, to = { link = "b" } },
  { submit = "form" },
  { fill = "Name", with = "${who}" },
  { fill = { partial_link = "x" }, secret = "password" },
  { append = "Name", with = "${KEY_ENTER}" },
  { choose = "Product", option = "Blue mug" },
  { check = "Terms" },
  { uncheck = { first_css = "#news" } },
  { press = "Escape" },
  { scroll_to = "#foot" },
  { frame = 0 },
  { frame = "parent" },
  { frame = { id = "pay" } },
  { frame = "top" },
  { remember_window = "first" },
  { window = "${popup}" },
  { close = true },
  { wait_for = "Ready" },
  { wait_for = "Busy", until = "absent" },
  { wait_until = "window.ready" },
  { pause = "500 ms" },
  { expect = { text = "Welcome" }, soft = true },
  { expect = { url = "/orders" } },
  { expect = { status = 201 } },
  { expect = { title = "Orders" } },
  { expect = { element = "Sign out" } },
  { expect = { no_element = "Sign in" } },
  { expect = { text_of = { css = "h1" }, is = "Orders" } },
  { expect = { value_of = "Name", is_not = "" } },
  { expect = { chosen_in = "Product", is = "Blue mug" } },
  { expect = { attribute = "href", of = "Orders", is = "/orders" } },
  { expect = { variable = "total", is = "3" } },
  { expect = { checked = "Terms" } },
  { expect = { unchecked = "News" } },
  { expect = { editable = "Name" } },
  { expect = { locked = "Total" } },
  { expect = { count_of = "li", operator = "at_least", count = 3 } },
  { expect_dialog = "confirm", reads = "Really?" },
  { accept = "confirm" },
  { dismiss = "prompt" },
  { answer = "Ann" },
  { store = "total", text_of = "Sum" },
  { store = "name", value_of = "Name" },
  { store = "link", attribute = "href", of = "Orders" },
  { store = "rows", count_of = "li" },
  { store = "title", title = true },
  { store = "x", value = "1" },
  { store = "list", json = "[1, 2]" },
  { run = "return 1", into = "one" },
  { echo = "hello" },
  { if = "${one} === 1" },
  { else_if = "false" },
  { else = true },
  { end = true },
  { while = "false" },
  { end = true },
  { do = true },
  { again_if = "false" },
  { repeat = 3 },
  { end = true },
  { for_each = "list", as = "it" },
  { end = true },
  { act = { do = "key", key = "Escape", down = false } },
]

[[flow]]
name = "after"
continues = true
steps = [ { click = "Sign out" } ]
"##;

#[test]
fn every_form_is_read_and_written_again_as_the_same_suite() {
    let suite = parse(RICH).unwrap();
    let text = write(&suite);
    let again = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(again, suite, "{text}");
    assert!(text.contains(
        "  { click = \"Sign in\", limit = \"20 s\", above = \"1 %\", mask = [\"#clock\"] },"
    ));
    assert!(!text.contains("act = { do = \"click\""), "{text}");
    let good = parse(GOOD).unwrap();
    assert_eq!(parse(&write(&good)).unwrap(), good);
}

#[test]
fn what_holds_for_a_suite_and_a_flow_is_read() {
    let suite = parse(RICH).unwrap();
    assert_eq!(suite.front, app::model::smoke::Front::Terminate);
    assert_eq!(suite.script_errors, ScriptErrors::Fail);
    assert_eq!(suite.hosts[0].leads, Leads::RealAddress);
    assert_eq!(suite.pictures.on_difference, OnDifference::HoldFirst);
    assert_eq!(
        (suite.pictures.above_ppm, suite.pictures.review_limit_ms),
        (5_000, 900_000)
    );
    let [all, after] = &suite.flows[..] else {
        panic!("two flows");
    };
    assert_eq!((all.retry, all.weight), (Retry::Once, Weight::WarnOnly));
    assert_eq!((all.step_limit_ms, all.limit_ms), (30_000, Some(120_000)));
    assert_eq!(after.session, Session::Continued);
    let click = &all.steps[2];
    assert_eq!(
        (click.limit_ms, click.above_ppm),
        (Some(20_000), Some(10_000))
    );
    let several = Find {
        first: Locator::Text("Sign in".into()),
        or: vec![Locator::Id("in".into()), Locator::Xpath("//button".into())],
    };
    assert_eq!(all.steps[3].act, Act::Click { on: several });
    assert_eq!(secrets(&suite), BTreeSet::from(["colour", "password"]));
}
