//! `pitlane audit`, `pitlane audit verify`.

use super::{
    Ended,
    args::{AuditArgs, AuditVerb},
    client::{Client, Failed},
    table::columns,
};
use app::model::{audit::AuditEntry, view::AuditPage};
use serde::Deserialize;

const BROKEN: Ended = Ended(1);

#[derive(Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
enum Verdict {
    Whole { entries: u64, head: String },
    Broken { seq: u64, why: String },
}

pub async fn run(args: AuditArgs) -> Result<Ended, Failed> {
    if let Some(AuditVerb::Verify { reach }) = &args.verb {
        return verify(&Client::new(reach)?).await;
    }
    let client = Client::new(&args.reach)?;
    let mut entries: Vec<AuditEntry> = Vec::new();
    let mut before = None;
    while entries.len() < args.limit {
        let page: AuditPage = client.get(&address(&args, before)).await?;
        let more = page.more;
        entries.extend(page.entries);
        if more.is_none() {
            break;
        }
        before = more;
    }
    entries.truncate(args.limit);
    if args.json {
        for entry in &entries {
            println!(
                "{}",
                serde_json::to_string(entry).expect("an entry becomes JSON")
            );
        }
    } else {
        for line in columns(&entries.iter().map(row).collect::<Vec<_>>()) {
            println!("{line}");
        }
    }
    Ok(Ended::WELL)
}

fn address(args: &AuditArgs, before: Option<u64>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let before = before.map(|seq| seq.to_string());
    for (key, value) in [
        ("actor", &args.actor),
        ("action", &args.action),
        ("before", &before),
    ] {
        if let Some(value) = value {
            query.append_pair(key, value);
        }
    }
    format!("/audit?{}", query.finish())
}

fn row(entry: &AuditEntry) -> Vec<String> {
    let reason = entry
        .reason
        .as_ref()
        .map(|reason| format!(" Reason: {reason}"));
    vec![
        entry.seq.to_string(),
        entry.at.full(),
        entry.actor.clone(),
        entry.subject.clone(),
        format!("{}{}", entry.words, reason.unwrap_or_default()),
    ]
}

async fn verify(client: &Client) -> Result<Ended, Failed> {
    match client.get("/audit/verify").await? {
        Verdict::Whole { entries, head } => {
            println!(
                "The audit history is whole: {entries} entries. Keep this head elsewhere: {head}"
            );
            Ok(Ended::WELL)
        }
        Verdict::Broken { seq, why } => {
            println!("The audit history was tampered with: entry {seq}: {why}.");
            Ok(BROKEN)
        }
    }
}
