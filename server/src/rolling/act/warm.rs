//! Browsers started before anybody needs them: a second less in which a node is out of service.

use crate::smoke::{
    Browser, BrowserSession, BrowserTrouble, Target,
    queue::{Place, Queue, Urgency},
};
use app::model::{
    environment::Node,
    ids::NodeId,
    smoke::{Front, HostRule, Suite},
};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A browser, the address whose answers alone it must see, and the right to have it.
pub struct Ready {
    pub session: Box<dyn BrowserSession>,
    pub address: SocketAddr,
    pub place: Place,
}

/// One deployment's; dropping it ends them.
#[derive(Default)]
pub struct Warm(Mutex<HashMap<Key, Begun>>);

type Key = (NodeId, Surroundings);

/// What of a suite a browser is started with.
#[derive(PartialEq, Eq, Hash)]
struct Surroundings {
    public_url: String,
    front: Front,
    hosts: Vec<HostRule>,
}

impl Surroundings {
    fn of(suite: &Suite) -> Self {
        Self {
            public_url: suite.public_url.clone(),
            front: suite.front,
            hosts: suite.hosts.clone(),
        }
    }
}

struct Begun {
    /// Somebody comes for it.
    taken: CancellationToken,
    task: JoinHandle<Option<Ready>>,
}

impl Warm {
    /// Begins to start a browser for `node` as the suite wants it, unless one is there. It waits for its turn behind
    /// everybody who needs one, and is given up should somebody come.
    pub fn start(&self, browser: &Arc<dyn Browser>, queue: &Queue, suite: &Suite, node: &Node) {
        let mut begun = self.begun();
        let key = (node.id, Surroundings::of(suite));
        // one that was given up, or did not start, is tried again by whoever needs it
        if begun.contains_key(&key) {
            return;
        }
        let taken = CancellationToken::new();
        let task = ahead(
            browser.clone(),
            queue.clone(),
            suite.clone(),
            node.clone(),
            taken.clone(),
        );
        let task = tokio::spawn(task);
        begun.insert(key, Begun { taken, task });
    }

    /// The browser that was started for it, as soon as it is ready; `None`: there is none.
    pub async fn take(&self, node: NodeId, suite: &Suite) -> Option<Ready> {
        let key = (node, Surroundings::of(suite));
        let Begun { taken, task } = self.begun().remove(&key)?;
        taken.cancel();
        task.await.ok().flatten()
    }

    /// Ends every browser nobody took until now.
    pub fn close(&self) -> impl Future<Output = ()> + Send + 'static {
        let left: Vec<_> = self.begun().drain().collect();
        async move {
            for (_, Begun { taken, task }) in left {
                taken.cancel();
                if let Ok(Some(ready)) = task.await {
                    ready.session.close().await;
                }
            }
        }
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<Key, Begun>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

impl Drop for Warm {
    fn drop(&mut self) {
        for (_, begun) in self.begun().drain() {
            // with the task goes its session, which ends when it is dropped
            begun.task.abort();
        }
    }
}

async fn ahead(
    browser: Arc<dyn Browser>,
    queue: Queue,
    suite: Suite,
    node: Node,
    taken: CancellationToken,
) -> Option<Ready> {
    let turn = queue.enter(Urgency::Ahead);
    let place = tokio::select! {
        place = turn.come() => place,
        // who comes for it has a better place in the queue
        () = taken.cancelled() => return None,
    };
    let (session, address) = match start(&*browser, &suite, &node).await {
        Ok(started) => started,
        Err(trouble) => {
            tracing::warn!(%trouble, node.name = %node.name, "no browser was started ahead");
            return None;
        }
    };
    tokio::select! {
        biased;
        () = taken.cancelled() => Some(Ready { session, address, place }),
        () = place.asked_back() => {
            session.close().await;
            None
        }
    }
}

pub async fn start(
    browser: &dyn Browser,
    suite: &Suite,
    node: &Node,
) -> Result<(Box<dyn BrowserSession>, SocketAddr), BrowserTrouble> {
    let target = Target::resolve(suite, &node.app_url).await?;
    Ok((browser.start(&target).await?, target.node))
}
