//! HTTP to the balancer-manager: every answer is checked for being the manager's, because a wrong set-up
//! answers 200 as well.

use super::{
    LIMIT, Settings, page,
    xml::{self, ManagedBalancer, NotReadable},
};
use crate::balancer::BalancerError;
use reqwest::{Client, RequestBuilder, StatusCode, header, redirect};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};
use tokio::sync::OwnedMutexGuard;
use url::Url;

/// More than any manager's page; an application's endless answer is cut here.
const LARGEST: usize = 4 * 1024 * 1024;

/// One lock per manager, whoever drives it in this process.
static LOCKS: LazyLock<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>> =
    LazyLock::new(Mutex::default);

pub struct Manager {
    name: String,
    url: Url,
    referer: String,
    client: Client,
    lock: Arc<tokio::sync::Mutex<()>>,
}

struct Answer {
    status: StatusCode,
    is_xml: bool,
    media: String,
    body: String,
}

impl Manager {
    pub fn new(settings: &Settings) -> Result<Self, BalancerError> {
        let refused = |why: String| BalancerError::Refused {
            balancer: settings.name.clone(),
            why,
        };
        let mut url = Url::parse(&settings.manager_url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| refused(format!("`{}` is no http address", settings.manager_url)))?;
        url.set_query(None);
        url.set_fragment(None);
        let referer = settings.referer.clone().unwrap_or_else(|| {
            let mut own = url.clone();
            // Only reachable without a host, which was refused above.
            let _ = own.set_username("");
            let _ = own.set_password(None);
            own.into()
        });
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(LIMIT)
            // A reload closes idle connections, and an order must not be lost on one.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| refused(format!("no HTTP client: {error}")))?;
        let lock = LOCKS
            .lock()
            .expect("no holder of this lock panics")
            .entry(url.to_string())
            .or_default()
            .clone();
        Ok(Self {
            name: settings.name.clone(),
            url,
            referer,
            client,
            lock,
        })
    }

    /// Waits until nobody else in this process changes flags there.
    pub async fn alone(&self) -> OwnedMutexGuard<()> {
        self.lock.clone().lock_owned().await
    }

    /// All balancers of the page.
    pub async fn state(&self) -> Result<Vec<ManagedBalancer>, BalancerError> {
        let mut url = self.url.clone();
        url.set_query(Some("xml=1"));
        let answer = self.ask(self.client.get(url)).await?;
        self.parse(&answer)
    }

    /// Sends a change; the answer is the state after it, or unchanged if httpd ignored it.
    pub async fn change(&self, body: String) -> Result<Vec<ManagedBalancer>, BalancerError> {
        let request = self
            .client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let answer = self.ask(request).await?;
        self.parse(&answer)
    }

    /// The page for people.
    pub async fn page(&self) -> Result<String, BalancerError> {
        let answer = self.ask(self.client.get(self.url.clone())).await?;
        Ok(answer.body)
    }

    /// One harmless request through the front, so that the balancer looks at its workers again.
    pub async fn knock(&self) {
        let mut url = self.url.clone();
        url.set_path("/");
        // Whatever comes back, the looking was done.
        let _ = self.client.head(url).send().await;
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answer, BalancerError> {
        let request = request.header(header::REFERER, &self.referer);
        // An address may hold a password, so it stays out of the error.
        let failed = |error: reqwest::Error| self.unreachable(chain(&error.without_url()));
        let mut response = request.send().await.map_err(failed)?;
        let media = response.headers().get(header::CONTENT_TYPE);
        let media = media
            .and_then(|value| value.to_str().ok())
            .unwrap_or("no content type")
            .to_owned();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(self.refused("its answer is endless; is this the manager's address?"));
            }
        }
        Ok(Answer {
            status: response.status(),
            is_xml: media.starts_with("text/xml"),
            media,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    fn parse(&self, answer: &Answer) -> Result<Vec<ManagedBalancer>, BalancerError> {
        let status = answer.status;
        match status.as_u16() {
            200 => {}
            401 | 403 => {
                return Err(self.refused(format!(
                    "the manager refuses this machine ({status}); allow its address in the manager's `Require`"
                )));
            }
            404 | 405 => {
                return Err(self.refused(format!(
                    "there is no manager at this address ({status}); check `manager_url`"
                )));
            }
            500.. => return Err(self.unreachable(format!("the manager answers {status}"))),
            _ => {
                return Err(self.refused(format!(
                    "the manager's address answers {status}; check `manager_url`"
                )));
            }
        }
        if answer.is_xml {
            return match xml::parse(&answer.body) {
                Ok(page) => Ok(page),
                Err(NotReadable::NotTheManager) => Err(self.proxied(answer)),
                Err(NotReadable::IllFormed(why)) if answer.body.contains("<httpd:manager") => {
                    Err(self.refused(format!(
                        "its manager page is not well-formed ({why}); a balancer or worker whose name has & or < in it \
                         cannot be managed, rename it"
                    )))
                }
                Err(NotReadable::IllFormed(_)) => Err(self.proxied(answer)),
            };
        }
        if page::is_manager(&answer.body) {
            return Err(self.refused(format!(
                "httpd does not take `{}` as its own address; give its ServerName as `referer`, such as \
                 \"http://www.example.org/\"",
                self.referer
            )));
        }
        Err(self.proxied(answer))
    }

    fn proxied(&self, answer: &Answer) -> BalancerError {
        self.refused(format!(
            "something else than the balancer-manager answers at its address ({}, {}), most likely the application; \
             put `ProxyPass \"{}\" \"!\"` before the other ProxyPass lines of the same virtual host",
            answer.status,
            answer.media,
            self.url.path()
        ))
    }

    fn refused(&self, why: impl Into<String>) -> BalancerError {
        BalancerError::Refused {
            balancer: self.name.clone(),
            why: why.into(),
        }
    }

    fn unreachable(&self, why: impl Into<String>) -> BalancerError {
        BalancerError::Unreachable {
            balancer: self.name.clone(),
            why: why.into(),
        }
    }
}

/// The last cause says most: `connection refused`, not `error sending request`.
fn chain(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
