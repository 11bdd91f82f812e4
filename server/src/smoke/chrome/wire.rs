//! Single calls to the driver: each bounded, each failure sorted by what can be done about it.

use crate::smoke::BrowserTrouble;
use fantoccini::{
    Client, ClientBuilder,
    error::{CmdError, ErrorStatus, NewSessionError},
    wd::WebDriverCompatibleCommand,
};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use std::{fmt, time::Duration};
use url::{ParseError, Url};

const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// A session's line to the driver. The driver works off calls one after the other.
pub struct Wire(Client);

/// Why a call did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Snag {
    /// Not there, or not yet; worth another try within the step's limit. A clause.
    Again(String),
    /// It is there and does not let itself be used; some actions try that again, some do not. A clause.
    Refused(String),
    /// It is not as wanted, and another try would not change that. A clause.
    No(String),
    /// A dialog of the page is open and must be closed first.
    Alert,
    NoAlert,
    /// The window or the frame has gone.
    Gone,
    /// A script threw this, or did not end.
    Threw(String),
    /// The page did not finish loading.
    Slow,
    /// The page could not be loaded: the browser's `net::ERR_...`.
    NotLoaded(String),
    Trouble(BrowserTrouble),
}

impl Wire {
    pub async fn connect(
        url: &str,
        capabilities: Map<String, Value>,
    ) -> Result<Self, BrowserTrouble> {
        // the driver is on this machine: no certificates to load
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let failed = |detail: String| {
            BrowserTrouble::new("the browser could not be started").because(detail)
        };
        match tokio::time::timeout(CONNECT_LIMIT, builder.connect(url)).await {
            Ok(Ok(client)) => Ok(Self(client)),
            Ok(Err(NewSessionError::SessionNotCreated(why))) => {
                Err(failed(why.message.to_string()))
            }
            Ok(Err(other)) => Err(failed(other.to_string())),
            Err(_) => Err(failed(format!(
                "no answer within {} s",
                CONNECT_LIMIT.as_secs()
            ))),
        }
    }

    pub async fn get(&self, path: &str, limit: Duration) -> Result<Value, Snag> {
        self.call(Method::GET, path, None, limit).await
    }

    pub async fn post(&self, path: &str, body: Value, limit: Duration) -> Result<Value, Snag> {
        self.call(Method::POST, path, Some(body), limit).await
    }

    pub async fn delete(&self, path: &str, limit: Duration) -> Result<Value, Snag> {
        self.call(Method::DELETE, path, None, limit).await
    }

    /// A command of the browser's own protocol.
    pub async fn cdp(&self, cmd: &str, params: Value, limit: Duration) -> Result<Value, Snag> {
        let body = json!({ "cmd": cmd, "params": params });
        self.post("goog/cdp/execute", body, limit).await
    }

    /// A verb of `page.js`.
    pub async fn page(&self, args: Value, limit: Duration) -> Result<Value, Snag> {
        let body = json!({ "script": include_str!("page.js"), "args": args });
        self.post("execute/sync", body, limit)
            .await
            .map_err(unsettled)
    }

    /// A verb of `page.js` that answers later.
    pub async fn page_later(&self, args: Value, limit: Duration) -> Result<Value, Snag> {
        let body = json!({ "script": include_str!("page.js"), "args": args });
        self.post("execute/async", body, limit)
            .await
            .map_err(unsettled)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        limit: Duration,
    ) -> Result<Value, Snag> {
        let call = Call {
            method,
            path: path.to_owned(),
            body,
        };
        match tokio::time::timeout(limit, self.0.issue_cmd(call)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(sort(error)),
            Err(_) => Err(Snag::Trouble(BrowserTrouble::new(format!(
                "the browser gave no answer within {} s",
                limit.as_secs()
            )))),
        }
    }
}

struct Call {
    method: Method,
    path: String,
    body: Option<Value>,
}

// not derived: a body may hold what is typed
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl WebDriverCompatibleCommand for Call {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (
            self.method.clone(),
            self.body.as_ref().map(Value::to_string),
        )
    }
}

/// A script of ours fails only because the page goes away under it.
fn unsettled(snag: Snag) -> Snag {
    match snag {
        Snag::Threw(_) => Snag::Again("the page changed while it was looked at".to_owned()),
        other => other,
    }
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
        ErrorStatus::JavascriptError => Snag::Threw(bare(&message, "javascript error: ")),
        ErrorStatus::ScriptTimeout => Snag::Threw("it did not end in time".to_owned()),
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
        ErrorStatus::UnknownError
            if ["navigation", "context", "No node with given id"]
                .iter()
                .any(|part| message.contains(part)) =>
        {
            Snag::Again("the page changed while it was used".to_owned())
        }
        ErrorStatus::InvalidSessionId => trouble("the browser has gone", &message),
        _ => trouble("the browser's driver refused", &message),
    }
}

fn bare(message: &str, prefix: &str) -> String {
    message.strip_prefix(prefix).unwrap_or(message).to_owned()
}

/// The driver names both elements with all their attributes; the covering one is enough.
fn covered(message: &str) -> String {
    match message.split_once("Other element would receive the click: ") {
        Some((_, by)) => format!(
            "another element covers it: {}",
            by.chars().take(120).collect::<String>()
        ),
        None => "another element covers it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fantoccini::error::WebDriver;

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
            sort(CmdError::NotW3C("tab crashed".into())),
            sort(CmdError::NotJson("<html>".into())),
        ] {
            assert!(matches!(trouble, Snag::Trouble(_)), "{trouble:?}");
        }
    }

    #[test]
    fn what_is_sent_is_not_printed() {
        let call = Call {
            method: Method::POST,
            path: "element/1/value".into(),
            body: Some(json!({ "text": "open sesame" })),
        };
        assert_eq!(format!("{call:?}"), "POST element/1/value");
    }
}
