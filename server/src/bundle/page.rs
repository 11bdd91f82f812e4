//! The index page: one file that opens from disk, without network, scripts or us.
//!
//! Everything on it that was not written by us is hostile: it goes through [`text`], and pages lie beside it as text
//! files. A policy in its head forbids scripts, frames, forms and everything from elsewhere, should both fail.

/// What it comes to, and what failed.
mod top;

/// Node by node, on one axis of time.
mod timeline;

/// Film strips, failed steps, comparisons.
mod pictures;

/// Who did what; what lies beside the page.
mod tail;

use super::manifest::Missing;
use crate::record::DeploymentRecord;
use app::model::{
    deployment::Plan, evidence::EvidenceView, journal::VisitorReport, time::Timestamp,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::{borrow::Cow, collections::BTreeMap, iter};

const STYLE: &str = include_str!("page/page.css");

/// All that the page tells.
pub struct Shown<'a> {
    pub plan: &'a Plan,
    pub record: &'a DeploymentRecord,
    pub evidence: &'a EvidenceView,
    pub visitors: Option<&'a VisitorReport>,
    /// Exact texts of the entries.
    pub audit: &'a [String],
    /// By hash: where it lies.
    pub blobs: &'a BTreeMap<String, String>,
    pub missing: &'a BTreeMap<String, Missing>,
    pub now: Timestamp,
    pub by: &'a str,
}

/// The page in parts, each made when it is asked for: with hundreds of nodes it is long.
pub fn parts<'a>(shown: &'a Shown<'a>) -> impl Iterator<Item = String> + Send + 'a {
    iter::once_with(|| head(shown))
        .chain(iter::once_with(|| top::top(shown)))
        .chain(timeline::timeline(shown))
        .chain(pictures::failures(shown))
        .chain(pictures::strips(shown))
        .chain(pictures::comparisons(shown))
        .chain(iter::once_with(|| tail::tail(shown)))
        .chain(iter::once("</main></body></html>\n".to_owned()))
}

fn head(shown: &Shown<'_>) -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let title = text(&shown.plan.title()).into_owned();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; \
         img-src 'self' file:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Evidence of {title}</title>\n<style>{STYLE}</style></head>\n<body><main>\n"
    )
}

/// Anybody's words as words.
fn text(words: &str) -> Cow<'_, str> {
    html_escape::encode_safe(words)
}

/// A figure with its picture, or why there is none.
fn picture(shown: &Shown<'_>, sha: Option<&str>, alt: &str) -> String {
    match sha.map(|sha| (shown.blobs.get(sha), shown.missing.get(sha))) {
        Some((Some(path), _)) => format!(
            "<a href=\"{path}\"><img loading=\"lazy\" src=\"{path}\" alt=\"{}\"></a>",
            text(alt)
        ),
        Some((None, gone)) => format!("<span class=\"none\">{}</span>", text(&gone_words(gone))),
        None => "<span class=\"none\">no picture was taken</span>".to_owned(),
    }
}

fn gone_words(gone: Option<&Missing>) -> String {
    match gone.and_then(|gone| gone.removed_at.as_deref()) {
        Some(at) => format!("removed by retention on {}", at.get(..10).unwrap_or(at)),
        None => "the store did not have it any more".to_owned(),
    }
}

/// A link to a blob that nobody opens as a page.
fn download(shown: &Shown<'_>, sha: Option<&str>, words: &str) -> Option<String> {
    let sha = sha?;
    Some(match shown.blobs.get(sha) {
        Some(path) => format!("<a href=\"{path}\" download>{words}</a>"),
        None => format!(
            "<span>{words}: {}</span>",
            text(&gone_words(shown.missing.get(sha)))
        ),
    })
}

/// A row of a list of facts.
fn fact(name: &str, words: &str) -> String {
    format!("<dt>{name}</dt><dd>{}</dd>", text(words))
}

#[cfg(test)]
mod tests;
