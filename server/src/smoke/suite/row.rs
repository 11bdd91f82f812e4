//! Steps as rows of the editor, and back: both through the words of our own format, so that a row can hold no step that
//! could not be written by hand, and every step has a row.

use super::{LONGEST_STEP, raw, step, write};
use app::model::{
    editor::{By, Do, Row},
    smoke::Step,
};
use serde::Deserialize;
use toml::{Table, Value};

/// The row that reads back as this step. Where it was recorded is no part of it.
pub fn row(step: &Step) -> Row {
    let step = Step {
        line: None,
        ..step.clone()
    };
    let keys = write::step(&step);
    usual(&keys).unwrap_or_else(|| Row {
        act: Do::Other,
        with: keys.inline(),
        ..Row::default()
    })
}

/// With fields of its own, where there are some.
fn usual(keys: &write::Keys) -> Option<Row> {
    let (first, rest) = keys.0.split_first()?;
    let (act, value, mut rest) = match first {
        ("expect", Value::Table(table)) => {
            let (act, on, with) = expected(table)?;
            let rest = rest.to_vec();
            return finished(act, on, with, &rest);
        }
        (verb, value) => (*verb, value, rest.to_vec()),
    };
    let mut take = |key: &str| {
        let at = rest.iter().position(|(name, _)| *name == key)?;
        Some(rest.remove(at).1)
    };
    let (act, with) = match act {
        "open" => (Do::Open, None),
        "press" => (Do::Press, None),
        "pause" => (Do::Pause, None),
        "click" => (Do::Click, None),
        "double_click" => (Do::DoubleClick, None),
        "hover" => (Do::Hover, None),
        "check" => (Do::Check, None),
        "uncheck" => (Do::Uncheck, None),
        "scroll_to" => (Do::ScrollTo, None),
        "fill" => match take("secret") {
            Some(name) => (Do::FillSecret, Some(name)),
            None => (Do::Fill, take("with")),
        },
        // a secret there is rare enough to be written out
        "append" => (Do::Append, Some(take("with")?)),
        "change" => (Do::Change, Some(take("with")?)),
        "choose" => (Do::Choose, Some(take("option")?)),
        "wait_for" => match take("until") {
            None => (Do::WaitFor, None),
            Some(Value::String(until)) if until == "hidden" => (Do::WaitGone, None),
            Some(_) => return None,
        },
        _ => return None,
    };
    match act.needs().element {
        true => finished(act, Some(value), with.as_ref(), &rest),
        false => finished(act, None, Some(value), &rest),
    }
}

fn expected(table: &Table) -> Option<(Do, Option<&Value>, Option<&Value>)> {
    let has = |keys: &[&str]| {
        let there = |key: &&str| table.contains_key(*key);
        table.len() == keys.len() && keys.iter().all(there)
    };
    let alone = [
        ("text", Do::ExpectText),
        ("url", Do::ExpectUrl),
        ("status", Do::ExpectStatus),
        ("title", Do::ExpectTitle),
    ];
    if let Some((key, act)) = alone.into_iter().find(|(key, _)| has(&[key])) {
        return Some((act, None, table.get(key)));
    }
    let compared = [
        ("text_of", Do::ExpectTextOf),
        ("value_of", Do::ExpectValueOf),
    ];
    let (key, act) = compared.into_iter().find(|(key, _)| has(&[key, "is"]))?;
    Some((act, table.get(key), table.get("is")))
}

/// A field has one line; what has more is written out.
fn finished(
    act: Do,
    on: Option<&Value>,
    with: Option<&Value>,
    rest: &[(&'static str, Value)],
) -> Option<Row> {
    let (by, on) = on.map_or_else(|| Some((By::Usual, String::new())), element)?;
    let with = match with {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Integer(number)) => number.to_string(),
        None => String::new(),
        Some(_) => return None,
    };
    let also: Vec<String> = rest
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    let row = Row {
        act,
        by,
        on,
        with,
        also: also.join(", "),
    };
    let one_line = |text: &String| !text.contains(['\n', '\r']);
    let fits = [&row.on, &row.with, &row.also].into_iter().all(one_line);
    fits.then_some(row)
}

fn element(value: &Value) -> Option<(By, String)> {
    match value {
        Value::String(text) => Some((By::Usual, text.clone())),
        Value::Table(table) => {
            let mut keys = table.iter();
            let by = match (keys.next(), keys.next()) {
                (Some((key, Value::String(text))), None) => {
                    let by = key.parse().ok().filter(|by: &By| has_own_key(*by));
                    by.map(|by| (by, text.clone()))
                }
                _ => None,
            };
            Some(by.unwrap_or_else(|| (By::Written, value.to_string())))
        }
        Value::Array(_) => Some((By::Written, value.to_string())),
        _ => None,
    }
}

fn has_own_key(by: By) -> bool {
    !matches!(by, By::Usual | By::Written)
}

/// The step of a row; the error is why there is none, as a clause.
pub fn step(row: &Row) -> Result<Step, String> {
    read(&written(row)?)
}

/// A row as an inline table of our own format.
pub fn written(row: &Row) -> Result<String, String> {
    if row.act == Do::Other {
        return whole(row);
    }
    let needs = row.act.needs();
    let label = row.act.label();
    if !needs.element && !row.on.trim().is_empty() {
        return Err(format!(
            "`{label}` is done to no element: empty that field, or choose something else to do"
        ));
    }
    if needs.text.is_none() && !row.with.trim().is_empty() {
        return Err(format!(
            "`{label}` takes no text: empty that field, or choose something else to do"
        ));
    }
    let on = match needs.element {
        true => Some(found(row)?),
        false => None,
    };
    let text = || Value::String(row.with.clone());
    let must = |what: &str| match row.with.trim().is_empty() {
        false => Ok(text()),
        true => Err(format!("`{label}` needs {what}")),
    };
    let mut keys = write::Keys::default();
    let mut add = |key: &'static str, value: Value| keys.0.push((key, value));
    let element = |on: Option<Value>| on.expect("it needs an element");
    let compared = |key: &str, on: Option<Value>| {
        let keys = [(key.to_owned(), element(on)), ("is".to_owned(), text())];
        Value::Table(keys.into_iter().collect())
    };
    let expected =
        |key: &str, value: Value| Value::Table([(key.to_owned(), value)].into_iter().collect());
    match row.act {
        Do::Open => add("open", must("a path, like /orders")?),
        Do::Press => add("press", must("a key, like Enter")?),
        Do::Pause => add("pause", must("a time, like 500 ms")?),
        Do::Click => add("click", element(on)),
        Do::DoubleClick => add("double_click", element(on)),
        Do::Hover => add("hover", element(on)),
        Do::Check => add("check", element(on)),
        Do::Uncheck => add("uncheck", element(on)),
        Do::ScrollTo => add("scroll_to", element(on)),
        Do::WaitFor => add("wait_for", element(on)),
        Do::WaitGone => {
            add("wait_for", element(on));
            add("until", "hidden".into());
        }
        Do::Fill => {
            add("fill", element(on));
            add("with", text());
        }
        Do::FillSecret => {
            let secret = must("the name of a secret")?;
            add("fill", element(on));
            add("secret", secret);
        }
        Do::Append => {
            add("append", element(on));
            add("with", text());
        }
        Do::Change => {
            add("change", element(on));
            add("with", text());
        }
        Do::Choose => {
            add("choose", element(on));
            add("option", text());
        }
        Do::ExpectText => add("expect", expected("text", must("a text")?)),
        Do::ExpectUrl => add("expect", expected("url", must("a path, like /orders")?)),
        Do::ExpectTitle => add("expect", expected("title", text())),
        Do::ExpectStatus => {
            let status: u16 = row
                .with
                .trim()
                .parse()
                .ok()
                .filter(|status| (100..=599).contains(status))
                .ok_or_else(|| format!("`{}` is no status: a number like 200", row.with.trim()))?;
            add("expect", expected("status", i64::from(status).into()));
        }
        Do::ExpectTextOf => add("expect", compared("text_of", on)),
        Do::ExpectValueOf => add("expect", compared("value_of", on)),
        Do::Other => unreachable!("it was written out above"),
    }
    let also = row.also.trim().trim_end_matches(',');
    if also.is_empty() {
        return Ok(keys.inline());
    }
    // by itself first, so that its mistakes are not taken for others
    toml::from_str::<Table>(&format!("also = {{ {also} }}")).map_err(|error| {
        format!(
            "`{also}` is not understood: {}; write it like limit = \"30 s\", soft = true",
            message(&error)
        )
    })?;
    let inline = keys.inline();
    let open = inline.strip_suffix(" }").unwrap_or(&inline);
    Ok(format!("{open}, {also} }}"))
}

/// The whole step, as it was written.
fn whole(row: &Row) -> Result<String, String> {
    if !row.on.trim().is_empty() || !row.also.trim().is_empty() {
        return Err("here the last field alone holds the whole step: empty the others".to_owned());
    }
    let text = row.with.trim().trim_end_matches(',').trim_end();
    match text {
        "" => Err("this row is empty: choose what is done, or remove it".to_owned()),
        text if text.starts_with('{') => Ok(text.to_owned()),
        text => Ok(format!("{{ {text} }}")),
    }
}

fn found(row: &Row) -> Result<Value, String> {
    let label = row.act.label();
    let text = row.on.as_str();
    if text.trim().is_empty() {
        return Err(format!("`{label}` needs an element"));
    }
    match row.by {
        By::Usual => Ok(text.into()),
        By::Written => {
            let table: Table = toml::from_str(&format!("on = {text}")).map_err(|error| {
                format!(
                    "`{text}` is no element: {}; write it like [\"Sign in\", {{ css = \"#go\" }}]",
                    message(&error)
                )
            })?;
            let mut values = table.into_iter();
            match (values.next(), values.next()) {
                (Some((_, value)), None) => Ok(value),
                _ => Err(format!("`{text}` is no element")),
            }
        }
        by => Ok(Value::Table(
            [(by.word().to_owned(), text.into())].into_iter().collect(),
        )),
    }
}

/// The step of an inline table.
fn read(text: &str) -> Result<Step, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct One {
        step: raw::Step,
    }
    let One { step: raw } =
        toml::from_str(&format!("step = {text}")).map_err(|error| message(&error))?;
    step::step(raw, LONGEST_STEP)
}

fn message(error: &toml::de::Error) -> String {
    error.message().trim().replace('\n', ", ")
}

#[cfg(test)]
mod tests {
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
}
