//! An archive checked, with nobody else at hand: no service, no database, no network.
//!
//! Nothing is unpacked: every file is read through once, in small pieces, and no more of it than the manifest says
//! there is. So an archive that would fill the disk, or that has names like `../x`, is found out and does no harm.

/// The container: names, sizes, hashes, nothing extra.
mod container;

/// Journal and audit history: chains of hashes, and what links them.
mod chains;

use super::{
    manifest::*,
    named::{self, Named},
};
use app::model::deployment::DeploymentState;
use container::Container;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt,
    io::{Read, Seek},
};

/// The first thing that does not hold, a sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken(pub String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn broken<T>(why: impl Into<String>) -> Result<T, Broken> {
    Err(Broken(why.into()))
}

/// An archive that holds.
#[derive(Debug)]
pub struct Sound {
    pub manifest: Manifest,
    /// Of the manifest's exact text; it is in the audit history of the service.
    pub manifest_hash: String,
    /// Pictures and pages that are there.
    pub blobs: usize,
    pub entries: usize,
    /// The audit entry that vouches for the journal; `None`: the deployment had not ended.
    pub vouched_by: Option<u64>,
    /// Where in the audit history the head is that was asked for.
    pub head: Option<u64>,
}

impl Sound {
    /// What was checked, a line each.
    pub fn lines(&self) -> Vec<String> {
        let of = &self.manifest;
        let title = format!("{}/{} #{}", of.environment, of.application, of.number);
        let mut lines = vec![
            format!(
                "The evidence of {title} ({}, {}) is as it was exported by {} at {}.",
                of.version, of.state, of.exported_by, of.made_at
            ),
            format!(
                "files      {} as the manifest says, and no others",
                of.files.len()
            ),
            format!(
                "journal    {} events, chained to {}",
                of.events, of.journal_hash
            ),
        ];
        lines.push(match self.vouched_by {
            Some(seq) => format!("audit      {} entries; entry {seq} vouches for the journal", self.entries),
            None => format!(
                "audit      {} entries; the deployment had not ended, so none vouches for the journal yet",
                self.entries
            ),
        });
        lines.push(format!(
            "pictures   {} pictures and pages named there, each as its hash says",
            self.blobs
        ));
        match of.missing.len() {
            0 => {}
            n => lines.push(format!(
                "missing    {n} that the store no longer had when it was exported"
            )),
        }
        lines.push(match self.head {
            Some(seq) => {
                format!("head       the one you keep is the audit history's at entry {seq}")
            }
            None => format!(
                "head       the audit history was at entry {}: {}",
                of.audit_seq, of.audit_hash
            ),
        });
        lines.push(format!(
            "manifest   {}; compare it with the entry `evidence.sealed` of the audit history",
            self.manifest_hash
        ));
        lines
    }
}

/// Checks a whole archive. `head`: a hash of the audit history that was kept elsewhere.
pub fn verify(archive: impl Read + Seek, head: Option<&str>) -> Result<Sound, Broken> {
    let mut container = Container::open(archive)?;
    let (manifest, manifest_hash) = container.manifest()?;
    container.check_names(&manifest)?;

    let mut named = Named::new();
    let journal = chains::journal(&mut container, &manifest, &mut named)?;
    let audit = chains::audit(&mut container, &manifest, &journal)?;
    container.check_rest(&manifest)?;

    let plan: Value = container.json(&manifest, PLAN)?;
    if plan != journal.plan {
        return broken(format!(
            "{PLAN} is not the plan that the journal begins with"
        ));
    }
    let record: Value = container.json(&manifest, RECORD)?;
    if record["state"] != journal.state.word() || manifest.state != journal.state {
        return broken(format!(
            "the journal ends {}, and {RECORD} or {MANIFEST} says otherwise",
            journal.state
        ));
    }
    let comparisons: Value = container.json(&manifest, COMPARISONS)?;
    named::collect("", &comparisons, &mut named);
    let blobs = blobs(&manifest, &named)?;
    Ok(Sound {
        blobs,
        entries: audit.entries,
        vouched_by: audit.vouched_by,
        head: head
            .map(|head| audit.place_of(head, &manifest))
            .transpose()?,
        manifest,
        manifest_hash,
    })
}

/// What a journal comes to.
struct Journal {
    plan: Value,
    state: DeploymentState,
}

/// Every blob that is named is there, or is said to be missing, and there is no other.
fn blobs(manifest: &Manifest, named: &Named) -> Result<usize, Broken> {
    let mut there = BTreeSet::new();
    for file in &manifest.files {
        let Some(name) = file.path.strip_prefix(BLOBS) else {
            continue;
        };
        let sha = name.split('.').next().unwrap_or_default();
        if sha != file.sha256 {
            return broken(format!(
                "{} does not hold what its name says: its hash is {}",
                file.path, file.sha256
            ));
        }
        if !named.contains_key(sha) {
            return broken(format!(
                "{} is extra: nothing in the journal or the comparisons names it",
                file.path
            ));
        }
        if !there.insert(sha.to_owned()) {
            return broken(format!("{} is there twice", file.path));
        }
    }
    for (sha, field) in named {
        let missing = manifest
            .missing
            .iter()
            .any(|missing| missing.sha256 == *sha);
        if !missing && !there.contains(sha) {
            return broken(format!(
                "the {field} {sha} is named in the journal or the comparisons, and is not there"
            ));
        }
        if missing && there.contains(sha) {
            return broken(format!("{sha} is there, and {MANIFEST} says it is missing"));
        }
    }
    Ok(there.len())
}

#[cfg(test)]
mod tests;
