//! Every route and the layers around it.

use super::{
    answered, api, events, evidence, files, headers, health, pages, paused,
    problem::Problem,
    session::{self, identify},
    state::Web,
};
use crate::{gateway::refusal::broken, store};
use app::{error::AppError, model::access::Actor, paths};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::Method;
use std::time::Duration;
use tower_http::{
    compression::CompressionLayer,
    csrf::{ConfigError, CsrfLayer},
    trace::TraceLayer,
};
use tracing::{Span, field::Empty};
use url::form_urlencoded;

/// Most bytes of a form.
const FORM: usize = 64 * 1024;

/// The whole service. Errors: the public address is no origin a browser could send.
pub fn router(web: &Web) -> Result<Router, ConfigError> {
    let csrf =
        CsrfLayer::new().add_trusted_origin(web.web.public_url.origin().ascii_serialization())?;
    let pages = pages::routes(web)
        .layer(from_fn(answered::by_its_error))
        .layer(from_fn_with_state(web.clone(), answered::on_a_page))
        .layer(DefaultBodyLimit::max(FORM))
        .layer(from_fn_with_state(web.clone(), invite));
    let asked = Router::new()
        .merge(pages)
        .nest("/api/v1", api::routes())
        .route("/events/deployments/{id}", get(events::deployment))
        .route("/evidence/{sha}", get(evidence::evidence))
        .route(
            "/pools/{environment}/{application}/deployments/{number}/evidence.zip",
            get(api::keeping::export),
        )
        .layer(from_fn_with_state(web.clone(), identify))
        .layer(from_fn_with_state(web.clone(), paused::unless_paused));
    Ok(Router::new()
        .merge(asked)
        .merge(files::files(web))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .layer(csrf)
        .layer(from_fn_with_state(web.clone(), headers::protect))
        .layer(CompressionLayer::new())
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(finished)
                .on_failure(()),
        )
        .with_state(web.clone()))
}

fn span(request: &Request<Body>) -> Span {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-", MatchedPath::as_str);
    // the path alone: a query may hold what is nobody's business
    tracing::info_span!(
        "request", method = %request.method(), path = request.uri().path(), route, actor = Empty
    )
}

fn finished<B>(response: &http::Response<B>, took: Duration, _: &Span) {
    let status = response.status().as_u16();
    let took_ms = took.as_secs_f64() * 1_000.0;
    if status >= 500 {
        tracing::error!(status, took_ms, "answered");
    } else {
        tracing::info!(status, took_ms, "answered");
    }
}

/// Leads a stranger from a page to sign-in, and on a fresh installation to its first run.
async fn invite(State(web): State<Web>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let stranger = matches!(
        request.extensions().get::<Option<Actor>>(),
        None | Some(None)
    );
    let looks = request.method() == Method::GET || request.method() == Method::HEAD;
    if stranger && path.starts_with("/_fn/") {
        return turn_away(&request);
    }
    if !stranger || !looks {
        return next.run(request).await;
    }
    let fresh = match store::users::count(&web.pool).await {
        Ok(count) => count == 0,
        Err(error) => return Problem(broken(error)).into_response(),
    };
    let open = pages::OPEN.contains(&path);
    match (path, fresh) {
        (paths::SETUP, true) => next.run(request).await,
        (_, true) => Redirect::to(paths::SETUP).into_response(),
        (paths::SETUP, false) => Redirect::to(paths::SIGN_IN).into_response(),
        _ if open => next.run(request).await,
        _ => {
            let here = request
                .uri()
                .path_and_query()
                .map_or(paths::OVERVIEW, |path| path.as_str());
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("next", here)
                .finish();
            Redirect::to(&format!("{}?{query}", paths::SIGN_IN)).into_response()
        }
    }
}

/// A form's sender sees sign-in; an island reads the error.
fn turn_away(request: &Request) -> Response {
    if answered::reads_html(request.headers()) {
        Redirect::to(paths::SIGN_IN).into_response()
    } else {
        Problem(AppError::SignedOut).into_response()
    }
}

/// Forgets what is over, now and then, until `stop`.
pub async fn tidy(web: Web, stop: tokio_util::sync::CancellationToken) {
    let mut hourly = tokio::time::interval(Duration::from_secs(3_600));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = hourly.tick() => {}
        }
        let swept = async {
            store::sessions::sweep(&web.pool, session::IDLE).await?;
            store::attempts::sweep(&web.pool).await
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "could not forget old sessions and attempts");
        }
    }
}
