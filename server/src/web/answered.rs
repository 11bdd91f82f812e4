//! Errors on their way out: with the right status, and as a page where a person reads them.

use super::{pages, problem::Problem, state::Web};
use app::error::AppError;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, header};
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;

/// Most bytes of an error; one is a few sentences.
const LONGEST: usize = 64 * 1024;

/// Whether whoever asks wants a page, as browsers do for what is sent without a script.
pub fn reads_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// Whoever sent a form that came to nothing sees a page that says why; programs read JSON. Server functions lead back to
/// their page themselves.
pub async fn on_a_page(State(web): State<Web>, request: Request, next: Next) -> Response {
    let is_form = request.method() == Method::POST && !request.uri().path().starts_with("/_fn/");
    if !is_form || !reads_html(request.headers()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    match response.extensions().get::<AppError>() {
        Some(error) => pages::not_done(&web, error.clone(), None, asked).await,
        None => response,
    }
}

/// A server function's error has the status that the same error has everywhere else: Leptos answers 500 to each.
pub async fn by_its_error(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if !response.status().is_server_error()
        || !response.headers().contains_key(SERVER_FN_ERROR_HEADER)
    {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, LONGEST).await else {
        return Response::from_parts(parts, Body::empty());
    };
    match serde_json::from_slice::<AppError>(&body) {
        Ok(error) => Problem(error).into_response(),
        Err(_) => Response::from_parts(parts, Body::from(body)),
    }
}
