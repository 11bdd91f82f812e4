//! The output of commands on a node on its way to the page: gathered for a moment, then stored once.

use crate::{clock::Clock, store};
use app::model::{
    ids::{DeploymentId, NodeId},
    stage::Work,
};
use sqlx::PgPool;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// How long lines are gathered.
const GATHER: Duration = Duration::from_millis(200);

/// Takes lines from wherever a command runs.
pub type Sink = Arc<dyn Fn(&str) + Send + Sync>;

/// Where the lines of one attempt go.
#[derive(Clone)]
pub struct Log {
    pub pool: PgPool,
    pub deployment: DeploymentId,
    pub epoch: u64,
    pub clock: Arc<dyn Clock>,
}

impl Log {
    /// A sink for one work on one node. What it took is stored soon, and at the latest when it is dropped.
    pub fn sink(&self, node: NodeId, work: Work) -> Sink {
        let (send, receive) = mpsc::unbounded_channel::<String>();
        tokio::spawn(self.clone().store(node, work, receive));
        Arc::new(move |line: &str| {
            // the receiver lives until every sender is gone
            let _ = send.send(line.to_owned());
        })
    }

    async fn store(self, node: NodeId, work: Work, mut lines: mpsc::UnboundedReceiver<String>) {
        while let Some(first) = lines.recv().await {
            self.clock.sleep(GATHER).await;
            let mut text = first + "\n";
            while let Ok(line) = lines.try_recv() {
                text.push_str(&line);
                text.push('\n');
            }
            if let Err(error) =
                store::logs::append(&self.pool, self.deployment, self.epoch, node, work, &text)
                    .await
            {
                tracing::warn!(deployment.id = %self.deployment, %error, "output was not stored");
            }
        }
    }
}
