//! Every page with made-up data, no engine behind it: `cargo run -p app --features ssr --example gallery`.
//!
//! `?scene=empty|quiet|busy` chooses what there is to see, `?as=nobody|viewer|deployer` who looks. Deploying
//! 1.1 tells a whole deployment event by event. With a built `target/site` the islands wake too.

mod fake;
mod story;

use app::{
    gateway::SharedGateway,
    model::{
        access::{Actor, Role},
        view::Push,
    },
    shell,
};
use axum::{
    Router,
    extract::{Path, Query, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response, Sse, sse},
    routing::{get, post},
};
use fake::{Fake, Scene, system_now as now};
use futures::Stream;
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use std::{collections::HashMap, convert::Infallible, path::PathBuf, sync::Arc};

#[tokio::main]
async fn main() {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:3210".into());
    let options = LeptosOptions::builder()
        .output_name("pitlane")
        .site_pkg_dir("pkg")
        .site_root("target/site")
        .build();
    let moving = Arc::new(Fake::new(Scene::Quiet, now()));
    let routes = generate_route_list(app::App);
    let (app_options, gateway) = (options.clone(), moving.clone());
    let (provide_page, provide_fn) = (moving.clone(), moving.clone());
    let router = Router::new()
        .route("/pkg/pitlane.css", get(styles))
        .route("/pkg/{file}", get(built))
        .route("/{icon}", get(public))
        .route("/evidence/{picture}", get(picture))
        .route("/events/deployments/{id}", get(events).with_state(gateway))
        .route("/sign-in", post(|| async { Redirect::to("/") }))
        .route("/sign-out", post(|| async { Redirect::to("/sign-in") }))
        .route(
            "/_fn/{*rest}",
            post(move |request: Request| {
                leptos_axum::handle_server_fns_with_context(
                    move || provide(&provide_fn, None),
                    request,
                )
            }),
        )
        .leptos_routes_with_context(
            &options,
            routes,
            move || {
                let query = use_context::<axum::http::request::Parts>()
                    .and_then(|p| p.uri.query().map(str::to_owned));
                provide(&provide_page, query);
            },
            move || shell(app_options.clone()),
        )
        .with_state(options);
    let listener = tokio::net::TcpListener::bind(&address)
        .await
        .expect("the address is free");
    println!("http://{address}");
    axum::serve(listener, router)
        .await
        .expect("the gallery serves");
}

fn provide(moving: &Arc<Fake>, query: Option<String>) {
    let query = query.unwrap_or_default();
    let gateway: SharedGateway = match () {
        () if query.contains("scene=empty") => Arc::new(Fake::new(Scene::Empty, now())),
        () if query.contains("scene=busy") => Arc::new(Fake::new(Scene::Busy, now())),
        () => moving.clone(),
    };
    let role = if query.contains("as=viewer") {
        Role::Viewer
    } else {
        Role::Deployer
    };
    let actor = (!query.contains("as=nobody")).then(|| Actor {
        user: None,
        name: "ann".into(),
        role,
        from: "127.0.0.1".into(),
    });
    provide_context(gateway);
    provide_context(actor);
}

/// The style sheets as one, its imports followed, so that an edit shows at the next reload.
async fn styles() -> impl IntoResponse {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../style"));
    let main = std::fs::read_to_string(folder.join("main.css")).unwrap_or_default();
    let mut all = String::new();
    for line in main.lines() {
        match line
            .strip_prefix("@import \"")
            .and_then(|rest| rest.split_once('"'))
        {
            Some((file, rest)) => {
                let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
                let layer = rest
                    .trim()
                    .trim_start_matches("layer(")
                    .trim_end_matches([')', ';']);
                all.push_str(&format!("@layer {layer} {{\n{text}\n}}\n"));
            }
            None => all.push_str(&format!("{line}\n")),
        }
    }
    ([(header::CONTENT_TYPE, "text/css")], all)
}

async fn public(Path(icon): Path<String>) -> Response {
    file(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../style/public"),
        &icon,
    )
}

async fn built(Path(name): Path<String>) -> Response {
    file(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../target/site/pkg"),
        &name,
    )
}

fn file(folder: &str, name: &str) -> Response {
    let kind = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("svg") => "image/svg+xml",
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    };
    match std::fs::read(PathBuf::from(folder).join(name.replace("..", ""))) {
        Ok(bytes) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A page as a browser might have photographed it: 1.0 is teal, 1.1 is violet.
async fn picture(Path(name): Path<String>) -> impl IntoResponse {
    let (bar, title) = match name.split_once('-') {
        Some(("failed", _)) => ("#8a2b2b", "404 Not Found"),
        Some(("1.0", rest)) => ("#1f6f6b", rest),
        Some((_, rest)) => ("#4b3c94", rest),
        None => ("#888", "?"),
    };
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1280 800'><rect width='1280' height='800' fill='#fff'/><rect width='1280' height='96' fill='{bar}'/>\
         <text x='48' y='62' font-family='sans-serif' font-size='40' font-weight='700' fill='#fff'>shop</text><text x='48' y='200' font-family='sans-serif' font-size='56' fill='#222'>{title}</text>\
         <rect x='48' y='270' width='360' height='300' rx='14' fill='#dfe5ee'/><rect x='448' y='270' width='360' height='300' rx='14' fill='#dfe5ee'/><rect x='848' y='270' width='360' height='300' rx='14' fill='#dfe5ee'/>\
         <rect x='48' y='630' width='300' height='80' rx='14' fill='{bar}'/></svg>"
    );
    ([(header::CONTENT_TYPE, "image/svg+xml")], svg)
}

/// #43, each event and line of output when its own clock says.
async fn events(
    State(fake): State<Arc<Fake>>,
    Query(query): Query<HashMap<String, u64>>,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let after = query.get("after").copied().unwrap_or_default() as usize;
    let story = fake.story(43).expect("the moving story");
    let events = story.events.into_iter().skip(after);
    let mut rest: Vec<_> = events
        .map(|event| {
            (
                event.at,
                event.seq,
                Push::Journal {
                    event: Box::new(event),
                },
            )
        })
        .collect();
    rest.extend(
        story
            .log
            .into_iter()
            .map(|chunk| (chunk.at, 0, Push::Log { chunk })),
    );
    rest.sort_by_key(|(at, ..)| *at);
    let stream = futures::stream::unfold((rest.into_iter(), fake), |(mut rest, fake)| async move {
        let (at, seq, push) = rest.next()?;
        tokio::time::sleep(at.since(now())).await;
        let text = serde_json::to_string(&push).expect("a push is JSON");
        let sent = sse::Event::default().data(text);
        let sent = match push {
            Push::Journal { .. } => {
                *fake.told.lock().expect("no holder panicked") = seq as usize;
                sent.event("journal").id(seq.to_string())
            }
            Push::Log { .. } => sent.event("log"),
            Push::Visitors { .. } => sent.event("visitors"),
            Push::Engine { .. } => sent.event("engine"),
        };
        Some((Ok(sent), (rest, fake)))
    });
    Sse::new(stream)
}
