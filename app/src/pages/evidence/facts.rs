//! What happened at the step: expected, got, from whom, how long, and what the browser wrote down.

use super::Chosen;
use crate::{
    components::status::status,
    model::{
        evidence::{EvidenceView, Row},
        live::words::sentence,
        mark::Mark,
        smoke::{StepReport, StepVerdict},
        time::spoken,
    },
    paths,
};
use leptos::prelude::*;
use std::time::Duration;

pub fn card(evidence: &EvidenceView, chosen: &Chosen) -> impl IntoView + use<> {
    let Some(report) = evidence.report(chosen.spot) else {
        return view! { <section class="card pad"><p class="quiet">"This step was not run here."</p></section> }
            .into_any();
    };
    let row = evidence.row(chosen.spot);
    let (mark, got) = got(report);
    let from = from(evidence, row, report);
    let source = [
        ("Whole page", report.full_page.as_deref()),
        ("Page source", report.source.as_deref()),
        ("Page with all it loaded", report.archive.as_deref()),
    ];
    let links: Vec<_> = source
        .into_iter()
        .filter_map(|(name, sha)| {
            sha.map(|sha| view! { <a class="btn" href=paths::blob(sha)>{name}</a> })
        })
        .collect();
    let console = logged(
        "Console",
        report
            .console
            .iter()
            .map(|line| format!("{}: {}", line.level, line.text))
            .collect(),
    );
    let failed = logged(
        "Failed requests",
        report
            .failed_requests
            .iter()
            .map(|request| {
                let from = request
                    .remote
                    .as_ref()
                    .map(|remote| format!(" from {remote}"))
                    .unwrap_or_default();
                format!("{} {}{from}", request.outcome, request.url)
            })
            .collect(),
    );
    let dialogs = logged("Dialogs", report.dialogs.clone());
    let warnings: Vec<_> = report
        .warnings
        .iter()
        .map(|words| view! { <p>{status(Mark::Drain, "Warning")} " " {sentence(words)}</p> })
        .collect();
    let waits = waits(report);
    let quiet = (report.console.is_empty() && report.failed_requests.is_empty())
        .then(|| view! { <p class="quiet">"The console is empty, and no request failed."</p> });
    let sound = sound(evidence, chosen, report);
    view! {
        <section class="card" aria-labelledby="h-facts">
            <header><h2 id="h-facts">"What happened"</h2><span class="quiet">{spoken(report.took())}</span></header>
            <div class="pad stack">
                <dl class="kv">
                    <dt>"Expected"</dt><dd>{expected(report)}</dd>
                    <dt>"Got"</dt><dd class="verdict">{status(mark, got)}</dd>
                    <dt>"From"</dt><dd>{from}</dd>
                    <dt>"At"</dt><dd><code class="wrap">{report.url.clone()}</code></dd>
                    <dt>"When"</dt><dd>{report.started_at.full()}</dd>
                    {waits.map(|words| view! { <dt>"Waited"</dt><dd>{words}</dd> })}
                    {report.found_by.clone().map(|by| view! { <dt>"Found by"</dt><dd><code class="wrap">{by}</code></dd> })}
                </dl>
                {warnings}
                {sound.map(|words| view! { <p class="quiet">{words}</p> })}
                {dialogs}
                {console}
                {failed}
                {quiet}
                {(!links.is_empty()).then(|| view! { <div class="verbs">{links}</div> })}
            </div>
        </section>
    }
    .into_any()
}

/// What of its time the page took, how often it was tried, and which run of its flow this was.
fn waits(report: &StepReport) -> Option<String> {
    let time = |ms| spoken(Duration::from_millis(ms));
    let mut said = Vec::new();
    if report.waited_ms > 0 {
        said.push(format!("{} for the page to let it", time(report.waited_ms)));
    }
    if report.settled_ms > 0 {
        said.push(format!("{} for the page to rest", time(report.settled_ms)));
    }
    if report.tries > 1 {
        said.push(format!("tried {} times", report.tries));
    }
    if report.round > 1 {
        said.push(format!("round {} of its loop", report.round));
    }
    if report.attempt > 1 {
        said.push("in the flow’s second run".to_owned());
    }
    (!said.is_empty()).then(|| said.join(", "))
}

fn got(report: &StepReport) -> (Mark, String) {
    match &report.verdict {
        StepVerdict::Passed => match report.status {
            Some(status) => (Mark::Done, format!("just that, status {status}")),
            None => (Mark::Done, "just that".to_owned()),
        },
        StepVerdict::Failed(why) => {
            let got = why
                .split_once(", expected ")
                .map_or(why.as_str(), |(got, _)| got);
            (Mark::Fail, got.to_owned())
        }
        StepVerdict::Broken(why) => (Mark::Unknown, format!("our browser failed: {why}")),
    }
}

/// What goes without saying is said where it was not so.
fn expected(report: &StepReport) -> String {
    if let StepVerdict::Failed(why) = &report.verdict
        && let Some((_, expected)) = why.split_once(", expected ")
    {
        return format!("the main document {expected}");
    }
    match (&report.verdict, report.words.strip_prefix("expect ")) {
        (_, Some(expected)) => expected.to_owned(),
        (StepVerdict::Failed(_), None) => {
            format!("{}, and a main document below 400", report.words)
        }
        (StepVerdict::Passed | StepVerdict::Broken(_), None) => report.words.clone(),
    }
}

fn from(evidence: &EvidenceView, row: &Row, report: &StepReport) -> impl IntoView + use<> {
    let address = match report.answered_by.as_slice() {
        [] => evidence
            .address_of(&row.node)
            .map(|url| {
                url.trim_start_matches("http://")
                    .trim_end_matches('/')
                    .to_owned()
            })
            .unwrap_or_default(),
        answered => answered.join(", "),
    };
    let asked = report
        .answered_by
        .is_empty()
        .then_some(", not asked in this step");
    let version = row
        .version
        .as_ref()
        .map(|version| format!(", release {version}"))
        .unwrap_or_default();
    view! { <code class="wrap">{address}</code> {format!(" ({}){version}", row.node)} {asked} }
}

fn logged(title: &'static str, lines: Vec<String>) -> Option<impl IntoView> {
    (!lines.is_empty()).then(|| {
        let title = format!("{title}, {}", lines.len());
        view! { <div><h3>{title}</h3><pre class="log" tabindex="0">{lines.join("\n")}</pre></div> }
    })
}

/// The test itself is not to blame where it passes elsewhere; nor the release, where it fails there too.
fn sound(evidence: &EvidenceView, chosen: &Chosen, report: &StepReport) -> Option<String> {
    if !matches!(report.verdict, StepVerdict::Failed(_)) {
        return None;
    }
    let row = evidence.row(chosen.spot);
    if !row.taken.is_new() {
        return Some(
            "It failed on the old release: look at the test before you blame the new one."
                .to_owned(),
        );
    }
    let strip = evidence.strip(chosen.spot);
    let also = strip.rows.iter().find(|row| {
        !row.taken.is_new()
            && row.cells[chosen.spot.column]
                .report
                .as_ref()
                .is_some_and(|report| matches!(report.verdict, StepVerdict::Failed(_)))
    });
    if let Some(also) = also {
        return Some(format!(
            "The same step failed on {} on the old release too: look at the test first.",
            also.node
        ));
    }
    let other = evidence.sound_elsewhere(chosen.spot)?;
    let version = other
        .version
        .as_ref()
        .map(|version| format!(" ({version})"));
    let when = other
        .began()
        .filter(|_| other.earlier.is_none())
        .map(|began| {
            let (own, other) = (report.started_at, began);
            match other > own {
                true => format!(" {} later", spoken(other.since(own))),
                false => format!(" {} earlier", spoken(own.since(other))),
            }
        });
    Some(format!(
        "The same flow passed on {}{}{}, so the test itself is sound.",
        other.node,
        version.unwrap_or_default(),
        when.unwrap_or_default()
    ))
}
