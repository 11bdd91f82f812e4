//! The names in an archive, and where its links lead once all of it is unpacked.

use super::ArchiveError;
use std::collections::HashMap;

/// A path inside the archive as its components; empty for the archive's own folder.
pub type Parts = Vec<String>;

/// A link that leads through more links than this leads in circles.
const HOPS: u32 = 40;

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Link(String),
}

/// What lies where.
#[derive(Debug, Default)]
pub struct Names {
    kinds: HashMap<Parts, Kind>,
    files: u64,
}

/// Text without line breaks and other control characters.
pub fn printable(raw: &[u8]) -> Result<String, ArchiveError> {
    let text = std::str::from_utf8(raw).ok();
    text.filter(|text| !text.chars().any(char::is_control))
        .map(str::to_owned)
        .ok_or_else(|| ArchiveError::Unprintable(String::from_utf8_lossy(raw).into_owned()))
}

/// An entry's path, `.` and doubled slashes left out.
pub fn parse(raw: &[u8]) -> Result<Parts, ArchiveError> {
    let text = printable(raw)?;
    if text.starts_with('/') {
        return Err(ArchiveError::Absolute(text));
    }
    if text.is_empty() {
        return Err(ArchiveError::Nameless);
    }
    let parts = text.split('/').filter(|part| !matches!(*part, "" | "."));
    if parts.clone().any(|part| part == "..") {
        return Err(ArchiveError::Climbs(text));
    }
    Ok(parts.map(str::to_owned).collect())
}

impl Names {
    pub fn has_file(&self) -> bool {
        self.files > 0
    }

    pub fn folder(&mut self, path: Parts) -> Result<(), ArchiveError> {
        match self.kinds.get(&path) {
            None => {
                self.kinds.insert(path, Kind::Folder);
                Ok(())
            }
            Some(Kind::Folder) => Ok(()),
            Some(Kind::File | Kind::Link(_)) => Err(ArchiveError::Twice(path.join("/"))),
        }
    }

    pub fn file(&mut self, path: Parts) -> Result<(), ArchiveError> {
        self.files += 1;
        self.once(path, Kind::File)
    }

    pub fn link(&mut self, path: Parts, target: String) -> Result<(), ArchiveError> {
        self.once(path, Kind::Link(target))
    }

    /// Only to a file that came before; `tar` would make it from whatever lies at that path.
    pub fn hard_link(&mut self, path: Parts, target: &str) -> Result<(), ArchiveError> {
        let out = || ArchiveError::LinkOut {
            link: path.join("/"),
            target: target.to_owned(),
        };
        let parts = parse(target.as_bytes()).map_err(|_| out())?;
        if self.kinds.get(&parts) != Some(&Kind::File) {
            return Err(out());
        }
        self.file(path)
    }

    fn once(&mut self, path: Parts, kind: Kind) -> Result<(), ArchiveError> {
        if path.is_empty() {
            return Err(ArchiveError::Nameless);
        }
        match self.kinds.insert(path.clone(), kind) {
            None => Ok(()),
            Some(_) => Err(ArchiveError::Twice(path.join("/"))),
        }
    }

    /// Once all are known: nothing lies beyond a link, and no link leads out.
    pub fn check_links(&self) -> Result<(), ArchiveError> {
        for (path, kind) in &self.kinds {
            for end in 1..path.len() {
                if let Some(Kind::Link(_)) = self.kinds.get(&path[..end]) {
                    return Err(ArchiveError::ThroughLink {
                        path: path.join("/"),
                        link: path[..end].join("/"),
                    });
                }
            }
            if let Kind::Link(target) = kind {
                let mut hops = 0;
                let parent = path[..path.len() - 1].to_vec();
                if self.follow(parent, target, &mut hops).is_none() {
                    return Err(ArchiveError::LinkOut {
                        link: path.join("/"),
                        target: target.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Where `target` leads from folder `at`, link by link as the node's kernel will; `None`: out, or in circles.
    fn follow(&self, mut at: Parts, target: &str, hops: &mut u32) -> Option<Parts> {
        *hops += 1;
        if *hops > HOPS || target.starts_with('/') || target.is_empty() {
            return None;
        }
        for part in target.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    at.pop()?;
                }
                name => {
                    at.push(name.to_owned());
                    if let Some(Kind::Link(next)) = self.kinds.get(&at) {
                        at.pop();
                        at = self.follow(at, next, hops)?;
                    }
                }
            }
        }
        Some(at)
    }
}
