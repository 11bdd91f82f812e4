//! A small shop as a node serves it, with its faults on their own paths. Counts what it was asked.

use axum::{
    Form, Router,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, sync::Notify};

pub const PASSWORD: &str = "open sesame & more";

/// One node; it stops when it is dropped.
pub struct Site {
    pub address: SocketAddr,
    pub asked: Arc<Asked>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
pub struct Asked {
    paths: Mutex<Vec<String>>,
    /// Somebody asked for a page that never comes.
    pub hangs: Notify,
    orders: Mutex<Vec<String>>,
}

impl Asked {
    pub fn paths(&self) -> Vec<String> {
        self.paths.lock().unwrap().clone()
    }

    pub fn orders(&self) -> Vec<String> {
        self.orders.lock().unwrap().clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Node = (&'static str, Arc<Asked>);

pub async fn start(name: &'static str, ip: &str) -> Site {
    let listener = TcpListener::bind((ip, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Asked::default());
    let node: Node = (name, Arc::clone(&asked));
    let routes = Router::new()
        .route("/", get(|| async { Redirect::to("/sign-in") }))
        .route("/sign-in", get(sign_in_form).post(sign_in))
        .route("/products", get(products))
        .route("/orders/new", get(order_form))
        .route("/orders", post(order))
        .route("/orders/done", get(order_done))
        .route("/echo", get(echo_form).post(echo))
        .route(
            "/teapot",
            get(|| async { (StatusCode::IM_A_TEAPOT, Html("<p>short and stout")) }),
        )
        .route(
            "/elsewhere",
            get(|| async { Redirect::to("http://other.example.test/x") }),
        )
        .route(
            "/alert",
            get(|| async { Html("<p>hello<script>alert('out of mugs')</script>") }),
        )
        .route("/noise", get(|| async { Html(NOISE) }))
        .route("/late", get(|| async { Html(LATE) }))
        .route("/covered", get(|| async { Html(COVERED) }))
        .route(
            "/spin",
            get(|| async { Html("<button onclick='for (;;) {}'>Spin</button>") }),
        )
        .route("/hang", get(hang))
        .route("/pages/{page}", get(page))
        .layer(middleware::from_fn_with_state(node.clone(), count))
        .with_state(node);
    let task = tokio::spawn(async move {
        axum::serve(listener, routes).await.unwrap();
    });
    Site {
        address,
        asked,
        task,
    }
}

async fn count(State((_, asked)): State<Node>, request: Request, next: Next) -> Response {
    let path = format!("{} {}", request.method(), request.uri().path());
    asked.paths.lock().unwrap().push(path);
    next.run(request).await
}

async fn sign_in_form(headers: HeaderMap) -> Response {
    if is_signed_in(&headers) {
        return Redirect::to("/products").into_response();
    }
    Html(
        "<title>Shop</title><h1>Shop</h1><form method=post><p><label for=n>Name:</label> <input id=n name=name>\
         <p><label>Password <input type=password name=password></label><p><button>Sign in</button></form>",
    )
    .into_response()
}

async fn sign_in(Form(form): Form<HashMap<String, String>>) -> Response {
    if form.get("password").is_some_and(|text| text == PASSWORD) {
        let cookie = [(header::SET_COOKIE, "session=ann; Path=/; HttpOnly")];
        (cookie, Redirect::to("/products")).into_response()
    } else {
        (StatusCode::UNAUTHORIZED, Html("<p>Wrong name or password")).into_response()
    }
}

async fn products(State((name, _)): State<Node>, headers: HeaderMap) -> Response {
    if !is_signed_in(&headers) {
        return Redirect::to("/sign-in").into_response();
    }
    Html(format!(
        "<title>Products</title><h1>Welcome, ann</h1><p>Served by {name}<p><a href=/orders/new>New order</a>"
    ))
    .into_response()
}

async fn order_form() -> Html<&'static str> {
    Html(
        "<title>New order</title><form method=post action=/orders><p><label>Product <select name=product>\
         <option>Red mug</option><option>Blue mug</option></select></label>\
         <p><label>Note <input name=note value='no note'></label><p><input type=submit value='Place order'></form>",
    )
}

async fn order(
    State((_, asked)): State<Node>,
    Form(form): Form<HashMap<String, String>>,
) -> Redirect {
    let order = format!("{} for {}", form["product"], form["note"]);
    asked.orders.lock().unwrap().push(order);
    Redirect::to("/orders/done?id=1")
}

async fn order_done() -> Html<&'static str> {
    Html("<title>Order</title><style>h1 { text-transform: uppercase }</style><h1>Thank you</h1>")
}

async fn echo_form() -> Html<&'static str> {
    Html("<form method=post><label>Word <input name=word></label><button>Go</button></form>")
}

async fn echo(Form(form): Form<HashMap<String, String>>) -> Html<String> {
    let word = form["word"].replace('&', "&amp;");
    Html(format!(
        "<p>You wrote {word}<script>console.error('{}')</script>",
        form["word"]
    ))
}

/// One of `tests/data/pages`.
async fn page(Path(page): Path<String>) -> Response {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/pages")
        .join(&page);
    match tokio::fs::read_to_string(path).await {
        Ok(text) => Html(text).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn hang(State((_, asked)): State<Node>) -> Response {
    asked.hangs.notify_one();
    std::future::pending().await
}

fn is_signed_in(headers: &HeaderMap) -> bool {
    headers
        .get(header::COOKIE)
        .and_then(|cookie| cookie.to_str().ok())
        .is_some_and(|cookie| cookie.contains("session=ann"))
}

const NOISE: &str = "<p>noise<script src=/missing.js></script><img src=http://cdn.example.test/x.png>\
    <script>console.error('boom goes the shop')</script>";

const LATE: &str = "<p>soon<script>setTimeout(() => { const b = document.createElement('button'); b.textContent = 'Here';\
    b.onclick = () => { document.body.append('clicked at last') }; document.body.append(b) }, 400)</script>";

const COVERED: &str =
    "<button>Buy</button><div id=veil style='position:fixed;inset:0;background:#0008'></div>";
