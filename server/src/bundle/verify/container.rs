//! The container: names, sizes, hashes, nothing extra.

use super::{super::manifest::*, Broken, broken};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    io::{self, BufRead, BufReader, Read, Seek},
};
use zip::ZipArchive;

/// A manifest of a million files is smaller.
const LARGEST_MANIFEST: u64 = 256 * 1024 * 1024;
/// Of plan, record and comparisons, which are read as a whole.
const LARGEST_JSON: u64 = 512 * 1024 * 1024;
/// One event or entry.
const LONGEST_LINE: u64 = 32 * 1024 * 1024;
/// Deflate packs at most so well; whoever says more lets files share their bytes.
const MOST_PACKED: u64 = 1_100;
const MOST_FILES: usize = 2_000_000;
const CHUNK: usize = 64 * 1024;

/// Files that are there whatever was deployed.
const ALWAYS: [&str; 9] = [
    INDEX,
    PLAN,
    JOURNAL,
    AUDIT,
    RECORD,
    COMPARISONS,
    REVIEWS,
    VISITORS,
    LOG,
];

pub struct Container<R> {
    zip: ZipArchive<R>,
    length: u64,
    /// Read through and found right.
    checked: BTreeSet<String>,
}

impl<R: Read + Seek> Container<R> {
    pub fn open(mut archive: R) -> Result<Self, Broken> {
        let length = archive
            .seek(io::SeekFrom::End(0))
            .map_err(|error| Broken(format!("the file cannot be read: {error}")))?;
        let zip = ZipArchive::new(archive)
            .map_err(|error| Broken(format!("the file is no whole zip archive: {error}")))?;
        if zip.has_duplicate_names() {
            return broken("two files of the archive have the same name");
        }
        if zip.offset() != 0 || !zip.comment().is_empty() {
            return broken("something was put before the archive, or into its comment");
        }
        if zip.len() > MOST_FILES {
            return broken(format!("the archive has more than {MOST_FILES} files"));
        }
        Ok(Self {
            zip,
            length,
            checked: BTreeSet::new(),
        })
    }

    /// The manifest, and the hash of its text.
    pub fn manifest(&mut self) -> Result<(Manifest, String), Broken> {
        let file = match self.zip.by_name(MANIFEST) {
            Ok(file) => file,
            Err(zip::result::ZipError::FileNotFound) => {
                return broken(format!(
                    "there is no {MANIFEST}: this is no evidence bundle"
                ));
            }
            Err(error) => return broken(format!("{MANIFEST} cannot be read: {error}")),
        };
        let text = whole(file, MANIFEST, LARGEST_MANIFEST)?;
        #[derive(serde::Deserialize)]
        struct Outside {
            format: u32,
        }
        if let Ok(Outside { format }) = serde_json::from_slice(&text)
            && format > FORMAT
        {
            return broken(format!(
                "the bundle has format {format}, and this program knows formats up to {FORMAT}; take a newer one"
            ));
        }
        let manifest = serde_json::from_slice(&text)
            .map_err(|error| Broken(format!("{MANIFEST} makes no sense: {error}")))?;
        Ok((manifest, hex::encode(Sha256::digest(&text))))
    }

    /// The archive's files are those of the manifest, none has a name that leads elsewhere, and all of them together
    /// are not larger than an archive of this length can hold.
    pub fn check_names(&self, manifest: &Manifest) -> Result<(), Broken> {
        let mut total = 0u64;
        let mut listed = BTreeMap::new();
        for file in &manifest.files {
            if !harmless(&file.path) {
                return broken(format!(
                    "the name `{}` leads out of the archive",
                    file.path.escape_debug()
                ));
            }
            if !known(&file.path) {
                return broken(format!("{} belongs to no bundle", file.path));
            }
            total = total.saturating_add(file.size);
            if listed.insert(file.path.as_str(), file).is_some() {
                return broken(format!("{} is twice in {MANIFEST}", file.path));
            }
        }
        if total > self.length.saturating_mul(MOST_PACKED) {
            return broken("the archive says it holds more than can be packed into it");
        }
        let there: BTreeSet<Cow<'_, str>> = self
            .zip
            .file_names()
            .collect::<Result<_, _>>()
            .map_err(|error| Broken(format!("a name in the archive makes no sense: {error}")))?;
        for name in there.iter().map(AsRef::as_ref) {
            if !harmless(name) {
                return broken(format!(
                    "the name `{}` leads out of the archive",
                    name.escape_debug()
                ));
            }
            if name != MANIFEST && !listed.contains_key(name) {
                return broken(format!("{name} is extra: {MANIFEST} does not know it"));
            }
        }
        if let Some(path) = listed.keys().find(|path| !there.contains(**path)) {
            return broken(format!("{path} is in {MANIFEST} and not in the archive"));
        }
        match ALWAYS.iter().find(|path| !listed.contains_key(*path)) {
            Some(path) => broken(format!("{path} is missing")),
            None => Ok(()),
        }
    }

    /// Hands every line of a file to `each`, and checks the file's hash on the way.
    pub fn lines(
        &mut self,
        manifest: &Manifest,
        path: &str,
        mut each: impl FnMut(usize, &[u8]) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        let entry = entry(manifest, path)?.clone();
        let file = self.file(path)?;
        let mut reader = BufReader::new(file.take(entry.size.saturating_add(1)));
        let (mut hash, mut size, mut line, mut number) = (Sha256::new(), 0u64, Vec::new(), 0);
        loop {
            line.clear();
            let read = (&mut reader)
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .map_err(|error| unreadable(path, &error))?;
            if read == 0 {
                break;
            }
            number += 1;
            hash.update(&line);
            size += line.len() as u64;
            // what the hash says comes first: a line may be nonsense because it was changed
            if size > entry.size {
                break;
            }
            match line.strip_suffix(b"\n") {
                Some(line) => each(number, line)?,
                None => return broken(format!("{path}: line {number} has no end")),
            }
        }
        drop(reader);
        self.settle(&entry, size, hash)
    }

    /// A file whose hash is right, as JSON.
    pub fn json<T: DeserializeOwned>(
        &mut self,
        manifest: &Manifest,
        path: &str,
    ) -> Result<T, Broken> {
        entry(manifest, path)?;
        let text = whole(self.file(path)?, path, LARGEST_JSON)?;
        serde_json::from_slice(&text)
            .map_err(|error| Broken(format!("{path} makes no sense: {error}")))
    }

    /// Every file that was not read yet.
    pub fn check_rest(&mut self, manifest: &Manifest) -> Result<(), Broken> {
        for entry in &manifest.files {
            if self.checked.contains(&entry.path) {
                continue;
            }
            let mut file = self.file(&entry.path)?.take(entry.size.saturating_add(1));
            let (mut hash, mut size, mut chunk) = (Sha256::new(), 0u64, vec![0; CHUNK]);
            loop {
                let read = file
                    .read(&mut chunk)
                    .map_err(|error| unreadable(&entry.path, &error))?;
                if read == 0 {
                    break;
                }
                hash.update(&chunk[..read]);
                size += read as u64;
            }
            drop(file);
            self.settle(entry, size, hash)?;
        }
        Ok(())
    }

    fn settle(&mut self, entry: &FileEntry, size: u64, hash: Sha256) -> Result<(), Broken> {
        if size != entry.size {
            return broken(format!(
                "{} has another size than {MANIFEST} says",
                entry.path
            ));
        }
        if hex::encode(hash.finalize()) != entry.sha256 {
            return broken(format!(
                "{} was changed: its hash is not the one in {MANIFEST}",
                entry.path
            ));
        }
        self.checked.insert(entry.path.clone());
        Ok(())
    }

    fn file(&mut self, path: &str) -> Result<impl Read + '_, Broken> {
        let file = self
            .zip
            .by_name(path)
            .map_err(|error| Broken(format!("{path} cannot be read: {error}")))?;
        match file.is_symlink() || file.is_dir() || file.encrypted() {
            true => broken(format!("{path} is no plain file")),
            false => Ok(file),
        }
    }
}

fn entry<'a>(manifest: &'a Manifest, path: &str) -> Result<&'a FileEntry, Broken> {
    let found = manifest.files.iter().find(|file| file.path == path);
    found.ok_or_else(|| Broken(format!("{path} is missing")))
}

fn whole(file: impl Read, path: &str, limit: u64) -> Result<Vec<u8>, Broken> {
    let mut text = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut text)
        .map_err(|error| unreadable(path, &error))?;
    if text.len() as u64 > limit {
        return broken(format!("{path} is larger than {limit} bytes"));
    }
    Ok(text)
}

fn unreadable(path: &str, error: &io::Error) -> Broken {
    Broken(format!("{path} was changed or cut off: {error}"))
}

fn known(path: &str) -> bool {
    ALWAYS.contains(&path) || path.starts_with(BLOBS) || path.starts_with(SUITES)
}

/// One or two plain words with a slash between them.
fn harmless(path: &str) -> bool {
    let plain = |word: &str| {
        !word.is_empty()
            && !word.starts_with('.')
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    match path.split_once('/') {
        Some((folder, name)) => plain(folder) && plain(name),
        None => plain(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_harmless() {
        for good in ["index.html", "blobs/0a.jpg", "suites/0193-x.txt"] {
            assert!(harmless(good), "{good}");
        }
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "blobs/../../x",
            "a/b/c",
            "..",
            "a\\b",
            "C:x",
            "blobs/",
            ".hidden",
            "a\0b",
        ] {
            assert!(!harmless(bad), "{bad}");
        }
    }
}
