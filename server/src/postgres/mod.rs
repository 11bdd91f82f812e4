//! A private PostgreSQL, for an installation that was given none: an ordinary child process on a Unix socket.
//!
//! It outlives us when we are killed, and the next start adopts it. Beside its data lie, below one folder:
//! `lock` (one manager at a time), `pg_hba.conf` and `pg_ident.conf` (ours, out of its reach), `postgres.log`.
//! PostgreSQL refuses to run as root, so as root it runs as the system user `postgres`, or `nobody`.

/// Where the server's programs are, and which version.
mod binaries;

/// The system user it runs as.
mod account;

/// The data folder: made once, and the roles and databases in it.
mod cluster;

/// The running server: started, adopted, stopped.
mod postmaster;

/// What a person is told when it ends under us.
mod words;

/// Body of the hidden command `pitlane postgres`.
pub mod foreground;

use app::model::trouble::Trouble;
use cluster::Cluster;
use postmaster::Postmaster;
use std::{io, path::PathBuf, time::Duration};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};

/// Owns the schema; used for migrations only.
pub const OWNER_ROLE: &str = "pitlane_owner";
/// The service's database.
pub const DATABASE: &str = "pitlane";
const SUPERUSER: &str = "postgres";
/// Between two tries to start it again.
const AGAIN: Duration = Duration::from_secs(2);

#[derive(Debug, Clone)]
pub struct PrivateSettings {
    /// Everything of it lies below. As root, every folder above must be open to other users (`chmod o+x`).
    pub data_dir: PathBuf,
    /// `None`: below the data folder, or a short path of its own where that is too long for a socket.
    pub socket_dir: Option<PathBuf>,
    /// The only folder its programs are looked for in; `None`: wherever systems put them.
    pub programs_dir: Option<PathBuf>,
    /// `false` only for tests: loses data when the machine stops.
    pub durable: bool,
}

impl PrivateSettings {
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            socket_dir: None,
            programs_dir: None,
            durable: true,
        }
    }

    pub fn for_testing(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            durable: false,
            ..Self::new(data_dir)
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PrivateError {
    #[error(
        "no PostgreSQL server is installed; install one (Debian: apt install postgresql) or set DATABASE_URL"
    )]
    NotInstalled,
    #[error(
        "the data in `{data}` is of PostgreSQL {wanted}, but installed is {found}; install PostgreSQL {wanted} again, \
        or move the data: with PostgreSQL {wanted} run `pg_dumpall` to a file, set `{data}` aside, start once with the \
        new version, then feed the file to `psql`"
    )]
    WrongMajor {
        data: PathBuf,
        wanted: u32,
        found: String,
    },
    #[error("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`")]
    NoAccount,
    #[error(
        "`{folder}` is closed to the user `{user}`, whom PostgreSQL runs as; open it with `chmod o+x {folder}`"
    )]
    Closed { folder: PathBuf, user: String },
    #[error("`{folder}` is in the hands of another running pitlane")]
    Taken { folder: PathBuf },
    #[error("no folder short enough for PostgreSQL's socket; `{0}` is too long")]
    SocketPath(PathBuf),
    #[error("`{program}` failed: {output}")]
    Program {
        program: &'static str,
        output: String,
    },
    #[error("PostgreSQL did not start; its last words:\n{output}")]
    NotStarted { output: String },
    #[error("could not use `{path}`")]
    File { path: PathBuf, source: io::Error },
    #[error("PostgreSQL runs, but could not be set up")]
    SetUp(#[from] sqlx::Error),
}

/// A PostgreSQL of our own. Dropping it leaves the server running, to be adopted by the next start.
#[derive(Debug)]
pub struct Private {
    cluster: Cluster,
    /// Sent or dropped: stop, or let go.
    stop: oneshot::Sender<()>,
    keeper: JoinHandle<()>,
    trouble: watch::Receiver<Option<Trouble>>,
}

impl Private {
    /// Starts it, or adopts the one a killed process left; makes what is missing. When the server ends although
    /// nobody asked, it is started again.
    pub async fn start(settings: PrivateSettings) -> Result<Self, PrivateError> {
        let cluster = tokio::task::spawn_blocking(move || Cluster::open(&settings))
            .await
            .expect("opening does not panic")?;
        let postmaster = Postmaster::adopt_or_start(&cluster).await?;
        cluster.set_up().await?;
        let (stop, stopped) = oneshot::channel();
        let (tell, trouble) = watch::channel(None);
        let keeper = tokio::spawn(keep(cluster.clone(), postmaster, stopped, tell));
        Ok(Self {
            cluster,
            stop,
            keeper,
            trouble,
        })
    }

    /// Why it does not run; `None` while it does. Only the detail names paths.
    pub fn trouble(&self) -> watch::Receiver<Option<Trouble>> {
        self.trouble.clone()
    }

    /// For the service: an unprivileged role.
    pub fn runtime_url(&self) -> String {
        self.cluster.url(crate::store::RUNTIME_ROLE, DATABASE)
    }

    /// For migrations.
    pub fn owner_url(&self) -> String {
        self.cluster.url(OWNER_ROLE, DATABASE)
    }

    /// For setting up, and for tests.
    pub fn superuser_url(&self) -> String {
        self.cluster.url(SUPERUSER, "postgres")
    }

    /// Another database and the role that owns it, made if missing; returns its address.
    pub async fn create_database(&self, name: &str, role: &str) -> Result<String, PrivateError> {
        self.cluster.allow(role)?;
        self.cluster.create_database(name, role).await?;
        Ok(self.cluster.url(role, name))
    }

    /// Stops the server: open transactions are rolled back, all else is kept.
    pub async fn stop(self) {
        // the keeper is gone only when it panicked; then there is nobody to tell
        let _ = self.stop.send(());
        let _ = self.keeper.await;
    }
}

async fn keep(
    mut cluster: Cluster,
    mut postmaster: Postmaster,
    mut stop: oneshot::Receiver<()>,
    tell: watch::Sender<Option<Trouble>>,
) {
    loop {
        let status = tokio::select! {
            order = &mut stop => {
                if order.is_ok() {
                    postmaster.stop().await;
                }
                return;
            }
            status = postmaster.ended() => status,
        };
        say(&tell, words::ended(status));
        postmaster = loop {
            match again(&mut cluster).await {
                Ok(next) => break next,
                Err(error) => say(&tell, error.trouble()),
            }
            tokio::select! {
                _ = &mut stop => return,
                () = tokio::time::sleep(AGAIN) => {}
            }
        };
        tracing::info!("the private PostgreSQL runs again");
        tell.send_replace(None);
    }
}

/// With the programs that are there now: they may have been upgraded, or have moved.
async fn again(cluster: &mut Cluster) -> Result<Postmaster, PrivateError> {
    let data = cluster.clone();
    cluster.binaries = tokio::task::spawn_blocking(move || data.find_programs())
        .await
        .expect("looking for programs does not panic")?;
    Postmaster::adopt_or_start(cluster).await
}

/// Into the log only what is new.
fn say(tell: &watch::Sender<Option<Trouble>>, trouble: Trouble) {
    let before = tell.send_replace(Some(trouble.clone()));
    if before.as_ref() != Some(&trouble) {
        let Trouble {
            what,
            stands,
            remedy,
            detail,
        } = trouble;
        let detail = detail.unwrap_or_default();
        tracing::error!(detail, "{what} {stands} {remedy}");
    }
}
