//! Recordings of Chrome's developer tools, JSON: as their own runner understands them.

use super::{
    ImportError, Imported, MOST_STEPS,
    draft::{Line, reported, title},
    names::Names,
    place::Text,
    side::{command::relative, text::secret},
};
use app::model::{
    import::{Fate, FileReport, Format},
    smoke::{
        Act, Button, Counted, Find, Flow, Locator, Navigates, Operator, Origin, Place, Point,
        Pointing, Step, Text as Typed, Viewport,
    },
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use url::Url;

/// How long its runner waits for an element.
const STEP_LIMIT_MS: u64 = 5_000;
/// As it refuses longer ones.
const LONGEST_MS: f64 = 30_000.0;

#[derive(Deserialize)]
struct Recording<'a> {
    #[serde(default)]
    title: String,
    timeout: Option<f64>,
    #[serde(borrow)]
    steps: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    timeout: Option<f64>,
    #[serde(default)]
    asserted_events: Vec<Event>,
    target: Option<String>,
    #[serde(default)]
    frame: Vec<u32>,
    #[serde(default)]
    selectors: Vec<Selector>,
    offset_x: Option<f64>,
    offset_y: Option<f64>,
    button: Option<String>,
    value: Option<String>,
    key: Option<String>,
    url: Option<String>,
    x: Option<f64>,
    y: Option<f64>,
    width: Option<f64>,
    height: Option<f64>,
    device_scale_factor: Option<f64>,
    #[serde(default)]
    is_mobile: bool,
    #[serde(default)]
    has_touch: bool,
    download: Option<f64>,
    upload: Option<f64>,
    latency: Option<f64>,
    operator: Option<String>,
    count: Option<u32>,
    visible: Option<bool>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    properties: BTreeMap<String, serde_json::Value>,
    expression: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    url: Option<String>,
    title: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Selector {
    One(String),
    Path(Vec<String>),
}

pub fn import(file: &str, text: &str) -> Result<Imported, ImportError> {
    let text = Text::new(text);
    let recording: Recording = text.read()?;
    if recording.steps.len() > MOST_STEPS {
        return Err(ImportError::whole(format!(
            "the recording has more than {MOST_STEPS} steps; split it"
        )));
    }
    if recording.steps.is_empty() {
        return Err(ImportError::whole("the recording has no steps"));
    }
    let mut raws = Vec::new();
    for raw in &recording.steps {
        raws.push((text.part::<Raw>(raw)?, *raw));
    }
    let base = raws
        .iter()
        .filter(|(raw, _)| raw.kind == "navigate")
        .filter_map(|(raw, _)| Url::parse(raw.url.as_deref()?).ok())
        .find(|url| matches!(url.scheme(), "http" | "https"));
    // one place all the way needs no words
    let moves = raws
        .iter()
        .any(|(raw, _)| raw.window().is_some() || !raw.frame.is_empty());

    let mut lines = Vec::new();
    for (raw, at) in &raws {
        let (fate, step) = match raw.act(base.as_ref()) {
            Ok(Some((act, mapped))) => {
                let step = raw
                    .step(act, base.as_ref(), moves)
                    .map_err(|words| text.error(at, words))?;
                (
                    mapped.map_or(Fate::Supported, |words| Fate::Mapped(words.to_owned())),
                    Some(step),
                )
            }
            Ok(None) => (
                Fate::Ignored(format!(
                    "Chrome's own runner does nothing for the step `{}` of an extension",
                    super::draft::short(raw.name.as_deref().unwrap_or_default())
                )),
                None,
            ),
            Err(why) => (Fate::Unknown(why), None),
        };
        let line = text.line(at);
        lines.push(Line {
            line,
            command: raw.kind.clone(),
            fate,
            steps: step
                .map(|step| Step {
                    line: Some(line),
                    ..step
                })
                .into_iter()
                .collect(),
        });
    }
    let step_limit_ms = match limit(recording.timeout).map_err(ImportError::whole)? {
        None => STEP_LIMIT_MS,
        Some(ms) => ms,
    };
    let flow = Flow {
        title: title(&recording.title),
        step_limit_ms,
        invalid: lines.iter().filter_map(Line::problem).collect(),
        ..Flow::new(
            Names::default().make(&recording.title),
            lines
                .iter()
                .flat_map(|line| line.steps.iter().cloned())
                .collect(),
        )
    };
    let commands = lines.iter().map(Line::report).collect();
    Ok(Imported {
        report: FileReport {
            file: file.to_owned(),
            format: Format::Recorder,
            flows: vec![reported(&flow, commands, Vec::new())],
            hints: Vec::new(),
        },
        flows: vec![flow],
        public_url: base.map(|url| url.origin().ascii_serialization()),
    })
}

fn limit(timeout: Option<f64>) -> Result<Option<u64>, String> {
    match timeout {
        None => Ok(None),
        Some(ms) if (1.0..=LONGEST_MS).contains(&ms) => Ok(Some(ms as u64)),
        Some(ms) => Err(format!(
            "a timeout of {ms} ms is not between 1 and {LONGEST_MS}"
        )),
    }
}

impl Raw {
    /// The address of another window's page.
    fn window(&self) -> Option<&str> {
        self.target.as_deref().filter(|target| *target != "main")
    }

    fn step(&self, act: Act, base: Option<&Url>, moves: bool) -> Result<Step, String> {
        let below =
            |url: &str| Url::parse(url).map_or_else(|_| url.to_owned(), |url| relative(&url, base));
        let navigates = match self.asserted_events.as_slice() {
            [] => None,
            events => {
                if let Some(event) = events.iter().find(|event| event.kind != "navigation") {
                    return Err(format!(
                        "the event `{}` is not known",
                        super::draft::short(&event.kind)
                    ));
                }
                // the last is where it ends
                events.last().map(|event| Navigates {
                    url: event.url.as_deref().map(below),
                    title: event.title.clone().filter(|title| !title.is_empty()),
                })
            }
        };
        Ok(Step {
            limit_ms: limit(self.timeout)?,
            place: moves.then(|| Place {
                window: self.window().map(below),
                frames: self.frame.clone(),
            }),
            navigates,
            ..act.into()
        })
    }

    /// `None`: nothing is done for it. With words where it has another name today. The error is why it cannot be done.
    fn act(&self, base: Option<&Url>) -> Result<Option<(Act, Option<&'static str>)>, String> {
        let act = match self.kind.as_str() {
            "setViewport" => self.viewport()?,
            "viewport" => return Ok(Some((self.viewport()?, Some("now `setViewport`")))),
            "navigate" => {
                let url = some(&self.url, "url")?;
                let url = Url::parse(url).map_err(|error| {
                    format!("`{}` is no address: {error}", super::draft::short(url))
                })?;
                Act::Open {
                    path: relative(&url, base),
                }
            }
            "click" => self.click(1)?,
            "doubleClick" => self.click(2)?,
            "hover" => Act::Point {
                on: self.find()?,
                at: None,
                does: Pointing::Move,
            },
            "change" => {
                let value = some(&self.value, "value")?;
                Act::Change {
                    on: self.find()?,
                    with: match secret(value) {
                        Some(name) => Typed::Secret(name.to_owned()),
                        None => Typed::Plain(value.to_owned()),
                    },
                }
            }
            "keyDown" | "keyUp" => Act::Key {
                key: some(&self.key, "key")?.to_owned(),
                down: self.kind == "keyDown",
            },
            "scroll" => Act::Scroll {
                on: match self.selectors.is_empty() {
                    true => None,
                    false => Some(self.find()?),
                },
                x: pixels(self.x.unwrap_or(0.0)),
                y: pixels(self.y.unwrap_or(0.0)),
            },
            "waitForElement" => Act::WaitForCount {
                on: self.find()?,
                counted: Counted {
                    operator: match self.operator.as_deref() {
                        None | Some(">=") => Operator::AtLeast,
                        Some("==") => Operator::Exactly,
                        Some("<=") => Operator::AtMost,
                        Some(other) => {
                            return Err(format!(
                                "`{}` is no operator; >=, == and <= are",
                                super::draft::short(other)
                            ));
                        }
                    },
                    count: self.count.unwrap_or(1),
                    visible: self.visible,
                    attributes: self.attributes.clone(),
                    properties: self.properties.clone(),
                },
            },
            "waitForExpression" => Act::WaitForScript {
                script: some(&self.expression, "expression")?.to_owned(),
            },
            "close" => Act::CloseWindow,
            "emulateNetworkConditions" => {
                let speed = |speed: Option<f64>, field| match speed {
                    None => Err(format!("`{field}` is missing")),
                    // what Chrome calls no limit
                    Some(speed) if speed < 0.0 => Ok(None),
                    Some(speed) => Ok(Some(speed as u64)),
                };
                Act::SetNetwork {
                    download: speed(self.download, "download")?,
                    upload: speed(self.upload, "upload")?,
                    latency_ms: self.latency.unwrap_or(0.0).max(0.0) as u64,
                }
            }
            "customStep" => return Ok(None),
            _ => return Err("it is no step of Chrome's recorder".to_owned()),
        };
        Ok(Some((act, None)))
    }

    fn viewport(&self) -> Result<Act, String> {
        let side = |side: Option<f64>, field: &str| {
            side.filter(|side| (1.0..=20_000.0).contains(side))
                .map(|side| side as u32)
                .ok_or_else(|| format!("`{field}` is no size between 1 and 20000"))
        };
        let scale = self.device_scale_factor.unwrap_or(1.0);
        if !(0.1..=10.0).contains(&scale) {
            return Err("`deviceScaleFactor` is not between 0.1 and 10".to_owned());
        }
        Ok(Act::SetViewport {
            viewport: Viewport {
                width: side(self.width, "width")?,
                height: side(self.height, "height")?,
                scale_percent: (scale * 100.0).round() as u32,
                mobile: self.is_mobile,
                touch: self.has_touch,
            },
        })
    }

    fn click(&self, times: u32) -> Result<Act, String> {
        let on = self.find()?;
        let button = match self.button.as_deref() {
            None | Some("primary") => Button::Left,
            Some("auxiliary") => Button::Middle,
            Some("secondary") => Button::Right,
            Some("back") => Button::Back,
            Some("forward") => Button::Forward,
            Some(other) => return Err(format!("`{}` is no button", super::draft::short(other))),
        };
        let (Some(x), Some(y)) = (self.offset_x, self.offset_y) else {
            return Err("`offsetX` and `offsetY` are missing".to_owned());
        };
        Ok(Act::ClickAt {
            on,
            at: Point {
                x: pixels(x),
                y: pixels(y),
                from: Origin::Corner,
            },
            button,
            times,
        })
    }

    fn find(&self) -> Result<Find, String> {
        let all: Result<Vec<Locator>, String> = self.selectors.iter().map(locator).collect();
        Find::try_from(all?).map_err(|_| "`selectors` are missing".to_owned())
    }
}

/// Whole ones; a recording has fractions of them.
fn pixels(number: f64) -> i32 {
    number.round() as i32
}

fn some<'a>(value: &'a Option<String>, field: &str) -> Result<&'a str, String> {
    value
        .as_deref()
        .ok_or_else(|| format!("`{field}` is missing"))
}

fn locator(selector: &Selector) -> Result<Locator, String> {
    match selector {
        Selector::One(text) => one(text),
        Selector::Path(path) => match path.as_slice() {
            [] => Err("a selector is empty".to_owned()),
            [text] => one(text),
            path => path
                .iter()
                .map(|text| one(text))
                .collect::<Result<_, _>>()
                .map(Locator::Nested),
        },
    }
}

fn one(text: &str) -> Result<Locator, String> {
    let some = |rest: &str| match rest.trim().is_empty() {
        true => Err("a selector is empty".to_owned()),
        false => Ok(rest.to_owned()),
    };
    Ok(match text.split_once('/') {
        Some(("aria", rest)) => aria(&some(rest)?),
        Some(("xpath", rest)) => Locator::Xpath(some(rest)?),
        Some(("text", rest)) => Locator::Reads(some(rest)?),
        Some(("pierce", rest)) => Locator::Pierce(some(rest)?),
        _ => Locator::FirstCss(some(text)?),
    })
}

/// `Sign in`, `Sign in[role="button"]`, `[name="Sign in"][role="button"]`
fn aria(text: &str) -> Locator {
    let mut name = text.trim().to_owned();
    let mut role = None;
    while let Some((before, key, value)) = attribute(&name) {
        match key {
            "role" => role = Some(value.to_owned()),
            _ => {
                name = value.to_owned();
                break;
            }
        }
        name = before.trim_end().to_owned();
    }
    Locator::Aria { name, role }
}

/// The attribute at the end, and what is before it.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let inside = text.strip_suffix(']')?;
    let (before, inside) = inside.rsplit_once('[')?;
    let (key, value) = inside.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    let quote = value
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    let value = value.strip_prefix(quote)?.strip_suffix(quote)?;
    matches!(key, "role" | "name").then_some((before, key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read() {
        let aria = |name: &str, role: Option<&str>| Locator::Aria {
            name: name.into(),
            role: role.map(str::to_owned),
        };
        let cases = [
            ("aria/Sign in", aria("Sign in", None)),
            (
                "aria/Sign in[role=\"button\"]",
                aria("Sign in", Some("button")),
            ),
            ("aria/[role=\"main\"]", aria("", Some("main"))),
            ("aria/Total [EUR]", aria("Total [EUR]", None)),
            (
                "xpath///*[@id=\"a\"]",
                Locator::Xpath("//*[@id=\"a\"]".into()),
            ),
            ("text/Sign in", Locator::Reads("Sign in".into())),
            ("pierce/#a", Locator::Pierce("#a".into())),
            ("#a > b", Locator::FirstCss("#a > b".into())),
            ("a[href='/x']", Locator::FirstCss("a[href='/x']".into())),
        ];
        for (text, is) in cases {
            assert_eq!(one(text), Ok(is), "{text}");
        }
        assert!(one("aria/").is_err());
        let path = Selector::Path(vec!["#host".into(), "button".into()]);
        assert_eq!(
            locator(&path),
            Ok(Locator::Nested(vec![
                Locator::FirstCss("#host".into()),
                Locator::FirstCss("button".into())
            ]))
        );
    }
}
