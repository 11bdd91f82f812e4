//! A suite as a text again, which reads back as the same suite: what was imported becomes what can be edited by hand.

use super::{locator::written, millis};
use crate::smoke::control::MOST_ROUNDS;
use app::model::smoke::{
    Act, Answer, Button, Counted, Dialog, Find, Flow, Frame, Leads, Locator, OnDifference,
    Operator, Origin, Pictures, Pointing, Retry, Script, ScriptErrors, Session, Step, Subject,
    Suite, Text, Until, Wanted, Weight, Writes,
};
use serde::Serialize;
use std::{fmt::Write as _, time::Duration};
use toml::Value;

/// Keys in the order they read best.
#[derive(Default)]
pub struct Keys(pub Vec<(&'static str, Value)>);

/// The whole text. Flows that cannot run are left out, as a comment that says why.
pub fn write(suite: &Suite) -> String {
    let mut text = String::new();
    line(&mut text, "public_url", suite.public_url.as_str());
    if suite.front != Default::default() {
        line(&mut text, "front", word(&suite.front));
    }
    if suite.script_errors == ScriptErrors::Fail {
        line(&mut text, "script_errors", "fail");
    }
    if let Some(pictures) = pictures(&suite.pictures) {
        let _ = writeln!(text, "pictures = {pictures}");
    }
    for rule in &suite.hosts {
        text.push_str("\n[[host]]\n");
        line(&mut text, "host", rule.host.as_str());
        let leads: &str = match rule.leads {
            Leads::SameNode => "same-node",
            Leads::RealAddress => "real-address",
            Leads::Blocked => "blocked",
        };
        line(&mut text, "leads", leads);
    }
    for flow in &suite.flows {
        text.push('\n');
        self::flow(&mut text, flow);
    }
    text
}

fn pictures(pictures: &Pictures) -> Option<String> {
    if *pictures == Pictures::default() {
        return None;
    }
    let mut keys = Keys::default();
    match pictures.on_difference {
        OnDifference::Report => {}
        OnDifference::HoldFirst => keys.add("on_difference", "hold-first"),
        OnDifference::Fail => keys.add("on_difference", "fail"),
    }
    if pictures.above_ppm > 0 {
        keys.add("above", percent(pictures.above_ppm));
    }
    if pictures.review_limit_ms > 0 {
        keys.add("review_limit", spelled(pictures.review_limit_ms));
    }
    Some(keys.inline())
}

/// A flow as it stands in a text.
pub fn flow(text: &mut String, flow: &Flow) {
    if !flow.invalid.is_empty() {
        let title = flow.title.replace(char::is_control, " ");
        let _ = writeln!(text, "# {title} cannot be run and is left out:");
        for why in &flow.invalid {
            let _ = writeln!(text, "#   {}", why.replace(char::is_control, " "));
        }
        return;
    }
    text.push_str("[[flow]]\n");
    line(text, "name", flow.name.as_str());
    if flow.title != flow.name.as_str() {
        line(text, "title", flow.title.as_str());
    }
    if flow.writes == Writes::Marked {
        line(text, "writes", "marked");
    }
    if flow.session == Session::Continued {
        line(text, "continues", true);
    }
    if flow.weight == Weight::WarnOnly {
        line(text, "required", false);
    }
    if flow.retry == Retry::Once {
        line(text, "retry", "once");
    }
    if flow.step_limit_ms != millis(super::DEFAULT_STEP_LIMIT) {
        line(text, "step_limit", spelled(flow.step_limit_ms));
    }
    if let Some(limit) = flow.limit_ms {
        line(text, "limit", spelled(limit));
    }
    if !flow.tags.is_empty() {
        let tags: Vec<&str> = flow.tags.iter().map(|tag| tag.as_str()).collect();
        line(text, "tags", tags);
    }
    if !flow.variables.is_empty() {
        let variables = flow.variables.iter();
        let table = variables.map(|(name, value)| (name.clone(), value.as_str().into()));
        line(text, "variables", Value::Table(table.collect()));
    }
    text.push_str("steps = [\n");
    for step in &flow.steps {
        let _ = writeln!(text, "  {},", self::step(step).inline());
    }
    text.push_str("]\n");
}

/// A step as people write it, else word for word.
pub fn step(step: &Step) -> Keys {
    let plain = step.place.is_none() && step.line.is_none();
    let opens_as_usual = step
        .opens
        .as_ref()
        .is_none_or(|opens| opens.limit_ms == super::step::NEW_WINDOW_LIMIT_MS);
    let short = match plain && opens_as_usual {
        true => short(&step.act),
        false => None,
    };
    let Some(mut keys) = short else {
        let mut keys = Keys::default();
        keys.add("act", Value::try_from(step).expect("a step is a table"));
        return keys;
    };
    if let Some(opens) = &step.opens {
        keys.add("opens", opens.into.as_str());
    }
    if step.soft {
        keys.add("soft", true);
    }
    if let Some(limit) = step.limit_ms {
        keys.add("limit", spelled(limit));
    }
    if let Some(above) = step.above_ppm {
        keys.add("above", percent(above));
    }
    if !step.mask.is_empty() {
        keys.add("mask", step.mask.clone());
    }
    if let Some(navigates) = &step.navigates {
        let said = [("url", &navigates.url), ("title", &navigates.title)];
        let said = said
            .into_iter()
            .filter_map(|(key, text)| Some((key.to_owned(), text.as_deref()?.into())));
        keys.add("navigates", Value::Table(said.collect()));
    }
    keys
}

const LABEL: super::locator::Plain = Locator::Label;
const TEXT: super::locator::Plain = Locator::Text;
const CSS: super::locator::Plain = Locator::Css;

/// The way people write it, where there is one.
fn short(act: &Act) -> Option<Keys> {
    let mut keys = Keys::default();
    match act {
        Act::Open { path } => {
            super::step::local(path.clone()).ok()?;
            keys.add("open", path.as_str());
        }
        Act::Click { on } => keys.find("click", on, TEXT),
        Act::DoubleClick { on } => keys.find("double_click", on, TEXT),
        Act::ClickAt {
            on,
            at,
            button: Button::Left,
            times: times @ (1 | 2),
        } if at.from == Origin::Corner => {
            let verb = if *times == 1 { "click" } else { "double_click" };
            keys.find(verb, on, TEXT);
            keys.add("at", format!("{},{}", at.x, at.y));
        }
        Act::Point {
            on,
            at: None,
            does: Pointing::Move,
        } => keys.find("hover", on, TEXT),
        Act::Drag { on, to } => {
            keys.find("drag", on, TEXT);
            keys.find("to", to, TEXT);
        }
        Act::Submit { on } => keys.find("submit", on, CSS),
        Act::Fill { on, with } => {
            keys.find("fill", on, LABEL);
            keys.text(with);
        }
        Act::Keys { on, with } => {
            keys.find("append", on, LABEL);
            keys.text(with);
        }
        Act::Change { on, with } => {
            keys.find("change", on, LABEL);
            keys.text(with);
        }
        Act::Choose { on, option } => {
            keys.find("choose", on, LABEL);
            keys.add("option", option.as_str());
        }
        Act::Check { on, checked } => {
            keys.find(if *checked { "check" } else { "uncheck" }, on, LABEL);
        }
        Act::Key { key, down: true } => keys.add("press", key.as_str()),
        Act::Scroll {
            on: Some(on),
            x: 0,
            y: 0,
        } => keys.find("scroll_to", on, CSS),
        Act::SetWindow { width, height } => keys.add("resize", format!("{width}x{height}")),
        Act::SwitchFrame { to } => match to {
            Frame::Top => keys.add("frame", "top"),
            Frame::Parent => keys.add("frame", "parent"),
            Frame::Index(index) => keys.add("frame", i64::from(*index)),
            // a text alone would be one of the words above
            Frame::At(_) => return None,
        },
        Act::SwitchWindow { handle } => keys.add("window", handle.as_str()),
        Act::StoreWindow { into } => keys.add("remember_window", into.as_str()),
        Act::CloseWindow => keys.add("close", true),
        Act::WaitFor { on, until } => {
            keys.find("wait_for", on, TEXT);
            if *until != Until::Visible {
                keys.add("until", word(until));
            }
        }
        Act::WaitForScript { script } => keys.add("wait_until", script.as_str()),
        Act::Pause { ms } if *ms <= 60_000 => keys.add("pause", spelled(*ms)),
        Act::ExpectText { text } if !text.trim().is_empty() => {
            keys.expect(&[("text", text.as_str().into())]);
        }
        Act::ExpectUrl { path } => {
            super::step::local(path.clone()).ok()?;
            keys.expect(&[("url", path.as_str().into())]);
        }
        Act::ExpectStatus { status } => keys.expect(&[("status", i64::from(*status).into())]),
        Act::Expect { subject, is } => keys.expect(&compared(subject, is)?),
        Act::WaitForCount { on, counted } => keys.expect(&count(on, counted)?),
        Act::ExpectDialog { dialog, text } => {
            keys.add("expect_dialog", word(dialog));
            keys.add("reads", text.as_str());
        }
        Act::AnswerDialog { dialog, answer } => match (dialog, answer) {
            (_, Answer::Accept) => keys.add("accept", word(dialog)),
            (_, Answer::Dismiss) => keys.add("dismiss", word(dialog)),
            (Dialog::Prompt, Answer::Text(Text::Plain(text))) => keys.add("answer", text.as_str()),
            (_, Answer::Text(_)) => return None,
        },
        Act::Store { value, into } => {
            keys.add("store", into.as_str());
            keys.add("value", value.as_str());
        }
        Act::StoreJson { json, into } => {
            keys.add("store", into.as_str());
            keys.add("json", json.as_str());
        }
        Act::StoreOf { subject, into } => {
            keys.add("store", into.as_str());
            match subject {
                Subject::Text(on) => keys.find("text_of", on, TEXT),
                Subject::Value(on) => keys.find("value_of", on, LABEL),
                Subject::Count(on) => keys.find("count_of", on, CSS),
                Subject::Title => keys.add("title", true),
                Subject::Attribute { on, name } => {
                    keys.add("attribute", name.as_str());
                    keys.find("of", on, TEXT);
                }
                _ => return None,
            }
        }
        Act::Run {
            script: Script::Body(script),
            into,
        } => {
            keys.add("run", script.as_str());
            if let Some(into) = into {
                keys.add("into", into.as_str());
            }
        }
        Act::Echo { text } => keys.add("echo", text.as_str()),
        Act::If { script } => keys.add("if", script.as_str()),
        Act::ElseIf { script } => keys.add("else_if", script.as_str()),
        Act::Else => keys.add("else", true),
        Act::End => keys.add("end", true),
        Act::While { script, most } if *most == MOST_ROUNDS => keys.add("while", script.as_str()),
        Act::Do => keys.add("do", true),
        Act::RepeatIf { script, most } if *most == MOST_ROUNDS => {
            keys.add("again_if", script.as_str());
        }
        Act::Times { count, most } if *most == MOST_ROUNDS => keys.add("repeat", count.as_str()),
        Act::ForEach { list, each } => {
            keys.add("for_each", list.as_str());
            keys.add("as", each.as_str());
        }
        _ => return None,
    }
    Some(keys)
}

fn compared(subject: &Subject, is: &Wanted) -> Option<Vec<(&'static str, Value)>> {
    let with = |mut keys: Vec<(&'static str, Value)>| match is {
        Wanted::Equal(text) => {
            keys.push(("is", text.as_str().into()));
            Some(keys)
        }
        Wanted::Unequal(text) => {
            keys.push(("is_not", text.as_str().into()));
            Some(keys)
        }
        Wanted::True | Wanted::False => None,
    };
    match (subject, is) {
        (Subject::Title, Wanted::Equal(text)) => Some(vec![("title", text.as_str().into())]),
        (Subject::Text(on), _) => with(vec![("text_of", written(on, TEXT))]),
        (Subject::Value(on), _) => with(vec![("value_of", written(on, LABEL))]),
        (Subject::SelectedLabel(on), _) => with(vec![("chosen_in", written(on, LABEL))]),
        (Subject::Variable(name), _) => with(vec![("variable", name.as_str().into())]),
        (Subject::Attribute { on, name }, _) => with(vec![
            ("attribute", name.as_str().into()),
            ("of", written(on, TEXT)),
        ]),
        (Subject::Checked(on), Wanted::True) => Some(vec![("checked", written(on, LABEL))]),
        (Subject::Checked(on), Wanted::False) => Some(vec![("unchecked", written(on, LABEL))]),
        (Subject::Editable(on), Wanted::True) => Some(vec![("editable", written(on, LABEL))]),
        (Subject::Editable(on), Wanted::False) => Some(vec![("locked", written(on, LABEL))]),
        _ => None,
    }
}

fn count(on: &Find, counted: &Counted) -> Option<Vec<(&'static str, Value)>> {
    let plain =
        counted.visible.is_none() && counted.attributes.is_empty() && counted.properties.is_empty();
    if !plain {
        return None;
    }
    let mut keys = vec![("count_of", written(on, CSS))];
    if counted.operator != Operator::Exactly {
        keys.push(("operator", word(&counted.operator)));
    }
    keys.push(("count", i64::from(counted.count).into()));
    Some(keys)
}

impl Keys {
    fn add(&mut self, key: &'static str, value: impl Into<Value>) {
        self.0.push((key, value.into()));
    }

    fn find(&mut self, key: &'static str, on: &Find, plain: super::locator::Plain) {
        self.add(key, written(on, plain));
    }

    fn text(&mut self, text: &Text) {
        match text {
            Text::Plain(text) => self.add("with", text.as_str()),
            Text::Secret(name) => self.add("secret", name.as_str()),
        }
    }

    fn expect(&mut self, keys: &[(&'static str, Value)]) {
        let keys = keys.iter();
        let table = keys.map(|(key, value)| ((*key).to_owned(), value.clone()));
        self.add("expect", Value::Table(table.collect()));
    }

    /// `{ click = "Sign in", limit = "30 s" }`
    pub fn inline(&self) -> String {
        let keys: Vec<String> = self
            .0
            .iter()
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        format!("{{ {} }}", keys.join(", "))
    }
}

fn line(text: &mut String, key: &str, value: impl Into<Value>) {
    let _ = writeln!(text, "{key} = {}", value.into());
}

/// An enum's own name.
fn word(variant: &impl Serialize) -> Value {
    Value::try_from(variant).expect("a plain enum is a text")
}

pub fn spelled(ms: u64) -> String {
    let span = Duration::from_millis(ms);
    match span.subsec_millis() {
        0 => format!("{} s", span.as_secs()),
        _ => format!("{ms} ms"),
    }
}

fn percent(ppm: u32) -> String {
    format!("{} %", f64::from(ppm) / 10_000.0)
}
