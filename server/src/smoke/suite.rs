//! A suite's text, read with line and column.
//!
//! The text is TOML as people write it (`raw`); what leaves here is right: one action per step, a usable public
//! address, flows with names of their own that begin by opening a page.

/// The text as it is written.
mod raw;

/// Elements.
mod locator;

/// Steps.
mod step;

/// Expectations.
mod expect;

/// A suite as a text again.
mod write;

/// Steps as rows of the editor, and back.
mod row;

/// What was typed in the editor, to a flow; and a flow to what is typed.
pub mod draft;

/// One flow of a text changed, and nothing else.
pub mod splice;

use super::{control, target::host_pattern};
use app::model::{
    name::Name,
    smoke::{
        Act, Answer, Flow, HostRule, Pictures, Retry, Session, Step, Suite, Text, Weight, Writes,
    },
};
use std::{collections::BTreeSet, ops::Range, time::Duration};
use toml::Spanned;
use url::Url;
pub use write::write;

const DEFAULT_STEP_LIMIT: Duration = Duration::from_secs(10);
const LONGEST_STEP: Duration = Duration::from_secs(300);
const LONGEST_FLOW: Duration = Duration::from_secs(3_600);
const LONGEST_REVIEW: Duration = Duration::from_secs(86_400);

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

/// Names of the secrets that the suite's flows type, as far as they can run.
pub fn secrets(suite: &Suite) -> BTreeSet<&str> {
    suite.runnable().flat_map(secrets_of).collect()
}

/// Names of the secrets that a flow types.
pub fn secrets_of(flow: &Flow) -> BTreeSet<&str> {
    flow.steps
        .iter()
        .filter_map(|step| match &step.act {
            Act::Fill { with, .. }
            | Act::Keys { with, .. }
            | Act::Change { with, .. }
            | Act::AnswerDialog {
                answer: Answer::Text(with),
                ..
            } => Some(with),
            _ => None,
        })
        .filter_map(|text| match text {
            Text::Secret(name) => Some(name.as_str()),
            Text::Plain(_) => None,
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
        let flow = flow(raw, flows.is_empty())?;
        if !names.insert(flow.name.clone()) {
            return Err(Wrong(at, format!("there is another flow `{}`", flow.name)));
        }
        flows.push(flow);
    }
    Ok(Suite {
        front: raw.front,
        hosts: hosts(raw.host)?,
        script_errors: raw.script_errors,
        pictures: pictures(raw.pictures)?,
        ..Suite::new(public_url, flows)
    })
}

/// Without a trailing slash; the error is why it is none, as a clause.
pub fn public_url(text: &str) -> Result<String, String> {
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

fn flow(raw: raw::Flow, is_first: bool) -> Result<Flow, Wrong> {
    let at = raw.name.span();
    let named = |name: &Spanned<String>| {
        let span = name.span();
        let name: Result<Name, _> = name.get_ref().parse();
        name.map_err(|error| Wrong(span, format!("{error}")))
    };
    let name = named(&raw.name)?;
    let step_limit = match raw.step_limit {
        None => DEFAULT_STEP_LIMIT,
        Some(text) => limit(&text, LONGEST_STEP, "step limit")?,
    };
    let whole_limit = raw
        .limit
        .map(|text| limit(&text, LONGEST_FLOW, "limit of a flow"))
        .transpose()?;
    let session = match raw.continues {
        Some(continues) if *continues.get_ref() && is_first => {
            let words = "the first flow has no other that it could continue";
            return Err(Wrong(continues.span(), words.to_owned()));
        }
        Some(continues) if *continues.get_ref() => Session::Continued,
        Some(_) | None => Session::Fresh,
    };
    if let Some(retry) = &raw.retry
        && *retry.get_ref() == Retry::Once
    {
        let refused = match (raw.writes, session) {
            (Writes::Marked, _) => Some("a flow that writes is never repeated"),
            (_, Session::Continued) => Some("a flow that continues another cannot be repeated"),
            (Writes::None, Session::Fresh) => None,
        };
        if let Some(words) = refused {
            return Err(Wrong(retry.span(), words.to_owned()));
        }
    }
    let (mut steps, mut spans) = (Vec::new(), Vec::new());
    for raw in raw.steps {
        let at = raw.span();
        spans.push(at.clone());
        let step =
            step::step(raw.into_inner(), LONGEST_STEP).map_err(|words| Wrong(at.clone(), words))?;
        let is_on_a_page = session == Session::Continued || !steps.iter().all(Step::needs_no_page);
        if !is_on_a_page && !step.needs_no_page() && !matches!(step.act, Act::Open { .. }) {
            return Err(Wrong(at, "a flow begins with { open = \"/...\" }".into()));
        }
        steps.push(step);
    }
    if steps.is_empty() {
        return Err(Wrong(at, format!("the flow `{name}` has no steps")));
    }
    if let Err(odd) = control::Ways::of(&steps) {
        return Err(Wrong(spans.swap_remove(odd.at), odd.words));
    }
    Ok(Flow {
        title: raw.title.unwrap_or_else(|| name.to_string()),
        writes: raw.writes,
        step_limit_ms: millis(step_limit),
        limit_ms: whole_limit.map(millis),
        tags: raw.tags.iter().map(named).collect::<Result<_, _>>()?,
        retry: raw.retry.map_or(Retry::Never, Spanned::into_inner),
        weight: if raw.required {
            Weight::Required
        } else {
            Weight::WarnOnly
        },
        session,
        variables: raw.variables,
        ..Flow::new(name, steps)
    })
}

fn limit(text: &Spanned<String>, longest: Duration, what: &str) -> Result<Duration, Wrong> {
    span(text.get_ref())
        .filter(|limit| (Duration::from_millis(1)..=longest).contains(limit))
        .ok_or_else(|| {
            let words = format!(
                "`{}` is no {what}: write \"10 s\" or \"500 ms\", at most \"{} s\"",
                text.get_ref(),
                longest.as_secs()
            );
            Wrong(text.span(), words)
        })
}

fn hosts(raw: Vec<raw::Host>) -> Result<Vec<HostRule>, Wrong> {
    raw.into_iter()
        .map(
            |raw::Host { host, leads }| match host_pattern(host.get_ref()) {
                Ok(host) => Ok(HostRule { host, leads }),
                Err(words) => Err(Wrong(host.span(), words)),
            },
        )
        .collect()
}

fn pictures(raw: raw::Pictures) -> Result<Pictures, Wrong> {
    let above = raw
        .above
        .map(|text| share(text.get_ref()).map_err(|words| Wrong(text.span(), words)));
    let review = raw
        .review_limit
        .map(|text| limit(&text, LONGEST_REVIEW, "limit of a review"));
    Ok(Pictures {
        on_difference: raw.on_difference,
        above_ppm: above.transpose()?.unwrap_or(0),
        review_limit_ms: review.transpose()?.map_or(0, millis),
    })
}

/// `0.5 %`, of a million.
pub fn share(text: &str) -> Result<u32, String> {
    let number = text.trim().strip_suffix('%').map(str::trim);
    let percent = number.and_then(|number| number.parse::<f64>().ok());
    match percent {
        Some(percent) if (0.0..=100.0).contains(&percent) => {
            Ok((percent * 10_000.0).round() as u32)
        }
        _ => Err(format!(
            "`{text}` is no share of a picture: write \"0.5 %\""
        )),
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).expect("no span is read that long")
}

#[cfg(test)]
mod tests;
