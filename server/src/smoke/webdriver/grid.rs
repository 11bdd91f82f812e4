//! Browsers of a Selenium Grid 4: how they grow past one machine.
//!
//! The Grid starts and ends drivers and browsers. A session we cannot delete any more ends by the Grid's own
//! `--session-timeout`; one it has no browser for is not waited for longer than [`CONNECT_LIMIT`].

use super::line::Line;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::runtime::Handle;
use url::Url;

/// A Grid starts browsers slowly, and has a queue of its own.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(60);
const END_LIMIT: Duration = Duration::from_secs(15);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridSettings {
    /// Without credentials, with a slash at its end.
    pub url: Url,
    pub authorization: Option<HeaderValue>,
}

impl GridSettings {
    /// `http://user:password@grid:4444/wd/hub`; the error says what is wrong with it, without the credentials.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut url = Url::parse(text).map_err(|error| format!("no URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("a Grid has an http or https address".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a Grid's address has neither query nor fragment".to_owned());
        }
        let authorization = authorization(&url)?;
        let cleared = url
            .set_username("")
            .and_then(|()| url.set_password(None))
            .is_ok();
        debug_assert!(cleared, "a URL with a host can do without credentials");
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self { url, authorization })
    }
}

fn authorization(url: &Url) -> Result<Option<HeaderValue>, String> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decoded = |part: &str| percent_decode_str(part).collect::<Vec<u8>>();
    let pair = [
        decoded(url.username()),
        decoded(url.password().unwrap_or_default()),
    ]
    .join(&b':');
    let text = format!("Basic {}", BASE64_STANDARD.encode(pair));
    let mut value =
        HeaderValue::from_str(&text).map_err(|_| "its credentials cannot be sent".to_owned())?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// What the Grid's machines know better is not wished for; `name` is shown in the Grid's own pages.
pub fn for_grid(wishes: &mut Map<String, Value>, name: &str) {
    wishes.insert("se:name".to_owned(), json!(name));
    for options in ["goog:chromeOptions", "moz:firefoxOptions"] {
        let Some(options) = wishes.get_mut(options).and_then(Value::as_object_mut) else {
            continue;
        };
        options.remove("binary");
        if let Some(args) = options.get_mut("args").and_then(Value::as_array_mut) {
            args.retain(|arg| {
                !arg.as_str()
                    .is_some_and(|arg| arg.starts_with("--user-data-dir="))
            });
        }
    }
}

/// A session of the Grid, deleted when it ends or is dropped.
pub struct Leased(Option<Line>);

impl Leased {
    pub fn new(line: Line) -> Self {
        Self(Some(line))
    }

    pub async fn end(mut self) {
        if let Some(line) = self.0.take() {
            delete(line).await;
        }
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        if let (Some(line), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(delete(line));
        }
    }
}

async fn delete(line: Line) {
    if let Err(snag) = line.end(END_LIMIT).await {
        tracing::warn!(
            ?snag,
            "a session was not deleted at the Grid; it ends by the Grid's own timeout"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_leave_the_address_and_a_slash_comes_to_its_end() {
        let cases = [
            ("http://grid:4444", "http://grid:4444/", None),
            ("http://grid:4444/wd/hub", "http://grid:4444/wd/hub/", None),
            (
                "https://ann:a%40b%2Bc@grid.example.com/",
                "https://grid.example.com/",
                Some("Basic YW5uOmFAYitj"),
            ),
        ];
        for (text, url, header) in cases {
            let grid = GridSettings::parse(text).unwrap();
            assert_eq!(grid.url.as_str(), url);
            let found = grid.authorization.as_ref().map(|h| h.to_str().unwrap());
            assert_eq!(found, header);
            assert!(!format!("{grid:?}").contains("YW5u"));
        }
    }

    #[test]
    fn what_is_no_grid_is_refused_without_its_credentials() {
        for text in [
            "grid:4444",
            "ftp://ann:sesame@grid/",
            "http://ann:sesame@grid/?a=1",
            "http://ann:sesame@grid:port/",
        ] {
            let why = GridSettings::parse(text).unwrap_err();
            assert!(!why.contains("sesame"), "{why}");
        }
    }

    #[test]
    fn a_grid_chooses_program_and_profile_itself() {
        let mut wishes = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": "/usr/bin/chromium",
                "args": ["--headless=new", "--user-data-dir=/tmp/x"],
            },
        })
        .as_object()
        .unwrap()
        .clone();
        for_grid(&mut wishes, "red");
        assert_eq!(
            Value::Object(wishes),
            json!({
                "browserName": "chrome",
                "se:name": "red",
                "goog:chromeOptions": { "args": ["--headless=new"] },
            })
        );
    }
}
