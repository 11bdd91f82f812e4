//! What one flow leaves in the browser the next one must not find, unless it goes on with it.

use super::bench::{Bench, PUBLIC_URL, processes};
use app::model::smoke::{Session, Suite};
use axum::{Router, http::header, response::Html, routing::get};
use server::smoke::suite;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{net::TcpListener, task::JoinHandle};

/// Shows what it finds of an earlier visit, then leaves some of everything.
const PAGE: &str = "<h1>Visit</h1><p id=found>looking</p><script src=/cached.js></script><script>(async () => {\
    const found = [];\
    if (document.cookie) found.push('cookie');\
    if (localStorage.length) found.push('local');\
    if (sessionStorage.length) found.push('session');\
    if ((await indexedDB.databases()).length) found.push('database');\
    if (history.length > 2) found.push('history');\
    document.cookie = 'visit=1; max-age=3600';\
    localStorage.visit = 1;\
    sessionStorage.visit = 1;\
    await new Promise((done) => { indexedDB.open('visit').onsuccess = done; });\
    document.getElementById('found').textContent = 'found: ' + (found.join(' ') || 'nothing');\
    })()</script>";

struct Site {
    address: SocketAddr,
    cached: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn start() -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let cached = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&cached);
    let script = move || async move {
        asked.fetch_add(1, Ordering::SeqCst);
        let headers = [
            (header::CONTENT_TYPE, "text/javascript"),
            (header::CACHE_CONTROL, "max-age=3600"),
        ];
        (headers, "// kept for an hour")
    };
    let routes = Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/cached.js", get(script));
    let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    Site {
        address,
        cached,
        task,
    }
}

fn suite(flows: &[(Session, &str)]) -> Suite {
    let text: String = (0..)
        .zip(flows)
        .map(|(number, (_, found))| {
            format!(
                "[[flow]]\nname = \"visit-{number}\"\ntitle = \"Visit\"\nstep_limit = \"20 s\"\n\
                 steps = [{{ open = \"/\" }}, {{ expect = {{ text = \"found: {found}\" }} }}]\n"
            )
        })
        .collect();
    let mut suite = suite::parse(&format!("public_url = \"{PUBLIC_URL}\"\n{text}")).unwrap();
    for (flow, (session, _)) in suite.flows.iter_mut().zip(flows) {
        flow.session = *session;
    }
    suite
}

#[tokio::test]
async fn a_fresh_flow_finds_nothing_of_another_and_a_continued_one_everything() {
    let site = start().await;
    let bench = Bench::new();
    let mut session = bench.session(site.address).await;
    let flows = [
        (Session::Fresh, "nothing"),
        (Session::Continued, "cookie local session database"),
        (Session::Fresh, "nothing"),
        (Session::Fresh, "nothing"),
    ];
    let outcome = bench
        .run_suite(session.as_mut(), site.address, suite(&flows))
        .await;
    outcome.result.unwrap();
    assert_eq!(site.cached.load(Ordering::SeqCst), 3, "once per context");
    session.close().await;
    bench.expect_nothing_left();
}

#[tokio::test]
async fn contexts_of_flows_that_are_over_are_gone_from_the_browser() {
    let site = start().await;
    let bench = Bench::new();
    let mut session = bench.session(site.address).await;
    let renderers = || {
        let all = processes(bench.dir());
        let is_page = |line: &str| line.contains("--type=renderer");
        all.iter().filter(|(_, line)| is_page(line)).count()
    };
    let two = [(Session::Fresh, "nothing"); 2];
    let run = bench.run_suite(session.as_mut(), site.address, suite(&two));
    run.await.result.unwrap();
    let before = renderers();
    let many = [(Session::Fresh, "nothing"); 8];
    let run = bench.run_suite(session.as_mut(), site.address, suite(&many));
    run.await.result.unwrap();
    super::bench::soon("pages of former flows go", || renderers() <= before).await;
    session.close().await;
}
