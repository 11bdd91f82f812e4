//! Who asks: a signed-in browser, a script's token, or the owner of the local socket.

use super::{
    peer::{Peer, socket_actor},
    problem::Problem,
    secret::{self, Secret},
    state::Web,
};
use crate::{
    config::WebConfig,
    gateway::refusal::broken,
    store::{self, sessions::SecretHash, users::User},
};
use app::{error::AppError, model::access::Actor};
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use sqlx::PgExecutor;
use std::time::Duration;

/// A session nobody uses ends.
pub const IDLE: Duration = Duration::from_secs(12 * 3_600);
/// Every session ends.
pub const ABSOLUTE: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Where a request comes from, as the audit history says it.
#[derive(Debug, Clone)]
pub struct From(pub String);

/// Puts `Option<Actor>` and [`From`] into the request's extensions.
pub async fn identify(State(web): State<Web>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let from = address(&web.web, &parts);
    let actor = who(&web, &parts, &from).await;
    let mut request = Request::from_parts(parts, body);
    match actor {
        Ok(actor) => {
            if let Some(actor) = &actor {
                tracing::Span::current().record("actor", actor.name.as_str());
            }
            request.extensions_mut().insert(actor);
            request.extensions_mut().insert(From(from));
            next.run(request).await
        }
        Err(error) => Problem(broken(error)).into_response(),
    }
}

async fn who(web: &Web, request: &Parts, from: &str) -> sqlx::Result<Option<Actor>> {
    if let Some(Peer::Socket { uid }) = peer(request) {
        return Ok(socket_actor(uid));
    }
    if let Some(token) = bearer(&request.headers) {
        let user = store::tokens::find(&web.pool, &secret::hash(token)).await?;
        return Ok(user.map(|user| actor(user, "token")));
    }
    match cookie(&web.web, &request.headers) {
        Some(hash) => {
            let user = store::sessions::find(&web.pool, &hash, IDLE).await?;
            Ok(user.map(|user| actor(user, from)))
        }
        None => Ok(None),
    }
}

pub fn actor(user: User, from: &str) -> Actor {
    Actor {
        user: Some(user.id),
        name: user.name,
        role: user.role,
        from: from.to_owned(),
    }
}

fn peer(request: &Parts) -> Option<Peer> {
    request
        .extensions
        .get::<ConnectInfo<Peer>>()
        .map(|ConnectInfo(peer)| *peer)
}

fn address(config: &WebConfig, request: &Parts) -> String {
    match peer(request) {
        Some(Peer::Tcp(peer)) => {
            // several headers are one list
            let forwarded: Vec<&str> = request
                .headers
                .get_all("x-forwarded-for")
                .iter()
                .filter_map(|value| value.to_str().ok())
                .collect();
            config
                .client(peer.ip(), Some(&forwarded.join(",")))
                .to_canonical()
                .to_string()
        }
        Some(Peer::Socket { .. }) => "socket".to_owned(),
        None => "unknown".to_owned(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

/// The cookie's name: bound to the host over https; over plain http to the port as well, which cookies are not.
fn cookie_name(config: &WebConfig) -> String {
    if config.is_https() {
        "__Host-sid".to_owned()
    } else {
        let port = config.public_url.port_or_known_default().unwrap_or(80);
        format!("pitlane-sid-{port}")
    }
}

/// The hash of the session's secret, if the browser sent one.
pub fn cookie(config: &WebConfig, headers: &HeaderMap) -> Option<SecretHash> {
    let name = cookie_name(config);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| secret::hash(value))
}

fn set_cookie(config: &WebConfig, value: &str, lives: Duration) -> HeaderValue {
    let secure = if config.is_https() { "; Secure" } else { "" };
    let text = format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
        cookie_name(config),
        lives.as_secs()
    );
    HeaderValue::try_from(text).expect("names and secrets are plain letters")
}

/// A new session for `user`; the header that gives it to the browser.
pub async fn open(
    executor: impl PgExecutor<'_>,
    config: &WebConfig,
    user: &User,
    headers: &HeaderMap,
) -> sqlx::Result<HeaderValue> {
    let secret = Secret::random();
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    store::sessions::open(executor, &secret.hash(), user.id, ABSOLUTE, agent).await?;
    Ok(set_cookie(config, secret.expose(), ABSOLUTE))
}

/// The header that makes the browser forget its session.
pub fn forget(config: &WebConfig) -> HeaderValue {
    set_cookie(config, "", Duration::ZERO)
}

/// Somebody who is signed in, or the request is refused.
pub struct SignedIn(pub Actor);

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Option<Actor>>()
            .cloned()
            .flatten()
            .map(Self)
            .ok_or(Problem(AppError::SignedOut))
    }
}
