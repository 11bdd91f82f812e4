//! Single calls to the driver, each bounded.

use super::snag::{Snag, refusal};
use crate::smoke::BrowserTrouble;
use http::{HeaderValue, Method, Request, header};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use url::Url;

/// As a Grid wants it; drivers take any.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Where sessions are made: a driver, or a Grid.
#[derive(Clone)]
pub struct Endpoint {
    http: reqwest::Client,
    /// Ends with a slash.
    base: Url,
    authorization: Option<HeaderValue>,
}

/// A session's line to the driver, which works off calls one after the other.
#[derive(Clone)]
pub struct Line {
    endpoint: Endpoint,
    /// Ends with a slash.
    session: Url,
}

/// The standard's name for "an element" in JSON. Source: W3C WebDriver, "web element identifier".
pub const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Endpoint {
    /// A driver on this machine: no certificates to load, no proxy of the surroundings to ask.
    pub fn here(port: u16) -> Result<Self, BrowserTrouble> {
        let builder = reqwest::Client::builder().tls_certs_only([]);
        let base = Url::parse(&format!("http://127.0.0.1:{port}/")).expect("a number is a port");
        Self::new(builder, base, None)
    }

    pub fn elsewhere(
        base: Url,
        authorization: Option<HeaderValue>,
    ) -> Result<Self, BrowserTrouble> {
        let builder = reqwest::Client::builder().connect_timeout(Duration::from_secs(5));
        Self::new(builder, base, authorization)
    }

    fn new(
        builder: reqwest::ClientBuilder,
        base: Url,
        authorization: Option<HeaderValue>,
    ) -> Result<Self, BrowserTrouble> {
        let http = builder.no_proxy().build().map_err(|error| {
            BrowserTrouble::new("no line to the browser's driver could be made").because(error)
        })?;
        Ok(Self {
            http,
            base,
            authorization,
        })
    }

    /// A new session, and what the driver says of it.
    pub async fn connect(
        &self,
        wishes: Map<String, Value>,
        limit: Duration,
    ) -> Result<(Line, Value), BrowserTrouble> {
        let failed = |detail: String| {
            BrowserTrouble::new("the browser could not be started").because(detail)
        };
        let join = |path: &str| self.base.join(path).map_err(|e| failed(e.to_string()));
        let body = json!({ "capabilities": { "alwaysMatch": wishes } });
        let mut granted = match self
            .ask(Method::POST, join("session")?, Some(&body), limit)
            .await
        {
            Ok(granted) => granted,
            Err(No::Refused { message, .. }) => return Err(failed(message)),
            Err(No::Silent) => {
                return Err(failed(format!("no answer within {} s", limit.as_secs())));
            }
            Err(No::Gone(why) | No::Strange(why)) => return Err(failed(why)),
        };
        let id = granted["sessionId"]
            .as_str()
            .filter(|id| !id.is_empty() && !id.contains(['/', '?', '#']))
            .ok_or_else(|| failed("the answer names no session".to_owned()))?;
        let line = Line {
            endpoint: self.clone(),
            session: join(&format!("session/{id}/"))?,
        };
        Ok((line, granted["capabilities"].take()))
    }

    /// The browser's own socket, behind the address it listens on for debuggers.
    pub async fn socket(&self, debugger: &str) -> Result<String, BrowserTrouble> {
        let failed = |detail: String| {
            BrowserTrouble::new("the browser did not name its own socket").because(detail)
        };
        let answer = self
            .http
            .get(format!("http://{debugger}/json/version"))
            .timeout(Duration::from_secs(10))
            .send();
        let answer = answer.await.map_err(|error| failed(causes(&error)))?;
        let version: Value = answer
            .json()
            .await
            .map_err(|error| failed(causes(&error)))?;
        let socket = version["webSocketDebuggerUrl"].as_str();
        socket
            .map(str::to_owned)
            .ok_or_else(|| failed("no `webSocketDebuggerUrl`".to_owned()))
    }

    async fn ask(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        limit: Duration,
    ) -> Result<Value, No> {
        let mut request = self.http.request(method, url).timeout(limit);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, JSON)
                .body(body.to_string());
        }
        let gone = |error: reqwest::Error| {
            if error.is_timeout() && !error.is_connect() {
                return No::Silent;
            }
            No::Gone(causes(&error.without_url()))
        };
        let answer = request.send().await.map_err(gone)?;
        let status = answer.status();
        let text = answer.bytes().await.map_err(gone)?;
        let mut answer: Value = serde_json::from_slice(&text)
            .map_err(|_| No::Strange(format!("{status}, and no JSON")))?;
        let value = answer["value"].take();
        if status.is_success() {
            return Ok(value);
        }
        match (value["error"].as_str(), value["message"].as_str()) {
            (Some(error), Some(message)) => Err(No::Refused {
                error: error.to_owned(),
                message: message.to_owned(),
            }),
            _ => Err(No::Strange(format!("{status}"))),
        }
    }
}

/// Why there was no value for an answer.
enum No {
    /// Source: W3C WebDriver, "error code".
    Refused {
        error: String,
        message: String,
    },
    Silent,
    Gone(String),
    Strange(String),
}

/// An error with what lies below it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        words = format!("{words}: {cause}");
        below = cause.source();
    }
    words
}

impl Line {
    pub async fn get(&self, path: &str, limit: Duration) -> Result<Value, Snag> {
        self.call(Method::GET, path, None, limit).await
    }

    pub async fn post(&self, path: &str, body: Value, limit: Duration) -> Result<Value, Snag> {
        self.call(Method::POST, path, Some(&body), limit).await
    }

    pub async fn delete(&self, path: &str, limit: Duration) -> Result<Value, Snag> {
        self.call(Method::DELETE, path, None, limit).await
    }

    /// A Grid's way to one of the browser's own sockets.
    pub fn socket(&self, path: &str) -> Result<Request<()>, BrowserTrouble> {
        let failed = |detail: String| {
            BrowserTrouble::new("the Grid's way to the browser's own socket is not known")
                .because(detail)
        };
        let mut url = self
            .session
            .join(path)
            .map_err(|error| failed(error.to_string()))?;
        // calls may be made below the path of older Grids, this not
        let path = url.path().replacen("/wd/hub/session/", "/session/", 1);
        url.set_path(&path);
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        let spoken = url.as_str().replacen(url.scheme(), scheme, 1);
        let mut request = spoken
            .into_client_request()
            .map_err(|error| failed(error.to_string()))?;
        if let Some(authorization) = &self.endpoint.authorization {
            let headers = request.headers_mut();
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        Ok(request)
    }

    /// Ends the session.
    pub async fn end(&self, limit: Duration) -> Result<(), Snag> {
        let mut url = self.session.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty();
        }
        self.sorted(Method::DELETE, url, None, limit)
            .await
            .map(drop)
    }

    /// A command of the browser's own protocol.
    pub async fn cdp(&self, cmd: &str, params: Value, limit: Duration) -> Result<Value, Snag> {
        let body = json!({ "cmd": cmd, "params": params });
        self.post("goog/cdp/execute", body, limit).await
    }

    /// A verb of `page.js`.
    pub async fn page(&self, args: Value, limit: Duration) -> Result<Value, Snag> {
        let answer = self.ours("execute/sync", args, limit).await?;
        answer.ok_or_else(changed)
    }

    /// One that makes the page go; `None`: it went before there was an answer.
    pub async fn page_leaving(&self, args: Value, limit: Duration) -> Result<Option<Value>, Snag> {
        self.ours("execute/sync", args, limit).await
    }

    /// A verb of `page.js` that answers later.
    pub async fn page_later(&self, args: Value, limit: Duration) -> Result<Value, Snag> {
        let answer = self.ours("execute/async", args, limit).await?;
        answer.ok_or_else(changed)
    }

    async fn ours(
        &self,
        command: &str,
        args: Value,
        limit: Duration,
    ) -> Result<Option<Value>, Snag> {
        let body = json!({ "script": include_str!("page.js"), "args": args });
        let answer = self.post(command, body, limit).await;
        answer.map(answer_of).map_err(unsettled)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        limit: Duration,
    ) -> Result<Value, Snag> {
        let url = self.session.join(path).map_err(|error| {
            Snag::Trouble(
                BrowserTrouble::new(format!("`{path}` is no call to a browser")).because(error),
            )
        })?;
        self.sorted(method, url, body, limit).await
    }

    async fn sorted(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        limit: Duration,
    ) -> Result<Value, Snag> {
        let trouble = |what: &str, why: String| {
            Snag::Trouble(BrowserTrouble::new(what.to_owned()).because(why))
        };
        match self.endpoint.ask(method, url, body, limit).await {
            Ok(value) => Ok(value),
            Err(No::Refused { error, message }) => Err(refusal(&error, message)),
            Err(No::Silent) => Err(Snag::Trouble(BrowserTrouble::new(format!(
                "the browser gave no answer within {} s",
                limit.as_secs()
            )))),
            Err(No::Gone(why)) => Err(trouble("the browser's driver has gone", why)),
            Err(No::Strange(why)) => Err(trouble(
                "the browser's driver answered something strange",
                why,
            )),
        }
    }
}

/// A script of ours fails only because the page goes away under it.
fn unsettled(snag: Snag) -> Snag {
    match snag {
        Snag::Threw(_) | Snag::Unended => changed(),
        other => other,
    }
}

/// What lies in the list that scripts of ours answer with. For a page that is left meanwhile, or opens a dialog,
/// Firefox answers `null` in the script's place.
///
/// Source: Firefox, `MarionetteCommandsParent`, "returning null as fallback".
pub fn answer_of(answer: Value) -> Option<Value> {
    match answer {
        Value::Array(mut list) => list.pop(),
        _ => None,
    }
}

pub fn changed() -> Snag {
    Snag::Again("the page changed while it was looked at".to_owned())
}
