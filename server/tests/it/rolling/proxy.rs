//! A way to the database that a test can cut, freeze, or spring at the n-th write of a journal.

use sqlx::postgres::PgConnectOptions;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixListener, UnixStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use url::Url;

/// What happens at a journal's write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// It never commits, and nothing more passes.
    Before,
    /// It commits; its answer does not arrive, nor anything more.
    After,
    /// It commits and its answer is lost with the connection; all else goes on.
    AnswerLost,
    /// It commits, and what the trap carries is called before the answer arrives.
    Then,
}

/// Waits for the `nth` write through this proxy, counted from 1.
pub struct Trap {
    pub nth: u64,
    pub at: At,
    pub then: Box<dyn Fn() + Send + Sync>,
}

impl Trap {
    pub fn new(nth: u64, at: At) -> Self {
        Self {
            nth,
            at,
            then: Box::new(|| {}),
        }
    }
}

struct Inner {
    upstream: PgConnectOptions,
    trap: Mutex<Option<Trap>>,
    writes: AtomicU64,
    messages: AtomicU64,
    refusals: AtomicU64,
    /// Nothing passes, in either direction.
    frozen: watch::Sender<bool>,
    /// No connection lives, none can be made.
    cut: watch::Sender<bool>,
    sprung: watch::Sender<bool>,
}

pub struct Proxy {
    inner: Arc<Inner>,
    url: String,
    task: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Proxy {
    /// In front of the database that `url` names.
    pub fn new(url: &str, trap: Option<Trap>) -> Self {
        let upstream: PgConnectOptions = url.parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let socket = folder
            .path()
            .join(format!(".s.PGSQL.{}", upstream.get_port()));
        let listener = UnixListener::bind(socket).unwrap();
        let mut proxied = Url::parse(url).unwrap();
        let kept: Vec<(String, String)> = proxied
            .query_pairs()
            .filter(|(key, _)| key != "host")
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        proxied
            .query_pairs_mut()
            .clear()
            .extend_pairs(kept)
            .append_pair("host", folder.path().to_str().unwrap());
        let inner = Arc::new(Inner {
            upstream,
            trap: Mutex::new(trap),
            writes: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            refusals: AtomicU64::new(0),
            frozen: watch::Sender::new(false),
            cut: watch::Sender::new(false),
            sprung: watch::Sender::new(false),
        });
        let task = tokio::spawn(accept(inner.clone(), listener));
        Self {
            inner,
            url: proxied.into(),
            task,
            _folder: folder,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Journal writes that were about to commit so far.
    pub fn writes(&self) -> u64 {
        self.inner.writes.load(Ordering::SeqCst)
    }

    /// Messages to the database so far.
    pub fn messages(&self) -> u64 {
        self.inner.messages.load(Ordering::SeqCst)
    }

    /// Connections refused while it was cut.
    pub fn refusals(&self) -> u64 {
        self.inner.refusals.load(Ordering::SeqCst)
    }

    pub async fn sprung(&self) {
        let mut sprung = self.inner.sprung.subscribe();
        sprung.wait_for(|sprung| *sprung).await.unwrap();
    }

    /// The network is gone, until [`Proxy::mend`].
    pub fn cut(&self) {
        self.inner.cut.send_replace(true);
    }

    pub fn mend(&self) {
        self.inner.cut.send_replace(false);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(inner: Arc<Inner>, listener: UnixListener) {
    // aborted with this task
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else {
            return;
        };
        if *inner.cut.borrow() {
            inner.refusals.fetch_add(1, Ordering::SeqCst);
            continue;
        }
        while connections.try_join_next().is_some() {}
        let inner = inner.clone();
        connections.spawn(async move {
            let mut cut = inner.cut.subscribe();
            tokio::select! {
                _ = cut.wait_for(|cut| *cut) => {}
                () = carry(&inner, client) => {}
            }
        });
    }
}

async fn carry(inner: &Inner, client: UnixStream) {
    let to = &inner.upstream;
    let (from_client, to_client) = client.into_split();
    let waits = Arc::new(Mutex::new(None));
    if let Some(folder) = to.get_socket() {
        let socket = folder.join(format!(".s.PGSQL.{}", to.get_port()));
        let Ok(server) = UnixStream::connect(socket).await else {
            return;
        };
        let (from_server, to_server) = server.into_split();
        tokio::select! {
            _ = requests(inner, from_client, to_server, &waits) => {}
            _ = answers(inner, from_server, to_client, &waits) => {}
        }
    } else {
        let Ok(server) = TcpStream::connect((to.get_host(), to.get_port())).await else {
            return;
        };
        let (from_server, to_server) = server.into_split();
        tokio::select! {
            _ = requests(inner, from_client, to_server, &waits) => {}
            _ = answers(inner, from_server, to_client, &waits) => {}
        }
    }
}

/// What is to happen when the server has answered the commit that is under way.
type Waits = Mutex<Option<Trap>>;

async fn requests(
    inner: &Inner,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    waits: &Waits,
) -> std::io::Result<()> {
    let mut statements: HashMap<String, bool> = HashMap::new();
    let (mut begun, mut journal) = (false, false);
    let mut frozen = inner.frozen.subscribe();
    loop {
        // the first message has no type byte
        let mut head = vec![0; if begun { 5 } else { 4 }];
        from.read_exact(&mut head).await?;
        let at = head.len() - 4;
        let length = u32::from_be_bytes(head[at..].try_into().unwrap()) as usize;
        let mut body = vec![0; length - 4];
        from.read_exact(&mut body).await?;
        inner.messages.fetch_add(1, Ordering::SeqCst);
        let kind = begun.then(|| head[0]);
        begun = begun || !body.starts_with(&80_877_103_u32.to_be_bytes());
        match kind {
            Some(b'P') => {
                let mut parts = body.split(|byte| *byte == 0);
                let name = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
                let text = parts.next().unwrap_or_default();
                statements.insert(name, text.starts_with(b"SELECT journal("));
            }
            Some(b'B') => {
                let name = body.split(|byte| *byte == 0).nth(1).unwrap_or_default();
                journal |= statements
                    .get(&*String::from_utf8_lossy(name))
                    .is_some_and(|writes| *writes);
            }
            Some(b'Q') if body.starts_with(b"ROLLBACK") => journal = false,
            Some(b'Q') if body.starts_with(b"COMMIT") && journal => {
                journal = false;
                let nth = inner.writes.fetch_add(1, Ordering::SeqCst) + 1;
                let mut trap = inner.trap.lock().unwrap();
                if trap.as_ref().is_some_and(|trap| trap.nth == nth) {
                    let trap = trap.take().unwrap();
                    match trap.at {
                        At::Before => {
                            inner.frozen.send_replace(true);
                            inner.sprung.send_replace(true);
                        }
                        At::After | At::AnswerLost | At::Then => {
                            *waits.lock().unwrap() = Some(trap);
                        }
                    }
                }
            }
            _ => {}
        }
        let _ = frozen.wait_for(|frozen| !*frozen).await;
        to.write_all(&head).await?;
        to.write_all(&body).await?;
        to.flush().await?;
    }
}

async fn answers(
    inner: &Inner,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    waits: &Waits,
) -> std::io::Result<()> {
    let mut bytes = vec![0; 16_384];
    let mut frozen = inner.frozen.subscribe();
    loop {
        let read = from.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        // the end of an earlier answer may come first
        let committed = bytes[..read].windows(7).any(|some| some == b"COMMIT\0");
        let trap = if committed {
            waits.lock().unwrap().take()
        } else {
            None
        };
        if let Some(trap) = trap {
            match trap.at {
                At::After => {
                    inner.frozen.send_replace(true);
                    inner.sprung.send_replace(true);
                }
                At::AnswerLost => {
                    inner.sprung.send_replace(true);
                    return Ok(());
                }
                At::Then => (trap.then)(),
                At::Before => {}
            }
        }
        let _ = frozen.wait_for(|frozen| !*frozen).await;
        to.write_all(&bytes[..read]).await?;
        to.flush().await?;
    }
}
