//! A suite's text, read with line and column.
//!
//! The text is TOML as people write it (`raw`); what leaves here is right: one action per step, a usable public
//! address, flows with names of their own that begin by opening a page.

/// The text as it is written.
mod raw;

use app::model::{
    name::Name,
    smoke::{Act, Flow, Locator, Step, Suite, Text},
};
use std::{collections::BTreeSet, ops::Range, time::Duration};
use url::Url;

const DEFAULT_STEP_LIMIT: Duration = Duration::from_secs(10);
const LONGEST_STEP: Duration = Duration::from_secs(300);

/// Why a text is no suite, and where; line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {words}")]
pub struct SuiteError {
    pub line: usize,
    pub column: usize,
    pub words: String,
}

/// Something wrong at these bytes.
struct Wrong(Range<usize>, String);

pub fn parse(text: &str) -> Result<Suite, SuiteError> {
    let located = |Wrong(span, words)| {
        let before = &text[..text.floor_char_boundary(span.start)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        SuiteError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            words,
        }
    };
    let raw: raw::Suite = toml::from_str(text).map_err(|error| {
        let words = error.message().trim().replace('\n', ", ");
        located(Wrong(error.span().unwrap_or(0..0), words))
    })?;
    suite(raw).map_err(located)
}

/// Names of the secrets a suite types.
pub fn secrets(suite: &Suite) -> BTreeSet<&str> {
    suite.flows.iter().flat_map(secrets_of).collect()
}

/// Names of the secrets a flow types.
pub fn secrets_of(flow: &Flow) -> BTreeSet<&str> {
    flow.steps
        .iter()
        .filter_map(|step| match &step.act {
            Act::Fill {
                with: Text::Secret(name),
                ..
            } => Some(name.as_str()),
            _ => None,
        })
        .collect()
}

/// `10 s`, `500 ms`, `2 min`.
pub fn span(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let unit_ms: u64 = match text[digits..].trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        _ => return None,
    };
    number.checked_mul(unit_ms).map(Duration::from_millis)
}

fn suite(raw: raw::Suite) -> Result<Suite, Wrong> {
    let at = raw.public_url.span();
    let public_url =
        public_url(raw.public_url.get_ref()).map_err(|words| Wrong(at.clone(), words))?;
    if raw.flow.is_empty() {
        return Err(Wrong(at, "the suite has no flow; add one: [[flow]]".into()));
    }
    let mut names = BTreeSet::new();
    let mut flows = Vec::new();
    for raw in raw.flow {
        let at = raw.name.span();
        let flow = flow(raw)?;
        if !names.insert(flow.name.clone()) {
            return Err(Wrong(at, format!("there is another flow `{}`", flow.name)));
        }
        flows.push(flow);
    }
    Ok(Suite::new(public_url, flows))
}

/// Without a trailing slash.
fn public_url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is no address: {error}"))?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain {
        Ok(url.as_str().trim_end_matches('/').to_owned())
    } else {
        Err(
            "the public address is http or https, a host and perhaps a port, nothing more"
                .to_owned(),
        )
    }
}

fn flow(raw: raw::Flow) -> Result<Flow, Wrong> {
    let at = raw.name.span();
    let name: Name = raw
        .name
        .get_ref()
        .parse()
        .map_err(|error| Wrong(at.clone(), format!("{error}")))?;
    let limit = match raw.step_limit {
        None => DEFAULT_STEP_LIMIT,
        Some(text) => span(text.get_ref())
            .filter(|limit| (Duration::from_millis(1)..=LONGEST_STEP).contains(limit))
            .ok_or_else(|| {
                Wrong(
                    text.span(),
                    format!(
                        "`{}` is no step limit: write \"10 s\" or \"500 ms\", at most \"300 s\"",
                        text.get_ref()
                    ),
                )
            })?,
    };
    let mut steps = Vec::new();
    for raw in raw.steps {
        let at = raw.span();
        let step = step(raw.into_inner()).map_err(|words| Wrong(at.clone(), words))?;
        if steps.is_empty() && !matches!(step, Act::Open { .. }) {
            return Err(Wrong(at, "a flow begins with { open = \"/...\" }".into()));
        }
        steps.push(Step::from(step));
    }
    if steps.is_empty() {
        return Err(Wrong(at, format!("the flow `{name}` has no steps")));
    }
    Ok(Flow {
        title: raw.title.unwrap_or_else(|| name.to_string()),
        writes: raw.writes,
        step_limit_ms: u64::try_from(limit.as_millis()).expect("at most 300 s"),
        ..Flow::new(name, steps)
    })
}

fn step(raw: raw::Step) -> Result<Act, String> {
    let text = raw::Locator::into_text_locator;
    let label = raw::Locator::into_label_locator;
    match raw {
        raw::Step {
            open: Some(path),
            click: None,
            fill: None,
            choose: None,
            expect: None,
            with: None,
            secret: None,
            option: None,
        } => Ok(Act::Open { path: local(path)? }),
        raw::Step {
            click: Some(on),
            open: None,
            fill: None,
            choose: None,
            expect: None,
            with: None,
            secret: None,
            option: None,
        } => Ok(Act::Click { on: text(on)?.into() }),
        raw::Step {
            fill: Some(on),
            with,
            secret,
            open: None,
            click: None,
            choose: None,
            expect: None,
            option: None,
        } => {
            let with = match (with, secret) {
                (Some(text), None) => Text::Plain(text),
                (None, Some(name)) => Text::Secret(name),
                _ => {
                    return Err(
                        "`fill` needs either `with`, a text, or `secret`, a name".to_owned()
                    );
                }
            };
            Ok(Act::Fill {
                on: label(on)?.into(),
                with,
            })
        }
        raw::Step {
            choose: Some(on),
            option,
            open: None,
            click: None,
            fill: None,
            expect: None,
            with: None,
            secret: None,
        } => Ok(Act::Choose {
            on: label(on)?.into(),
            option: option.ok_or("`choose` needs `option`, the text to choose")?,
        }),
        raw::Step {
            expect: Some(expect),
            open: None,
            click: None,
            fill: None,
            choose: None,
            with: None,
            secret: None,
            option: None,
        } => expectation(expect),
        _ => Err(
            "a step is one of: open; click; fill with `with` or `secret`; choose with `option`; expect"
                .to_owned(),
        ),
    }
}

fn expectation(raw: raw::Expect) -> Result<Act, String> {
    match raw {
        raw::Expect {
            text: Some(text),
            url: None,
            status: None,
        } if !text.trim().is_empty() => Ok(Act::ExpectText { text }),
        raw::Expect {
            url: Some(path),
            text: None,
            status: None,
        } => Ok(Act::ExpectUrl { path: local(path)? }),
        raw::Expect {
            status: Some(status @ 100..=599),
            text: None,
            url: None,
        } => Ok(Act::ExpectStatus { status }),
        _ => Err(
            "`expect` is one of: { text = \"...\" }, { url = \"/...\" }, { status = 200 }"
                .to_owned(),
        ),
    }
}

fn local(path: String) -> Result<String, String> {
    if path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n']) {
        Ok(path)
    } else {
        Err(format!(
            "`{path}` must be a path below the public address, beginning with one /"
        ))
    }
}

impl raw::Locator {
    fn into_label_locator(self) -> Result<Locator, String> {
        self.with_plain(Locator::Label)
    }

    fn into_text_locator(self) -> Result<Locator, String> {
        self.with_plain(Locator::Text)
    }

    fn with_plain(self, plain: fn(String) -> Locator) -> Result<Locator, String> {
        let (make, text): (fn(String) -> Locator, String) = match self {
            Self::Plain(text) => (plain, text),
            Self::Table(raw::By {
                label: Some(text),
                text: None,
                css: None,
            }) => (Locator::Label, text),
            Self::Table(raw::By {
                text: Some(text),
                label: None,
                css: None,
            }) => (Locator::Text, text),
            Self::Table(raw::By {
                css: Some(text),
                label: None,
                text: None,
            }) => (Locator::Css, text),
            Self::Table(_) => {
                return Err(
                    "an element is found by one of: { label = \"...\" }, { text = \"...\" }, { css = \"...\" }"
                        .to_owned(),
                );
            }
        };
        if text.trim().is_empty() {
            return Err("an element cannot be found by an empty text".to_owned());
        }
        Ok(make(text))
    }
}

#[cfg(test)]
mod tests;
