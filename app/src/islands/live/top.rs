//! Headline, verbs, what went wrong.

use super::{Feed, Page, verbs};
use crate::{
    components::{sentence::sentence, status::status, trouble::trouble},
    model::{
        deployment::DeploymentState,
        live::{Live, Mishap, words::capital},
        mark::Mark,
        stage::Pass,
        time::spoken,
        trouble::FailureClass,
    },
    paths,
};
use leptos::prelude::*;

pub fn top(page: Page) -> impl IntoView {
    let headline = move || {
        let (now, viewer) = (page.now.get(), page.viewer.get_value());
        page.live
            .with(|live| sentence(live.headline(&viewer, now, page.usual)))
    };
    // read out only when the words change, not with every tick of the clock
    let spoken = Memo::new(move |_| {
        page.live.with(|live| {
            let viewer = page.viewer.get_value();
            live.headline(&viewer, live.started_at, None).plain()
        })
    });
    view! {
        <div class="head live-head">
            <div>
                {move || page.live.with(crumbs)}
                <h1>{headline}</h1>
                <p class="quiet">{move || page.live.with(|live| live.byline(page.now.get()))}</p>
                {move || (!page.live.with(Live::is_over)).then(|| outlook(page))}
                <p class="visually-hidden" aria-live="polite">{spoken}</p>
            </div>
            <div class="verbs">
                {move || feed(page)}
                {move || page.live.with(|live| page.verbs.with(|verbs| verbs::row(live, verbs)))}
            </div>
        </div>
        {move || page.live.with(alarms)}
        {move || page.live.with(standing_still)}
        {move || page.live.with(|live| live.open_trouble().map(|mishap| failed(live, mishap)))}
        {move || page.live.with(repairs)}
    }
}

fn crumbs(live: &Live) -> impl IntoView + use<> {
    live.plan.as_ref().map(|plan| {
        let place = format!("{} / {}", plan.environment, plan.application);
        view! {
            <nav class="crumbs" aria-label="Where you are">
                <ol>
                    <li><a href=paths::OVERVIEW>"Overview"</a></li>
                    <li><a href=paths::pool(&plan.environment, &plan.application)>{place}</a></li>
                    <li aria-current="page">{format!("deployment #{}", plan.number)}</li>
                </ol>
            </nav>
        }
    })
}

fn feed(page: Page) -> impl IntoView {
    let over = page.live.with(Live::is_over);
    let (mark, words) = match (page.feed.get(), over) {
        (_, true) => (
            page.live.with(Live::mark),
            capital(page.live.with(|l| l.state.word())),
        ),
        (Feed::Painted, false) => (
            page.live.with(Live::mark),
            capital(page.live.with(|l| l.state.word())),
        ),
        (Feed::Live, false) => (Mark::Serve, "Live".to_owned()),
        (Feed::Paused, false) => (
            Mark::Unknown,
            "Engine paused: the database does not answer".to_owned(),
        ),
        (Feed::Reconnecting, false) => (Mark::Unknown, "Reconnecting…".to_owned()),
    };
    view! { <span class="feed" role="status">{status(mark, words)}</span> }
}

/// What happens next, who acts, until when.
fn outlook(page: Page) -> impl IntoView {
    page.verbs.with(|verbs| {
        let outlook = verbs.outlook.clone();
        let who = match outlook.who.as_str() {
            "" => return None,
            "nobody" => return None,
            "a person" => "Waits for a person.".to_owned(),
            who => format!("{who} acts."),
        };
        let left = outlook
            .until
            .filter(|until| *until > page.now.get())
            .map(|until| format!("{} left.", spoken(until.since(page.now.get()))));
        Some(view! {
            <p class="outlook">
                <b>"Next: "</b>
                {outlook.next}
                " "
                <span class="quiet">{who} " " {left}</span>
            </p>
        })
    })
}

/// A node has been out for longer than its pool allows.
fn alarms(live: &Live) -> impl IntoView + use<> {
    let alarms: Vec<_> = live
        .alarms()
        .map(|(_, words)| {
            view! {
                <p class="note halt" role="alert">
                    {status(Mark::Halt, "Alarm")}
                    <span class="note-body">{words.to_owned()}</span>
                </p>
            }
        })
        .collect();
    alarms
}

/// Why it stands still, where no failure says it.
fn standing_still(live: &Live) -> impl IntoView + use<> {
    let (mark, word) = match live.state {
        DeploymentState::Held => (Mark::Drain, "Held"),
        DeploymentState::Halted if live.open_trouble().is_none() => (Mark::Halt, "Halted"),
        _ => return None,
    };
    // it may begin with somebody's name, which is written as it is
    let why = live.why.clone();
    (!why.is_empty()).then(|| {
        view! {
            <p class=format!("note {}", mark.class())>
                {status(mark, word)}
                <span class="note-body">{why}</span>
            </p>
        }
    })
}

fn failed(live: &Live, mishap: &Mishap) -> impl IntoView + use<> {
    let node = live.node(mishap.node).map(|n| n.name.to_string());
    let whose = match mishap.failure.class {
        FailureClass::Release => "The release failed",
        FailureClass::Ours => "Our own means failed",
        FailureClass::Unsure => "Two sides disagree",
    };
    let (mark, where_) = match (mishap.pass, live.state) {
        (_, DeploymentState::Halted) => (Mark::Halt, ", halted"),
        (Pass::Rehearsal, _) => (Mark::Halt, ", rehearsal"),
        (Pass::Undo, _) => (Mark::Halt, ", undo"),
        (Pass::Forward, _) => (Mark::Fail, ""),
    };
    let at = node
        .map(|node| format!(": {node}, {}{where_}", mishap.work))
        .unwrap_or_default();
    trouble(mark, format!("{whose}{at}"), mishap.failure.trouble.clone())
}

/// A person or a reload let a node in again while it was out, and it was set right.
fn repairs(live: &Live) -> impl IntoView + use<> {
    live.reasserted
        .iter()
        .map(|repair| {
            let node = live
                .node(repair.node)
                .map(|n| n.name.to_string())
                .unwrap_or_default();
            view! {
                <p class="note drain">
                    {status(Mark::Drain, "Set right")}
                    <span>
                        {format!(
                            "{}: {} had {node} {}. {}",
                            repair.at.clock(),
                            repair.balancer,
                            repair.found.word(),
                            repair.words,
                        )}
                    </span>
                </p>
            }
        })
        .collect_view()
}
