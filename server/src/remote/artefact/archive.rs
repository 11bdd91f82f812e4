//! What a release's `.tar.gz` holds, looked at before it is registered: nothing in it may reach outside its own
//! folder or surprise the node that unpacks it.
//!
//! `tar` on the node has guards of its own; ours come first, so that a person reads the reason at registration and
//! not in the middle of a deployment.

use app::model::trouble::Trouble;
use flate2::read::MultiGzDecoder;
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};
use tar::{Archive as Tar, Entry, EntryType};

/// The names seen so far, and where links lead.
mod names;

/// Readers that count, hash and stop.
mod meter;

use meter::{Allowance, Hashing, Metered};
use names::Names;

/// What was found in a sound archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Lower-case hex, of the compressed file.
    pub sha256: String,
    pub size: u64,
    pub entries: u64,
    /// Bytes of all files together.
    pub unpacked_size: u64,
}

/// Where plenty becomes a bomb.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub unpacked: u64,
    pub entries: u64,
    /// Unpacked bytes per packed byte, counted beyond the first 64 MB.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unpacked: 4 << 30,
            entries: 200_000,
            ratio: 200,
        }
    }
}

/// Below this nothing is called a bomb.
const HARMLESS: u64 = 64 << 20;
/// Names and attributes of one entry.
const HEADER_LIMIT: u64 = 1 << 20;

/// Why a file cannot be a release.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("it is no gzip-compressed tar archive")]
    NoArchive,
    #[error("it ends in the middle: the file is truncated or damaged")]
    Truncated,
    #[error("it is empty: there is no file in it")]
    Empty,
    #[error("`{0}` climbs out of the release's folder")]
    Climbs(String),
    #[error("`{0}` is an absolute path")]
    Absolute(String),
    #[error("the link `{link}` leads out of the release, to `{target}`")]
    LinkOut { link: String, target: String },
    #[error("`{path}` lies beyond the link `{link}`")]
    ThroughLink { path: String, link: String },
    #[error("`{0}` is in it twice")]
    Twice(String),
    #[error("`{path}` is a {kind}, neither file, folder nor link")]
    Special { path: String, kind: &'static str },
    #[error("`{0}` would run with its owner's rights (setuid or setgid)")]
    SetId(String),
    #[error("the name {0:?} holds a line break, a control character or no UTF-8")]
    Unprintable(String),
    #[error("it holds an entry without a name")]
    Nameless,
    #[error("it has more than {0} entries")]
    TooMany(u64),
    #[error("it unpacks to more than {0} MB")]
    TooLarge(u64),
    #[error("it unpacks to more than {0} times its size")]
    Bomb(u64),
    #[error("it could not be read: {0}")]
    Unreadable(#[source] io::Error),
}

impl ArchiveError {
    /// The sentence for whoever wanted to register `file`.
    pub fn trouble(&self, file: &str) -> Trouble {
        Trouble::new(format!("`{file}` cannot be a release: {self}."))
            .stands("Nothing was registered.")
            .remedy(match self {
                Self::NoArchive | Self::Truncated => {
                    "Make it with `tar -czf`, and see that it was copied whole."
                }
                Self::Unreadable(_) => "See that the file is there and may be read.",
                Self::Empty => "Pack the release's files, not an empty folder.",
                Self::TooMany(_) | Self::TooLarge(_) | Self::Bomb(_) => {
                    "Leave out what the application does not need to run."
                }
                Self::Climbs(_)
                | Self::Absolute(_)
                | Self::LinkOut { .. }
                | Self::ThroughLink { .. }
                | Self::Twice(_)
                | Self::Special { .. }
                | Self::SetId(_)
                | Self::Unprintable(_)
                | Self::Nameless => {
                    "Pack it anew from the release's own folder, without what is named here."
                }
            })
    }
}

/// Looks through the file at `path`. Blocks; a large archive takes seconds.
pub fn inspect_file(path: &Path) -> Result<Archive, ArchiveError> {
    inspect(
        File::open(path).map_err(ArchiveError::Unreadable)?,
        Limits::default(),
    )
}

/// Reads `packed` to its end and tells what is in it, or the first reason against it.
pub fn inspect(packed: impl Read, limits: Limits) -> Result<Archive, ArchiveError> {
    let allowance = Allowance::new(limits);
    let mut hashing = Hashing::new(packed, allowance.clone());
    let mut head = [0; 2];
    match hashing.read_exact(&mut head) {
        Ok(()) if head == [0x1f, 0x8b] => {}
        Ok(()) => return Err(ArchiveError::NoArchive),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(ArchiveError::NoArchive);
        }
        Err(error) => return Err(ArchiveError::Unreadable(error)),
    }
    let unzipped = MultiGzDecoder::new(head.chain(&mut hashing));
    let mut metered = Metered::new(unzipped, allowance.clone());
    let found = look(&mut metered, &allowance, limits).and_then(|found| {
        // to the very end: the checksum of the compression lies there
        allowance.grant(u64::MAX);
        match io::copy(&mut metered, &mut io::sink()) {
            Ok(_) => Ok(found),
            Err(error) => Err(allowance.reason(error)),
        }
    });
    drop(metered);
    let (entries, unpacked_size) = found?;
    let (sha256, size) = hashing.finish();
    Ok(Archive {
        sha256,
        size,
        entries,
        unpacked_size,
    })
}

fn look(
    unzipped: &mut impl Read,
    allowance: &Allowance,
    limits: Limits,
) -> Result<(u64, u64), ArchiveError> {
    let mut tar = Tar::new(unzipped);
    let mut names = Names::default();
    let (mut entries, mut unpacked) = (0, 0);
    allowance.grant(HEADER_LIMIT);
    let all = tar.entries().map_err(|error| allowance.reason(error))?;
    for entry in all {
        let mut entry = entry.map_err(|error| {
            if entries == 0 && allowance.is_silent() {
                not_tar(error)
            } else {
                allowance.reason(error)
            }
        })?;
        entries += 1;
        if entries > limits.entries {
            return Err(ArchiveError::TooMany(limits.entries));
        }
        unpacked += judge(&mut entry, &mut names)?;
        // read here, so that the next header has an allowance of its own
        allowance.grant(entry.size().saturating_add(HEADER_LIMIT));
        io::copy(&mut entry, &mut io::sink()).map_err(|error| allowance.reason(error))?;
        allowance.grant(HEADER_LIMIT);
    }
    names.check_links()?;
    if names.has_file() {
        Ok((entries, unpacked))
    } else {
        Err(ArchiveError::Empty)
    }
}

/// The first header is wrong: something else was compressed, or nothing whole.
fn not_tar(error: io::Error) -> ArchiveError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ArchiveError::Truncated,
        _ => ArchiveError::NoArchive,
    }
}

/// Takes one entry into `names` and returns its size as a file.
fn judge(entry: &mut Entry<impl Read>, names: &mut Names) -> Result<u64, ArchiveError> {
    let kind = entry.header().entry_type();
    if kind == EntryType::XGlobalHeader {
        // `git archive` writes its commit into one; anything else in it would rename what follows
        let mut text = Vec::new();
        let read = entry.take(HEADER_LIMIT).read_to_end(&mut text);
        let only_comment = tar::PaxExtensions::new(&text)
            .all(|pair| pair.is_ok_and(|pair| pair.key_bytes() == b"comment"));
        return match read {
            Ok(_) if only_comment => Ok(0),
            Ok(_) => Err(ArchiveError::Special {
                path: "pax_global_header".to_owned(),
                kind: "global header",
            }),
            Err(_) => Err(ArchiveError::Truncated),
        };
    }
    let raw = entry.path_bytes().into_owned();
    let shown = String::from_utf8_lossy(&raw).into_owned();
    let path = names::parse(&raw)?;
    if let Some(kind) = special(kind, entry) {
        return Err(ArchiveError::Special { path: shown, kind });
    }
    let mode = entry.header().mode().unwrap_or(0);
    if mode & 0o6000 != 0 {
        return Err(ArchiveError::SetId(shown));
    }
    let target = match kind {
        EntryType::Symlink | EntryType::Link => {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            Some(names::printable(&target)?)
        }
        _ => None,
    };
    match (kind, target) {
        (EntryType::Directory, _) => names.folder(path)?,
        (EntryType::Symlink, Some(target)) => names.link(path, target)?,
        (EntryType::Link, Some(target)) => names.hard_link(path, &target)?,
        _ => names.file(path)?,
    }
    Ok(entry.size())
}

/// What this entry is if it must not be in a release.
fn special(kind: EntryType, entry: &mut Entry<impl Read>) -> Option<&'static str> {
    let sparse = match entry.pax_extensions() {
        Ok(Some(pairs)) => pairs
            .flatten()
            .any(|pair| pair.key_bytes().starts_with(b"GNU.sparse.")),
        _ => false,
    };
    match kind {
        EntryType::Regular | EntryType::Continuous if sparse => Some("sparse file"),
        EntryType::Regular
        | EntryType::Continuous
        | EntryType::Directory
        | EntryType::Symlink
        | EntryType::Link => None,
        EntryType::Char | EntryType::Block => Some("device"),
        EntryType::Fifo => Some("fifo"),
        EntryType::GNUSparse => Some("sparse file"),
        _ => Some("special entry"),
    }
}

#[cfg(test)]
mod tests;
