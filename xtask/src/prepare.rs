//! `.sqlx` says what each checked query takes and returns, so that a build needs no database.
//! The server cannot be compiled without it, so it is made with a PostgreSQL and a `psql` alone.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::bail;

use crate::{postgres::Postgres, say, work::Work};

type Files = BTreeMap<OsString, Vec<u8>>;

pub fn run(work: &Work, check: bool) -> anyhow::Result<()> {
    let kept = work.root.join(".sqlx");
    let made = tempfile::tempdir()?;
    let postgres = say::step("starting a PostgreSQL and applying the migrations", || {
        let postgres = Postgres::start(work)?;
        postgres.migrate(work, &work.root.join("migrations"))?;
        Ok(postgres)
    })?;
    say::step("checking every query against it", || {
        let _touched = Touched::below(&work.root.join("server"))?;
        let mut cargo = work.cargo();
        cargo.args(["check", "--quiet", "--package", "server", "--all-targets"]);
        cargo.env("DATABASE_URL", postgres.url());
        cargo.env("SQLX_OFFLINE", "false");
        cargo.env("SQLX_OFFLINE_DIR", made.path());
        work.run(&mut cargo)
    })?;
    let (before, after) = (read(&kept)?, read(made.path())?);
    let change = Change::between(&before, &after);
    if change.is_nothing() {
        say::note(&format!("{} queries, nothing to change", after.len()));
        return Ok(());
    }
    if check {
        bail!("`.sqlx` is not up to date ({change}); run `cargo xtask prepare`");
    }
    fs::create_dir_all(&kept)?;
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        fs::remove_file(kept.join(name))?;
    }
    for (name, text) in &after {
        if before.get(name) != Some(text) {
            fs::write(kept.join(name), text)?;
        }
    }
    say::note(&format!("{} queries: {change}", after.len()));
    Ok(())
}

struct Change {
    new: usize,
    changed: usize,
    stale: usize,
}

impl Change {
    fn between(before: &Files, after: &Files) -> Self {
        let new = after.keys().filter(|name| !before.contains_key(*name));
        let stale = before.keys().filter(|name| !after.contains_key(*name));
        let changed = after
            .iter()
            .filter(|(name, text)| before.get(*name).is_some_and(|old| old != *text));
        Self {
            new: new.count(),
            changed: changed.count(),
            stale: stale.count(),
        }
    }

    fn is_nothing(&self) -> bool {
        self.new + self.changed + self.stale == 0
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            new,
            changed,
            stale,
        } = self;
        write!(out, "{new} new, {changed} changed, {stale} stale")
    }
}

fn read(folder: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|kind| kind == "json") {
                files.insert(entry.file_name(), fs::read(entry.path())?);
            }
        }
    }
    Ok(files)
}

/// Makes cargo compile a crate again, since its macros only write when they run; afterwards the
/// files get their times back, so that ordinary builds are still fresh.
struct Touched(Vec<(PathBuf, SystemTime)>);

impl Touched {
    fn below(krate: &Path) -> anyhow::Result<Self> {
        let mut touched = Self(Vec::new());
        for file in ["src/lib.rs", "src/main.rs", "tests/it/main.rs"] {
            let path = krate.join(file);
            if path.is_file() {
                let modified = fs::metadata(&path)?.modified()?;
                File::options()
                    .append(true)
                    .open(&path)?
                    .set_modified(SystemTime::now())?;
                touched.0.push((path, modified));
            }
        }
        Ok(touched)
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        for (path, modified) in &self.0 {
            if let Ok(file) = File::options().append(true).open(path) {
                let _ = file.set_modified(*modified);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> Files {
        all.iter()
            .map(|(name, text)| ((*name).into(), text.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn new_changed_and_stale_queries_are_told_apart() {
        let before = files(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let after = files(&[("a", "1"), ("b", "2"), ("d", "1"), ("e", "1")]);
        let change = Change::between(&before, &after);
        assert_eq!(change.to_string(), "2 new, 1 changed, 1 stale");
        assert!(Change::between(&after, &after).is_nothing());
    }

    #[test]
    fn touched_files_get_their_times_back() {
        let krate = tempfile::tempdir().unwrap();
        let file = krate.path().join("src/lib.rs");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "").unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        File::options()
            .append(true)
            .open(&file)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        let touched = Touched::below(krate.path()).unwrap();
        assert!(fs::metadata(&file).unwrap().modified().unwrap() > long_ago);
        drop(touched);
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), long_ago);
    }
}
