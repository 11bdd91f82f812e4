//! Every page with made-up data, no engine behind it: `cargo run -p app --features ssr --example gallery`.
//!
//! `?scene=empty|quiet|busy|drift` chooses what there is to see, `?as=nobody|viewer|deployer` who looks, `?checked` a
//! file that was given to a suite's page. Deploying
//! 1.1 tells a whole deployment event by event. With a built `target/site` the islands wake too.

mod draw;
mod fake;
mod shop;
mod story;
mod suites;

use app::{
    gateway::SharedGateway,
    model::{
        access::{Actor, Role},
        journal::Event,
        live::Live,
        view::LogChunk,
        wire,
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
        () if query.contains("scene=drift") => Arc::new(Fake::new(Scene::Drift, now())),
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
    if query.contains("checked") {
        provide_context(suites::draft(app::gateway::PoolPath {
            environment: "production".parse().expect("a name"),
            application: "shop".parse().expect("a name"),
        }));
    }
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

async fn picture(Path(name): Path<String>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], draw::draw(&name))
}

/// One thing that is told: an event of the journal, or a line of output.
enum News {
    Event(Box<Event>),
    Line(LogChunk),
}

/// #43, each event and line of output when its own clock says.
async fn events(
    State(fake): State<Arc<Fake>>,
    Query(query): Query<HashMap<String, String>>,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let after = query.get("after").and_then(|seq| seq.parse().ok());
    let after: usize = after.unwrap_or_default();
    let story = fake.story(43).expect("the moving story");
    let known = after.min(story.events.len());
    let live = Live::from_events(&story.events[..known]);
    let events = story.events.into_iter().skip(known);
    let mut rest: Vec<_> = events
        .map(|event| (event.at, News::Event(Box::new(event))))
        .collect();
    let lines = story.log.into_iter();
    rest.extend(lines.map(|chunk| (chunk.at, News::Line(chunk))));
    rest.sort_by_key(|(at, _)| *at);
    let begin = (rest.into_iter(), live, fake);
    let stream = futures::stream::unfold(begin, |(mut rest, mut live, fake)| async move {
        let (at, news) = rest.next()?;
        tokio::time::sleep(at.since(now())).await;
        let sent = match news {
            News::Event(event) => {
                let known = live.last_seq;
                live.apply(&event);
                *fake.told.lock().expect("no holder panicked") = event.seq as usize;
                let text = wire::write(&live.since(known).expect("an event is news"));
                let sent = sse::Event::default().event("journal").data(text);
                sent.id(event.seq.to_string())
            }
            News::Line(chunk) => sse::Event::default().event("log").data(wire::write(&chunk)),
        };
        Some((Ok(sent), (rest, live, fake)))
    });
    Sse::new(stream)
}
