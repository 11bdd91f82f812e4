//! What goes into the archive, in which order. The index page comes after the pictures, for it says which are missing,
//! and the manifest last, for it has everybody's hash.

use super::{
    manifest::*,
    named::{self, Named},
    page,
    sink::{Closed, Sink, sink},
};
use crate::{
    objects::{ObjectError, Objects},
    record::DeploymentRecord,
    store::{self, audit::Act, bundle as rows},
};
use app::model::{
    access::Actor,
    deployment::{Plan, PlannedSuite},
    evidence::EvidenceView,
    journal::VisitorReport,
    time::Timestamp,
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::{collections::BTreeMap, io, pin::pin};
use tokio_util::bytes::Bytes;

/// Blobs that are opened ahead.
const AHEAD: usize = 8;
const CHUNKS: u32 = 100;

/// What the gateway has put together already, and may be shown.
pub struct Material {
    pub plan: Box<Plan>,
    pub record: DeploymentRecord,
    pub evidence: EvidenceView,
    pub visitors: Option<VisitorReport>,
    pub now: Timestamp,
    pub actor: Actor,
    /// How many events, and the hash of the last.
    pub head: (u64, Vec<u8>),
    pub pool: PgPool,
    pub objects: Objects,
}

#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error(transparent)]
    Closed(#[from] Closed),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Objects(#[from] ObjectError),
    #[error("an event is no JSON")]
    Event(#[from] serde_json::Error),
}

/// The archive, as it is made. It ends in an error if it cannot be made to its end.
pub fn export(material: Material) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let (sink, out) = sink(date(material.now));
    tokio::spawn(async move {
        let title = material.plan.title();
        match write(&material, sink).await {
            // whoever asked went away
            Ok(()) | Err(ExportError::Closed(_)) => {}
            Err(error) => tracing::error!(
                deployment = title,
                error = format!("{:#}", anyhow::Error::from(error)),
                "the evidence could not be exported"
            ),
        }
    });
    out
}

async fn write(of: &Material, mut sink: Sink) -> Result<(), ExportError> {
    let mut named = Named::new();
    let plan = journal(of, &mut sink, &mut named).await?;
    sink.file(PLAN, pretty(&plan)).await?;
    sink.file(RECORD, pretty(&of.record)).await?;
    sink.file(COMPARISONS, pretty(&of.evidence)).await?;
    sink.file(REVIEWS, pretty(&of.evidence.reviews)).await?;
    sink.file(VISITORS, pretty(&of.visitors)).await?;
    suites(of, &mut sink).await?;
    log(of, &mut sink).await?;
    let (audit_seq, audit_hash) = rows::audit_head(&of.pool).await?;
    let audit = audit(of, &mut sink, audit_seq).await?;

    let judged = serde_json::to_value(&of.evidence)?;
    named::collect("picture", &judged, &mut named);
    let (blobs, missing) = blobs(of, &mut sink, &named).await?;

    sink.begin(INDEX, true).await?;
    let shown = page::Shown {
        plan: &of.plan,
        record: &of.record,
        evidence: &of.evidence,
        visitors: of.visitors.as_ref(),
        audit: &audit,
        blobs: &blobs,
        missing: &missing,
        now: of.now,
        by: &of.actor.name,
    };
    for part in page::parts(&shown) {
        sink.write(part).await?;
    }
    sink.close();

    let manifest = Manifest {
        format: FORMAT,
        made_by: concat!("pitlane ", env!("CARGO_PKG_VERSION")).to_owned(),
        made_at: of.now.rfc3339(),
        exported_by: of.actor.name.clone(),
        deployment: of.plan.deployment,
        environment: of.plan.environment.clone(),
        application: of.plan.application.clone(),
        number: of.plan.number,
        version: of.plan.release.version.clone(),
        state: of.record.state,
        events: of.head.0,
        journal_hash: hex::encode(&of.head.1),
        audit_seq,
        audit_hash: hex::encode(audit_hash),
        missing: missing.into_values().collect(),
        files: std::mem::take(&mut sink.files),
    };
    let text = pretty(&manifest);
    // before its last bytes leave: no whole archive without its hash in the history
    seal(of, &text).await?;
    sink.file(MANIFEST, text).await?;
    sink.end().await?;
    Ok(())
}

/// Returns the plan as it was written down: a later version may know fields that it has not.
async fn journal(of: &Material, sink: &mut Sink, named: &mut Named) -> Result<Value, ExportError> {
    let mut plan = Value::Null;
    sink.begin(JOURNAL, true).await?;
    let mut events = pin!(rows::journal(&of.pool, of.plan.deployment, of.head.0));
    while let Some(event) = events.try_next().await? {
        let mut fact: Value = serde_json::from_str(&event.canon)?;
        named::in_event(&fact, named);
        if fact["kind"] == "planned" {
            plan = fact["plan"].take();
        }
        sink.write(line(None, event)?).await?;
    }
    sink.close();
    Ok(plan)
}

/// Returns them for the page.
async fn audit(of: &Material, sink: &mut Sink, until: u64) -> Result<Vec<String>, ExportError> {
    let mut shown = Vec::new();
    sink.begin(AUDIT, true).await?;
    let plan = &of.plan;
    let mut entries = pin!(rows::audit(
        &of.pool,
        &plan.pool_name(),
        plan.deployment,
        plan.number,
        until
    ));
    while let Some((before, entry)) = entries.try_next().await? {
        shown.push(entry.canon.clone());
        sink.write(line(Some(hex::encode(before)), entry)?).await?;
    }
    sink.close();
    Ok(shown)
}

fn line(before: Option<String>, canon: rows::Canon) -> serde_json::Result<String> {
    let link = Link {
        before,
        hash: hex::encode(canon.hash),
        canon: canon.canon,
    };
    Ok(serde_json::to_string(&link)? + "\n")
}

async fn suites(of: &Material, sink: &mut Sink) -> Result<(), ExportError> {
    let before = of
        .plan
        .nodes
        .iter()
        .filter_map(|planned| planned.before.as_ref()?.suite.as_ref());
    let used: BTreeMap<String, &PlannedSuite> = of
        .plan
        .suite
        .iter()
        .chain(before)
        .map(|suite| (suite.revision.to_string(), suite))
        .collect();
    for (revision, suite) in used {
        if let Some(text) = rows::suite_text(&of.pool, suite.revision).await? {
            sink.file(&format!("{SUITES}{revision}.txt"), text).await?;
        }
    }
    Ok(())
}

async fn log(of: &Material, sink: &mut Sink) -> Result<(), ExportError> {
    sink.begin(LOG, true).await?;
    let mut after = 0;
    loop {
        let chunks = store::logs::after(&of.pool, of.plan.deployment, after, CHUNKS).await?;
        let Some(last) = chunks.last() else { break };
        after = last.id;
        for chunk in &chunks {
            let node = of
                .plan
                .node(chunk.node)
                .map(|planned| planned.node.name.as_str());
            let head = format!(
                "--- {} {} {}\n",
                chunk.at.full(),
                node.unwrap_or("unknown node"),
                chunk.work
            );
            let end = if chunk.text.ends_with('\n') { "" } else { "\n" };
            sink.write(format!("{head}{}{end}", chunk.text)).await?;
        }
    }
    sink.close();
    Ok(())
}

/// By hash: where it lies in the archive, and what there is no more.
type Blobs = (BTreeMap<String, String>, BTreeMap<String, Missing>);

async fn blobs(of: &Material, sink: &mut Sink, named: &Named) -> Result<Blobs, ExportError> {
    let (mut kept, mut missing) = Blobs::default();
    let opened = stream::iter(named.clone()).map(|(sha, field)| {
        let objects = of.objects.clone();
        async move {
            let blob = objects.stream(&sha).await;
            (sha, field, blob)
        }
    });
    let mut opened = pin!(opened.buffered(AHEAD));
    while let Some((sha, field, blob)) = opened.next().await {
        let mut pieces = match blob {
            Ok(pieces) => pieces,
            Err(ObjectError::Missing(_)) => {
                let at = store::retention::removed_at(&of.pool, &sha).await?;
                let gone = Missing {
                    sha256: sha.clone(),
                    removed_at: at.map(Timestamp::rfc3339),
                };
                missing.insert(sha.clone(), gone);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let first = pieces.try_next().await?.unwrap_or_default();
        let (ending, packed) = ending(&first, &field);
        let path = format!("{BLOBS}{sha}.{ending}");
        sink.begin(&path, packed).await?;
        sink.write(first).await?;
        while let Some(piece) = pieces.try_next().await? {
            sink.write(piece).await?;
        }
        sink.close();
        kept.insert(sha.clone(), path);
    }
    Ok((kept, missing))
}

/// Of a page's source no system makes a page again: it ends in `.txt`.
fn ending(first: &[u8], field: &str) -> (&'static str, bool) {
    if first.starts_with(b"\xff\xd8\xff") {
        ("jpg", false)
    } else if first.starts_with(b"\x89PNG\r\n\x1a\n") {
        ("png", false)
    } else if field == "archive" {
        ("mhtml.txt", true)
    } else {
        ("txt", true)
    }
}

async fn seal(of: &Material, manifest: &str) -> Result<(), ExportError> {
    use sha2::{Digest, Sha256};
    let sha = hex::encode(Sha256::digest(manifest));
    let words = format!(
        "The evidence of deployment {} was handed to {} whole.",
        of.plan.title(),
        of.actor.name
    );
    let act = Act {
        action: "evidence.sealed",
        subject: &of.plan.pool_name(),
        words: &words,
        reason: None,
        detail: Some(json!({ "deployment": of.plan.deployment, "manifest": sha })),
    };
    store::audit::append(&of.pool, &of.actor, act).await?;
    Ok(())
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("model types are JSON") + "\n"
}

/// Zip knows no time before 1980.
fn date(at: Timestamp) -> zip::DateTime {
    use chrono::{DateTime, Datelike, Timelike};
    let at = DateTime::from_timestamp_millis(at.0).unwrap_or_default();
    let small = |number: u32| u8::try_from(number).unwrap_or(0);
    zip::DateTime::from_date_and_time(
        u16::try_from(at.year()).unwrap_or(1980),
        small(at.month()),
        small(at.day()),
        small(at.hour()),
        small(at.minute()),
        small(at.second()),
    )
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_picture_opens_as_more_than_text() {
        assert_eq!(ending(b"\xff\xd8\xff\xe0", "picture").0, "jpg");
        assert_eq!(ending(b"\x89PNG\r\n\x1a\n", "heat").0, "png");
        for hostile in [&b"<html><script>"[..], b"<svg onload=1>", b"MZ", b""] {
            assert_eq!(ending(hostile, "source").0, "txt");
            assert_eq!(ending(hostile, "archive").0, "mhtml.txt");
            assert_eq!(ending(hostile, "picture").0, "txt");
        }
    }
}
