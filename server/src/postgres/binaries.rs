//! Where the server's programs are, and which version.

use super::PrivateError;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A folder with `postgres` and `initdb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    pub folder: PathBuf,
    pub major: u32,
}

/// The programs that fit data of version `wanted`; for new data, the newest. `only`: in no other folder.
pub fn find(
    only: Option<&Path>,
    data: &Path,
    wanted: Option<u32>,
) -> Result<Binaries, PrivateError> {
    let folders = only.map_or_else(folders, |only| vec![only.to_owned()]);
    let mut found: Vec<Binaries> = folders.into_iter().filter_map(look).collect();
    // stable: among equals the one on PATH stays first
    found.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
    if found.is_empty() {
        return Err(PrivateError::NotInstalled);
    }
    let fitting = |binaries: &&Binaries| wanted.is_none_or(|wanted| wanted == binaries.major);
    if let Some(fit) = found.iter().find(fitting) {
        return Ok(fit.clone());
    }
    let majors: Vec<String> = found.iter().map(|found| found.major.to_string()).collect();
    Err(PrivateError::WrongMajor {
        data: data.to_owned(),
        wanted: wanted.unwrap_or_default(),
        found: majors.join(", "),
    })
}

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect())
        .unwrap_or_default();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders
}

fn look(folder: PathBuf) -> Option<Binaries> {
    if !folder.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(folder.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    let major = major(&String::from_utf8_lossy(&output.stdout))?;
    Some(Binaries { folder, major })
}

/// From `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `postgres (PostgreSQL) 19devel`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL) ")?.1;
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        let cases = [
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
                Some(15),
            ),
            ("postgres (PostgreSQL) 19devel", Some(19)),
            ("postgres (PostgreSQL) beta", None),
            ("mysqld 8", None),
        ];
        for (text, number) in cases {
            assert_eq!(major(text), number, "{text}");
        }
    }
}
