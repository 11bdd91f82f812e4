//! Who did what; what lies beside the page.

use super::{Shown, download, text};
use crate::bundle::manifest::*;
use app::model::{
    evidence::{Proxied, Review},
    time::Timestamp,
};
use serde::Deserialize;

pub fn tail(shown: &Shown<'_>) -> String {
    reviews(shown) + &connections(shown) + &audit(shown) + &files(shown)
}

/// The logs of the browsers' proxies, run by run.
fn connections(shown: &Shown<'_>) -> String {
    let runs = &shown.evidence.proxied;
    let line = |run: &Proxied| {
        let words = text(&run.words()).into_owned();
        let link = download(shown, Some(&run.proxy_log), &words);
        format!("<li>{}</li>", link.unwrap_or_default())
    };
    let lines: String = runs.iter().map(line).collect();
    match runs.is_empty() {
        true => String::new(),
        false => format!(
            "<section><h2>Connections of the browsers</h2><p class=\"quiet\">What each asked for, and which address it \
             was led to: a JSON object a line.</p><ul class=\"files\">{lines}</ul></section>\n"
        ),
    }
}

fn reviews(shown: &Shown<'_>) -> String {
    let reviews = &shown.evidence.reviews;
    if reviews.is_empty() {
        return String::new();
    }
    let row = |review: &Review| {
        format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>#{} {}, step {} of {}: {}</td><td>{}</td></tr>\n",
            review.at.full(),
            text(&review.by),
            review.verdict,
            review.deployment,
            text(review.node.as_str()),
            review.at_step.step,
            text(review.at_step.flow.as_str()),
            text(&review.words),
            text(&review.reason)
        )
    };
    let rows: String = reviews.iter().map(row).collect();
    table(
        "What people said of the pictures",
        "<th>When</th><th>Who</th><th>Verdict</th><th>Of</th><th>Reason</th>",
        &rows,
    )
}

fn audit(shown: &Shown<'_>) -> String {
    #[derive(Deserialize)]
    struct Entry {
        seq: u64,
        at: Timestamp,
        actor: String,
        words: String,
        #[serde(default)]
        reason: Option<String>,
    }
    let row = |canon: &String| {
        let entry: Entry = serde_json::from_str(canon).ok()?;
        let reason = entry
            .reason
            .map_or(String::new(), |reason| format!(" Reason: {reason}"));
        Some(format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            entry.seq,
            entry.at.full(),
            text(&entry.actor),
            text(&(entry.words + &reason))
        ))
    };
    let rows: String = shown.audit.iter().filter_map(row).collect();
    table(
        "Audit history of this deployment",
        "<th>Entry</th><th>When</th><th>Who</th><th>What</th>",
        &rows,
    )
}

fn table(title: &str, head: &str, rows: &str) -> String {
    format!(
        "<section><h2>{title}</h2><div class=\"wide\" tabindex=\"0\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>\n"
    )
}

fn files(shown: &Shown<'_>) -> String {
    let links = [
        (PLAN, "the plan it followed"),
        (JOURNAL, "every event, in the exact text its hash covers"),
        (AUDIT, "the audit entries about it, with their hashes"),
        (RECORD, "the deployment record, for scripts"),
        (
            COMPARISONS,
            "every step and what its picture was held against",
        ),
        (REVIEWS, "what people said of the pictures"),
        (VISITORS, "what the prober counted"),
        (LOG, "output of the commands on the nodes"),
        (MANIFEST, "size and hash of every file"),
    ];
    let links: String = links
        .into_iter()
        .map(|(path, words)| {
            format!("<li><a href=\"{path}\">{path}</a> <span class=\"quiet\">{words}</span></li>")
        })
        .collect();
    let missing = match shown.missing.len() {
        0 => String::new(),
        n => format!(
            "<p>{n} of the pictures and pages named in the journal were no longer in the store.</p>"
        ),
    };
    format!(
        "<section><h2>Beside this page</h2><ul class=\"files\">{links}</ul>{missing}\
         <p class=\"quiet\">Pages of the application lie in <code>blobs/</code> as text: what they contain is not ours. \
         <code>pitlane evidence verify FILE</code> checks the archive this page came in, without network.</p>\
         <p class=\"quiet\">Exported by {} on {}.</p></section>\n",
        text(shown.by),
        shown.now.full()
    )
}
