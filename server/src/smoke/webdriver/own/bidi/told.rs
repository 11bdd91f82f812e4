//! What Firefox tells of its own accord: requests and console lines. Pure.
//!
//! Source: W3C WebDriver BiDi, modules `network` and `log`; Firefox names errors as its own source does
//! (`NS_ERROR_...`).

use super::super::Spoken;
use crate::smoke::{
    proxy,
    webdriver::network::{Answer, Event},
};
use serde_json::Value;

/// What is listened to.
pub const EVENTS: [&str; 5] = [
    "network.beforeRequestSent",
    "network.responseStarted",
    "network.responseCompleted",
    "network.fetchError",
    "log.entryAdded",
];

#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    Request(Event),
    Console(Spoken),
}

/// `None`: it concerns nobody here.
pub fn told(message: &Value) -> Option<Told> {
    let params = &message["params"];
    match message["method"].as_str()? {
        "log.entryAdded" => Some(Told::Console(spoken(params))),
        method => request(method, params).map(Told::Request),
    }
}

fn request(method: &str, params: &Value) -> Option<Event> {
    let id = text(&params["request"]["request"]);
    // a frame's own document is what navigates it
    let document_of = params["navigation"]
        .is_string()
        .then(|| text(&params["context"]));
    let response = &params["response"];
    match method {
        "network.beforeRequestSent" => Some(Event::Sent {
            id,
            url: text(&params["request"]["url"]),
            document_of,
        }),
        "network.responseStarted" if is_redirect(response) => {
            Some(Event::Redirected(answer(response)))
        }
        "network.responseStarted" => Some(Event::Answered {
            id,
            document_of,
            answer: answer(response),
        }),
        // the same request goes on
        "network.responseCompleted" if is_redirect(response) => None,
        "network.responseCompleted" => Some(Event::Finished { id }),
        "network.fetchError" => {
            let error = plain(params["errorText"].as_str().unwrap_or_default());
            Some(Event::Failed {
                id,
                is_canceled: error == "NS_BINDING_ABORTED",
                error,
            })
        }
        _ => None,
    }
}

/// `NS_ERROR_GENERATE_FAILURE(NS_ERROR_MODULE_SECURITY, SEC_ERROR_UNKNOWN_ISSUER)` by its last part.
fn plain(error: &str) -> String {
    let inner = error
        .strip_prefix("NS_ERROR_GENERATE_FAILURE(")
        .and_then(|inner| inner.strip_suffix(')'))
        .and_then(|inner| inner.rsplit(", ").next());
    inner.unwrap_or(error).to_owned()
}

fn is_redirect(response: &Value) -> bool {
    let status = response["status"].as_u64().unwrap_or_default();
    matches!(status, 301 | 302 | 303 | 307 | 308) && header(response, "location").is_some()
}

fn answer(response: &Value) -> Answer {
    let status = response["status"].as_u64();
    Answer {
        url: text(&response["url"]),
        status: status.and_then(|status| u16::try_from(status).ok()),
        // Firefox does not say
        by: None,
        is_kept: response["fromCache"] == true,
        proxy: header(response, proxy::WHY).map(str::to_owned),
    }
}

fn header<'a>(response: &'a Value, name: &str) -> Option<&'a str> {
    let headers = response["headers"].as_array()?;
    let found = headers.iter().find(|header| {
        let found = header["name"].as_str().unwrap_or_default();
        found.eq_ignore_ascii_case(name)
    })?;
    found["value"]["value"].as_str()
}

fn spoken(entry: &Value) -> Spoken {
    let level = match entry["level"].as_str().unwrap_or_default() {
        // as Chromium's driver has it
        "error" => "severe",
        "warn" => "warning",
        "debug" => "debug",
        _ => "info",
    };
    Spoken {
        level: level.to_owned(),
        text: text(&entry["text"]),
        is_uncaught: entry["type"] == "javascript" && level == "severe",
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(method: &str, status: u64, headers: &[(&str, &str)]) -> Option<Told> {
        let headers: Vec<Value> = headers
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": { "type": "string", "value": value } }))
            .collect();
        told(&json!({ "type": "event", "method": method, "params": {
            "context": "TOP",
            "navigation": "n",
            "request": { "request": "14", "url": "http://shop.test/" },
            "response": { "url": "http://shop.test/", "status": status, "fromCache": false, "headers": headers },
        }}))
    }

    #[test]
    fn a_redirect_is_no_document_yet_and_the_proxy_is_told_from_the_node() {
        let answer = |status, proxy: Option<&str>| Answer {
            url: "http://shop.test/".into(),
            status: Some(status),
            proxy: proxy.map(str::to_owned),
            ..Answer::default()
        };
        let answered = |answer| Event::Answered {
            id: "14".into(),
            document_of: Some("TOP".into()),
            answer,
        };
        let (begun, ended) = ("network.responseStarted", "network.responseCompleted");
        let to = [("Location", "/x")];
        let cases = [
            (
                event(begun, 302, &to),
                Some(Event::Redirected(answer(302, None))),
            ),
            (event(ended, 302, &to), None),
            (event(begun, 302, &[]), Some(answered(answer(302, None)))),
            (
                event(begun, 403, &[("X-Pitlane-Proxy", "nowhere")]),
                Some(answered(answer(403, Some("nowhere")))),
            ),
            (
                event(ended, 200, &[]),
                Some(Event::Finished { id: "14".into() }),
            ),
            (event("browsingContext.load", 200, &[]), None),
        ];
        for (found, wanted) in cases {
            assert_eq!(found, wanted.map(Told::Request));
        }
    }

    #[test]
    fn failures_are_named_by_what_is_wrong() {
        let failed = |error: &str| {
            let params =
                json!({ "request": { "request": "1" }, "navigation": null, "errorText": error });
            match told(&json!({ "method": "network.fetchError", "params": params })) {
                Some(Told::Request(Event::Failed {
                    error, is_canceled, ..
                })) => (error, is_canceled),
                other => panic!("{other:?}"),
            }
        };
        let unknown =
            "NS_ERROR_GENERATE_FAILURE(NS_ERROR_MODULE_SECURITY, SEC_ERROR_UNKNOWN_ISSUER)";
        assert_eq!(failed(unknown), ("SEC_ERROR_UNKNOWN_ISSUER".into(), false));
        assert_eq!(
            failed("NS_ERROR_NET_RESET"),
            ("NS_ERROR_NET_RESET".into(), false)
        );
        assert_eq!(
            failed("NS_BINDING_ABORTED"),
            ("NS_BINDING_ABORTED".into(), true)
        );
    }

    #[test]
    fn only_errors_nobody_caught_are_uncaught() {
        let cases = [
            ("javascript", "error", ("severe", true)),
            ("console", "error", ("severe", false)),
            ("console", "warn", ("warning", false)),
            ("console", "info", ("info", false)),
        ];
        for (kind, level, wanted) in cases {
            let params = json!({ "type": kind, "level": level, "text": "boom" });
            match told(&json!({ "method": "log.entryAdded", "params": params })) {
                Some(Told::Console(line)) => {
                    assert_eq!((line.level.as_str(), line.is_uncaught), wanted);
                    assert_eq!(line.text, "boom");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
