//! Apache's manager as a person would use it: the judge of the drivers must not be one of them.

use anyhow::{Context, ensure};
use reqwest::Url;
use std::time::Duration;

pub struct Manager {
    client: reqwest::Client,
    url: Url,
    /// Of the balancer, without `balancer://`.
    balancer: String,
}

/// One worker as the manager shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    pub name: String,
    /// `Init Ok`, `Init Dis`, ...
    pub status: String,
    /// Requests being answered now.
    pub busy: u32,
    /// Requests sent to it so far.
    pub elected: u64,
}

impl Worker {
    pub fn is_in_rotation(&self) -> bool {
        let has = |word| self.status.split_whitespace().any(|one| one == word);
        has("Ok") && !has("Drn") && !has("Stby")
    }
}

impl Manager {
    pub fn new(url: &str, balancer: &str) -> anyhow::Result<Self> {
        Ok(Self {
            client: reqwest::Client::builder()
                .timeout(Duration::from_secs(5))
                .no_proxy()
                .build()?,
            url: url.parse()?,
            balancer: balancer.to_owned(),
        })
    }

    pub async fn workers(&self) -> anyhow::Result<Vec<Worker>> {
        let mut url = self.url.clone();
        url.set_query(Some("xml=1"));
        let page = self.client.get(url).header("Referer", self.url.as_str());
        self.read(page).await.map(|(_, workers)| workers)
    }

    pub async fn worker(&self, name: &str) -> anyhow::Result<Worker> {
        let workers = self.workers().await?;
        let found = workers.into_iter().find(|worker| worker.name == name);
        found.with_context(|| format!("the manager shows no worker {name}"))
    }

    /// Takes a worker out of rotation or puts it back, and believes only what it reads afterwards.
    pub async fn set_out(&self, name: &str, out: bool) -> anyhow::Result<()> {
        self.set_flag(name, 'D', out).await?;
        let worker = self.worker(name).await?;
        ensure!(
            worker.is_in_rotation() != out,
            "the manager did not do it: {name} is {}",
            worker.status
        );
        Ok(())
    }

    /// Ends the minute for which Apache shuns a worker that once refused a connection. Needs some traffic.
    pub async fn forgive(&self, name: &str, limit: Duration) -> anyhow::Result<()> {
        self.set_flag(name, 'I', true).await?;
        let wait = async {
            while !self.worker(name).await?.is_in_rotation() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(limit, wait)
            .await
            .with_context(|| format!("{name} is still shunned"))??;
        self.set_flag(name, 'I', false).await
    }

    async fn set_flag(&self, name: &str, flag: char, on: bool) -> anyhow::Result<()> {
        let mut url = self.url.clone();
        url.set_query(Some("xml=1"));
        let page = self.client.get(url).header("Referer", self.url.as_str());
        let (nonce, _) = self.read(page).await?;
        let flag = format!("w_status_{flag}");
        let order = self
            .client
            .post(self.url.clone())
            .header("Referer", self.url.as_str())
            .form(&[
                ("b", self.balancer.as_str()),
                ("w", name),
                ("nonce", &nonce),
                (flag.as_str(), if on { "1" } else { "0" }),
                ("xml", "1"),
            ]);
        self.read(order).await.map(drop)
    }

    /// Returns when the worker was idle in three reads in a row.
    pub async fn drained(&self, name: &str, limit: Duration) -> anyhow::Result<()> {
        let wait = async {
            let mut idle = 0;
            while idle < 3 {
                idle = if self.worker(name).await?.busy == 0 {
                    idle + 1
                } else {
                    0
                };
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(limit, wait)
            .await
            .with_context(|| format!("{name} was not idle in time"))?
    }

    async fn read(
        &self,
        request: reqwest::RequestBuilder,
    ) -> anyhow::Result<(String, Vec<Worker>)> {
        let text = request.send().await?.text().await?;
        parse(&text, &self.balancer)
            .with_context(|| format!("the manager shows no balancer {}", self.balancer))
    }
}

/// Nonce and workers of one balancer. Plain text search is enough for a page of a server of our own.
fn parse(page: &str, balancer: &str) -> Option<(String, Vec<Worker>)> {
    let name = format!("balancer://{balancer}");
    let section = page
        .split("<httpd:balancer>")
        .skip(1)
        .find(|section| value(section, "name") == Some(name.as_str()))?;
    let workers = section.split("<httpd:worker>").skip(1);
    let workers = workers.map(|worker| {
        Some(Worker {
            name: value(worker, "name")?.to_owned(),
            status: value(worker, "status")?.trim().to_owned(),
            busy: value(worker, "busy")?.parse().ok()?,
            elected: value(worker, "elected")?.parse().ok()?,
        })
    });
    Some((
        value(section, "nonce")?.to_owned(),
        workers.collect::<Option<_>>()?,
    ))
}

fn value<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let (open, close) = (format!("<httpd:{tag}>"), format!("</httpd:{tag}>"));
    let start = text.find(&open)? + open.len();
    Some(&text[start..start + text[start..].find(&close)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_right_balancer() {
        let worker = |name: &str, status: &str| {
            format!(
                "<httpd:worker><httpd:name>{name}</httpd:name><httpd:status>{status}</httpd:status>\
                 <httpd:elected>7</httpd:elected><httpd:busy>2</httpd:busy></httpd:worker>"
            )
        };
        let page = format!(
            "<httpd:balancer><httpd:name>balancer://other</httpd:name><httpd:nonce>a</httpd:nonce>{}</httpd:balancer>\
             <httpd:balancer><httpd:name>balancer://web</httpd:name><httpd:nonce>b</httpd:nonce>{}{}</httpd:balancer>",
            worker("http://x", "Init Ok "),
            worker("http://r", "Init Ok "),
            worker("http://b", "Init Dis "),
        );
        let (nonce, workers) = parse(&page, "web").unwrap();
        assert_eq!(nonce, "b");
        let names: Vec<_> = workers.iter().map(|worker| worker.name.as_str()).collect();
        assert_eq!(names, ["http://r", "http://b"]);
        assert!(workers[0].is_in_rotation() && !workers[1].is_in_rotation());
        assert_eq!((workers[0].busy, workers[0].elected), (2, 7));
        assert_eq!(parse("<html>the shop</html>", "web"), None);
    }
}
