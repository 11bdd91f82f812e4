//! One node in detail: its proof so far, the latest picture, every step, the log.

use super::{Page, verbs};
use crate::{
    components::status::{icon, status},
    islands::part::part,
    model::{
        ids::NodeId,
        live::{Live, LiveNode, outline::Suite},
        mark::Mark,
        smoke::{StepReport, StepVerdict},
        stage::{Pass, Stage, Work},
        time::spoken,
        view::LogChunk,
    },
    paths,
};
use leptos::prelude::*;

pub fn details(page: Page) -> impl IntoView {
    let drawn = move || {
        page.live.with(|live| {
            let open = page.open_node(live);
            live.node(open).map(|node| {
                let verbs = page
                    .verbs
                    .with(|verbs| verbs::of_node(live, verbs, &node.name));
                body(live, node, verbs)
            })
        })
    };
    view! { <aside class="card details" id="details" aria-label="One node in detail">{drawn}</aside> }
}

fn body<V: IntoView>(live: &Live, node: &LiveNode, verbs: V) -> impl IntoView + use<V> {
    let (mark, words) = node.standing(live.is_over());
    view! {
        <header>
            <h2 title=node.name.to_string()>{node.name.to_string()}</h2>
            {status(mark, words)}
        </header>
        <div class="pad stack">
            {node.alarm.clone().filter(|_| node.is_out()).map(|words| view! { <p class="alarm">{status(Mark::Halt, "Alarm")} " " {words}</p> })}
            {verbs}
            {facts(live, node)}
            {latest(live, node)}
            {steps(live, node)}
        </div>
    }
}

fn facts(live: &Live, node: &LiveNode) -> impl IntoView + use<> {
    let suite = live.plan.as_ref().and_then(|plan| plan.suite.as_ref());
    let host = node
        .app_url
        .trim_start_matches("http://")
        .trim_start_matches("https://")
        .to_owned();
    let isolated = node.isolated_at.map_or_else(
        || "not yet".to_owned(),
        |at| format!("{}, read back", at.clock()),
    );
    let answers = match (&node.fingerprint, &node.probed) {
        (Some(release), _) => format!("{release} on {}", node.name),
        (None, Some((good, of, words))) => format!("{good} of {of} good: {words}"),
        (None, None) => "not asked yet".to_owned(),
    };
    view! {
        <dl class="kv">
            <dt>"Isolated"</dt>
            <dd>{isolated}</dd>
            <dt>"Tested as"</dt>
            <dd>
                {match suite {
                    Some(suite) => part(view! {
                        <code>{suite.public_url.clone()}</code>
                        ", only at "
                        <code>{host}</code>
                    }),
                    None => part("no browser suite, check only"),
                }}
            </dd>
            <dt>"Answers as"</dt>
            <dd title=answers.clone()>{answers.clone()}</dd>
        </dl>
    }
}

/// A picture in a box that is there from the start.
fn latest(live: &Live, node: &LiveNode) -> impl IntoView + use<> {
    let still = node.at_work().is_none() || live.is_over();
    let (class, src, alt, words, href) = match node.latest(still) {
        Some((pass, report, picture)) => (
            match report.verdict {
                StepVerdict::Passed => "shot",
                StepVerdict::Failed(_) | StepVerdict::Broken(_) => "shot f",
            },
            Some(paths::blob(picture)),
            format!("{} on {}", report.words, node.name),
            format!(
                "step {} of {}, {}",
                report.step,
                report.of,
                report.started_at.clock()
            ),
            picture_path(live, node, pass, report),
        ),
        None => (
            "shot n",
            None,
            String::new(),
            "no picture yet".to_owned(),
            None,
        ),
    };
    view! {
        <a class=class href=href>
            <img src=src alt=alt/>
            <em>{words}</em>
        </a>
    }
}

fn picture_path(live: &Live, node: &LiveNode, pass: Pass, report: &StepReport) -> Option<String> {
    live.plan.as_ref().map(|plan| {
        paths::picture(
            &plan.environment,
            &plan.application,
            plan.number,
            &node.name,
            &report.flow,
            report.step,
            pass,
        )
    })
}

/// Every step of the suite, with its time; those not run yet are there already.
fn steps(live: &Live, node: &LiveNode) -> impl IntoView + use<> {
    let plan = live.plan.as_ref()?;
    let pass = if node.segments.iter().any(|s| s.pass == Pass::Undo) {
        Pass::Undo
    } else {
        Pass::Forward
    };
    let suite = match pass {
        Pass::Forward | Pass::Rehearsal => plan.suite.as_ref(),
        Pass::Undo => node.again.as_ref().or(plan.suite.as_ref()),
    }?;
    let smoking = node
        .at_work()
        .is_some_and(|s| s.work == Work::Stage(Stage::Smoke));
    let again = (pass == Pass::Undo)
        .then(|| view! { <p class="quiet">"Proving the old release again:"</p> });
    Some((again, flows(suite, node, pass, smoking && !live.is_over())))
}

fn flows(suite: &Suite, node: &LiveNode, pass: Pass, smoking: bool) -> impl IntoView + use<> {
    let mut waiting_for_first = smoking;
    suite
        .flows
        .iter()
        .map(|flow| {
            let steps: Vec<_> = (1..)
                .zip(&flow.steps)
                .map(|(number, words)| {
                    let report = node
                        .steps
                        .iter()
                        .find(|(p, r)| *p == pass && r.flow == flow.name && r.step == number)
                        .map(|(_, report)| report);
                    let mark = match report.map(|r| &r.verdict) {
                        Some(StepVerdict::Passed) => Mark::Done,
                        Some(StepVerdict::Failed(_) | StepVerdict::Broken(_)) => {
                            waiting_for_first = false;
                            Mark::Fail
                        }
                        None if waiting_for_first => {
                            waiting_for_first = false;
                            Mark::Smoke
                        }
                        None => Mark::Wait,
                    };
                    let took = match (report, mark) {
                        (Some(report), _) => spoken(report.took()),
                        (None, Mark::Smoke) => "…".to_owned(),
                        (None, _) => String::new(),
                    };
                    view! {
                        <li class=mark.class()>
                            {icon(mark)}
                            <span class="step-w" title=words.clone()>{words.clone()}</span>
                            <span class="quiet">{took}</span>
                        </li>
                    }
                })
                .collect();
            view! {
                <div>
                    <h3>{flow.title.clone()}</h3>
                    <ol class="steps">{steps}</ol>
                </div>
            }
        })
        .collect_view()
}

/// The open node's output, in a box of fixed height.
pub fn output(page: Page) -> impl IntoView {
    let open = Memo::new(move |_| page.live.with(|live| page.open_node(live)));
    let name = move || {
        page.live
            .with(|live| live.node(open.get()).map(|node| node.name.to_string()))
    };
    let said = move || page.log.with(|log| open.get().map(|node| lines(log, node)));
    view! {
        <section class="card" aria-labelledby="h-output">
            <header>
                <h2 id="h-output">"Output of " {name}</h2>
                <span class="quiet">"UTC"</span>
            </header>
            <div class="log bare" tabindex="0" role="log" aria-live="off">
                {said}
            </div>
        </section>
    }
}

/// The last lines of this node's output.
fn lines(log: &[LogChunk], node: NodeId) -> String {
    let mut said = String::new();
    for chunk in log.iter().filter(|chunk| chunk.node == node) {
        for line in chunk.text.lines() {
            said.push_str(&chunk.at.clock());
            said.push(' ');
            said.push_str(line);
            said.push('\n');
        }
    }
    if said.is_empty() {
        said.push_str("No output yet.");
    }
    said
}
