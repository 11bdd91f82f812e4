use super::*;
use app::model::smoke::Writes;

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
            "{ id = \"p\" }",
            10,
            14,
            "unknown field `id`",
        ),
        ("{ css = \"#p\" }", "{ css = \"\" }", 10, 3, "empty text"),
        ("{ css = \"#p\" }", "5", 10, 12, "expected a text or"),
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
