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

/// How our own format says what a row does.
#[derive(Clone, Copy)]
enum Shape {
    /// `{ open = "/" }`, and what must not be missing there.
    Text(&'static str, &'static str),
    /// `{ click = ELEMENT }`
    Element(&'static str),
    /// `{ fill = ELEMENT, with = "ann" }`, and what must not be missing there, if anything.
    Both(&'static str, &'static str, Option<&'static str>),
    /// `{ wait_for = ELEMENT, until = "hidden" }`
    Wait(Option<&'static str>),
    /// `{ expect = { text = "Welcome" } }`, and what must not be missing there, if anything.
    Expect(&'static str, Option<&'static str>),
    /// `{ expect = { status = 200 } }`
    Status,
    /// `{ expect = { text_of = ELEMENT, is = "Welcome" } }`
    Compare(&'static str),
    /// As it is written.
    Whole,
}

fn shape(act: Do) -> Shape {
    match act {
        Do::Open => Shape::Text("open", "a path, like /orders"),
        Do::Press => Shape::Text("press", "a key, like Enter"),
        Do::Pause => Shape::Text("pause", "a time, like 500 ms"),
        Do::Click => Shape::Element("click"),
        Do::DoubleClick => Shape::Element("double_click"),
        Do::Hover => Shape::Element("hover"),
        Do::Check => Shape::Element("check"),
        Do::Uncheck => Shape::Element("uncheck"),
        Do::ScrollTo => Shape::Element("scroll_to"),
        Do::Fill => Shape::Both("fill", "with", None),
        Do::FillSecret => Shape::Both("fill", "secret", Some("the name of a secret")),
        // a secret there is rare enough to be written out
        Do::Append => Shape::Both("append", "with", None),
        Do::Change => Shape::Both("change", "with", None),
        Do::Choose => Shape::Both("choose", "option", None),
        Do::WaitFor => Shape::Wait(None),
        Do::WaitGone => Shape::Wait(Some("hidden")),
        Do::ExpectText => Shape::Expect("text", Some("a text")),
        Do::ExpectUrl => Shape::Expect("url", Some("a path, like /orders")),
        Do::ExpectTitle => Shape::Expect("title", None),
        Do::ExpectStatus => Shape::Status,
        Do::ExpectTextOf => Shape::Compare("text_of"),
        Do::ExpectValueOf => Shape::Compare("value_of"),
        Do::Other => Shape::Whole,
    }
}

/// With fields of its own, where there are some.
fn usual(keys: &write::Keys) -> Option<Row> {
    let ((key, value), rest) = keys.0.split_first()?;
    Do::all().find_map(|act| shape(act).row(act, key, value, rest))
}

impl Shape {
    /// The row of a step that begins with this key, if it is said like that.
    fn row(self, act: Do, key: &str, value: &Value, rest: &[(&'static str, Value)]) -> Option<Row> {
        let other = |wanted: &str| rest.iter().find(|(key, _)| *key == wanted);
        let without = |left_out: &str| -> Vec<_> {
            let kept = rest.iter().filter(|(key, _)| *key != left_out);
            kept.cloned().collect()
        };
        let expected = |keys: &[&str]| {
            let table = value.as_table().filter(|_| key == "expect")?;
            let there = |key: &&str| table.contains_key(*key);
            (table.len() == keys.len() && keys.iter().all(there)).then_some(table)
        };
        match self {
            Self::Text(own, _) if own == key => finished(act, None, Some(value), rest),
            Self::Element(own) if own == key => finished(act, Some(value), None, rest),
            Self::Both(own, second, _) if own == key => {
                let (_, with) = other(second)?;
                finished(act, Some(value), Some(with), &without(second))
            }
            Self::Wait(until) if key == "wait_for" => {
                let said = other("until").map(|(_, said)| said.as_str());
                let is_it = said == until.map(Some);
                is_it.then(|| finished(act, Some(value), None, &without("until")))?
            }
            Self::Expect(own, _) => finished(act, None, expected(&[own])?.get(own), rest),
            Self::Status => finished(act, None, expected(&["status"])?.get("status"), rest),
            Self::Compare(own) => {
                let table = expected(&[own, "is"])?;
                finished(act, table.get(own), table.get("is"), rest)
            }
            Self::Text(..) | Self::Element(_) | Self::Both(..) | Self::Wait(_) | Self::Whole => {
                None
            }
        }
    }
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
    let text = || Value::String(row.with.clone());
    let must = |what: &str| match row.with.trim().is_empty() {
        false => Ok(text()),
        true => Err(format!("`{label}` needs {what}")),
    };
    let may = |needed: Option<&str>| needed.map_or_else(|| Ok(text()), must);
    let expect = |keys: Vec<(&str, Value)>| {
        let keys = keys.into_iter().map(|(key, value)| (key.to_owned(), value));
        vec![("expect", Value::Table(keys.collect()))]
    };
    let keys = write::Keys(match shape(row.act) {
        Shape::Text(key, what) => vec![(key, must(what)?)],
        Shape::Element(key) => vec![(key, found(row)?)],
        Shape::Both(key, second, needed) => vec![(key, found(row)?), (second, may(needed)?)],
        Shape::Wait(until) => {
            let until = until.map(|until| ("until", until.into()));
            [("wait_for", found(row)?)]
                .into_iter()
                .chain(until)
                .collect()
        }
        Shape::Expect(key, needed) => expect(vec![(key, may(needed)?)]),
        Shape::Status => expect(vec![("status", status(&row.with)?)]),
        Shape::Compare(key) => expect(vec![(key, found(row)?), ("is", text())]),
        Shape::Whole => unreachable!("it is written as it is, above"),
    });
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

fn status(text: &str) -> Result<Value, String> {
    let text = text.trim();
    let status = text
        .parse()
        .ok()
        .filter(|status| (100..=599).contains(status));
    status
        .map(Value::Integer)
        .ok_or_else(|| format!("`{text}` is no status: a number like 200"))
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
mod tests;
