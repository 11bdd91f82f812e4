//! Headline, verbs, what went wrong.

use super::{Feed, Page};
use crate::{
    api::deployments::Abort,
    components::{sentence::sentence, status::status, trouble::trouble},
    model::{
        command::Command,
        deployment::DeploymentState,
        live::{Live, Mishap, words::sentence as said},
        mark::Mark,
        stage::Pass,
        trouble::FailureClass,
    },
    paths,
};
use leptos::{prelude::*, server_fn::ServerFn};

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
                <p class="visually-hidden" aria-live="polite">{spoken}</p>
            </div>
            <div class="verbs">
                {move || feed(page)}
                {move || page.live.with(|live| verbs(live, page))}
            </div>
        </div>
        {move || page.live.with(|live| live.open_trouble().map(|mishap| failed(live, mishap)))}
        {move || page.live.with(repairs)}
        {move || page.live.with(asked)}
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

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// Abort says its end state and asks once more, without any script.
fn verbs(live: &Live, page: Page) -> impl IntoView + use<> {
    let plan = live.plan.as_ref().filter(|_| !live.is_over())?;
    let refused = page.verbs.with(|verbs| {
        let abort = verbs
            .verbs
            .iter()
            .find(|line| line.command == Command::Abort);
        abort.and_then(|line| line.refused.as_deref().map(said))
    });
    let words = live.abort_words();
    let (environment, application) = (plan.environment.to_string(), plan.application.to_string());
    Some(match refused {
        Some(why) => view! {
            <button class="btn bad" disabled title=why.clone() aria-describedby="abort-why">
                {words}
            </button>
            <p class="why-not" id="abort-why">{why}</p>
        }
        .into_any(),
        None => view! {
            <details class="confirm">
                <summary class="btn bad">{format!("{words}…")}</summary>
                <form class="pop" method="post" action=Abort::PATH>
                    <input type="hidden" name="environment" value=environment/>
                    <input type="hidden" name="application" value=application/>
                    <input type="hidden" name="number" value=plan.number.to_string()/>
                    <p>
                        "The node at hand gets its old release back, is proven and rejoins. \
                         Nodes that are done keep the new release. No other node is touched."
                    </p>
                    <button class="btn bad solid">{words.clone()}</button>
                </form>
            </details>
        }
        .into_any(),
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

fn asked(live: &Live) -> impl IntoView + use<> {
    live.asked
        .iter()
        .map(|asked| {
            let words = match &asked.refused {
                None => format!("{} asked to abort at {}.", asked.by, asked.at.clock()),
                Some(why) => format!(
                    "{} asked to abort at {}; refused: {why}",
                    asked.by,
                    asked.at.clock()
                ),
            };
            view! { <p class="note out">{status(Mark::Undo, "Abort")}<span>{words}</span></p> }
        })
        .collect_view()
}
