//! Server-rendered pages and server functions: `app` draws, we tell it who asks and give it the gateway.

use super::{editor, form, headers::Nonce, setup, sign_in, state::Web, stranger, suites};
use app::{
    App,
    api::told::{self, Told},
    error::AppError,
    model::access::Actor,
    pages::{not_done::Sent, suite::Draft},
    paths, shell,
};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request},
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use http::{Method, Uri, header, request::Parts};
use leptos::context::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};

/// Pages anybody may see; every other page leads a stranger to sign-in.
pub const OPEN: [&str; 2] = [paths::SIGN_IN, paths::SETUP];

pub fn routes(web: &Web) -> Router<Web> {
    let context = {
        let web = web.clone();
        move || introduce(&web)
    };
    let document = {
        let options = web.leptos.clone();
        move || shell(options.clone())
    };
    let forms = Router::new()
        .route(
            paths::SUITE,
            post(suites::give).layer(DefaultBodyLimit::max(form::LARGEST)),
        )
        .route(paths::SUITE_EDIT, post(editor::edit))
        .route_layer(from_fn_with_state(web.clone(), stranger::keeps_the_form));
    Router::new()
        .leptos_routes_with_context(
            web,
            generate_route_list(App),
            context.clone(),
            document.clone(),
        )
        .route(paths::SIGN_IN, post(sign_in::sign_in))
        .route(paths::SETUP, post(setup::set_up))
        .route(paths::SIGN_OUT, post(sign_in::sign_out))
        .merge(forms)
        .fallback(render_app_async_with_context(context, document))
}

/// What pages and server functions find in their context: the gateway, `Option<Actor>`, the response's nonce.
fn introduce(web: &Web) {
    provide_context(web.shared_gateway());
    let Some(parts) = use_context::<Parts>() else {
        return;
    };
    provide_context(parts.extensions.get::<Option<Actor>>().cloned().flatten());
    if let Some(Nonce(nonce)) = parts.extensions.get() {
        provide_context(leptos::nonce::Nonce::from_value(nonce.as_str()));
    }
}

/// Leads to `page`, whose path is `path`, and tells there what came of it.
pub fn telling(path: &str, page: &str, told: &Told) -> Response {
    let mut response = Redirect::to(page).into_response();
    if let Some(cookie) = told::cookie(path, told) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The page of a suite, telling what came of files that were given.
pub async fn with_draft(web: &Web, draft: Draft, request: Request) -> Response {
    drawn(web, move || provide_context(draft.clone()), request).await
}

/// A page that says why a form came to nothing, for whoever `asked`, with what was `sent` to send it again.
pub async fn not_done(
    web: &Web,
    error: AppError,
    sent: Option<Sent>,
    mut asked: Parts,
) -> Response {
    // an address without a page, so that none is drawn that would do something for a form
    asked.method = Method::GET;
    asked.uri = Uri::from_static("/not-done");
    let request = Request::from_parts(asked, Body::empty());
    let with = move || {
        provide_context(error.clone());
        if let Some(sent) = sent.clone() {
            provide_context(sent);
        }
    };
    drawn(web, with, request).await
}

async fn drawn(
    web: &Web,
    with: impl Fn() + Clone + Send + Sync + 'static,
    request: Request,
) -> Response {
    let options = web.leptos.clone();
    let context = {
        let web = web.clone();
        move || {
            introduce(&web);
            with();
        }
    };
    render_app_async_with_context(context, move || shell(options.clone()))(request)
        .await
        .into_response()
}
