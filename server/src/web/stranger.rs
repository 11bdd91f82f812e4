//! A form that needs somebody signed in, from somebody who is not any more. It is heard out, and kept on the page that
//! says so.

use super::{answered::reads_html, form, pages, state::Web};
use app::{error::AppError, model::access::Actor, pages::not_done::Sent};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, header};
use url::form_urlencoded;

/// Most bytes that are kept.
const KEPT: usize = 256 * 1024;

/// For routes with forms in which nothing is secret: what was typed is in the answer.
pub async fn keeps_the_form(State(web): State<Web>, request: Request, next: Next) -> Response {
    let actor = request.extensions().get::<Option<Actor>>();
    if actor.is_some_and(Option::is_some) || !reads_html(request.headers()) {
        return next.run(request).await;
    }
    let (asked, body) = request.into_parts();
    let form = form::read(body, KEPT).await.ok();
    let form = form.filter(|_| is_urlencoded(&asked.headers));
    let sent = form.map(|form| Sent {
        to: asked.uri.to_string(),
        fields: form_urlencoded::parse(&form).into_owned().collect(),
    });
    pages::not_done(&web, AppError::SignedOut, sent, asked).await
}

/// A file is not kept: no page can choose it again.
fn is_urlencoded(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}
