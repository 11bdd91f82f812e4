//! Who did what; append-only, and each entry's hash covers the one before. The last hash of every deployment's
//! journal is part of the chain: the database adds it when a deployment ends.

use super::{
    journal::{Chain, Verdict},
    row::{Row, clean, json_of},
};
use app::model::{
    access::Actor,
    audit::AuditEntry,
    view::{AuditFilter, AuditPage},
};
use futures::TryStreamExt;
use serde::Deserialize;
use sqlx::{PgExecutor, PgPool};

/// What somebody did, before it has its place in the history.
#[derive(Debug, Clone, Default)]
pub struct Act<'a> {
    /// Dotted verb: `deployment.started`.
    pub action: &'a str,
    /// `production/shop`, `user ann`.
    pub subject: &'a str,
    /// One sentence.
    pub words: &'a str,
    pub reason: Option<&'a str>,
    /// Before and after, where something changed. No secrets.
    pub detail: Option<serde_json::Value>,
}

/// Belongs into the transaction of the act itself. The history's head stays locked until that ends: append last.
pub async fn append(
    executor: impl PgExecutor<'_>,
    actor: &Actor,
    act: Act<'_>,
) -> sqlx::Result<u64> {
    let canon = sqlx::query_scalar!(
        r#"SELECT append_audit($1, $2, $3, $4, $5, $6, $7) AS "canon!""#,
        clean(&actor.name),
        clean(&actor.from),
        act.action,
        clean(act.subject),
        clean(act.words),
        act.reason.map(clean) as Option<String>,
        act.detail.as_ref().map(json_of) as Option<serde_json::Value>
    )
    .fetch_one(executor)
    .await?;
    let row: Canon = Row::new("audit_entries", &act.action).parsed("canon", &canon)?;
    Ok(row.seq)
}

/// An entry's exact text.
#[derive(Deserialize)]
struct Canon {
    seq: u64,
    at: app::model::time::Timestamp,
    actor: String,
    from: String,
    action: String,
    subject: String,
    words: String,
    reason: Option<String>,
    detail: Option<serde_json::Value>,
}

/// Entries that fit `filter`, newest first, at most `limit`. An action ending in `.` fits all that begin so.
pub async fn page(
    executor: impl PgExecutor<'_>,
    filter: &AuditFilter,
    limit: u32,
) -> sqlx::Result<AuditPage> {
    let mut rows = sqlx::query!(
        "SELECT seq, canon, hash FROM audit_entries
        WHERE ($1::text IS NULL OR actor = $1)
            AND ($2::text IS NULL OR action = $2 OR right($2, 1) = '.' AND starts_with(action, $2))
            AND ($3::text IS NULL OR subject = $3)
            AND seq < $4
        ORDER BY seq DESC LIMIT $5",
        filter.actor.as_deref().map(clean) as Option<String>,
        filter.action.as_deref().map(clean) as Option<String>,
        filter.subject.as_deref().map(clean) as Option<String>,
        filter
            .before
            .and_then(|before| i64::try_from(before).ok())
            .unwrap_or(i64::MAX),
        i64::from(limit) + 1
    )
    .fetch_all(executor)
    .await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let entries = rows
        .into_iter()
        .map(|row| {
            let entry: Canon = Row::new("audit_entries", &row.seq).parsed("canon", &row.canon)?;
            Ok(AuditEntry {
                seq: entry.seq,
                at: entry.at,
                actor: entry.actor,
                from: entry.from,
                action: entry.action,
                subject: entry.subject,
                words: entry.words,
                reason: entry.reason,
                detail: entry.detail,
                hash: hex::encode(row.hash),
            })
        })
        .collect::<sqlx::Result<Vec<_>>>()?;
    Ok(AuditPage {
        more: entries.last().filter(|_| more).map(|entry| entry.seq),
        entries,
    })
}

/// Recomputes the whole chain and compares it with the head kept beside it.
pub async fn verify(pool: &PgPool) -> sqlx::Result<Verdict> {
    let head = sqlx::query!("SELECT seq, hash FROM audit_head")
        .fetch_one(pool)
        .await?;
    let mut chain = Chain::new(Vec::new());
    let mut rows = sqlx::query!(
        "SELECT seq, canon, hash FROM audit_entries WHERE seq <= $1 ORDER BY seq",
        head.seq
    )
    .fetch(pool);
    while let Some(row) = rows.try_next().await? {
        if let Err(broken) = chain.add(row.seq, &row.canon, &row.hash) {
            return Ok(broken);
        }
    }
    Ok(chain.end(head.seq, &head.hash))
}
