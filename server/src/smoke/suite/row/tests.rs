use super::*;
use crate::smoke::suite::{parse, tests::RICH};

fn typed(act: Do, by: By, on: &str, with: &str, also: &str) -> Row {
    Row {
        act,
        by,
        on: on.into(),
        with: with.into(),
        also: also.into(),
    }
}

#[test]
fn every_step_has_a_row_that_reads_back_as_the_step() {
    let suite = parse(RICH).unwrap();
    let steps = suite.flows.iter().flat_map(|flow| &flow.steps);
    let mut written_out = 0;
    for given in steps {
        let row = row(given);
        assert_eq!(step(&row).as_ref(), Ok(given), "{row:?}");
        written_out += usize::from(row.act == Do::Other);
    }
    // those that people write most have fields of their own
    assert!(written_out < 55, "{written_out}");
}

#[test]
fn steps_of_recordings_have_rows_too_and_lose_only_their_line() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/suites");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let wishes = crate::smoke::import::Wishes::default();
        let Ok(imported) = crate::smoke::import::import("x", &text, &wishes) else {
            continue;
        };
        for given in imported.flows.iter().flat_map(|flow| &flow.steps) {
            let row = row(given);
            let again = step(&row).unwrap_or_else(|why| panic!("{why}: {row:?}"));
            let given = Step {
                line: None,
                ..given.clone()
            };
            assert_eq!(again, given, "{row:?}");
            seen += 1;
        }
    }
    assert!(seen > 250, "{seen}");
}

#[test]
fn common_steps_have_fields_of_their_own() {
    let cases = [
        (r#"{ open = "/" }"#, typed(Do::Open, By::Usual, "", "/", "")),
        (
            r#"{ click = "Sign in", limit = "20 s", soft = true }"#,
            typed(
                Do::Click,
                By::Usual,
                "Sign in",
                "",
                "soft = true, limit = \"20 s\"",
            ),
        ),
        (
            r##"{ fill = { css = "#name" }, with = "ann" }"##,
            typed(Do::Fill, By::Css, "#name", "ann", ""),
        ),
        (
            r#"{ fill = "Password", secret = "shop_password" }"#,
            typed(Do::FillSecret, By::Usual, "Password", "shop_password", ""),
        ),
        (
            r#"{ click = ["Go", { id = "go" }] }"#,
            typed(Do::Click, By::Written, r#"["Go", { id = "go" }]"#, "", ""),
        ),
        (
            r#"{ expect = { status = 201 } }"#,
            typed(Do::ExpectStatus, By::Usual, "", "201", ""),
        ),
        (
            r#"{ expect = { text_of = { css = "h1" }, is = "" } }"#,
            typed(Do::ExpectTextOf, By::Css, "h1", "", ""),
        ),
        (
            r#"{ wait_for = "Busy", until = "hidden" }"#,
            typed(Do::WaitGone, By::Usual, "Busy", "", ""),
        ),
    ];
    for (text, row) in cases {
        let given = read(text).unwrap();
        assert_eq!(super::row(&given), row, "{text}");
        assert_eq!(step(&row), Ok(given), "{text}");
    }
}

#[test]
fn more_than_one_line_is_written_out_and_survives() {
    let given = read("{ fill = \"Note\", with = \"a\\nb\" }").unwrap();
    let row = row(&given);
    assert_eq!(row.act, Do::Other);
    assert_eq!(step(&row), Ok(given));
}

#[test]
fn a_row_that_is_no_step_says_why() {
    let cases = [
        (typed(Do::Open, By::Usual, "", "", ""), "needs a path"),
        (
            typed(Do::Open, By::Usual, "", "orders", ""),
            "beginning with one /",
        ),
        (
            typed(Do::Open, By::Usual, "x", "/", ""),
            "done to no element",
        ),
        (
            typed(Do::Click, By::Usual, " ", "", ""),
            "`click` needs an element",
        ),
        (typed(Do::Click, By::Usual, "a", "b", ""), "takes no text"),
        (
            typed(Do::Click, By::Written, "[", "", ""),
            "`[` is no element",
        ),
        (
            typed(Do::Click, By::Written, "{ colour = \"x\" }", "", ""),
            "colour",
        ),
        (
            typed(Do::Click, By::Usual, "a", "", "limit = 30"),
            "integer `30`",
        ),
        (
            typed(Do::Click, By::Usual, "a", "", "limit = \"30\""),
            "`30` is no step limit",
        ),
        (
            typed(Do::Click, By::Usual, "a", "", "30 s"),
            "write it like limit",
        ),
        (
            typed(Do::Click, By::Usual, "a", "", "} , { click = \"b\""),
            "not understood",
        ),
        (
            typed(Do::FillSecret, By::Usual, "a", "", ""),
            "name of a secret",
        ),
        (
            typed(Do::ExpectStatus, By::Usual, "", "ok", ""),
            "`ok` is no status",
        ),
        (
            typed(Do::Pause, By::Usual, "", "1 h", ""),
            "`1 h` is no pause",
        ),
        (typed(Do::Other, By::Usual, "", "", ""), "this row is empty"),
        (
            typed(Do::Other, By::Usual, "a", "end = true", ""),
            "empty the others",
        ),
        (typed(Do::Other, By::Usual, "", "{ fly = true }", ""), "fly"),
        (
            typed(Do::Other, By::Usual, "", "{ end = true }\nb = 1", ""),
            "b",
        ),
    ];
    for (row, words) in cases {
        let why = step(&row).unwrap_err();
        assert!(why.contains(words), "{row:?}: {why}");
    }
    let braceless = typed(Do::Other, By::Usual, "", "press = \"Enter\",", "");
    assert!(step(&braceless).is_ok());
}
