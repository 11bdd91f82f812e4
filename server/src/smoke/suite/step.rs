//! Steps as they are written, to steps of the model.

use super::{raw, share, span};
use crate::smoke::control::MOST_ROUNDS;
use app::model::smoke::{
    Act, Answer, Button, Dialog, Frame, Locator, Navigates, NewWindow, Origin, Point, Pointing,
    Script, Step, Subject, Text, Until,
};
use serde::Deserialize;
use std::time::Duration;

/// What can be done, and which keys may stand beside it.
const VERBS: [(&str, &[&str]); 41] = [
    ("open", &[]),
    ("click", &["at"]),
    ("double_click", &["at"]),
    ("right_click", &[]),
    ("hover", &[]),
    ("drag", &["to"]),
    ("submit", &[]),
    ("fill", &["with", "secret"]),
    ("append", &["with", "secret"]),
    ("change", &["with", "secret"]),
    ("choose", &["option"]),
    ("check", &[]),
    ("uncheck", &[]),
    ("press", &[]),
    ("scroll_to", &[]),
    ("resize", &[]),
    ("frame", &[]),
    ("window", &[]),
    ("remember_window", &[]),
    ("close", &[]),
    ("wait_for", &["until"]),
    ("wait_until", &[]),
    ("pause", &[]),
    ("expect", &[]),
    ("expect_dialog", &["reads"]),
    ("accept", &[]),
    ("dismiss", &[]),
    ("answer", &[]),
    (
        "store",
        &[
            "value",
            "json",
            "text_of",
            "value_of",
            "attribute",
            "of",
            "count_of",
            "title",
        ],
    ),
    ("run", &["into"]),
    ("echo", &[]),
    ("if", &[]),
    ("else_if", &[]),
    ("else", &[]),
    ("end", &[]),
    ("while", &[]),
    ("do", &[]),
    ("again_if", &[]),
    ("repeat", &[]),
    ("for_each", &["as"]),
    ("act", &[]),
];

/// What may stand beside every verb.
const ALWAYS: [&str; 6] = ["limit", "soft", "above", "mask", "opens", "navigates"];

const LONGEST_PAUSE: Duration = Duration::from_secs(60);
pub const NEW_WINDOW_LIMIT_MS: u64 = 2_000;

/// Keys that go with each other, and values that fit them.
pub fn step(mut raw: raw::Step, longest: Duration) -> Result<Step, String> {
    let verb = verb(&raw.present())?;
    let limit_ms = raw
        .limit
        .take()
        .map(|text| {
            span(&text)
                .filter(|limit| (Duration::from_millis(1)..=longest).contains(limit))
                .map(millis)
                .ok_or_else(|| {
                    format!(
                        "`{text}` is no step limit: write \"10 s\" or \"500 ms\", at most \"300 s\""
                    )
                })
        })
        .transpose()?;
    let above_ppm = raw.above.take().map(|text| share(&text)).transpose()?;
    let opens = raw.opens.take().map(|into| NewWindow {
        into,
        limit_ms: NEW_WINDOW_LIMIT_MS,
    });
    let navigates = raw.navigates.take().map(|raw| Navigates {
        url: raw.url,
        title: raw.title,
    });
    let (soft, mask) = (
        raw.soft.unwrap_or(false),
        raw.mask.take().unwrap_or_default(),
    );
    let step = match raw.act.take() {
        Some(act) => whole(act)?,
        None => act(verb, raw)?.into(),
    };
    Ok(Step {
        limit_ms: limit_ms.or(step.limit_ms),
        soft: soft || step.soft,
        above_ppm: above_ppm.or(step.above_ppm),
        opens: opens.or(step.opens.clone()),
        navigates: navigates.or(step.navigates.clone()),
        mask: if mask.is_empty() {
            step.mask.clone()
        } else {
            mask
        },
        ..step
    })
}

fn verb(present: &[&'static str]) -> Result<&'static str, String> {
    let mut verbs = VERBS.iter().filter(|(verb, _)| present.contains(verb));
    // `until`, `title` and the like are only companions
    let (Some((verb, companions)), None) = (verbs.next(), verbs.next()) else {
        let all: Vec<&str> = VERBS.iter().map(|(verb, _)| *verb).collect();
        return Err(format!("a step is one of: {}", all.join(", ")));
    };
    match present
        .iter()
        .find(|key| *key != verb && !companions.contains(key) && !ALWAYS.contains(key))
    {
        Some(odd) => Err(format!("`{odd}` does not go with `{verb}`")),
        None => Ok(verb),
    }
}

fn act(verb: &str, raw: raw::Step) -> Result<Act, String> {
    Ok(match raw {
        raw::Step {
            open: Some(path), ..
        } => Act::Open { path: local(path)? },
        raw::Step {
            click: Some(on),
            at,
            ..
        } => match at {
            None => Act::Click { on: on.thing()? },
            Some(at) => click_at(on, &at, 1)?,
        },
        raw::Step {
            double_click: Some(on),
            at,
            ..
        } => match at {
            None => Act::DoubleClick { on: on.thing()? },
            Some(at) => click_at(on, &at, 2)?,
        },
        raw::Step {
            right_click: Some(on),
            ..
        } => Act::ClickAt {
            on: on.thing()?,
            at: Point {
                x: 0,
                y: 0,
                from: Origin::Middle,
            },
            button: Button::Right,
            times: 1,
        },
        raw::Step {
            hover: Some(on), ..
        } => Act::Point {
            on: on.thing()?,
            at: None,
            does: Pointing::Move,
        },
        raw::Step {
            drag: Some(on), to, ..
        } => Act::Drag {
            on: on.thing()?,
            to: to
                .ok_or("`drag` needs `to`, where it is dropped")?
                .thing()?,
        },
        raw::Step {
            submit: Some(on), ..
        } => Act::Submit {
            on: on.with_plain(Locator::Css)?,
        },
        raw::Step {
            fill: Some(on),
            with,
            secret,
            ..
        } => Act::Fill {
            on: on.field()?,
            with: text(verb, with, secret)?,
        },
        raw::Step {
            append: Some(on),
            with,
            secret,
            ..
        } => Act::Keys {
            on: on.field()?,
            with: text(verb, with, secret)?,
        },
        raw::Step {
            change: Some(on),
            with,
            secret,
            ..
        } => Act::Change {
            on: on.field()?,
            with: text(verb, with, secret)?,
        },
        raw::Step {
            choose: Some(on),
            option,
            ..
        } => Act::Choose {
            on: on.field()?,
            option: option.ok_or("`choose` needs `option`, the text to choose")?,
        },
        raw::Step {
            check: Some(on), ..
        } => Act::Check {
            on: on.field()?,
            checked: true,
        },
        raw::Step {
            uncheck: Some(on), ..
        } => Act::Check {
            on: on.field()?,
            checked: false,
        },
        raw::Step {
            press: Some(key), ..
        } => Act::Key { key, down: true },
        raw::Step {
            scroll_to: Some(on),
            ..
        } => Act::Scroll {
            on: Some(on.with_plain(Locator::Css)?),
            x: 0,
            y: 0,
        },
        raw::Step {
            resize: Some(size), ..
        } => {
            let (width, height) = size
                .split_once('x')
                .and_then(|(w, h)| Some((w.trim().parse().ok()?, h.trim().parse().ok()?)))
                .ok_or_else(|| format!("`{size}` is no size: write \"1280x800\""))?;
            Act::SetWindow { width, height }
        }
        raw::Step {
            frame: Some(frame), ..
        } => Act::SwitchFrame {
            to: match frame {
                raw::Frame::Word(word) if word == "top" => Frame::Top,
                raw::Frame::Word(word) if word == "parent" => Frame::Parent,
                raw::Frame::Word(css) => Frame::At(Locator::Css(css).into()),
                raw::Frame::Index(index) => Frame::Index(index),
                raw::Frame::At(on) => Frame::At(on.with_plain(Locator::Css)?),
            },
        },
        raw::Step {
            window: Some(handle),
            ..
        } => Act::SwitchWindow { handle },
        raw::Step {
            remember_window: Some(into),
            ..
        } => Act::StoreWindow { into },
        raw::Step { close: Some(_), .. } => Act::CloseWindow,
        raw::Step {
            wait_for: Some(on),
            until,
            ..
        } => Act::WaitFor {
            on: on.thing()?,
            until: until.unwrap_or(Until::Visible),
        },
        raw::Step {
            wait_until: Some(script),
            ..
        } => Act::WaitForScript { script },
        raw::Step {
            pause: Some(pause), ..
        } => Act::Pause {
            ms: span(&pause)
                .filter(|pause| *pause <= LONGEST_PAUSE)
                .map(millis)
                .ok_or_else(|| format!("`{pause}` is no pause: at most \"60 s\""))?,
        },
        raw::Step {
            expect: Some(expect),
            ..
        } => super::expect::expectation(expect)?,
        raw::Step {
            expect_dialog: Some(dialog),
            reads,
            ..
        } => Act::ExpectDialog {
            dialog: dialog.into(),
            text: reads.ok_or("`expect_dialog` needs `reads`, its whole text")?,
        },
        raw::Step {
            accept: Some(dialog),
            ..
        } => Act::AnswerDialog {
            dialog: dialog.into(),
            answer: Answer::Accept,
        },
        raw::Step {
            dismiss: Some(dialog),
            ..
        } => Act::AnswerDialog {
            dialog: dialog.into(),
            answer: Answer::Dismiss,
        },
        raw::Step {
            answer: Some(text), ..
        } => Act::AnswerDialog {
            dialog: Dialog::Prompt,
            answer: Answer::Text(Text::Plain(text)),
        },
        raw::Step {
            store: Some(into),
            value,
            json,
            text_of,
            value_of,
            attribute,
            of,
            count_of,
            title,
            ..
        } => {
            let subject = match (text_of, value_of, attribute, of, count_of, title) {
                (Some(on), None, None, None, None, None) => Subject::Text(on.thing()?),
                (None, Some(on), None, None, None, None) => Subject::Value(on.field()?),
                (None, None, Some(name), Some(on), None, None) => Subject::Attribute {
                    on: on.thing()?,
                    name,
                },
                (None, None, None, None, Some(on), None) => {
                    Subject::Count(on.with_plain(Locator::Css)?)
                }
                (None, None, None, None, None, Some(_)) => Subject::Title,
                (None, None, None, None, None, None) => {
                    return match (value, json) {
                        (Some(value), None) => Ok(Act::Store { value, into }),
                        (None, Some(json)) => Ok(Act::StoreJson { json, into }),
                        _ => Err(STORED.to_owned()),
                    };
                }
                _ => return Err(STORED.to_owned()),
            };
            if value.is_some() || json.is_some() {
                return Err(STORED.to_owned());
            }
            Act::StoreOf { subject, into }
        }
        raw::Step {
            run: Some(script),
            into,
            ..
        } => Act::Run {
            script: Script::Body(script),
            into,
        },
        raw::Step {
            echo: Some(text), ..
        } => Act::Echo { text },
        raw::Step {
            if_: Some(script), ..
        } => Act::If { script },
        raw::Step {
            else_if: Some(script),
            ..
        } => Act::ElseIf { script },
        raw::Step { else_: Some(_), .. } => Act::Else,
        raw::Step { end: Some(_), .. } => Act::End,
        raw::Step {
            while_: Some(script),
            ..
        } => Act::While {
            script,
            most: MOST_ROUNDS,
        },
        raw::Step { do_: Some(_), .. } => Act::Do,
        raw::Step {
            again_if: Some(script),
            ..
        } => Act::RepeatIf {
            script,
            most: MOST_ROUNDS,
        },
        raw::Step {
            repeat: Some(count),
            ..
        } => Act::Times {
            count: match count {
                raw::Number::Number(count) => count.to_string(),
                raw::Number::Text(text) => text,
            },
            most: MOST_ROUNDS,
        },
        raw::Step {
            for_each: Some(list),
            as_,
            ..
        } => Act::ForEach {
            list,
            each: as_.ok_or("`for_each` needs `as`, a name for each one")?,
        },
        _ => return Err(format!("`{verb}` is incomplete")),
    })
}

/// Where Chrome's recorder says that it was clicked.
fn click_at(on: raw::Find, at: &str, times: u32) -> Result<Act, String> {
    let (x, y) = at
        .split_once(',')
        .and_then(|(x, y)| Some((x.trim().parse().ok()?, y.trim().parse().ok()?)))
        .ok_or_else(|| {
            format!("`{at}` is no point: write \"12,7\", counted from the element's corner")
        })?;
    Ok(Act::ClickAt {
        on: on.thing()?,
        at: Point {
            x,
            y,
            from: Origin::Corner,
        },
        button: Button::Left,
        times,
    })
}

const STORED: &str =
    "`store` needs one of: value, json, text_of, value_of, attribute with of, count_of, title";

/// A step of the model word for word, for what has no shorter form.
fn whole(table: toml::Table) -> Result<Step, String> {
    let keys: Vec<String> = table.keys().cloned().collect();
    let step = Step::deserialize(table).map_err(|error| {
        let words = error.message().trim().replace('\n', ", ");
        format!("`act` is no step: {words}")
    })?;
    // a flattened type takes whatever it does not know
    let known = serde_json::to_value(&step).unwrap_or_default();
    match keys.iter().find(|key| known.get(key.as_str()).is_none()) {
        Some(odd) => Err(format!("`act` has an unknown or idle key `{odd}`")),
        None => Ok(step),
    }
}

fn text(verb: &str, with: Option<String>, secret: Option<String>) -> Result<Text, String> {
    match (with, secret) {
        (Some(text), None) => Ok(Text::Plain(text)),
        (None, Some(name)) => Ok(Text::Secret(name)),
        _ => Err(format!(
            "`{verb}` needs either `with`, a text, or `secret`, a name"
        )),
    }
}

pub fn local(path: String) -> Result<String, String> {
    let is_variable = path.starts_with("${");
    let is_path = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n']);
    if is_path || is_variable {
        Ok(path)
    } else {
        Err(format!(
            "`{path}` must be a path below the public address, beginning with one /"
        ))
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).expect("no span is read that long")
}

impl From<raw::Dialog> for Dialog {
    fn from(raw: raw::Dialog) -> Self {
        match raw {
            raw::Dialog::Alert => Self::Alert,
            raw::Dialog::Confirm => Self::Confirm,
            raw::Dialog::Prompt => Self::Prompt,
        }
    }
}
