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
                let text = self
                    .0
                    .get(format!("{base}{path}"))
                    .send()
                    .await?
                    .text()
                    .await?;
                Some(text.trim().chars().take(64).collect())
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
        let probed = self
            .ask(node, settings)
            .await
            .unwrap_or_else(|error| Probed {
                error: Some(clause(&error)),
                ..Probed::default()
            });
        Probed {
            took: begun.elapsed(),
            ..probed
        }
    }
}

fn clause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        format!("no answer within {} s", BOUND.as_secs())
    } else if error.is_connect() {
        "the connection was refused".into()
    } else {
        "the answer broke off".into()
    }
}
