//! The shop of the reference flow: a redirect, a session by cookie, a style sheet, a script and pictures on each page.

use anyhow::Context;
use axum::{
    Form, Router,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use std::{collections::HashMap, fmt::Write, net::SocketAddr};
use tokio::{net::TcpListener, task::JoinHandle};

pub const PASSWORD: &str = "open sesame";

/// Stops when it is dropped.
pub struct Site {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub async fn start() -> anyhow::Result<Site> {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .context("no port for the site")?;
    let address = listener.local_addr()?;
    let routes = Router::new()
        .route("/", get(|| async { Redirect::to("/sign-in") }))
        .route("/sign-in", get(sign_in_form).post(sign_in))
        .route("/products", get(products))
        .route("/orders/new", get(order_form))
        .route("/orders", post(|| async { Redirect::to("/orders/done") }))
        .route("/orders/done", get(order_done))
        .route("/logout", post(logout))
        .route(
            "/shop.css",
            get(|| async { ([(header::CONTENT_TYPE, "text/css")], CSS) }),
        )
        .route(
            "/shop.js",
            get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], JS) }),
        )
        .route(
            "/mug.svg",
            get(|| async { ([(header::CONTENT_TYPE, "image/svg+xml")], MUG) }),
        );
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            eprintln!("the site ended: {error}");
        }
    });
    Ok(Site { address, task })
}

fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=en><title>{title}</title><link rel=icon href=/mug.svg><link rel=stylesheet href=/shop.css>\
         <script src=/shop.js defer></script><header><img src=/mug.svg alt=''>Mugs</header><main><h1>{title}</h1>{body}</main>"
    ))
}

async fn sign_in_form() -> Html<String> {
    page(
        "Sign in",
        "<form method=post><p><label>Name <input name=name></label>\
         <p><label>Password <input type=password name=password></label><p><button>Sign in</button></form>",
    )
}

async fn sign_in(Form(form): Form<HashMap<String, String>>) -> Response {
    if form.get("password").is_none_or(|text| text != PASSWORD) {
        return (StatusCode::UNAUTHORIZED, page("Wrong password", "")).into_response();
    }
    let cookie = [(header::SET_COOKIE, "session=ann; Path=/; HttpOnly")];
    (cookie, Redirect::to("/products")).into_response()
}

async fn products(headers: HeaderMap) -> Response {
    if !is_signed_in(&headers) {
        return Redirect::to("/sign-in").into_response();
    }
    let mut body = "<p><a href=/orders/new>New order</a><ul>".to_owned();
    for number in 1..=24 {
        let written = write!(body, "<li><img src=/mug.svg alt=''>Mug no. {number}");
        written.expect("writing to a string does not fail");
    }
    page("Products", &body).into_response()
}

async fn order_form(headers: HeaderMap) -> Response {
    if !is_signed_in(&headers) {
        return Redirect::to("/sign-in").into_response();
    }
    page(
        "New order",
        "<form method=post action=/orders><p><label>Product <select name=product><option>Red mug<option>Blue mug</select>\
         </label><p><button>Place order</button></form>",
    )
    .into_response()
}

async fn order_done() -> Html<String> {
    page(
        "Thank you",
        "<form method=post action=/logout><button>Logout</button></form>",
    )
}

async fn logout() -> Response {
    let cookie = [(header::SET_COOKIE, "session=; Path=/; Max-Age=0")];
    (cookie, Redirect::to("/sign-in")).into_response()
}

fn is_signed_in(headers: &HeaderMap) -> bool {
    headers
        .get(header::COOKIE)
        .and_then(|cookie| cookie.to_str().ok())
        .is_some_and(|cookie| cookie.contains("session=ann"))
}

const CSS: &str = "body{margin:0;font:16px sans-serif;background:#f4f1ea}header{background:#253;color:#fff;padding:12px}\
    header img{width:24px;height:24px;margin-right:8px}main{padding:24px}ul{display:grid;grid-template-columns:repeat(6,1fr);\
    gap:16px;padding:0;list-style:none}li{background:#fff;border-radius:8px;padding:16px;box-shadow:0 1px 4px #0003}\
    li img{display:block;width:64px;height:64px}input,select,button{font:inherit;padding:6px 10px}";

const JS: &str = "document.querySelectorAll('li').forEach((item, at) => { item.title = 'Number ' + (at + 1); });";

const MUG: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'><path fill='#c33' d='M4 4h12v16H4z'/>\
    <path fill='none' stroke='#c33' stroke-width='2' d='M16 8h4v8h-4'/></svg>";
