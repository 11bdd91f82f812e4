//! Who did what to which subject, when, why and from where.

use super::{
    address::query,
    problem::{now, page},
};
use crate::{
    api::asking,
    components::{
        frame::{Frame, Head, Section},
        when::ago,
    },
    model::{
        audit::AuditEntry,
        time::Timestamp,
        view::{AuditFilter, AuditPage as Entries},
    },
    paths,
};
use leptos::prelude::*;

#[component]
pub fn AuditPage() -> impl IntoView {
    Suspend::new(async {
        let filter = AuditFilter {
            actor: query("actor"),
            action: query("action"),
            subject: query("subject"),
            before: query("before"),
        };
        let loaded = async {
            let (gateway, actor) = asking()?;
            gateway.audit(&actor, &filter).await
        };
        page(Section::Audit, loaded.await, |entries| {
            draw(entries, filter)
        })
    })
}

fn draw(page: Entries, filter: AuditFilter) -> impl IntoView {
    let now = now();
    let filtered = filter.actor.is_some() || filter.action.is_some() || filter.subject.is_some();
    let older = page.more.map(|before| older(&filter, before));
    view! {
        <Frame title="Audit history" section=Section::Audit>
            <div class="stack">
                <Head
                    title="Audit history"
                    line="Every act of a person. Entries are chained by hash: none can be changed or left out unnoticed."
                />
                <section class="card" aria-label="Entries">
                    <form class="filter" method="get" action=paths::AUDIT role="search">
                        <label class="field"><span>"Who"</span><input name="actor" value=filter.actor.unwrap_or_default() autocomplete="off"/></label>
                        <label class="field"><span>"What"</span><input name="action" value=filter.action.unwrap_or_default() placeholder="deployment.started" autocomplete="off"/></label>
                        <label class="field"><span>"On what"</span><input name="subject" value=filter.subject.unwrap_or_default() placeholder="production/shop" autocomplete="off"/></label>
                        <button class="btn">"Filter"</button>
                        {filtered.then(|| view! { <a class="btn quiet-btn" href=paths::AUDIT>"Show all"</a> })}
                    </form>
                    {if page.entries.is_empty() {
                        let words = if filtered { "No entry matches. Try fewer words, or show all." } else { "Nobody has done anything yet." };
                        view! { <p class="pad quiet">{words}</p> }.into_any()
                    } else {
                        view! {
                            <ol class="acts">
                                {page.entries.into_iter().map(|entry| row(entry, now)).collect_view()}
                            </ol>
                        }.into_any()
                    }}
                    {older.map(|path| view! { <p class="pad"><a class="btn" href=path>"Older entries"</a></p> })}
                </section>
            </div>
        </Frame>
    }
}

fn older(filter: &AuditFilter, before: u64) -> String {
    let mut path = format!("{}?before={before}", paths::AUDIT);
    for (name, value) in [
        ("actor", &filter.actor),
        ("action", &filter.action),
        ("subject", &filter.subject),
    ] {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", escape(value)));
        }
    }
    path
}

fn escape(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'/' => {
                (b as char).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn row(entry: AuditEntry, now: Timestamp) -> impl IntoView {
    let detail = entry
        .detail
        .and_then(|d| serde_json::to_string_pretty(&d).ok());
    view! {
        <li class="act">
            <span class="act-when quiet">{ago(entry.at, now)}</span>
            <div class="act-what">
                <p>{entry.words}</p>
                {entry.reason.map(|reason| view! { <p class="quiet">{format!("Reason: {reason}")}</p> })}
                <details>
                    <summary>{format!("#{}, {}", entry.seq, entry.action)}</summary>
                    <dl class="kv">
                        <dt>"When"</dt><dd>{entry.at.full()}</dd>
                        <dt>"Who"</dt><dd>{format!("{}, from {}", entry.actor, entry.from)}</dd>
                        <dt>"On what"</dt><dd>{entry.subject.clone()}</dd>
                        <dt>"Hash"</dt><dd><code class="hash">{entry.hash}</code></dd>
                    </dl>
                    {detail.map(|detail| view! { <pre class="log" tabindex="0">{detail}</pre> })}
                </details>
            </div>
            <span class="act-on quiet" title=entry.subject.clone()>{entry.subject.clone()}</span>
        </li>
    }
}
