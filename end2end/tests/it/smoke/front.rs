//! A node behind a balancer that ends TLS, and nodes that end it themselves, as a browser meets them.

use super::{
    bench::{Bench, Outcome, PUBLIC_URL},
    failure, look, site, tls,
};
use app::model::{
    journal::Proof,
    smoke::{FailedRequest, ScriptErrors, Suite},
    trouble::FailureClass,
};
use axum::{
    Router,
    extract::{
        Request, State,
        ws::{Message, WebSocketUpgrade},
    },
    http::{HeaderMap, header},
    middleware::{self, Next},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
    routing::get,
};
use serde_json::Value;
use server::smoke::{BrowserSession, Target, suite};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, runtime::Runtime, task::JoinHandle};

const HTTPS: &str = "https://shop.example.test";

/// A shop that speaks plain http and believes its balancer. It writes down what it is asked: scheme, host, path.
struct Behind {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    /// Of its own: when it is down, so are the connections it had. `None` only then.
    runtime: Option<Runtime>,
}

#[derive(Clone)]
struct Shop {
    seen: Arc<Mutex<Vec<String>>>,
    /// Where people sign in: another host.
    sso: String,
}

impl Behind {
    async fn start(ip: &'static str, sso: SocketAddr) -> Self {
        let shop = Shop {
            seen: Arc::default(),
            sso: format!("http://localhost:{}/sign-in", sso.port()),
        };
        let seen = Arc::clone(&shop.seen);
        let routes = Router::new()
            .route("/", get(home))
            .route(
                "/same.js",
                get(async || "document.body.append(' same node script')"),
            )
            .route("/plain", get(plain))
            .route(
                "/absolute",
                get(async || Redirect::to("https://shop.example.test/here")),
            )
            .route("/here", get(async || Html("<p>still here")))
            .route(
                "/sso",
                get(async |State(shop): State<Shop>| Redirect::to(&shop.sso)),
            )
            .route("/back", get(async || Html("<p>signed in elsewhere")))
            .route(
                "/faulty",
                get(async || Html("<p>fine<script>notThere()</script>")),
            )
            .route(
                "/elsewhere",
                get(async || Redirect::to("https://other.example.test/x")),
            )
            .route("/socket", get(socket))
            .layer(middleware::from_fn_with_state(shop.clone(), note))
            .with_state(shop);
        let runtime = Runtime::new().unwrap();
        let served = runtime.spawn(async move { serve(ip, routes).await.0 });
        Self {
            address: served.await.unwrap(),
            seen,
            runtime: Some(runtime),
        }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        let runtime = self.runtime.take();
        runtime.expect("it was up").shutdown_background();
    }
}

async fn serve(ip: &str, routes: Router) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind((ip, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    (address, task)
}

fn said<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .map_or("nothing", |value| value.to_str().unwrap())
}

async fn note(State(shop): State<Shop>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let (proto, host) = (said(headers, "x-forwarded-proto"), said(headers, "host"));
    let line = format!("{proto} {host}{}", request.uri().path());
    shop.seen.lock().unwrap().push(line);
    next.run(request).await
}

async fn home(headers: HeaderMap) -> impl IntoResponse {
    let mut cookies: Vec<_> = said(&headers, "cookie").split("; ").collect();
    cookies.sort_unstable();
    let page = format!(
        "<h1>Home</h1><p>Cookies: {}<p>For {} at port {}\
         <p><a href=http://shop.example.test/plain>Plain</a> <a href=https://shop.example.test/absolute>Absolute</a>\
         <a href=/sso>Elsewhere</a><p>\
         <script>const s = new WebSocket('wss://shop.example.test/socket'); s.onopen = () => s.send('hello');\
         s.onmessage = m => document.body.append(' ' + m.data)</script>\
         <script src=https://cdn.example.test/x.js></script><script src=https://img.example.test/same.js></script>",
        cookies.join(" "),
        said(&headers, "x-forwarded-host"),
        said(&headers, "x-forwarded-port"),
    );
    let set = AppendHeaders([
        (
            header::SET_COOKIE,
            "__Host-session=ann; Path=/; Secure; HttpOnly",
        ),
        (
            header::SET_COOKIE,
            "cart=full; Domain=shop.example.test; Secure",
        ),
    ]);
    (set, Html(page))
}

/// As frameworks do behind a balancer.
async fn plain(headers: HeaderMap) -> Response {
    match said(&headers, "x-forwarded-proto") {
        "https" => Html("<p>by https at last").into_response(),
        _ => Redirect::permanent("https://shop.example.test/plain").into_response(),
    }
}

async fn socket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async |mut socket| {
        if let Some(Ok(Message::Text(text))) = socket.recv().await {
            let answer = Message::text(format!("the socket echoes {text}"));
            // the browser may have left
            let _ = socket.send(answer).await;
        }
        while let Some(Ok(_)) = socket.recv().await {}
    })
}

const HOSTS: &str = r#"
public_url = "https://shop.example.test"
front = "terminate"
[[host]]
host = "img.example.test"
leads = "same-node"
[[host]]
host = "localhost"
leads = "real-address"
"#;

fn flows(flows: &str) -> Suite {
    suite::parse(&format!("{HOSTS}{flows}")).unwrap()
}

struct Stage {
    bench: Bench,
    node: SocketAddr,
    session: Box<dyn BrowserSession>,
}

impl Stage {
    async fn run(&mut self, suite: Suite) -> Outcome {
        self.bench
            .run_suite(self.session.as_mut(), self.node, suite)
            .await
    }

    async fn fails(&mut self, suite: Suite, words: &str) {
        let (failure, _) = failure(self.run(suite).await);
        assert_eq!(failure.class, FailureClass::Release, "{failure:?}");
        assert!(failure.trouble.what.contains(words), "{failure:?}");
    }

    async fn log(&self, outcome: &Outcome) -> Vec<Value> {
        let Ok(Proof::Smoked {
            proxy_log: Some(log),
            answered_by,
            ..
        }) = &outcome.result
        else {
            panic!("{:?}", outcome.result);
        };
        assert_eq!(*answered_by, [self.node.to_string()]);
        let log = self.bench.objects.get(log).await.unwrap().unwrap();
        String::from_utf8_lossy(&log)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

#[tokio::test]
async fn behind_a_front_that_ends_tls_everything_is_as_live_and_stays_on_the_node() {
    all_is_as_live(Bench::new()).await;
}

pub async fn all_is_as_live(bench: Bench) {
    let back = Router::new().fallback(async || Redirect::to("https://shop.example.test/back"));
    let (sso, _sso) = serve("127.0.0.1", back).await;
    let red = Behind::start("127.0.0.21", sso).await;
    let blue = Behind::start("127.0.0.22", sso).await;
    let suite = flows(&look(
        "20 s",
        "{ open = \"/\" }, { expect = { text = \"Cookies: nothing\" } },
         { expect = { text = \"For shop.example.test at port 443\" } },
         { expect = { text = \"the socket echoes hello\" } }, { expect = { text = \"same node script\" } },
         { open = \"/\" }, { expect = { text = \"Cookies: __Host-session=ann cart=full\" } },
         { click = \"Plain\" }, { expect = { text = \"by https at last\" } }, { expect = { url = \"/plain\" } },
         { open = \"/\" }, { click = \"Absolute\" }, { expect = { text = \"still here\" } },
         { open = \"/\" }, { click = \"Elsewhere\" }, { expect = { text = \"signed in elsewhere\" } }",
    ));
    let target = Target::resolve(&suite, &format!("http://{}", red.address)).await;
    let target = target.unwrap();
    let mut stage = Stage {
        session: bench.session_for(&target).await,
        bench,
        node: red.address,
    };
    let outcome = stage.run(suite).await;
    let log = stage.log(&outcome).await;

    let seen = red.seen();
    for line in [
        "https shop.example.test/",
        "https shop.example.test/socket",
        "https img.example.test/same.js",
        "http shop.example.test/plain",
        "https shop.example.test/plain",
        "https shop.example.test/here",
        "https shop.example.test/back",
    ] {
        assert!(seen.contains(&line.to_owned()), "{line} in {seen:?}");
    }
    let first = &outcome.reports[0];
    assert_eq!(first.status, Some(200));
    assert_eq!(first.url, "https://shop.example.test/");
    assert_eq!(
        first.failed_requests,
        [FailedRequest {
            url: "https://cdn.example.test/x.js".into(),
            outcome: "blocked by the suite".into(),
            remote: None
        }]
    );
    for (asked, went) in [
        ("shop.example.test:443", "node"),
        ("shop.example.test:80", "node"),
        ("img.example.test:443", "node"),
        ("cdn.example.test:443", "blocked"),
        (&format!("localhost:{}", sso.port()), "real-address"),
    ] {
        let line = log.iter().find(|line| line["asked"] == asked);
        let line = line.unwrap_or_else(|| panic!("{asked} in {log:?}"));
        assert_eq!(line["went"], went);
        if went == "node" {
            assert_eq!(line["address"], red.address.to_string());
        }
    }

    stage
        .fails(
            flows(&look("5 s", "{ open = \"/elsewhere\" }")),
            "the page led to https://other.example.test/x, and the suite lets this address lead nowhere",
        )
        .await;
    let faulty = flows(&look("5 s", "{ open = \"/faulty\" }"));
    let warned = stage.run(faulty.clone()).await;
    let warnings = &warned.reports[0].warnings;
    assert!(warned.result.is_ok() && warnings.len() == 1, "{warned:?}");
    assert!(
        warnings[0].contains("notThere is not defined"),
        "{warnings:?}"
    );
    let strict = Suite {
        script_errors: ScriptErrors::Fail,
        ..faulty
    };
    stage.fails(strict, "a script on the page failed: ").await;

    let words = format!("could not be loaded: the node at {} ", red.address);
    drop(red);
    stage
        .fails(flows(&look("5 s", "{ open = \"/here\" }")), &words)
        .await;
    assert_eq!(blue.seen(), Vec::<String>::new());
    let Stage { bench, session, .. } = stage;
    session.close().await;
    bench.expect_nothing_left();
}

#[tokio::test]
async fn a_node_that_speaks_for_itself_is_reached_through_the_proxy_just_as_well() {
    let red = site::start("red", "127.0.0.21").await;
    let blue = site::start("blue", "127.0.0.22").await;
    let bench = Bench::new();
    // no resolver rule can say this
    let many = "[[host]]\nhost = \"*.example.test\"\nleads = \"real-address\"";
    let text = format!("public_url = \"{PUBLIC_URL}\"\n{many}\n{}", super::SHOP);
    let suite = suite::parse(&text).unwrap();
    let target = Target::resolve(&suite, &format!("http://{}", red.address)).await;
    let mut stage = Stage {
        session: bench.session_for(&target.unwrap()).await,
        bench,
        node: red.address,
    };
    let outcome = stage.run(suite).await;
    let log = stage.log(&outcome).await;
    let requests: u64 = log
        .iter()
        .filter(|line| line["asked"] == "shop.example.test:80")
        .filter_map(|line| line["requests"].as_u64())
        .sum();
    assert!(requests >= 8, "{log:?}");
    assert_eq!(blue.asked.paths(), Vec::<String>::new());
    stage.session.close().await;
}

#[tokio::test]
async fn a_certificate_no_browser_trusts_fails_in_words() {
    an_untrusted_certificate_fails(Bench::new(), "net::ERR_CERT_AUTHORITY_INVALID").await;
}

/// `code`: as the browser names what is wrong with it.
pub async fn an_untrusted_certificate_fails(bench: Bench, code: &str) {
    let (acceptor, _) = tls::untrusted("shop.example.test");
    let listener = TcpListener::bind("127.0.0.21:0").await.unwrap();
    let node = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // the browser hangs up
            let _ = acceptor.accept(stream).await;
        }
    });
    let text = format!(
        "public_url = \"{HTTPS}\"\n{}",
        look("5 s", "{ open = \"/\" }")
    );
    let suite = suite::parse(&text).unwrap();
    let target = Target::resolve(&suite, &format!("https://{node}")).await;
    let mut stage = Stage {
        session: bench.session_for(&target.unwrap()).await,
        bench,
        node,
    };
    stage
        .fails(
            suite,
            &format!("the certificate of shop.example.test is signed by nobody the browser trusts ({code})"),
        )
        .await;
    stage.session.close().await;
    server.abort();
}
