//! One server process of several: its own way to the database, and a fuse that ends it in the middle of an effect.

use super::{
    ops::Ops,
    proxy::{At, Proxy, Trap},
};
use app::model::{deployment::ProbeSettings, environment::Node};
use async_trait::async_trait;
use server::{
    balancer::{BalancerError, LoadBalancer, Observation, Stamp, Wanted, WorkerState},
    probe::{Probe, Probed},
    remote::{Body, Order, Ran, Reading, RemoteError, RemoteShell, Script, Sink, Upload},
    rolling::{engine::Engine, lease::LeaseTimes, ports::Ports},
    seam::Engine as _,
    store,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Where a server comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The `n`th write of its own never commits: what was done before it is not known to anybody.
    BeforeWrite(u64),
    /// It commits, and the server does nothing after it.
    AfterWrite(u64),
    /// The first effect after it happens, and the server never hears of it.
    InEffect(u64),
}

const ARMED: u8 = 1;
const BLOWN: u8 = 2;

/// Ends a server in its next effect, once armed.
#[derive(Clone)]
pub struct Fuse {
    state: Arc<AtomicU8>,
    blown: watch::Sender<bool>,
}

impl Fuse {
    fn new() -> Self {
        Self {
            state: Arc::default(),
            blown: watch::Sender::new(false),
        }
    }

    fn arm(&self) {
        self.state.store(ARMED, Ordering::SeqCst);
    }

    /// Whether this effect is the last one; nothing begins after it.
    async fn is_last(&self) -> bool {
        match self
            .state
            .compare_exchange(ARMED, BLOWN, Ordering::SeqCst, Ordering::SeqCst)
        {
            Ok(_) => true,
            Err(BLOWN) => std::future::pending().await,
            Err(_) => false,
        }
    }

    async fn blow(&self) {
        self.blown.send_replace(true);
        std::future::pending().await
    }
}

/// A port that the fuse is in.
struct Wired<T: ?Sized> {
    inner: Arc<T>,
    fuse: Fuse,
}

#[async_trait]
impl LoadBalancer for Wired<dyn LoadBalancer> {
    async fn observe(&self) -> Result<Observation, BalancerError> {
        self.inner.observe().await
    }

    async fn set(
        &self,
        worker: &str,
        wanted: Wanted,
        stamp: Stamp,
    ) -> Result<WorkerState, BalancerError> {
        let last = self.fuse.is_last().await;
        let done = self.inner.set(worker, wanted, stamp).await;
        if last {
            self.fuse.blow().await;
        }
        done
    }

    async fn preflight(&self, workers: &[String]) -> Result<Vec<String>, BalancerError> {
        self.inner.preflight(workers).await
    }

    fn normalise(&self, address: &str) -> String {
        self.inner.normalise(address)
    }
}

#[async_trait]
impl RemoteShell for Wired<dyn RemoteShell> {
    async fn run(
        &self,
        node: &Node,
        order: &Order,
        stamp: Stamp,
        sink: Sink,
    ) -> Result<Ran, RemoteError> {
        if self.fuse.is_last().await {
            // the run begins, and nobody waits for it
            let begun = self.inner.run(node, order, stamp, sink.clone());
            let _ = tokio::time::timeout(Duration::from_millis(1), begun).await;
            self.fuse.blow().await;
        }
        self.inner.run(node, order, stamp, sink).await
    }

    async fn read(
        &self,
        node: &Node,
        script: &Script,
        limit: Duration,
    ) -> Result<Reading, RemoteError> {
        self.inner.read(node, script, limit).await
    }

    async fn put(
        &self,
        node: &Node,
        upload: &Upload,
        body: Body,
        stamp: Stamp,
    ) -> Result<(), RemoteError> {
        let last = self.fuse.is_last().await;
        let done = self.inner.put(node, upload, body, stamp).await;
        if last {
            self.fuse.blow().await;
        }
        done
    }
}

#[async_trait]
impl Probe for Wired<dyn Probe> {
    async fn probe(&self, node: &Node, settings: &ProbeSettings) -> Probed {
        let last = self.fuse.is_last().await;
        let probed = self.inner.probe(node, settings).await;
        if last {
            self.fuse.blow().await;
        }
        probed
    }
}

fn wire(ports: &Ports, fuse: &Fuse) -> Ports {
    let (connect, wires) = (ports.connect.clone(), fuse.clone());
    Ports {
        connect: Arc::new(move |balancer| {
            let inner = connect(balancer)?;
            let fuse = wires.clone();
            Ok(Arc::new(Wired { inner, fuse }) as Arc<dyn LoadBalancer>)
        }),
        shell: Arc::new(Wired {
            inner: ports.shell.clone(),
            fuse: fuse.clone(),
        }),
        probe: Arc::new(Wired {
            inner: ports.probe.clone(),
            fuse: fuse.clone(),
        }),
        ..ports.clone()
    }
}

/// A server that runs.
pub struct Server {
    pub proxy: Proxy,
    fuse: Fuse,
    task: JoinHandle<()>,
    _stop: CancellationToken,
}

impl Server {
    /// It sees the leases of this story alone, however many there are in the database.
    pub async fn start(ops: &Ops, name: &str, times: LeaseTimes, end: Option<End>) -> Self {
        let fuse = Fuse::new();
        let trap = end.map(|end| match end {
            End::BeforeWrite(n) => Trap::new(n, At::Before),
            End::AfterWrite(n) => Trap::new(n, At::After),
            End::InEffect(n) => {
                let fuse = fuse.clone();
                Trap {
                    then: Box::new(move || fuse.arm()),
                    ..Trap::new(n, At::Then)
                }
            }
        });
        Self::through(ops, name, times, trap, fuse).await
    }

    pub async fn trapped(ops: &Ops, name: &str, times: LeaseTimes, trap: Trap) -> Self {
        Self::through(ops, name, times, Some(trap), Fuse::new()).await
    }

    async fn through(
        ops: &Ops,
        name: &str,
        times: LeaseTimes,
        trap: Option<Trap>,
        fuse: Fuse,
    ) -> Self {
        let proxy = Proxy::new(&ops.scoped_url(), trap);
        let pool = store::connect_with(proxy.url(), 6, Duration::from_secs(30))
            .await
            .unwrap();
        let engine = Engine {
            pool,
            ports: wire(&ops.ports, &fuse),
            times,
            poll: Duration::from_secs(1),
            owner: name.to_owned(),
        };
        let (stop, wake) = (CancellationToken::new(), ops.calls());
        let stopped = stop.clone();
        let task = tokio::spawn(async move { engine.run(wake, stopped).await });
        Self {
            proxy,
            fuse,
            task,
            _stop: stop,
        }
    }

    /// It came to the end that was laid for it.
    pub async fn ended(&self) {
        let mut blown = self.fuse.blown.subscribe();
        tokio::select! {
            () = self.proxy.sprung() => {}
            _ = blown.wait_for(|blown| *blown) => {}
        }
    }

    /// Nothing of it is left.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}
