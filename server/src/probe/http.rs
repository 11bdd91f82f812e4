//! One request per question, on a connection of its own: a pooled one may lead to a process that is gone.

use super::{Probe, Probed};
use app::model::{
    deployment::{Fingerprint, ProbeSettings},
    environment::Node,
};
use async_trait::async_trait;
use std::time::{Duration, Instant};

const BOUND: Duration = Duration::from_secs(2);

pub struct HttpProbe(reqwest::Client);

impl HttpProbe {
    pub fn new() -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(BOUND)
            .no_proxy()
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("pitlane-probe")
            .build()?;
        Ok(Self(client))
    }

    async fn ask(&self, node: &Node, settings: &ProbeSettings) -> reqwest::Result<Probed> {
        let base = node.app_url.trim_end_matches('/');
        let answer = self
            .0
            .get(format!("{base}{}", settings.path))
            .send()
            .await?;
        let status = Some(answer.status().as_u16());
        let fingerprint = match &settings.fingerprint {
            Fingerprint::Header(name) => answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(|value| value.trim().to_owned()),
            Fingerprint::Path(path) => {
                let answer = self.0.get(format!("{base}{path}")).send().await?;
                // an error page is no version
                if answer.status().is_success() {
                    Some(first_line(answer).await?).filter(|text| !text.is_empty())
                } else {
                    None
                }
            }
            Fingerprint::None => None,
        };
        Ok(Probed {
            status,
            fingerprint,
            ..Probed::default()
        })
    }
}

#[async_trait]
impl Probe for HttpProbe {
    async fn probe(&self, node: &Node, settings: &ProbeSettings) -> Probed {
        let begun = Instant::now();
        // over both requests, where there are two
        let asked = tokio::time::timeout(BOUND, self.ask(node, settings)).await;
        let error = match asked {
            Ok(Ok(probed)) => {
                return Probed {
                    took: begun.elapsed(),
                    ..probed
                };
            }
            Ok(Err(error)) => clause(&error),
            Err(_) => too_slow(),
        };
        Probed {
            error: Some(error),
            took: begun.elapsed(),
            ..Probed::default()
        }
    }
}

/// The trimmed first line of a body, at most 64 characters; the rest of it, however long, is not read.
async fn first_line(mut answer: reqwest::Response) -> reqwest::Result<String> {
    let mut start = Vec::new();
    while start.len() < 1_024 && !start.trim_ascii_start().contains(&b'\n') {
        match answer.chunk().await? {
            Some(piece) => start.extend_from_slice(&piece[..piece.len().min(1_024)]),
            None => break,
        }
    }
    let text = String::from_utf8_lossy(&start).into_owned();
    let line = text.trim().lines().next().unwrap_or_default();
    Ok(line.trim_end().chars().take(64).collect())
}

fn too_slow() -> String {
    format!("no answer within {} s", BOUND.as_secs())
}

fn clause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        too_slow()
    } else if error.is_connect() {
        "the connection was refused".into()
    } else {
        "the answer broke off".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::{artefact::sample, fake::node_at};
    use axum::{Router, http::StatusCode, response::Redirect, routing::get};

    async fn node() -> Node {
        let app = Router::new()
            .route("/health", get(|| async { ([("x-release", "1.1")], "ok") }))
            .route("/moved", get(|| async { Redirect::to("/health") }))
            .route("/version", get(|| async { "\n 1.1 \nbuilt today\n" }))
            .route("/huge", get(|| async { "9".repeat(50_000_000) }))
            .route(
                "/lost",
                get(|| async { (StatusCode::NOT_FOUND, "no such page") }),
            )
            .route("/slow", get(std::future::pending::<()>));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut node = node_at("/srv/shop");
        node.app_url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        node
    }

    async fn ask(node: &Node, path: &str, fingerprint: Fingerprint) -> Probed {
        let settings = ProbeSettings {
            path: path.to_owned(),
            fingerprint,
            ..sample::plan(node).probe
        };
        let probed = HttpProbe::new().unwrap().probe(node, &settings).await;
        Probed {
            took: Duration::ZERO,
            ..probed
        }
    }

    #[tokio::test]
    async fn the_node_is_asked_for_its_status_and_its_release() {
        let node = node().await;
        let header = || Fingerprint::Header("X-Release".into());
        let path = |path: &str| Fingerprint::Path(path.into());
        for (at, fingerprint, status, release) in [
            ("/health", header(), 200, Some("1.1")),
            ("/health", path("/version"), 200, Some("1.1")),
            ("/health", path("/lost"), 200, None),
            ("/health", Fingerprint::None, 200, None),
            ("/moved", header(), 303, None),
            ("/lost", header(), 404, None),
        ] {
            let words = format!("{at} {fingerprint:?}");
            let probed = ask(&node, at, fingerprint).await;
            assert_eq!(probed.status, Some(status), "{words}");
            assert_eq!(probed.fingerprint.as_deref(), release, "{words}");
        }
        let huge = ask(&node, "/health", path("/huge")).await.fingerprint;
        assert_eq!(huge.unwrap().len(), 64);
    }

    #[tokio::test]
    async fn silence_and_refusal_are_told_in_words() {
        let mut node = node().await;
        let slow = ask(&node, "/slow", Fingerprint::None).await;
        assert_eq!(slow.error.as_deref(), Some("no answer within 2 s"));
        // a port that was free a moment ago
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        node.app_url = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        let refused = ask(&node, "/health", Fingerprint::None).await;
        assert_eq!(refused.error.as_deref(), Some("the connection was refused"));
    }
}
