//! The service from start to clean stop.
//!
//! Start: listen first, so that a taken port is said before anything else happens; then database, migrations, hub,
//! engine; ready at last. Stop, within 10 s also with open event streams: not ready, claim nothing new, end the
//! streams, answer what is being asked, give leases back, close the pool, stop the private PostgreSQL. A service
//! that was killed leaves a socket file and a running PostgreSQL: the next start takes both over.

use crate::{
    assemble::{self, Core, Parts},
    clock::SystemClock,
    config::{Config, WebConfig},
    drift::Watcher,
    evidence::comparer::Comparer,
    gateway::{LiveGateway, Lookout},
    guard::Guard,
    hub::Hub,
    objects::{ObjectError, Objects},
    postgres::{Private, PrivateError, PrivateSettings},
    rehearsal::Conductor,
    retention::Sweeper,
    smoke::secrets::{Secrets, SecretsError},
    store,
    vault::Vault,
    web::{
        password::{PasswordError, Passwords},
        peer::Peer,
        router, setup,
        state::{Shared, Web},
    },
};
use leptos::config::LeptosOptions;
use sqlx::PgPool;
use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};
use tokio::{
    net::{TcpListener, UnixListener, UnixStream},
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

/// Requests that are being answered get so long at the stop.
const DRAIN: Duration = Duration::from_secs(4);
/// The engine has given its leases back by then.
const HAND_BACK: Duration = Duration::from_secs(8);

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "another program listens on {0} already; stop it, or choose another address with --listen"
    )]
    PortTaken(SocketAddr),
    #[error("could not listen on {address}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error(
        "another pitlane serves on the socket {0} already; stop it, or choose another with --socket"
    )]
    SocketTaken(PathBuf),
    #[error("could not use {path}")]
    File { path: PathBuf, source: io::Error },
    #[error("could not start the private PostgreSQL")]
    Private(#[from] PrivateError),
    #[error("could not bring the database up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("could not use the database")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Objects(#[from] ObjectError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("the public address cannot be used")]
    PublicUrl(#[from] tower_http::csrf::ConfigError),
    #[error("could not start the guard over child processes")]
    Guard(#[source] io::Error),
    #[error("the engine's parts cannot be used: {0:#}")]
    Parts(anyhow::Error),
}

/// Serves until SIGTERM or Ctrl-C.
pub async fn until_signal(config: Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let service = Service::start(config, assemble::parts).await?;
    println!("Pitlane is ready at {}", service.web.web.public_url);
    if let Some(code) = &service.setup_code {
        println!(
            "Nobody can sign in yet: the code for the first admin is in {}",
            code.display()
        );
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    service.stop().await;
    Ok(())
}

/// A running service.
pub struct Service {
    pub address: SocketAddr,
    pub web: Web,
    /// Where the one-time code lies, while there is no user.
    pub setup_code: Option<PathBuf>,
    stops: Stops,
    http: Vec<JoinHandle<io::Result<()>>>,
    engine: JoinHandle<()>,
    watcher: JoinHandle<()>,
    conductor: JoinHandle<()>,
    private: Option<Private>,
}

/// One for each thing that is told to stop, in their order.
#[derive(Default)]
struct Stops {
    engine: CancellationToken,
    streams: CancellationToken,
    http: CancellationToken,
    chores: CancellationToken,
}

impl Service {
    pub async fn start(
        mut config: Config,
        assemble: impl FnOnce(&Core) -> anyhow::Result<Parts>,
    ) -> Result<Self, StartError> {
        let tcp = listen(config.web.listen).await?;
        let address = tcp.local_addr().map_err(|source| StartError::Listen {
            address: config.web.listen,
            source,
        })?;
        settle(&mut config.web, address);
        let unix = listen_locally(&config.web.socket).await?;

        // the private PostgreSQL runs as somebody else and has to pass through
        make_folder(&config.data.dir, 0o711)?;
        let (private, url, direct_url) = database(&config).await?;
        let pool = store::connect(&url).await?;
        let objects = Objects::open(&config.objects)?;
        objects.check().await?;
        let vault = Arc::new(vault(&config, &pool)?);
        vault.look().await;
        let core = Core {
            config: Arc::new(config),
            pool: pool.clone(),
            direct_url: direct_url.clone(),
            objects: objects.clone(),
            installation: store::installation(&pool).await?,
            guard: Arc::new(Guard::start().map_err(StartError::Guard)?),
            vault,
        };
        let parts = assemble(&core).map_err(StartError::Parts)?;
        let stops = Stops::default();
        let sweeper = Arc::new(Sweeper::new(
            pool.clone(),
            objects.clone(),
            Arc::new(SystemClock),
            core.config.evidence.clone(),
            parts.owner.clone(),
        ));
        let web = shared(&core, &parts, &stops, private.as_ref(), &sweeper).await?;
        let setup_code = first_run(&core.config.data.setup_code(), &pool).await?;

        tokio::spawn(Arc::clone(&web.hub).listen(stops.chores.clone()));
        tokio::spawn(router::tidy(web.clone(), stops.chores.clone()));
        tokio::spawn({
            let stop = stops.chores.clone();
            async move { sweeper.run(stop).await }
        });
        let watcher = tokio::spawn({
            let watcher = Watcher::new(
                pool.clone(),
                parts.eyes.clone(),
                Arc::new(SystemClock),
                core.config.drift.clone(),
                parts.owner.clone(),
            );
            let stop = stops.engine.clone();
            async move { watcher.run(stop).await }
        });
        let conductor = tokio::spawn({
            let conductor = Conductor::new(pool.clone(), parts.stage.clone(), parts.owner.clone());
            let stop = stops.engine.clone();
            async move { conductor.run(stop).await }
        });
        let engine = tokio::spawn({
            let (wake, stop) = (web.hub.wake(), stops.engine.clone());
            async move { parts.engine.run(wake, stop).await }
        });
        let app = router::router(&web)?.into_make_service_with_connect_info::<Peer>();
        let http = vec![
            tokio::spawn(
                axum::serve(tcp, app.clone())
                    .with_graceful_shutdown(stops.http.clone().cancelled_owned())
                    .into_future(),
            ),
            tokio::spawn(
                axum::serve(unix, app)
                    .with_graceful_shutdown(stops.http.clone().cancelled_owned())
                    .into_future(),
            ),
        ];
        web.set_ready(true);
        tracing::info!(%address, socket = %web.web.socket.display(), "ready");
        Ok(Self {
            address,
            web,
            setup_code,
            stops,
            http,
            engine,
            watcher,
            conductor,
            private,
        })
    }

    pub async fn stop(self) {
        let begun = Instant::now();
        self.web.set_ready(false);
        self.stops.engine.cancel();
        self.stops.streams.cancel();
        self.stops.http.cancel();
        for mut server in self.http {
            if timeout_at(begun + DRAIN, &mut server).await.is_err() {
                tracing::warn!("some requests were not answered in time and are cut off");
                server.abort();
            }
        }
        let mut engine = self.engine;
        if timeout_at(begun + HAND_BACK, &mut engine).await.is_err() {
            tracing::warn!(
                "the engine did not hand its jobs back in time; their leases run out by themselves"
            );
            engine.abort();
        }
        let mut watcher = self.watcher;
        if timeout_at(begun + HAND_BACK, &mut watcher).await.is_err() {
            // it only reads; its turns run out by themselves
            watcher.abort();
        }
        let mut conductor = self.conductor;
        if timeout_at(begun + HAND_BACK, &mut conductor).await.is_err() {
            // another server ends what this one had taken
            conductor.abort();
        }
        self.stops.chores.cancel();
        if timeout(Duration::from_secs(1), self.web.pool.close())
            .await
            .is_err()
        {
            tracing::warn!("some database connections were still busy");
        }
        if let Some(private) = self.private {
            private.stop().await;
        }
        // only a name; whoever starts next would take it over anyway
        let _ = fs::remove_file(&self.web.web.socket);
        tracing::info!(took_ms = begun.elapsed().as_millis(), "stopped");
    }
}

async fn shared(
    core: &Core,
    parts: &Parts,
    stops: &Stops,
    private: Option<&Private>,
    sweeper: &Arc<Sweeper>,
) -> Result<Web, StartError> {
    let config = &core.config;
    let passwords = tokio::task::spawn_blocking(Passwords::new)
        .await
        .expect("hashing does not panic")?;
    let gateway = LiveGateway::new(
        core.pool.clone(),
        Arc::clone(&parts.planner),
        Lookout::new(Arc::clone(&parts.connect)),
        parts.eyes.clone(),
        Comparer::new(core.pool.clone(), core.objects.clone()),
        Arc::clone(&core.vault),
        Arc::new(SystemClock),
    )
    .keeping(Arc::clone(sweeper));
    let leptos = LeptosOptions::builder()
        .output_name("pitlane")
        .site_root(config.web.site.to_string_lossy())
        .site_pkg_dir("pkg")
        .build();
    Ok(Web::new(Shared {
        web: config.web.clone(),
        data: config.data.clone(),
        pool: core.pool.clone(),
        gateway: Arc::new(gateway),
        objects: core.objects.clone(),
        hub: Hub::new(core.pool.clone(), core.direct_url.clone()),
        private: private.map(Private::trouble),
        passwords,
        connect: Arc::clone(&parts.connect),
        leptos,
        setting_up: tokio::sync::Mutex::default(),
        ready: AtomicBool::new(false),
        streams: stops.streams.clone(),
    }))
}

/// The server's own file of secrets counts where an environment has none of that name.
fn vault(config: &Config, pool: &PgPool) -> Result<Vault, SecretsError> {
    let file = if config.data.secrets.exists() {
        Secrets::load(&config.data.secrets)?
    } else {
        Secrets::default()
    };
    let keys = config.data.secrets_key.clone();
    Ok(Vault::new(pool.clone(), keys, file))
}

/// Addresses for the service and without a pooler, with an up-to-date schema behind them.
async fn database(config: &Config) -> Result<(Option<Private>, String, String), StartError> {
    if let Some(given) = &config.database.given {
        store::migrate(&given.direct_url).await?;
        return Ok((None, given.url.clone(), given.direct_url.clone()));
    }
    let private = Private::start(PrivateSettings::new(config.data.dir.join("postgres"))).await?;
    store::migrate(&private.owner_url()).await?;
    let url = private.runtime_url();
    Ok((Some(private), url.clone(), url))
}

async fn first_run(code: &Path, pool: &PgPool) -> Result<Option<PathBuf>, StartError> {
    let fresh = store::users::count(pool).await? == 0;
    let done = if fresh {
        setup::write_code(code)
    } else {
        setup::remove_code(code)
    };
    done.map_err(|source| file(code, source))?;
    Ok(fresh.then(|| code.to_owned()))
}

/// Port 0 became a real one.
fn settle(web: &mut WebConfig, address: SocketAddr) {
    web.listen = address;
    if web.public_url.port() == Some(0) {
        // only an address without a host cannot have a port
        let _ = web.public_url.set_port(Some(address.port()));
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            StartError::PortTaken(address)
        } else {
            StartError::Listen { address, source }
        }
    })
}

/// A socket only its owner may connect to. A file nobody listens behind is taken over.
async fn listen_locally(path: &Path) -> Result<UnixListener, StartError> {
    if UnixStream::connect(path).await.is_ok() {
        return Err(StartError::SocketTaken(path.to_owned()));
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    make_folder(folder, 0o711)?;
    // under another name in a closed folder until its mode is right, so that it is never open to others
    let closed = tempfile::Builder::new()
        .prefix(".s")
        .rand_bytes(4)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(folder)
        .map_err(|source| file(folder, source))?;
    let hidden = closed.path().join("s");
    let listener = UnixListener::bind(&hidden).map_err(|source| file(path, source))?;
    fs::set_permissions(&hidden, Permissions::from_mode(0o600))
        .and_then(|()| fs::rename(&hidden, path))
        .map_err(|source| file(path, source))?;
    Ok(listener)
}

/// Made with `mode` where it is missing; one that exists stays as it is.
fn make_folder(path: &Path, mode: u32) -> Result<(), StartError> {
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(|source| file(path, source))
}

fn file(path: &Path, source: io::Error) -> StartError {
    StartError::File {
        path: path.to_owned(),
        source,
    }
}
