//! A node of which a test says when it answers.

use axum::{Router, routing::get};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub struct Backend {
    pub url: String,
    address: SocketAddr,
    gate: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Backend {
    /// Answers at once, except `/held`, which waits for [`Self::answer_all`].
    pub async fn start() -> anyhow::Result<Self> {
        Self::listen((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    pub fn answer_all(&self) {
        self.gate.send_replace(true);
    }

    /// Gone, and back on the same address.
    pub async fn end(&mut self) {
        self.task.abort();
        // Cancelled is what we asked for.
        let _ = (&mut self.task).await;
    }

    pub async fn come_back(&mut self) -> anyhow::Result<()> {
        *self = Self::listen(self.address).await?;
        Ok(())
    }

    async fn listen(address: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (gate, opened) = watch::channel(false);
        let held = move || {
            let mut opened = opened.clone();
            async move {
                // A gate that is gone is open.
                let _ = opened.wait_for(|open| *open).await;
                "late"
            }
        };
        let router = Router::new()
            .route("/held", get(held))
            .fallback(|| async { "here" });
        let task = tokio::spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("axum serves until it is aborted");
        });
        Ok(Self {
            url: format!("http://{address}"),
            address,
            gate,
            task,
        })
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.task.abort();
    }
}
