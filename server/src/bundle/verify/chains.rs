//! Journal and audit history: chains of hashes, and what links them.

use super::{
    super::{
        manifest::*,
        named::{self, Named},
    },
    Broken, Journal, broken,
    container::Container,
};
use app::model::deployment::DeploymentState;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::{Read, Seek};

/// Recomputes the journal's chain from its exact texts.
pub fn journal<R: Read + Seek>(
    container: &mut Container<R>,
    manifest: &Manifest,
    named: &mut Named,
) -> Result<Journal, Broken> {
    let mut hash = Sha256::digest(manifest.deployment.to_string()).to_vec();
    let mut events = 0;
    let (mut plan, mut state) = (Value::Null, DeploymentState::Queued);
    container.lines(manifest, JOURNAL, |number, line| {
        let link = link(JOURNAL, number, line)?;
        let mut event: Value = canon(JOURNAL, number, &link)?;
        events += 1;
        if event["seq"].as_u64() != Some(events) {
            return broken(format!("{JOURNAL}: line {number} is not event {events}: one was moved, added or left out"));
        }
        hash = chained(&hash, &link.canon);
        if hex::encode(&hash) != link.hash {
            return broken(format!("{JOURNAL}: event {events} was changed: its hash does not fit its text and the event before"));
        }
        named::in_event(&event, named);
        if event["kind"] == "planned" {
            plan = event["plan"].take();
        }
        if event["kind"] == "became" {
            state = serde_json::from_value(event["state"].take()).map_err(|error| {
                Broken(format!("{JOURNAL}: event {events} makes no sense: {error}"))
            })?;
        }
        Ok(())
    })?;
    if events != manifest.events || hex::encode(&hash) != manifest.journal_hash {
        return broken(format!(
            "{JOURNAL} ends at event {events}, and {MANIFEST} says {} with another hash: the end was cut off or changed",
            manifest.events
        ));
    }
    if plan["deployment"] != manifest.deployment.to_string().as_str() {
        return broken(format!("{JOURNAL} is the journal of another deployment"));
    }
    Ok(Journal { plan, state })
}

/// What the audit entries come to.
pub struct Audit {
    pub entries: usize,
    pub vouched_by: Option<u64>,
    /// Every hash that is known, with its place in the history.
    hashes: Vec<(u64, String)>,
}

impl Audit {
    /// Where in the history `head` is.
    pub fn place_of(&self, head: &str, manifest: &Manifest) -> Result<u64, Broken> {
        let head = head.trim().to_ascii_lowercase();
        let exported = (manifest.audit_seq, manifest.audit_hash.clone());
        let found = self
            .hashes
            .iter()
            .chain([&exported])
            .find(|(_, hash)| *hash == head);
        match found {
            Some((seq, _)) => Ok(*seq),
            None => broken(format!(
                "the head {head} is none of this bundle's: the audit history was at {} when it was exported",
                manifest.audit_hash
            )),
        }
    }
}

/// Every entry fits its hash and the one before, and that of the deployment's end names this journal.
pub fn audit<R: Read + Seek>(
    container: &mut Container<R>,
    manifest: &Manifest,
    journal: &Journal,
) -> Result<Audit, Broken> {
    let mut audit = Audit {
        entries: 0,
        vouched_by: None,
        hashes: Vec::new(),
    };
    let mut last: Option<(u64, String)> = None;
    container.lines(manifest, AUDIT, |number, line| {
        let link = link(AUDIT, number, line)?;
        let entry: Value = canon(AUDIT, number, &link)?;
        let wrong = |why: &str| Broken(format!("{AUDIT}: line {number} {why}"));
        let seq = entry["seq"].as_u64().ok_or_else(|| wrong("has no number"))?;
        let before = link.before.as_deref().ok_or_else(|| wrong("does not say the hash before it"))?;
        let bytes = hex::decode(before).map_err(|_| wrong("has a hash before it that is none"))?;
        if hex::encode(chained(&bytes, &link.canon)) != link.hash {
            return broken(format!("{AUDIT}: entry {seq} was changed: its hash does not fit its text and the entry before"));
        }
        if let Some((known, hash)) = &last {
            if seq <= *known {
                return broken(format!("{AUDIT}: entry {seq} comes after {known}: one was moved or added"));
            }
            if seq == known + 1 && before != hash {
                return broken(format!("{AUDIT}: entry {seq} does not follow from entry {known}"));
            }
        }
        if seq > manifest.audit_seq || (seq == manifest.audit_seq && link.hash != manifest.audit_hash) {
            return broken(format!("{AUDIT}: entry {seq} does not fit the head that {MANIFEST} names"));
        }
        if entry["action"] == "deployment.ended" && entry["detail"]["deployment"] == manifest.deployment.to_string().as_str() {
            let detail = &entry["detail"];
            if detail["events"] != manifest.events || detail["journal_hash"] != manifest.journal_hash.as_str() {
                return broken(format!("{AUDIT}: entry {seq} vouches for another journal than this one"));
            }
            audit.vouched_by = Some(seq);
        }
        audit.entries += 1;
        if seq > 1 {
            audit.hashes.push((seq - 1, before.to_owned()));
        }
        audit.hashes.push((seq, link.hash.clone()));
        last = Some((seq, link.hash));
        Ok(())
    })?;
    if journal.state.is_over() && audit.vouched_by.is_none() {
        return broken(format!(
            "{AUDIT}: the deployment has ended, and no entry vouches for its journal"
        ));
    }
    Ok(audit)
}

fn link(path: &str, number: usize, line: &[u8]) -> Result<Link, Broken> {
    serde_json::from_slice(line)
        .map_err(|error| Broken(format!("{path}: line {number} makes no sense: {error}")))
}

fn canon(path: &str, number: usize, link: &Link) -> Result<Value, Broken> {
    serde_json::from_str(&link.canon).map_err(|error| {
        Broken(format!(
            "{path}: the text in line {number} makes no sense: {error}"
        ))
    })
}

fn chained(before: &[u8], canon: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(canon);
    hash.finalize().to_vec()
}
