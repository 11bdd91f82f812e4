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
    time::Duration,
};
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

/// How long a node stays in service for its browser: until that has its turn, and until it has started.
const TURN: Duration = Duration::from_secs(2);
const START: Duration = Duration::from_secs(10);

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
    stand: watch::Receiver<Stand>,
    task: JoinHandle<Option<Ready>>,
}

/// How far a browser has come. Its sender goes when it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Waits,
    Starts,
    Ready,
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
        let (tell, stand) = watch::channel(Stand::Waits);
        let task = ahead(
            browser.clone(),
            queue.clone(),
            suite.clone(),
            node.clone(),
            taken.clone(),
            tell,
        );
        let task = tokio::spawn(task);
        begun.insert(key, Begun { taken, stand, task });
    }

    /// Waits for the browser that was started for it, so that the node need not wait for it out of service. Returns at
    /// once where there is none, and soon where its turn does not come.
    pub async fn ready(&self, node: NodeId, suite: &Suite) {
        let key = (node, Surroundings::of(suite));
        let stand = self.begun().get(&key).map(|begun| begun.stand.clone());
        let Some(mut stand) = stand else { return };
        let turn = stand.wait_for(|stand| *stand != Stand::Waits);
        let has_turn = matches!(timeout(TURN, turn).await, Ok(Ok(_)));
        if has_turn {
            // without it the node waits for it later
            let _ = timeout(START, stand.wait_for(|stand| *stand == Stand::Ready)).await;
        }
    }

    /// The browser that was started for it, as soon as it is ready; `None`: there is none.
    pub async fn take(&self, node: NodeId, suite: &Suite) -> Option<Ready> {
        let key = (node, Surroundings::of(suite));
        let Begun { taken, task, .. } = self.begun().remove(&key)?;
        taken.cancel();
        task.await.ok().flatten()
    }

    /// Ends every browser nobody took until now.
    pub fn close(&self) -> impl Future<Output = ()> + Send + 'static {
        let left: Vec<_> = self.begun().drain().collect();
        async move {
            for (_, Begun { taken, task, .. }) in left {
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
    tell: watch::Sender<Stand>,
) -> Option<Ready> {
    let turn = queue.enter(Urgency::Ahead);
    let place = tokio::select! {
        place = turn.come() => place,
        // who comes for it has a better place in the queue
        () = taken.cancelled() => return None,
    };
    // nobody may wait for it
    tell.send_replace(Stand::Starts);
    let (session, address) = match start(&*browser, &suite, &node).await {
        Ok(started) => started,
        Err(trouble) => {
            tracing::warn!(%trouble, node.name = %node.name, "no browser was started ahead");
            return None;
        }
    };
    tell.send_replace(Stand::Ready);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smoke::fake::FakeBrowser;
    use app::model::environment::SshAddress;
    use async_trait::async_trait;
    use std::num::NonZeroUsize;
    use tokio::sync::Semaphore;

    /// Starts when it is let.
    struct Slow {
        may: Semaphore,
        browser: FakeBrowser,
    }

    #[async_trait]
    impl Browser for Slow {
        async fn start(&self, target: &Target) -> Result<Box<dyn BrowserSession>, BrowserTrouble> {
            self.may.acquire().await.expect("it is open").forget();
            self.browser.start(target).await
        }
    }

    fn node() -> Node {
        Node {
            id: NodeId::generate(),
            name: "red".parse().unwrap(),
            group: None,
            ssh: SshAddress {
                user: "deploy".into(),
                host: "127.0.0.11".into(),
                port: 22,
                host_key_fingerprint: String::new(),
                host_key: String::new(),
            },
            app_url: "http://127.0.0.11:9000".into(),
            deploy_root: "/srv/shop".into(),
            members: Vec::new(),
        }
    }

    #[tokio::test]
    async fn who_leaves_waits_for_the_browser_that_starts_and_for_no_other() {
        let slow = Arc::new(Slow {
            may: Semaphore::new(0),
            browser: FakeBrowser::new(),
        });
        let browser: Arc<dyn Browser> = slow.clone();
        let queue = Queue::new(NonZeroUsize::MIN);
        let suite = Suite::new("http://shop.example.test", Vec::new());
        let (warm, red, blue) = (Warm::default(), node(), node());
        warm.start(&browser, &queue, &suite, &red);
        let waits = warm.ready(red.id, &suite);
        tokio::pin!(waits);
        assert!(futures::poll!(waits.as_mut()).is_pending());
        // nobody has begun one for blue
        warm.ready(blue.id, &suite).await;
        assert!(futures::poll!(waits.as_mut()).is_pending());
        slow.may.add_permits(1);
        waits.await;
        assert_eq!(slow.browser.open_sessions(), 1);
        assert!(warm.take(red.id, &suite).await.is_some());
    }
}
