//! What visitors felt, as the pool's prober counted it.

use super::Page;
use crate::{
    components::status::status,
    model::{journal::VisitorReport, live::words::thousands, mark::Mark},
};
use leptos::prelude::*;

pub fn visitors(page: Page) -> impl IntoView {
    let report = Memo::new(move |_| page.live.with(|live| live.visitors));
    let watched = move || {
        page.live
            .with(|live| live.plan.as_ref().is_some_and(|plan| plan.watched))
    };
    view! {
        <section class="card" aria-labelledby="h-visitors">
            <header>
                <h2 id="h-visitors">"Visitors"</h2>
                {move || verdict(report.get(), watched())}
            </header>
            <dl class="figures">
                {move || {
                    let r = report.get();
                    let show = |value: fn(&VisitorReport) -> String| r.as_ref().map_or_else(|| "–".to_owned(), value);
                    [
                        ("Requests", show(|r| thousands(r.requests))),
                        ("Failed", show(|r| thousands(r.failed))),
                        ("Longest gap", show(|r| format!("{} ms", thousands(r.longest_gap_ms)))),
                        ("Half within", show(|r| format!("{} ms", r.p50_ms.round() as u64))),
                        ("99 % within", show(|r| format!("{} ms", r.p99_ms.round() as u64))),
                    ]
                        .map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
                        .into_iter()
                        .collect_view()
                }}
            </dl>
        </section>
    }
}

fn verdict(report: Option<VisitorReport>, watched: bool) -> impl IntoView {
    match report {
        Some(r) if r.failed == 0 => status(
            Mark::Done,
            format!("0 of {} requests failed", thousands(r.requests)),
        ),
        Some(r) => status(
            Mark::Fail,
            format!(
                "{} of {} requests failed",
                thousands(r.failed),
                thousands(r.requests)
            ),
        ),
        None if watched => status(Mark::Wait, "no report yet".to_owned()),
        None => status(Mark::Wait, "no prober is set up for this pool".to_owned()),
    }
}
