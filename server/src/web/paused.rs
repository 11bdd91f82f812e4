//! While the database does not answer nothing can be shown: one sentence instead of a page, and status 503, so that
//! nobody takes it for a mistake of their own. The process goes on and finds the way back by itself.

use super::{answered::reads_html, state::Web};
use app::{error::AppError, model::trouble::Trouble};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use sqlx::PgPool;
use std::time::Duration;
use tokio::time::timeout;

/// When a browser tries again, in seconds.
const AGAIN: HeaderValue = HeaderValue::from_static("5");
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether the service's own connections still work.
pub async fn answers(pool: &PgPool) -> bool {
    let question = sqlx::query("SELECT 1").execute(pool);
    matches!(timeout(PATIENCE, question).await, Ok(Ok(_)))
}

/// Anybody may read it, for nobody can be known now: no detail.
fn trouble(private: Option<Trouble>) -> Trouble {
    let what = "Engine paused: the database does not answer.";
    let stands = "Nothing new is begun. What runs on a node goes on to its own limit, and its result is kept there.";
    match private {
        None => Trouble::new(what)
            .stands(stands)
            .remedy("See why PostgreSQL does not answer; Pitlane goes on by itself when it does."),
        Some(why) => Trouble::new(format!("{what} {}", why.what))
            .stands(format!("{} {stands}", why.stands))
            .remedy(format!("{} Pitlane goes on by itself.", why.remedy)),
    }
}

/// Asks the database only when its listener has lost it, so that nothing is asked twice in ordinary times.
pub async fn unless_paused(State(web): State<Web>, request: Request, next: Next) -> Response {
    if !web.hub.is_paused() || answers(&web.pool).await {
        return next.run(request).await;
    }
    let private = web.private.as_ref();
    say(
        &request,
        trouble(private.and_then(|why| why.borrow().clone())),
    )
}

fn say(request: &Request<Body>, said: Trouble) -> Response {
    let mut response = if reads_html(request.headers()) {
        let [what, stands, remedy] = [&said.what, &said.stands, &said.remedy];
        Html(format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Engine paused · Pitlane</title>\
             <meta http-equiv=\"refresh\" content=\"5\"></head><body><main><h1>{what}</h1><p>{stands}</p><p>{remedy}</p>\
             <p>This page looks again every five seconds.</p></main></body></html>"
        ))
        .into_response()
    } else {
        Json(AppError::Internal(said)).into_response()
    };
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(header::RETRY_AFTER, AGAIN);
    response
}
