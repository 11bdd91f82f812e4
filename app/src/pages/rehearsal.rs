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
        name::Name,
        rehearsal::*,
        smoke::{StepReport, StepVerdict},
        time::{Timestamp, spoken},
        view::PoolView,
    },
    paths,
};
use axum::http::{HeaderName, HeaderValue};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_axum::ResponseOptions;

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
    let (kind, tried) = match line.draft {
        Some(_) => ("Trial", "draft"),
        None => ("Rehearsal", "suite"),
    };
    let crumbs = vec![
        ("Overview".to_owned(), paths::OVERVIEW.to_owned()),
        (pool.clone(), path),
        (kind.to_owned(), String::new()),
    ];
    let (mark, word) = mark(line);
    let why = match &line.verdict {
        Some(Verdict::Failed { trouble } | Verdict::Ended { trouble }) => Some(trouble.clone()),
        Some(Verdict::Passed { .. }) | None => None,
    };
    let title = match (&line.verdict, view.failing_flow()) {
        (Some(Verdict::Failed { .. }), Some(flow)) => {
            format!("{pool}: the {tried} fails in “{flow}”")
        }
        _ => line.words(),
    };
    let about = about(line, now);
    let running = line.verdict.is_none();
    if running {
        again_soon();
    }
    let draft = line
        .draft
        .as_ref()
        .map(|draft| paths::edit_flow(&line.environment, &line.application, draft.flow.as_ref()));
    let back = draft
        .clone()
        .map(|path| view! { <a class="btn" href=path>"Back to the draft"</a> });
    let edited = draft.zip(view.planned.last().map(|flow| flow.name.clone()));
    // what did not run is of interest where somebody works on it
    let rest = running || line.draft.is_some();
    let planned = if rest { view.planned } else { Vec::new() };
    let strips = strips(planned, view.steps, running);
    view! {
        <Frame title=format!("{kind} of {pool}") section=Section::Overview icon=mark.tab_icon()>
            <div class="stack">
                <Head crumbs title>{back}</Head>
                <p>{status(mark, word)}" "{about}</p>
                {why.map(|why| trouble(mark, word, why))}
                {running.then(|| view! { <p class="quiet">"Each step's picture appears here when it has run."</p> })}
                {strips.into_iter().map(|strip| drawn(strip, edited.as_ref())).collect_view()}
            </div>
        </Frame>
    }
}

/// The browser comes back by itself, without any script.
fn again_soon() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(
            HeaderName::from_static("refresh"),
            HeaderValue::from_static("1"),
        );
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

/// One walk through one flow: what it has come to, and what is still to come.
struct Strip {
    flow: Name,
    title: String,
    cells: Vec<Cell>,
}

enum Cell {
    Ran(Box<StepReport>),
    /// It runs now.
    Runs(u32, String),
    ToCome(u32, String),
    NotRun(u32, String),
}

/// Pure: steps by walk, in their order, and behind them what is planned and did not run (yet).
fn strips(planned: Vec<PlannedFlow>, steps: Vec<StepReport>, running: bool) -> Vec<Strip> {
    let mut strips: Vec<Strip> = Vec::new();
    let mut attempt = 0;
    for step in steps {
        let same =
            strips.last().is_some_and(|strip| strip.flow == step.flow) && attempt == step.attempt;
        attempt = step.attempt;
        if !same {
            strips.push(Strip {
                flow: step.flow.clone(),
                title: step.flow_title.clone(),
                cells: Vec::new(),
            });
        }
        if let Some(strip) = strips.last_mut() {
            strip.cells.push(Cell::Ran(Box::new(step)));
        }
    }
    let failed = |strip: &Strip| {
        let last = strip.cells.last();
        matches!(last, Some(Cell::Ran(step)) if step.verdict != StepVerdict::Passed)
    };
    let mut now = running && !strips.last().is_some_and(failed);
    for flow in planned {
        let known = strips.iter().rposition(|strip| strip.flow == flow.name);
        let is_last = known.is_none_or(|at| at + 1 == strips.len());
        let done = known.and_then(|at| match strips[at].cells.last() {
            Some(Cell::Ran(step)) => Some(step.step),
            _ => None,
        });
        // a flow that another came after is over, whatever it left out
        if !is_last {
            continue;
        }
        let done = done.unwrap_or(0);
        let left = (1_u32..)
            .zip(flow.steps)
            .filter(|(number, _)| *number > done);
        let cells = left.map(
            |(number, words)| match (running, std::mem::take(&mut now)) {
                (true, true) => Cell::Runs(number, words),
                (true, false) => Cell::ToCome(number, words),
                (false, _) => Cell::NotRun(number, words),
            },
        );
        match known {
            Some(at) => strips[at].cells.extend(cells),
            None => {
                let cells = cells.collect();
                strips.push(Strip {
                    flow: flow.name,
                    title: flow.title,
                    cells,
                });
            }
        }
    }
    strips
}

fn drawn(strip: Strip, edited: Option<&(String, Name)>) -> impl IntoView + use<> {
    let title = strip.title;
    let editor = edited
        .filter(|(_, flow)| *flow == strip.flow)
        .map(|(path, _)| path.clone());
    let ran = |cell: &Cell| match cell {
        Cell::Ran(step) => Some(step.verdict == StepVerdict::Passed),
        Cell::Runs(..) | Cell::ToCome(..) | Cell::NotRun(..) => None,
    };
    let all: Vec<Option<bool>> = strip.cells.iter().map(ran).collect();
    let stands = match () {
        () if all.contains(&Some(false)) => status(Mark::Fail, "Failed").into_any(),
        () if all.iter().all(Option::is_some) => status(Mark::Done, "Passed").into_any(),
        () if strip
            .cells
            .iter()
            .any(|cell| matches!(cell, Cell::Runs(..))) =>
        {
            status(Mark::Work, "Running").into_any()
        }
        () if strip
            .cells
            .iter()
            .any(|cell| matches!(cell, Cell::ToCome(..))) =>
        {
            status(Mark::Wait, "To come").into_any()
        }
        () => status(Mark::Unknown, "Not run").into_any(),
    };
    let cells = strip.cells.into_iter().map(|cell| match cell {
        Cell::Ran(step) => shot(*step, editor.as_deref()).into_any(),
        Cell::Runs(number, words) => waits("runs", "running", number, &words).into_any(),
        Cell::ToCome(number, words) => waits("to-come", "to come", number, &words).into_any(),
        Cell::NotRun(number, words) => waits("to-come", "not run", number, &words).into_any(),
    });
    view! {
        <section class="card film-card" aria-label=format!("Pictures: {title}")>
            <header><h2>{title.clone()}</h2>{stands}</header>
            <ol class="rehearsed">{cells.collect_view()}</ol>
        </section>
    }
}

fn waits(class: &str, what: &'static str, number: u32, words: &str) -> impl IntoView + use<> {
    view! {
        <li class=class.to_owned()>
            <span class="shot n"><em>{what}</em></span>
            <p>{format!("{number}. {words}")}</p>
        </li>
    }
}

fn shot(step: StepReport, editor: Option<&str>) -> impl IntoView + use<> {
    let (class, said) = match &step.verdict {
        StepVerdict::Passed => ("shot", spoken(step.took())),
        StepVerdict::Failed(why) | StepVerdict::Broken(why) => ("shot f", sentence(why)),
    };
    let to_row = (step.verdict != StepVerdict::Passed)
        .then_some(editor)
        .flatten()
        .map(|editor| {
            let path = format!("{editor}#row-{}", step.step);
            view! { <p><a href=path>"To this step in the editor"</a></p> }
        });
    let words = format!("{}. {}", step.step, step.words);
    let picture = match &step.picture {
        Some(picture) => {
            let path = paths::blob(picture);
            view! { <a class=class href=path.clone()><img src=path.clone() alt=words.clone() loading="lazy"/></a> }
                .into_any()
        }
        None => view! { <span class=format!("{class} n")><em>"no picture"</em></span> }.into_any(),
    };
    view! { <li>{picture}<p>{words}</p><p class="quiet">{said}</p>{to_row}</li> }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn planned(flow: &str, steps: usize) -> PlannedFlow {
        PlannedFlow {
            name: name(flow),
            title: flow.to_owned(),
            steps: (1..=steps).map(|step| format!("do {step}")).collect(),
        }
    }

    fn ran(flow: &str, step: u32) -> StepReport {
        let words = format!("did {step}");
        StepReport::begun(name(flow), flow.to_owned(), (step, 9), words, Timestamp(0))
    }

    fn failed(flow: &str, step: u32) -> StepReport {
        StepReport {
            verdict: StepVerdict::Failed("no".into()),
            ..ran(flow, step)
        }
    }

    fn told(planned: Vec<PlannedFlow>, steps: Vec<StepReport>, running: bool) -> String {
        let cell = |cell: &Cell| match cell {
            Cell::Ran(step) => step.step.to_string(),
            Cell::Runs(number, _) => format!("{number}!"),
            Cell::ToCome(number, _) => format!("{number}?"),
            Cell::NotRun(number, _) => format!("{number}-"),
        };
        let strip = |strip: &Strip| {
            let cells: Vec<String> = strip.cells.iter().map(cell).collect();
            format!("{}: {}", strip.flow, cells.join(" "))
        };
        let all: Vec<String> = strips(planned, steps, running).iter().map(strip).collect();
        all.join(", ")
    }

    #[test]
    fn what_runs_stands_between_what_ran_and_what_is_to_come() {
        let plan = || vec![planned("a", 2), planned("b", 3)];
        assert_eq!(told(plan(), vec![], true), "a: 1! 2?, b: 1? 2? 3?");
        assert_eq!(
            told(plan(), vec![ran("a", 1)], true),
            "a: 1 2!, b: 1? 2? 3?"
        );
        let two = || vec![ran("a", 1), ran("a", 2)];
        assert_eq!(told(plan(), two(), true), "a: 1 2, b: 1! 2? 3?");
        let mut three = two();
        three.push(failed("b", 1));
        assert_eq!(told(plan(), three.clone(), false), "a: 1 2, b: 1 2- 3-");
        assert_eq!(told(plan(), three, true), "a: 1 2, b: 1 2? 3?");
        assert_eq!(told(Vec::new(), two(), false), "a: 1 2");
        // a loop comes back, and a condition leaves out
        let odd = vec![ran("a", 2), ran("a", 1), ran("b", 2)];
        assert_eq!(told(plan(), odd, true), "a: 2 1, b: 2 3!");
    }
}
