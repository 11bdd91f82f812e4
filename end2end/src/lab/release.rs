//! Releases of `shop` as real artefacts: the same program with templates, styles and settings of their own.

use super::program;
use anyhow::{Context, bail};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Two good ones and five that each break a roll in a way of their own.
pub const VERSIONS: [&str; 7] = ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6"];

/// What every release has; a release may put a file of its own in its place.
const COMMON: [(&str, &str); 10] = [
    (
        "templates/layout.html",
        include_str!("../../shop/common/templates/layout.html"),
    ),
    (
        "templates/account.html",
        include_str!("../../shop/common/templates/account.html"),
    ),
    (
        "templates/home.html",
        include_str!("../../shop/common/templates/home.html"),
    ),
    (
        "templates/sign_in.html",
        include_str!("../../shop/common/templates/sign_in.html"),
    ),
    (
        "templates/products.html",
        include_str!("../../shop/common/templates/products.html"),
    ),
    (
        "templates/tile.html",
        include_str!("../../shop/common/templates/tile.html"),
    ),
    (
        "templates/new_order.html",
        include_str!("../../shop/common/templates/new_order.html"),
    ),
    (
        "templates/thank_you.html",
        include_str!("../../shop/common/templates/thank_you.html"),
    ),
    (
        "templates/message.html",
        include_str!("../../shop/common/templates/message.html"),
    ),
    (
        "static/shop.css",
        include_str!("../../shop/common/static/shop.css"),
    ),
];
const ICON: (&str, &str) = (
    "static/icon.svg",
    include_str!("../../shop/common/static/icon.svg"),
);
const THEME_0: (&str, &str) = ("static/theme.css", include_str!("../../shop/1.0/theme.css"));
const THEME_1: (&str, &str) = ("static/theme.css", include_str!("../../shop/1.1/theme.css"));

/// The files of one version but for the program.
fn files(version: &str) -> anyhow::Result<Vec<(&'static str, &'static str)>> {
    let manifest = |text| ("release.toml", text);
    let own = match version {
        "1.0" => vec![
            THEME_0,
            manifest(include_str!("../../shop/1.0/release.toml")),
        ],
        "1.1" => vec![
            THEME_1,
            manifest(include_str!("../../shop/1.1/release.toml")),
        ],
        "1.2" => vec![
            THEME_1,
            manifest(include_str!("../../shop/1.2/release.toml")),
            (
                "templates/sign_in.html",
                include_str!("../../shop/1.2/sign_in.html"),
            ),
        ],
        "1.3" => vec![
            THEME_1,
            manifest(include_str!("../../shop/1.3/release.toml")),
        ],
        "1.4" => vec![
            THEME_1,
            manifest(include_str!("../../shop/1.4/release.toml")),
            (
                "templates/new_order.html",
                include_str!("../../shop/1.4/new_order.html"),
            ),
        ],
        "1.5" => vec![
            THEME_1,
            manifest(include_str!("../../shop/1.5/release.toml")),
        ],
        "1.6" => vec![
            THEME_1,
            manifest(include_str!("../../shop/1.6/release.toml")),
        ],
        _ => bail!(
            "there is no shop {version}; there are {}",
            VERSIONS.join(", ")
        ),
    };
    let mut all = own;
    for file in COMMON.into_iter().chain([ICON]) {
        if !all.iter().any(|(path, _)| *path == file.0) {
            all.push(file);
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// A finished artefact.
#[derive(Debug, Clone)]
pub struct Artefact {
    pub version: String,
    /// The `.tar.gz`.
    pub path: PathBuf,
    pub sha256: String,
}

impl Artefact {
    /// One that exists.
    pub fn of(version: &str, path: PathBuf) -> anyhow::Result<Self> {
        Ok(Self {
            version: version.to_owned(),
            sha256: hash(&path)?,
            path,
        })
    }

    /// Unpacks it into `folder`, which is made.
    pub fn unpack(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        let packed = flate2::read::GzDecoder::new(fs::File::open(&self.path)?);
        tar::Archive::new(packed)
            .unpack(folder)
            .with_context(|| format!("could not unpack {}", self.path.display()))
    }
}

/// The artefact of `version`, made unless the same content was made before. The same content gives the same bytes.
/// Takes about a second of processor time when it is new.
pub fn build(version: &str) -> anyhow::Result<Artefact> {
    let files = files(version)?;
    let folder = program::target()?.join("lab/releases");
    fs::create_dir_all(&folder)?;
    let (program, program_hash) = stripped_program(&folder)?;

    let mut key = Sha256::new();
    key.update(&program_hash);
    for (path, text) in &files {
        key.update(format!("{path} {}\n", text.len()));
        key.update(text);
    }
    let key = hex::encode(key.finalize());
    let path = folder.join(format!("shop-{version}-{}.tar.gz", &key[..16]));
    if !path.exists() {
        let new = tempfile::NamedTempFile::new_in(&folder)?;
        pack(new.as_file(), &files, &program)?;
        new.persist(&path)?;
    }
    Artefact::of(version, path)
}

fn pack(to: &fs::File, files: &[(&str, &str)], program: &Path) -> anyhow::Result<()> {
    let mut archive = tar::Builder::new(GzEncoder::new(to, Compression::fast()));
    let mut put = |path: &str, bytes: &[u8], mode: u32| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(mode);
        header.set_mtime(0);
        archive.append_data(&mut header, path, bytes)
    };
    put("bin/shop", &fs::read(program)?, 0o755)?;
    for (path, text) in files {
        put(path, text.as_bytes(), 0o644)?;
    }
    archive.into_inner()?.finish()?;
    Ok(())
}

/// The program without its debug information, kept per program; and its hash.
fn stripped_program(folder: &Path) -> anyhow::Result<(PathBuf, String)> {
    let program = program::find("shop")?;
    let facts = fs::metadata(&program)?;
    let age = facts
        .modified()?
        .duration_since(std::time::UNIX_EPOCH)
        .context("the shop's program is older than 1970")?;
    let stripped = folder.join(format!("shop-{}-{}", facts.len(), age.as_nanos()));
    if !stripped.exists() {
        let new = tempfile::NamedTempFile::new_in(folder)?.into_temp_path();
        let done = Command::new("strip")
            .arg("-o")
            .args([&*new, program.as_path()])
            .stderr(Stdio::null())
            .status();
        // without binutils the artefact is only larger
        if !done.is_ok_and(|status| status.success()) {
            fs::copy(&program, &new)?;
        }
        new.persist(&stripped)?;
    }
    let hash = hash(&stripped)?;
    Ok((stripped, hash))
}

fn hash(path: &Path) -> anyhow::Result<String> {
    Ok(hex::encode(Sha256::digest(fs::read(path)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_files_of_its_own() {
        let all: Vec<_> = VERSIONS.map(|version| files(version).unwrap()).into();
        for (i, one) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|other| other != one));
            assert_eq!(one.len(), COMMON.len() + 3, "{}", VERSIONS[i]);
        }
        assert!(files("9.9").is_err());
    }
}
