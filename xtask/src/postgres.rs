//! A throw-away PostgreSQL on a Unix socket, for tests and for checking queries. It needs none of
//! our own crates, because one of them cannot be compiled without the queries it checks.

use std::{
    env, fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use crate::{guard::Signal, need::Machine, work::Work};

/// It ends, and its folder goes, with the guard of the `Work` it was started in.
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
}

/// PostgreSQL refuses to run as root, so somebody else must.
struct User {
    uid: u32,
    gid: u32,
}

impl Postgres {
    pub fn start(work: &Work) -> anyhow::Result<Self> {
        let programs = Machine::this()
            .postgres()
            .context("the PostgreSQL server is not installed; `cargo xtask setup` does it")?;
        let user = is_root().then(User::unprivileged).transpose()?;
        let folder = tempfile::Builder::new()
            .prefix("pitlane-pg-")
            .tempdir_in(short_folder())?
            .keep();
        work.guard.remove_at_the_end(&folder);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        if let Some(user) = &user {
            chown(&folder, Some(user.uid), Some(user.gid))?;
        }
        let run_as_somebody = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.current_dir(&folder).env("HOME", &folder);
            if let Some(user) = &user {
                command.uid(user.uid).gid(user.gid);
            }
            command
        };
        let data = folder.join("data");

        let mut initdb = run_as_somebody("initdb");
        initdb.arg("--pgdata").arg(&data);
        initdb.args(["--username=postgres", "--encoding=UTF8", "--no-sync"]);
        // the folder is closed to everybody else
        initdb.args(["--locale=C.UTF-8", "--auth=trust", "--no-instructions"]);
        let made = work.ask(&mut initdb)?;
        if !made.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        }

        let log = folder.join("log");
        let mut server = run_as_somebody("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(&folder);
        for setting in [
            "listen_addresses=",
            "max_connections=300",
            // nothing in it outlives the run
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ] {
            server.args(["-c", setting]);
        }
        server.stdout(std::process::Stdio::null());
        server.stderr(fs::File::create(&log)?);
        let mut child = work.spawn(&mut server, Signal::Interrupt)?;
        wait_until_ready(&mut child, &data, &log)?;
        // an ended child must be fetched, or the guard takes it for alive
        thread::spawn(move || child.wait());
        Ok(Self { programs, folder })
    }

    pub fn url(&self) -> String {
        format!(
            "postgres://postgres@localhost/postgres?host={}",
            self.folder.display()
        )
    }

    /// Applies the migrations in the order of their names, each in a transaction of its own.
    pub fn migrate(&self, work: &Work, migrations: &Path) -> anyhow::Result<()> {
        for file in forward_migrations(migrations)? {
            let mut psql = Command::new(self.programs.join("psql"));
            psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]);
            psql.arg("--single-transaction").arg("--file").arg(&file);
            psql.arg(self.url());
            let done = work.ask(&mut psql)?;
            if !done.status.success() {
                bail!(
                    "the migration failed: {}",
                    String::from_utf8_lossy(&done.stderr)
                );
            }
        }
        Ok(())
    }
}

impl User {
    /// `postgres`, else `nobody`; initdb insists on a user with a name.
    fn unprivileged() -> anyhow::Result<Self> {
        let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::named(name, &users))
            .context("no user `postgres` or `nobody` to run PostgreSQL as")
    }

    fn named(name: &str, users: &str) -> Option<Self> {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next()? != name {
                return None;
            }
            Some(Self {
                uid: fields.nth(1)?.parse().ok()?,
                gid: fields.next()?.parse().ok()?,
            })
        })
    }
}

pub fn is_root() -> bool {
    // the owner of our own entry is who we are
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The path of a socket has at most 107 bytes, and the guard wants no blank in it.
fn short_folder() -> PathBuf {
    let usual = env::temp_dir();
    let text = usual.to_string_lossy();
    if text.len() > 60 || text.contains(char::is_whitespace) {
        PathBuf::from("/tmp")
    } else {
        usual
    }
}

fn forward_migrations(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<_> = entries
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".sql") && !name.ends_with(".down.sql")
        })
        .collect();
    files.sort();
    Ok(files)
}

fn wait_until_ready(server: &mut Child, data: &Path, log: &Path) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let state = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        if state
            .lines()
            .nth(7)
            .is_some_and(|line| line.trim() == "ready")
        {
            return Ok(());
        }
        let over = server.try_wait()?;
        if over.is_some() || begun.elapsed() > Duration::from_secs(60) {
            let said = fs::read_to_string(log).unwrap_or_default();
            bail!("PostgreSQL did not start:\n{said}");
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_whole_name() {
        let users = "nobodyelse:x:1:1::/:\nnobody:x:65534:65533:nobody:/:/bin/false\nbroken:x\n";
        let nobody = User::named("nobody", users).unwrap();
        assert_eq!((nobody.uid, nobody.gid), (65534, 65533));
        assert!(User::named("postgres", users).is_none());
        assert!(User::named("broken", users).is_none());
    }

    #[test]
    fn migrations_go_forward_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["2_b.sql", "1_a.up.sql", "1_a.down.sql", "README.md"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<_> = forward_migrations(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["1_a.up.sql", "2_b.sql"]);
    }
}
