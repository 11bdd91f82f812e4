//! The data folder: made once, and the roles and databases in it.

use super::{
    DATABASE, OWNER_ROLE, PrivateError, PrivateSettings, SUPERUSER,
    account::Account,
    binaries::{self, Binaries},
};
use crate::store::RUNTIME_ROLE;
use rustix::fs::{FlockOperation, flock};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Longest path of a Unix socket, less its end.
const LONGEST_SOCKET: usize = 107;

#[derive(Debug, Clone)]
pub struct Cluster {
    /// Ours; everything else is in it.
    pub base: PathBuf,
    /// PostgreSQL's own.
    pub data: PathBuf,
    pub sockets: PathBuf,
    pub durable: bool,
    pub account: Account,
    pub binaries: Binaries,
    programs_dir: Option<PathBuf>,
    /// Held as long as anybody has a copy.
    _lock: Arc<File>,
}

impl Cluster {
    /// Takes the folder into our hands, and makes the data in it if there is none.
    pub fn open(settings: &PrivateSettings) -> Result<Self, PrivateError> {
        let base = make_base(&settings.data_dir)?;
        let lock = lock(&base)?;
        let data = base.join("data");
        let account = Account::choose(&data)?;
        account.can_enter(&base)?;
        let programs_dir = settings.programs_dir.clone();
        let binaries = binaries::find(programs_dir.as_deref(), &data, data_version(&data)?)?;
        let sockets = sockets(&base, settings.socket_dir.as_deref())?;
        account.private_folder(&sockets)?;
        let cluster = Self {
            base,
            data,
            sockets,
            durable: settings.durable,
            account,
            binaries,
            programs_dir,
            _lock: Arc::new(lock),
        };
        cluster.write_access(&[])?;
        if !cluster.data.exists() {
            cluster.initialise()?;
        }
        Ok(cluster)
    }

    /// Those that fit the data, as they are installed now.
    pub fn find_programs(&self) -> Result<Binaries, PrivateError> {
        let wanted = data_version(&self.data)?;
        binaries::find(self.programs_dir.as_deref(), &self.data, wanted)
    }

    /// Beside, then moved: a half-made folder never counts as data.
    fn initialise(&self) -> Result<(), PrivateError> {
        let new = self.base.join("data.new");
        if new.exists() {
            fs::remove_dir_all(&new).map_err(at(&new))?;
        }
        self.account.private_folder(&new)?;
        let mut initdb = self.account.command(&self.binaries.folder.join("initdb"));
        initdb
            .arg("--pgdata")
            .arg(&new)
            .args(["--username", SUPERUSER, "--encoding", "UTF8"])
            .args(["--locale", "C.UTF-8", "--data-checksums"])
            .args(["--auth-local", "peer", "--auth-host", "reject"])
            .current_dir("/");
        if !self.durable {
            initdb.arg("--no-sync");
        }
        let output = initdb.output().map_err(at(&self.binaries.folder))?;
        if !output.status.success() {
            return Err(PrivateError::Program {
                program: "initdb",
                output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            });
        }
        fs::rename(&new, &self.data).map_err(at(&self.data))
    }

    pub fn hba_file(&self) -> PathBuf {
        self.base.join("pg_hba.conf")
    }

    pub fn ident_file(&self) -> PathBuf {
        self.base.join("pg_ident.conf")
    }

    /// We and the user it runs as may be any role on the list; nobody else gets in, and nobody over a network.
    fn write_access(&self, more: &[&str]) -> Result<(), PrivateError> {
        let mut roles: Vec<String> = [SUPERUSER, OWNER_ROLE, RUNTIME_ROLE]
            .iter()
            .chain(more)
            .map(|role| (*role).to_owned())
            .collect();
        // roles added before stay
        let old = fs::read_to_string(self.ident_file()).unwrap_or_default();
        roles.extend(old.lines().filter_map(|line| {
            let role = line.strip_prefix("pitlane ")?.rsplit_once(' ')?.1;
            Some(role.trim_matches('"').to_owned())
        }));
        roles.sort();
        roles.dedup();
        let mut users = [&self.account.own_name, &self.account.name].to_vec();
        users.dedup();
        let mut ident = String::new();
        for user in users {
            for role in &roles {
                ident += &format!("pitlane \"{user}\" \"{role}\"\n");
            }
        }
        write(&self.hba_file(), "local all all peer map=pitlane\n")?;
        write(&self.ident_file(), &ident)
    }

    /// Lets us be `role`; takes effect when the server reads its files again.
    pub fn allow(&self, role: &str) -> Result<(), PrivateError> {
        self.write_access(&[role])
    }

    pub fn url(&self, role: &str, database: &str) -> String {
        let mut url = url::Url::parse("postgres://localhost").expect("it is an address");
        url.set_path(database);
        url.set_username(role).expect("the address has a host");
        url.query_pairs_mut()
            .append_pair("host", &self.sockets.to_string_lossy());
        url.into()
    }

    pub async fn superuser(&self) -> sqlx::Result<PgConnection> {
        PgConnection::connect(&self.url(SUPERUSER, "postgres")).await
    }

    /// Roles and database of the service, made if missing.
    pub async fn set_up(&self) -> Result<(), PrivateError> {
        self.create_database(DATABASE, OWNER_ROLE).await?;
        self.create_role(RUNTIME_ROLE).await
    }

    pub async fn create_database(&self, name: &str, owner: &str) -> Result<(), PrivateError> {
        self.create_role(owner).await?;
        let mut superuser = self.superuser().await?;
        let (exists,): (bool,) =
            sqlx::query_as("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                .bind(name)
                .fetch_one(&mut superuser)
                .await?;
        if !exists {
            let order = format!("CREATE DATABASE {} OWNER {}", quoted(name), quoted(owner));
            sqlx::raw_sql(AssertSqlSafe(order))
                .execute(&mut superuser)
                .await?;
        }
        Ok(superuser.close().await?)
    }

    async fn create_role(&self, role: &str) -> Result<(), PrivateError> {
        let mut superuser = self.superuser().await?;
        // an adopted server still has the access files of its own start
        sqlx::raw_sql("SELECT pg_reload_conf()")
            .execute(&mut superuser)
            .await?;
        let (exists,): (bool,) =
            sqlx::query_as("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
                .bind(role)
                .fetch_one(&mut superuser)
                .await?;
        if !exists {
            let order = format!("CREATE ROLE {} LOGIN", quoted(role));
            sqlx::raw_sql(AssertSqlSafe(order))
                .execute(&mut superuser)
                .await?;
        }
        Ok(superuser.close().await?)
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn make_base(base: &Path) -> Result<PathBuf, PrivateError> {
    fs::create_dir_all(base).map_err(at(base))?;
    let base = fs::canonicalize(base).map_err(at(base))?;
    // others may pass through, and see nothing
    set_mode(&base, 0o711)?;
    Ok(base)
}

/// One that is just ending gets a moment for it.
fn lock(base: &Path) -> Result<File, PrivateError> {
    let path = base.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(at(&path))?;
    let deadline = Instant::now() + Duration::from_secs(3);
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(50));
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(PrivateError::Taken {
                    folder: base.to_owned(),
                });
            }
            Err(error) => return Err(at(&path)(error.into())),
        }
    }
}

/// The major version that made the data; `None`: there is none yet.
fn data_version(data: &Path) -> Result<Option<u32>, PrivateError> {
    let path = data.join("PG_VERSION");
    if !data.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let number = text.trim().parse().map_err(|_| {
        at(&path)(io::Error::new(
            io::ErrorKind::InvalidData,
            "it holds no version",
        ))
    })?;
    Ok(Some(number))
}

fn sockets(base: &Path, wanted: Option<&Path>) -> Result<PathBuf, PrivateError> {
    let fits =
        |folder: &Path| folder.join(".s.PGSQL.5432.lock").as_os_str().len() <= LONGEST_SOCKET;
    if let Some(wanted) = wanted {
        return if fits(wanted) {
            Ok(wanted.to_owned())
        } else {
            Err(PrivateError::SocketPath(wanted.to_owned()))
        };
    }
    let usual = base.join("run");
    if fits(&usual) {
        return Ok(usual);
    }
    // the same folder at every start, and another one for other data
    let name = format!("pitlane-{:016x}", fnv(base.as_os_str().as_encoded_bytes()));
    let own = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let short = if rustix::process::geteuid().is_root() {
        PathBuf::from("/run")
    } else {
        own.filter(|own| own.is_dir())
            .unwrap_or_else(|| PathBuf::from("/tmp"))
    };
    let short = short.join(name);
    if fits(&short) {
        Ok(short)
    } else {
        Err(PrivateError::SocketPath(short))
    }
}

/// A short name for a path; not a secret.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whole or not at all: PostgreSQL may read it at any moment.
fn write(path: &Path, text: &str) -> Result<(), PrivateError> {
    let new = path.with_extension("new");
    fs::write(&new, text).map_err(at(&new))?;
    set_mode(&new, 0o644)?;
    fs::rename(&new, path).map_err(at(path))
}

pub fn set_mode(path: &Path, mode: u32) -> Result<(), PrivateError> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(at(path))
}

pub fn at(path: &Path) -> impl Fn(io::Error) -> PrivateError {
    let path = path.to_owned();
    move |source| PrivateError::File {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_never_gets_a_path_too_long_for_it() {
        let near = Path::new("/data/postgres");
        assert_eq!(sockets(near, None).unwrap(), near.join("run"));
        let far = PathBuf::from("/").join("x".repeat(120));
        let short = sockets(&far, None).unwrap();
        assert!(short.as_os_str().len() < 80, "{}", short.display());
        assert_eq!(sockets(&far, None).unwrap(), short);
        assert!(matches!(
            sockets(near, Some(&far)),
            Err(PrivateError::SocketPath(_))
        ));
    }
}
