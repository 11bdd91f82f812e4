//! Somebody's open event stream.

use super::site::Visitor;
use app::model::{ids::DeploymentId, live::News, view::Push, wire};
use futures::StreamExt;
use http::{Method, StatusCode, header};
use std::time::Duration;

pub struct Stream {
    bytes: futures::stream::BoxStream<'static, reqwest::Result<tokio_util::bytes::Bytes>>,
    text: String,
}

/// One event: its name, its id, what it says.
pub struct Heard {
    pub name: String,
    pub id: String,
    pub push: Push,
}

impl Stream {
    pub async fn open(
        visitor: &Visitor,
        deployment: DeploymentId,
        after: u64,
        last: Option<&str>,
    ) -> Self {
        Self::at(visitor, &app::paths::events(deployment, after), last).await
    }

    pub async fn at(visitor: &Visitor, path: &str, last: Option<&str>) -> Self {
        let mut request = visitor.request(Method::GET, path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = request
            .header(header::ACCEPT_ENCODING, "gzip, br")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let headers = answer.headers();
        assert_eq!(headers[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(headers["x-accel-buffering"], "no");
        assert!(!headers.contains_key(header::CONTENT_ENCODING));
        Self {
            bytes: answer.bytes_stream().boxed(),
            text: String::new(),
        }
    }

    pub async fn next(&mut self) -> Heard {
        let [name, id, data] = self.fields().await;
        Heard {
            name,
            id,
            push: serde_json::from_str(&data).unwrap(),
        }
    }

    /// What the next event for a page says: its id, and what is new.
    pub async fn news(&mut self) -> (String, News) {
        let [name, id, data] = self.fields().await;
        assert_eq!(name, "journal");
        (id, wire::read(&data).unwrap())
    }

    /// Name, id and data of the next event that has any; a stream that has none fails the test after 30 s.
    pub async fn fields(&mut self) -> [String; 3] {
        tokio::time::timeout(Duration::from_secs(30), async {
            loop {
                if let Some((block, rest)) = self.text.split_once("\n\n") {
                    let block = block.to_owned();
                    self.text = rest.to_owned();
                    let field = |name: &str| {
                        block
                            .lines()
                            .find_map(|line| line.strip_prefix(name))
                            .unwrap_or_default()
                            .trim()
                            .to_owned()
                    };
                    if block.contains("data:") {
                        return [field("event:"), field("id:"), field("data:")];
                    }
                    continue;
                }
                let piece = self
                    .bytes
                    .next()
                    .await
                    .expect("the stream goes on")
                    .unwrap();
                self.text += std::str::from_utf8(&piece).unwrap();
            }
        })
        .await
        .unwrap()
    }

    pub async fn ids(&mut self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.next().await.id);
        }
        ids
    }
}
