//! Why a call to a browser did not do what it should: each failure sorted by what can be done about it. Pure.

use crate::smoke::BrowserTrouble;
use fantoccini::error::{CmdError, ErrorStatus, WebDriver};
use serde_json::Value;
use std::fmt;

/// Why a call did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Snag {
    /// Not so, or not yet; worth another try within the step's limit. A clause.
    Again(String),
    /// No such element on the whole page; worth another try as well. A clause.
    Absent(String),
    /// It is there and does not let itself be used; some actions try that again, some do not. A clause.
    Refused(String),
    /// It is not as wanted, and another try would not change that. A clause.
    No(String),
    /// A dialog of the page is open and must be closed first.
    Alert,
    NoAlert,
    /// The window or the frame has gone.
    Gone,
    /// A script threw this.
    Threw(String),
    /// A script did not end in time, or its page was left first: chromedriver says the same of both.
    Unended,
    /// The page did not finish loading.
    Slow,
    /// The page could not be loaded: Chromium's `net::ERR_...`, or what Firefox calls its error page.
    NotLoaded(String),
    Trouble(BrowserTrouble),
}

/// What a refusal means, `error` as the standard names it.
pub fn refusal(error: &str, message: String) -> Snag {
    sort(match error.parse() {
        Ok(status) => CmdError::Standard(WebDriver::new(status, message)),
        Err(unknown) => unknown,
    })
}

fn sort(error: CmdError) -> Snag {
    let trouble = |what: &str, detail: &dyn fmt::Display| {
        Snag::Trouble(BrowserTrouble::new(what).because(detail))
    };
    let error = match error {
        CmdError::Standard(error) => error,
        CmdError::NotW3C(Value::String(words)) if words.contains("tab crashed") => {
            return trouble("the page's own process crashed", &words);
        }
        other @ (CmdError::Failed(_) | CmdError::FailedC(_) | CmdError::Lost(_)) => {
            return trouble("the browser's driver has gone", &other);
        }
        other => return trouble("the browser's driver answered something strange", &other),
    };
    let message = error.message.lines().next().unwrap_or_default().to_owned();
    match error.error {
        ErrorStatus::NoSuchElement
        | ErrorStatus::StaleElementReference
        | ErrorStatus::DetachedShadowRoot => {
            Snag::Again("the page changed while it was used".to_owned())
        }
        ErrorStatus::ElementNotInteractable => {
            Snag::Refused("the element is there but cannot be used".to_owned())
        }
        ErrorStatus::InvalidElementState => {
            Snag::Refused("the element is there but cannot be changed".to_owned())
        }
        ErrorStatus::MoveTargetOutOfBounds => {
            Snag::Refused("the pointer would have to leave the page".to_owned())
        }
        ErrorStatus::ElementClickIntercepted => Snag::Refused(covered(&message)),
        ErrorStatus::InvalidArgument => Snag::No(bare(&message, "invalid argument: ")),
        ErrorStatus::JavascriptError => {
            let message = bare(&message, "javascript error: ");
            Snag::Threw(bare(&message, "Error: "))
        }
        ErrorStatus::ScriptTimeout => Snag::Unended,
        ErrorStatus::UnexpectedAlertOpen => Snag::Alert,
        ErrorStatus::NoSuchAlert => Snag::NoAlert,
        ErrorStatus::NoSuchWindow => Snag::Gone,
        ErrorStatus::NoSuchFrame => Snag::Again("there is no such frame".to_owned()),
        ErrorStatus::Timeout => Snag::Slow,
        ErrorStatus::UnknownError if message.contains("net::ERR_") => {
            let (_, code) = message.split_once("net::").unwrap_or_default();
            let code = code.split([' ', ')', '"']).next().unwrap_or_default();
            Snag::NotLoaded(format!("net::{code}"))
        }
        ErrorStatus::UnknownError if message.contains("about:neterror?") => {
            let (_, code) = message.split_once("e=").unwrap_or_default();
            Snag::NotLoaded(code.split('&').next().unwrap_or_default().to_owned())
        }
        ErrorStatus::InsecureCertificate => {
            Snag::NotLoaded("its certificate is not trusted".to_owned())
        }
        ErrorStatus::UnknownError
            if ["navigation", "context", "No node with given id", "Actor"]
                .iter()
                .any(|part| message.contains(part)) =>
        {
            Snag::Again("the page changed while it was used".to_owned())
        }
        ErrorStatus::UnknownError if message.contains("from marionette") => {
            trouble("the browser has gone", &message)
        }
        ErrorStatus::InvalidSessionId => trouble("the browser has gone", &message),
        _ => trouble("the browser's driver refused", &message),
    }
}

fn bare(message: &str, prefix: &str) -> String {
    message.strip_prefix(prefix).unwrap_or(message).to_owned()
}

/// Drivers name both elements; the covering one is enough.
fn covered(message: &str) -> String {
    let by_chromium = message.split_once("Other element would receive the click: ");
    let by_firefox = || message.split_once(" because another element ");
    match by_chromium.or_else(by_firefox) {
        Some((_, by)) => format!(
            "another element covers it: {}",
            by.trim_end_matches(" obscures it")
                .chars()
                .take(120)
                .collect::<String>()
        ),
        None => "another element covers it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard(status: ErrorStatus, message: &'static str) -> Snag {
        sort(CmdError::Standard(WebDriver::new(status, message)))
    }

    #[test]
    fn failures_are_sorted_by_what_can_be_done() {
        let again = |words: &str| Snag::Again(words.to_owned());
        let cases = [
            (
                standard(ErrorStatus::StaleElementReference, "stale"),
                again("the page changed while it was used"),
            ),
            (
                standard(
                    ErrorStatus::ElementClickIntercepted,
                    "element <a> is not clickable at point (1, 2). Other element would receive the click: <div id=\"veil\">\n  (Session info)",
                ),
                Snag::Refused("another element covers it: <div id=\"veil\">".to_owned()),
            ),
            (
                standard(
                    ErrorStatus::JavascriptError,
                    "javascript error: boom\n  (Session info)",
                ),
                Snag::Threw("boom".to_owned()),
            ),
            (
                standard(ErrorStatus::NoSuchWindow, "no such window"),
                Snag::Gone,
            ),
            (standard(ErrorStatus::UnexpectedAlertOpen, ""), Snag::Alert),
            (standard(ErrorStatus::Timeout, "timed out"), Snag::Slow),
            (
                standard(
                    ErrorStatus::UnknownError,
                    "unknown error: net::ERR_CONNECTION_REFUSED\n  (Session info: chrome=1)",
                ),
                Snag::NotLoaded("net::ERR_CONNECTION_REFUSED".to_owned()),
            ),
            (
                standard(
                    ErrorStatus::ElementClickIntercepted,
                    "Element <button> is not clickable at point (1,2) because another element <div id=\"veil\"> obscures it",
                ),
                Snag::Refused("another element covers it: <div id=\"veil\">".to_owned()),
            ),
            (
                standard(ErrorStatus::JavascriptError, "Error: boom"),
                Snag::Threw("boom".to_owned()),
            ),
            (
                standard(
                    ErrorStatus::UnknownError,
                    "Reached error page: about:neterror?e=netOffline&u=http%3A//shop.test/&c=UTF-8",
                ),
                Snag::NotLoaded("netOffline".to_owned()),
            ),
            (
                standard(
                    ErrorStatus::UnknownError,
                    "unknown error: aborted by navigation",
                ),
                again("the page changed while it was used"),
            ),
        ];
        for (found, wanted) in cases {
            assert_eq!(found, wanted);
        }
        for trouble in [
            standard(ErrorStatus::InvalidSessionId, "gone"),
            standard(ErrorStatus::UnknownError, "disk full"),
            standard(
                ErrorStatus::UnknownError,
                "Failed to decode response from marionette",
            ),
            sort(CmdError::NotW3C("tab crashed".into())),
            sort(CmdError::NotJson("<html>".into())),
        ] {
            assert!(matches!(trouble, Snag::Trouble(_)), "{trouble:?}");
        }
    }
}
