//! Firefox: WebDriver BiDi over a socket of the session's own.
//!
//! A context is what Firefox calls a container. What was requested and said is told as it happens, and kept from one
//! look to the next.
//!
//! Source: W3C WebDriver BiDi.

/// What Firefox tells of its own accord.
mod told;

use super::{
    Context, HIGHEST_PAGE, MOST_NAMED, Network, Shot, Spoken, WIDEST_PAGE,
    socket::{LIMIT, Socket, Unanswered, named},
};
use crate::smoke::{
    BrowserTrouble,
    webdriver::{
        line::ELEMENT,
        network::Event,
        snag::{Snag, refusal},
    },
};
use app::model::smoke::Viewport;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::Mutex;
use told::{EVENTS, Told, told};

/// Of what is kept between two looks; a page that does more than that says no more by it.
const MOST_KEPT: usize = 20_000;

pub const FIRST_WORDS: &str = include_str!("../still.js");

pub struct Bidi {
    socket: Mutex<Heard>,
}

struct Heard {
    socket: Socket,
    requests: Vec<Event>,
    console: Vec<Spoken>,
}

impl Bidi {
    /// [`FIRST_WORDS`] run before each page from now on.
    pub async fn open(socket: Socket) -> Result<Self, BrowserTrouble> {
        let bidi = Self {
            socket: Mutex::new(Heard {
                socket,
                requests: Vec::new(),
                console: Vec::new(),
            }),
        };
        bidi.setup("session.subscribe", json!({ "events": EVENTS }))
            .await?;
        let on_each = json!({ "functionDeclaration": format!("() => {{ {FIRST_WORDS} }}") });
        bidi.setup("script.addPreloadScript", on_each).await?;
        Ok(bidi)
    }

    pub async fn create(&self) -> Result<Context, BrowserTrouble> {
        let made = self.setup("browser.createUserContext", json!({})).await?;
        let id = named(&made, "userContext")?;
        let tab = json!({ "type": "tab", "userContext": id });
        let made = self.setup("browsingContext.create", tab).await?;
        let tab = named(&made, "context")?;
        Ok(Context { id, tab })
    }

    pub async fn dispose(&self, context: Context) -> Result<(), BrowserTrouble> {
        let context = json!({ "userContext": context.id });
        self.setup("browser.removeUserContext", context)
            .await
            .map(drop)
    }

    pub async fn resize(
        &self,
        tab: &str,
        to: Option<Viewport>,
        limit: Duration,
    ) -> Result<(), Snag> {
        if to.is_some_and(|viewport| viewport.mobile || viewport.touch) {
            return Err(Snag::No("Firefox cannot pretend to be a phone".to_owned()));
        }
        let size = to.map(|viewport| {
            json!({
                "width": viewport.width,
                "height": viewport.height,
            })
        });
        let ratio = to.map(|viewport| f64::from(viewport.scale_percent) / 100.0);
        let params = json!({ "context": tab, "viewport": size, "devicePixelRatio": ratio });
        self.tell("browsingContext.setViewport", params, limit)
            .await
    }

    pub async fn network(&self, tab: &str, network: Network, limit: Duration) -> Result<(), Snag> {
        if !network.is_off() && !network.is_usual() {
            return Err(Snag::No(
                "Firefox's network cannot be slowed down".to_owned(),
            ));
        }
        let conditions = network.is_off().then(|| json!({ "type": "offline" }));
        let params = json!({ "contexts": [tab], "networkConditions": conditions });
        self.tell("emulation.setNetworkConditions", params, limit)
            .await
    }

    /// In base64.
    pub async fn picture(&self, tab: &str, of: Shot, limit: Duration) -> Result<Value, Snag> {
        let params = match of {
            Shot::Viewport => json!({
                "context": tab,
                "origin": "viewport",
                "format": { "type": "image/jpeg", "quality": 0.7 },
            }),
            Shot::Page => json!({
                "context": tab,
                "origin": "document",
                "format": { "type": "image/png" },
                "clip": { "type": "box", "x": 0, "y": 0, "width": WIDEST_PAGE, "height": HIGHEST_PAGE },
            }),
        };
        self.call("browsingContext.captureScreenshot", params, limit)
            .await
    }

    /// What the browser calls so for those who do not see the page.
    pub async fn called(
        &self,
        tab: &str,
        name: &str,
        role: Option<&str>,
        limit: Duration,
    ) -> Result<Vec<Value>, Snag> {
        let mut wanted = json!({ "name": name });
        if let Some(role) = role {
            wanted["role"] = role.into();
        }
        let params = json!({
            "context": tab,
            "locator": { "type": "accessibility", "value": wanted },
            "maxNodeCount": MOST_NAMED,
        });
        let found = self
            .call("browsingContext.locateNodes", params, limit)
            .await?;
        let nodes = found["nodes"].as_array().into_iter().flatten();
        let ids = nodes.filter_map(|node| node["sharedId"].as_str());
        Ok(ids.map(|id| json!({ ELEMENT: id })).collect())
    }

    pub async fn requests(&self, limit: Duration) -> Result<Vec<Event>, Snag> {
        self.listen(limit).await?;
        Ok(std::mem::take(&mut self.socket.lock().await.requests))
    }

    pub async fn console(&self, limit: Duration) -> Result<Vec<Spoken>, Snag> {
        self.listen(limit).await?;
        Ok(std::mem::take(&mut self.socket.lock().await.console))
    }

    /// What was told until now is told before an answer to this.
    async fn listen(&self, limit: Duration) -> Result<(), Snag> {
        self.tell("session.status", json!({}), limit).await
    }

    async fn tell(&self, method: &str, params: Value, limit: Duration) -> Result<(), Snag> {
        self.call(method, params, limit).await.map(drop)
    }

    async fn call(&self, method: &str, params: Value, limit: Duration) -> Result<Value, Snag> {
        let answer = self.ask(method, params, limit).await;
        answer.map_err(|unanswered| match unanswered {
            Unanswered::Refused { error, message } => refusal(&error, message),
            Unanswered::Gone(why) => {
                Snag::Trouble(BrowserTrouble::new("the browser has gone").because(why))
            }
            Unanswered::Silent => Snag::Trouble(BrowserTrouble::new(format!(
                "the browser gave no answer within {} s",
                limit.as_secs()
            ))),
        })
    }

    async fn setup(&self, method: &str, params: Value) -> Result<Value, BrowserTrouble> {
        let answer = self.ask(method, params, LIMIT).await;
        answer.map_err(|unanswered| unanswered.trouble(method))
    }

    async fn ask(&self, method: &str, params: Value, limit: Duration) -> Result<Value, Unanswered> {
        let mut heard = self.socket.lock().await;
        let answer = heard.socket.call(method, params, limit).await;
        heard.sort();
        answer
    }
}

impl Heard {
    fn sort(&mut self) {
        for message in self.socket.told() {
            match told(&message) {
                Some(Told::Request(event)) if self.requests.len() < MOST_KEPT => {
                    self.requests.push(event);
                }
                Some(Told::Console(line)) if self.console.len() < MOST_KEPT => {
                    self.console.push(line);
                }
                Some(_) | None => {}
            }
        }
    }
}
