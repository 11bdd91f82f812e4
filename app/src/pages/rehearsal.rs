//! A pool's suite tried outside of a deployment: its page, and its part of the pool's page.

use super::{
    address::{part, pool_path},
    problem::{now, page},
};
use crate::{
    api::{asking, rehearsals::Rehearse},
    components::{
        frame::{Frame, Head, Section},
        status::status,
        trouble::trouble,
        when::ago,
    },
    model::{
        live::words::sentence,
        mark::Mark,
        rehearsal::*,
        smoke::{StepReport, StepVerdict},
        time::{Timestamp, spoken},
        view::PoolView,
    },
    paths,
};
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn RehearsalPage() -> impl IntoView {
    Suspend::new(async {
        let loaded = async {
            let (gateway, actor) = asking()?;
            gateway.rehearsal(&actor, &pool_path()?, part("id")?).await
        };
        page(Section::Overview, loaded.await, draw)
    })
}

fn mark(line: &RehearsalLine) -> (Mark, &'static str) {
    match line.verdict {
        None => (Mark::Work, "Running"),
        Some(Verdict::Passed { .. }) => (Mark::Done, "Passed"),
        Some(Verdict::Failed { .. }) => (Mark::Fail, "Failed"),
        Some(Verdict::Ended { .. }) => (Mark::Unknown, "No verdict"),
    }
}

fn draw(view: RehearsalView) -> impl IntoView {
    let now = now();
    let line = &view.line;
    let pool = format!("{} / {}", line.environment, line.application);
    let path = paths::pool(&line.environment, &line.application);
    let crumbs = vec![
        ("Overview".to_owned(), paths::OVERVIEW.to_owned()),
        (pool.clone(), path),
        ("Rehearsal".to_owned(), String::new()),
    ];
    let (mark, word) = mark(line);
    let why = match &line.verdict {
        Some(Verdict::Failed { trouble } | Verdict::Ended { trouble }) => Some(trouble.clone()),
        Some(Verdict::Passed { .. }) | None => None,
    };
    let title = match (&line.verdict, view.failing_flow()) {
        (Some(Verdict::Failed { .. }), Some(flow)) => {
            format!("{pool}: the suite fails in “{flow}”")
        }
        _ => line.words(),
    };
    let about = about(line, now);
    let running = line.verdict.is_none();
    let log = view.proxy_log.as_deref().map(paths::blob);
    let flows = flows(view.steps);
    view! {
        <Frame title=format!("Rehearsal of {pool}") section=Section::Overview icon=mark.tab_icon()>
            <div class="stack">
                <Head crumbs title/>
                <p>{status(mark, word)}" "{about}</p>
                {why.map(|why| trouble(mark, word, why))}
                {running.then(|| view! { <p class="quiet">"Reload this page to see how far it is."</p> })}
                {flows.into_iter().map(strip).collect_view()}
                {log.map(|log| view! { <p><a href=log>"Connections of its browser"</a></p> })}
            </div>
        </Frame>
    }
}

/// On which node, who wanted it, when.
fn about(line: &RehearsalLine, now: Timestamp) -> impl IntoView + use<> {
    let on = match (&line.node, &line.version) {
        (Some(node), Some(version)) => format!("{node} on {version}, "),
        (Some(node), None) => format!("{node}, "),
        (None, _) => String::new(),
    };
    let by = match line.cause {
        Cause::ByHand => format!("asked for by {}, ", line.asked_by),
        Cause::Scheduled => "by the pool's schedule, ".to_owned(),
    };
    view! { <span class="quiet">{on}{by}{ago(line.asked_at, now)}</span> }
}

/// Steps by flow, in their order.
fn flows(steps: Vec<StepReport>) -> Vec<Vec<StepReport>> {
    let mut flows: Vec<Vec<StepReport>> = Vec::new();
    for step in steps {
        match flows.last_mut() {
            Some(flow) if flow[0].flow == step.flow && flow[0].attempt == step.attempt => {
                flow.push(step);
            }
            Some(_) | None => flows.push(vec![step]),
        }
    }
    flows
}

fn strip(steps: Vec<StepReport>) -> impl IntoView {
    let title = steps[0].flow_title.clone();
    let failed = steps.iter().any(|step| step.verdict != StepVerdict::Passed);
    let (mark, word) = match failed {
        true => (Mark::Fail, "Failed"),
        false => (Mark::Done, "Passed"),
    };
    view! {
        <section class="card film-card" aria-label=format!("Pictures: {title}")>
            <header><h2>{title.clone()}</h2>{status(mark, word)}</header>
            <ol class="rehearsed">{steps.into_iter().map(shot).collect_view()}</ol>
        </section>
    }
}

fn shot(step: StepReport) -> impl IntoView {
    let (class, said) = match &step.verdict {
        StepVerdict::Passed => ("shot", spoken(step.took())),
        StepVerdict::Failed(why) | StepVerdict::Broken(why) => ("shot f", sentence(why)),
    };
    let words = format!("{}. {}", step.step, step.words);
    let picture = match &step.picture {
        Some(picture) => {
            let path = paths::blob(picture);
            view! { <a class=class href=path.clone()><img src=path.clone() alt=words.clone() loading="lazy"/></a> }
                .into_any()
        }
        None => view! { <span class=format!("{class} n")><em>"no picture"</em></span> }.into_any(),
    };
    view! { <li>{picture}<p>{words}</p><p class="quiet">{said}</p></li> }
}

/// The last rehearsal, and the button for the next.
pub fn card(pool: &PoolView, now: Timestamp) -> impl IntoView + use<> {
    let every = match pool.policy.rehearse_every_ms {
        0 => "not on a schedule".to_owned(),
        ms => format!("every {}", spoken(std::time::Duration::from_millis(ms))),
    };
    let last = pool.rehearsal.as_ref().map(|(line, flow)| {
        let (mark, word) = mark(line);
        let path = paths::rehearsal(&line.environment, &line.application, line.id);
        let words = match (&line.verdict, flow) {
            (Some(Verdict::Failed { trouble }), Some(flow)) => {
                format!("The suite fails in “{flow}”: {}", trouble.what)
            }
            _ => line.words(),
        };
        view! {
            <div class="value-body">
                <p>{status(mark, word)}" "{words}</p>
                <p>{about(line, now)}" "<a href=path>"Look at it"</a></p>
            </div>
        }
    });
    let form = match &pool.rehearsal_refused {
        Some(why) => view! { <p class="why-not">{sentence(why)}</p> }.into_any(),
        None => {
            let options = pool.nodes.iter().map(|row| {
                let name = row.node.name.to_string();
                view! { <option value=name.clone()>{name.clone()}</option> }
            });
            view! {
                <form class="rehearse" method="post" action=Rehearse::PATH>
                    <input type="hidden" name="environment" value=pool.environment.to_string()/>
                    <input type="hidden" name="application" value=pool.application.to_string()/>
                    <label class="field">
                        <span>"Node"</span>
                        <select name="node"><option value="">"any in service"</option>{options.collect_view()}</select>
                    </label>
                    <button class="btn">"Try the suite now"</button>
                </form>
            }
            .into_any()
        }
    };
    let none = last.is_none();
    view! {
        <section class="card" id="rehearsals" aria-labelledby="h-rehearsals">
            <header>
                <h2 id="h-rehearsals">"Rehearsal"</h2>
                <span class="quiet">"the suite on a node in service, "{every}</span>
            </header>
            <div class="pad stack">
                {last}
                {none.then(|| view! { <p class="quiet">"The suite was not tried here outside of a deployment yet."</p> })}
                {form}
            </div>
        </section>
    }
}
