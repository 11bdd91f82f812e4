//! A server function's error has the status that the same error has everywhere else: Leptos answers 500 to each.

use super::problem::Problem;
use app::error::AppError;
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;

/// Most bytes of an error; one is a few sentences.
const LONGEST: usize = 64 * 1024;

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
