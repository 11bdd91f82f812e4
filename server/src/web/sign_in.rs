//! Sign-in and sign-out: plain forms, so that they work without scripts.

use super::{
    password::PasswordError,
    problem::Problem,
    session::{self, From},
    state::Web,
};
use crate::{
    gateway::refusal::broken,
    store::{self, audit::Act, users::User},
};
use app::{error::AppError, model::access::Actor, paths};
use axum::{
    Extension, Form,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use url::form_urlencoded;

#[derive(Deserialize)]
pub struct SignIn {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Right or wrong, the answer leads back to a page.
pub async fn sign_in(
    State(web): State<Web>,
    Extension(From(from)): Extension<From>,
    headers: HeaderMap,
    Form(form): Form<SignIn>,
) -> Result<Response, Problem> {
    let next = if is_ours(&form.next) {
        form.next
    } else {
        paths::OVERVIEW.to_owned()
    };
    let refuse = |error: &str| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("error", error)
            .append_pair("next", &next)
            .finish();
        Ok(Redirect::to(&format!("{}?{query}", paths::SIGN_IN)).into_response())
    };
    let name = form.name.trim();
    let Some(attempt) = store::attempts::begin(&web.pool, name, &from)
        .await
        .map_err(broken)?
    else {
        tracing::warn!(from, "too many failed sign-ins; refused without looking");
        return refuse("limited");
    };
    let found = store::users::by_name(&web.pool, name)
        .await
        .map_err(broken)?
        .filter(|(user, _)| user.disabled_at.is_none());
    let (user, stored) = found.unzip();
    let right = web
        .passwords
        .is_right(form.password, stored)
        .await
        .map_err(broken)?;
    let Some(user) = user.filter(|_| right) else {
        tracing::warn!(from, "a sign-in failed");
        return refuse("wrong");
    };
    store::attempts::succeeded(&web.pool, attempt)
        .await
        .map_err(broken)?;
    let cookie = welcome(&web, user, &headers, &from).await?;
    Ok(with_cookie(cookie, &next))
}

/// Ends the session the browser came with, and opens another.
pub async fn welcome(
    web: &Web,
    user: User,
    headers: &HeaderMap,
    from: &str,
) -> Result<HeaderValue, AppError> {
    let mut transaction = web.pool.begin().await.map_err(broken)?;
    if let Some(old) = session::cookie(&web.web, headers) {
        store::sessions::close(&mut *transaction, &old)
            .await
            .map_err(broken)?;
    }
    let cookie = session::open(&mut *transaction, &web.web, &user, headers)
        .await
        .map_err(broken)?;
    let actor = session::actor(user, from);
    let act = Act {
        action: "session.opened",
        subject: &format!("user {}", actor.name),
        words: &format!("{} signed in.", actor.name),
        ..Act::default()
    };
    store::audit::append(&mut *transaction, &actor, act)
        .await
        .map_err(broken)?;
    transaction.commit().await.map_err(broken)?;
    Ok(cookie)
}

pub fn with_cookie(cookie: HeaderValue, next: &str) -> Response {
    let mut response = Redirect::to(next).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

/// Also when nobody is signed in: the browser forgets its cookie.
pub async fn sign_out(
    State(web): State<Web>,
    Extension(actor): Extension<Option<Actor>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let (Some(actor), Some(old)) = (actor, session::cookie(&web.web, &headers)) {
        let mut transaction = web.pool.begin().await.map_err(broken)?;
        store::sessions::close(&mut *transaction, &old)
            .await
            .map_err(broken)?;
        let act = Act {
            action: "session.closed",
            subject: &format!("user {}", actor.name),
            words: &format!("{} signed out.", actor.name),
            ..Act::default()
        };
        store::audit::append(&mut *transaction, &actor, act)
            .await
            .map_err(broken)?;
        transaction.commit().await.map_err(broken)?;
    }
    Ok(with_cookie(session::forget(&web.web), paths::SIGN_IN))
}

/// A path of this site; anything else could lead somebody away.
pub fn is_ours(next: &str) -> bool {
    next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\'])
        && !next.contains(char::is_control)
}

/// The word the setup page knows for what is wrong with a password.
pub fn password_word(error: &PasswordError) -> Option<&'static str> {
    match error {
        PasswordError::TooShort | PasswordError::TooLong => Some("password"),
        PasswordError::Hash(_) => None,
    }
}
