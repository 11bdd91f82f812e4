//! What is said while the database is away, and that all goes on when it is back.

use super::{
    events::{running, write},
    site::{Site, Visitor, refusal},
    stream::Stream,
};
use crate::{
    postgres::{kill, pid},
    rolling::proxy::Proxy,
};
use app::model::{access::Role, view::Push};
use http::{Method, StatusCode, header};
use reqwest::Response;
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

const WORDS: &str = "Engine paused: the database does not answer.";

async fn page(visitor: &Visitor) -> Response {
    let request = visitor.request(Method::GET, "/");
    let request = request.header(header::ACCEPT, "text/html,*/*;q=0.8");
    request.send().await.unwrap()
}

/// The page that is shown instead of every other.
async fn paused_page(visitor: &Visitor) -> String {
    let answer = page(visitor).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "5");
    let text = answer.text().await.unwrap();
    assert!(text.contains(WORDS), "{text}");
    assert!(text.contains("Pitlane goes on by itself"), "{text}");
    text
}

#[tokio::test]
async fn page_api_and_stream_say_so_while_the_database_is_away_and_go_on_when_it_is_back() {
    let mut ways = Vec::new();
    let site = Site::open_with(|config| {
        let given = config.database.given.as_mut().unwrap();
        for url in [&mut given.url, &mut given.direct_url] {
            let proxy = Proxy::new(url, None);
            *url = proxy.url().to_owned();
            ways.push(proxy);
        }
    })
    .await;
    let (claim, _) = running(&site).await;
    let ann = site.signed_in("ann", Role::Viewer).await;
    let mut stream = Stream::open(&ann, claim.deployment, 0, None).await;
    assert_eq!(stream.next().await.id, "1");

    ways.iter().for_each(Proxy::cut);
    let heard = stream.next().await;
    assert_eq!((heard.name.as_str(), heard.id.as_str()), ("engine", ""));
    assert_eq!(heard.push, Push::Engine { paused: true });
    // nobody can be known now, and a stranger is told the same
    for visitor in [&ann, &site.stranger()] {
        paused_page(visitor).await;
        let events = app::paths::events(claim.deployment, 0);
        for path in ["/api/v1/pools/production/shop", &events] {
            let answer = visitor.get(path).await;
            assert_eq!(answer.headers()[header::RETRY_AFTER], "5");
            let words = refusal(answer, StatusCode::SERVICE_UNAVAILABLE).await;
            assert!(words.contains(WORDS), "{words}");
        }
    }
    let ready = site.stranger().get("/readyz").await.status();
    assert_eq!(ready, StatusCode::SERVICE_UNAVAILABLE);
    let alive = site.stranger().get("/healthz").await.status();
    assert_eq!(alive, StatusCode::OK);
    // by another server, to which the database answers
    write(&site, claim, 1).await;

    ways.iter().for_each(Proxy::mend);
    let mut names = Vec::new();
    for _ in 0..2 {
        let heard = stream.next().await;
        match heard.push {
            Push::Engine { paused } => assert!(!paused),
            Push::Journal { event } => assert_eq!(event.seq, 2),
            other => panic!("{other:?}"),
        }
        names.push(heard.name);
    }
    names.sort();
    assert_eq!(names, ["engine", "journal"]);
    assert_eq!(page(&ann).await.status(), StatusCode::OK);
    let pool = ann.get("/api/v1/pools/production/shop").await;
    assert_eq!(pool.status(), StatusCode::OK);
    let ready = site.stranger().get("/readyz").await.status();
    assert_eq!(ready, StatusCode::OK);
}

#[tokio::test]
async fn the_page_says_why_a_private_database_cannot_be_started_again() {
    let site = Site::open_with(|config| {
        config.database.given = None;
        // its user has to pass through
        fs::set_permissions(&config.data.dir, Permissions::from_mode(0o711)).unwrap();
    })
    .await;
    let folder = site.service.web.data.dir.join("postgres");
    let version = folder.join("data/PG_VERSION");
    let right = fs::read_to_string(&version).unwrap();
    let mut trouble = site.service.web.private.clone().unwrap();

    fs::write(&version, "9\n").unwrap();
    kill(pid(&folder));
    let other = |now: &Option<_>| {
        let now: &Option<app::model::trouble::Trouble> = now;
        now.as_ref()
            .is_some_and(|now| now.what.contains("its data is of PostgreSQL 9"))
    };
    trouble.wait_for(other).await.unwrap();
    let mut paused = site.service.web.hub.paused();
    paused.wait_for(|paused| *paused).await.unwrap();
    let text = paused_page(&site.stranger()).await;
    assert!(
        text.contains("its data is of PostgreSQL 9, but installed is"),
        "{text}"
    );
    assert!(text.contains("Install PostgreSQL 9 again"), "{text}");
    assert!(!text.contains(folder.to_str().unwrap()), "{text}");

    fs::write(&version, right).unwrap();
    trouble.wait_for(Option::is_none).await.unwrap();
    paused.wait_for(|paused| !*paused).await.unwrap();
    assert!(!page(&site.stranger()).await.status().is_server_error());
    site.service.stop().await;
}
