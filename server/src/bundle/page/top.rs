//! What it comes to, and what failed.

use super::{Shown, fact, text};
use app::model::{deployment::DeploymentState, journal::VisitorReport, live::words::thousands};

pub fn top(shown: &Shown<'_>) -> String {
    let (plan, record, evidence) = (shown.plan, shown.record, shown.evidence);
    let (class, sign) = mark(record.state);
    let review = evidence.review_line();
    let review = match review.as_str() {
        "" => String::new(),
        words => format!("<p>{}</p>", text(words)),
    };
    let facts = [
        Some(fact("Release", &release(shown))),
        Some(fact("Asked by", &plan.asked_by)),
        plan.reason.as_deref().map(|reason| fact("Reason", reason)),
        Some(fact("Began", &when(&record.started_at))),
        record
            .ended_at
            .as_deref()
            .map(|at| fact("Ended", &when(at))),
        Some(fact("Nodes", &nodes(shown))),
        shown
            .visitors
            .or(record.visitors.as_ref())
            .map(|report| fact("Visitors", &visitors(report))),
    ];
    let facts: String = facts.into_iter().flatten().collect();
    format!(
        "<header><p class=\"eyebrow\">Evidence of {}</p>\n<h1>{}</h1>\n\
         <p class=\"state {class}\"><b aria-hidden=\"true\">{sign}</b> {}</p>\n\
         <p class=\"lead\">{}</p>{review}\n<dl>{facts}</dl></header>\n{}",
        text(&plan.title()),
        text(&evidence.headline()),
        record.state.word(),
        text(&record.why),
        failure(shown),
    )
}

fn mark(state: DeploymentState) -> (&'static str, &'static str) {
    match state {
        DeploymentState::Succeeded => ("good", "✓"),
        DeploymentState::Undone | DeploymentState::Halted => ("bad", "✕"),
        DeploymentState::Aborted | DeploymentState::Aborting | DeploymentState::Undoing => {
            ("warn", "!")
        }
        DeploymentState::Queued
        | DeploymentState::Preparing
        | DeploymentState::Rolling
        | DeploymentState::Held => ("quiet", "…"),
    }
}

fn release(shown: &Shown<'_>) -> String {
    let release = &shown.plan.release;
    let commit = match &release.commit {
        Some(commit) => format!(", commit {commit}"),
        None => String::new(),
    };
    format!("{}{commit}, artefact {}", release.version, release.sha256)
}

fn nodes(shown: &Shown<'_>) -> String {
    let names: Vec<_> = shown
        .record
        .nodes
        .iter()
        .map(|node| node.name.as_str())
        .collect();
    match names.as_slice() {
        [first @ .., _] if names.len() > 12 => {
            format!("{} and {} more", first[..10].join(", "), names.len() - 10)
        }
        names => names.join(", "),
    }
}

fn visitors(report: &VisitorReport) -> String {
    format!(
        "{} requests while it ran, {} failed, longest time without an answer {} ms, median {:.0} ms, 99 of 100 within {:.0} ms",
        thousands(report.requests),
        thousands(report.failed),
        thousands(report.longest_gap_ms),
        report.p50_ms,
        report.p99_ms
    )
}

fn failure(shown: &Shown<'_>) -> String {
    let Some(failure) = &shown.record.failure else {
        return String::new();
    };
    let trouble = &failure.trouble;
    let part = |words: &str| match words {
        "" => String::new(),
        words => format!("<p>{}</p>", text(words)),
    };
    let detail = trouble.detail.as_deref().map_or(String::new(), |detail| {
        format!("<pre tabindex=\"0\">{}</pre>", text(detail))
    });
    format!(
        "<section class=\"card bad\"><h2>Failed: {} on {}</h2><p class=\"lead\">{}</p>{}{}{detail}</section>\n",
        failure.stage,
        text(failure.node.as_str()),
        text(&trouble.what),
        part(&trouble.stands),
        part(&trouble.remedy),
    )
}

/// `2026-11-23 14:02:11 UTC`
pub fn when(at: &str) -> String {
    match (at.get(..10), at.get(11..19)) {
        (Some(day), Some(clock)) => format!("{day} {clock} UTC"),
        _ => at.to_owned(),
    }
}
