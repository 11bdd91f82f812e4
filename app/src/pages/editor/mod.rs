//! A flow of a pool's suite, edited row by row. One plain form: every button sends all that was typed, and the page that
//! follows shows it again, right or not.

/// The steps.
mod rows;

/// A recording, pasted.
mod pasted;

use super::{
    address::{pool_path, query},
    problem::{now, page},
    suite::report::report,
};
use crate::{
    api::{asking, told},
    components::{
        area::area,
        frame::{Frame, Head, Section},
        sentence::coded,
        status::status,
        trouble::trouble,
        when::ago,
    },
    model::{
        editor::{EditorView, Fault, Pasted, Spot},
        mark::Mark,
    },
    paths,
};
use leptos::prelude::*;

#[component]
pub fn EditorPage() -> impl IntoView {
    Suspend::new(async {
        let loaded = async {
            let (gateway, actor) = asking()?;
            let flow = query("flow");
            gateway.editor(&actor, &pool_path()?, flow.as_ref()).await
        };
        page(Section::Overview, loaded.await, draw)
    })
}

/// What is wrong, by where it is shown.
struct Faults(Vec<Fault>);

impl Faults {
    /// Fields that nobody has touched yet are no mistakes, unless somebody wants to try or save.
    fn of(view: &EditorView) -> Self {
        let checked = query::<u8>("checked").is_some();
        let untouched = |spot: Spot| match spot {
            Spot::Row(at) => view.draft.rows.get(at).is_none_or(|row| {
                [&row.on, &row.with, &row.also]
                    .iter()
                    .all(|text| text.trim().is_empty())
            }),
            Spot::Name => view.draft.name.trim().is_empty(),
            Spot::PublicUrl => view.draft.public_url.trim().is_empty(),
            Spot::StepLimit | Spot::More | Spot::Flow => false,
        };
        let shown = |fault: &&Fault| checked || !untouched(fault.spot);
        Self(view.faults.iter().filter(shown).cloned().collect())
    }

    fn at(&self, spot: Spot) -> Option<&str> {
        let found = self.0.iter().find(|fault| fault.spot == spot);
        found.map(|fault| fault.words.as_str())
    }
}

fn draw(view: EditorView) -> impl IntoView {
    let faults = Faults::of(&view);
    let (environment, application) = (&view.environment, &view.application);
    let pool = format!("{environment} / {application}");
    let here = paths::suite_edit(environment, application);
    let action = paths::edit_flow(environment, application, view.flow.as_ref());
    let title = match &view.flow {
        Some(flow) => format!("Flow {flow}"),
        None => "New flow".to_owned(),
    };
    let crumbs = vec![
        ("Overview".to_owned(), paths::OVERVIEW.to_owned()),
        (pool.clone(), paths::pool(environment, application)),
        ("Suite".to_owned(), paths::suite(environment, application)),
        (title.clone(), String::new()),
    ];
    let rows = view.draft.rows.len();
    let refused = view.change_refused.clone();
    let may = refused.is_none();
    let stale = view.stale.clone();
    let base = view.base.map(|base| base.to_string()).unwrap_or_default();
    view! {
        <Frame title=format!("{title} of {pool}") section=Section::Overview>
            <div class="stack">
                <Head crumbs title/>
                {told::drawn(&here)}
                {refused.map(|why| view! {
                    <p class="note">{format!("You can look at this flow and not change it: {why}.")}</p>
                })}
                <form class="editor stack" method="post" action=action>
                    <input type="hidden" name="base" value=base/>
                    {bar(&view, may)}
                    {stale.map(|why| view! {
                        {trouble(Mark::Halt, "The suite has changed", why)}
                        <div class="go">
                            <button class="btn" name="go" value="go-on">"Go on with mine"</button>
                        </div>
                    })}
                    {faults.at(Spot::Flow).map(|words| wrong(words, "flow-why"))}
                    {match &view.draft.pasted {
                        Some(Pasted::Taken { report: told, at, rows }) => Some(taken(told.clone(), *at, *rows)),
                        Some(Pasted::Refused(_)) | None => None,
                    }}
                    <fieldset class="bare stack" disabled=!may>
                        {settings(&view, &faults)}
                        {rows::list(&view.draft.rows, &faults)}
                        {may.then(|| pasted::field(&view.draft, rows))}
                    </fieldset>
                </form>
                {(may && view.kept_at.is_some()).then(|| discard(&view))}
            </div>
        </Frame>
    }
}

/// What can be done with the whole draft; its first button is what Enter in a field does.
fn bar(view: &EditorView, may: bool) -> impl IntoView + use<> {
    let now = now();
    let kept = match view.kept_at {
        Some(at) => {
            view! { <span class="quiet">"Your draft, saved "{ago(at, now)}</span> }.into_any()
        }
        None if view.flow.is_some() => {
            view! { <span class="quiet">"As it is in the suite"</span> }.into_any()
        }
        None => view! { <span class="quiet">"Nothing saved yet"</span> }.into_any(),
    };
    let nodes = view.nodes.iter().map(|node| {
        let name = node.name.to_string();
        view! { <option value=name.clone()>{format!("{name}, {}", node.stands)}</option> }
    });
    let saving = coded(&view.saving);
    view! {
        <div class="editor-bar">
            <button class="btn" name="go" value="keep" disabled=!may>"Save draft"</button>
            {kept}
            <span class="editor-try">
                <button class="btn" name="go" value="try" disabled=!may>"Try it now"</button>
                <label class="on-node">
                    <span>"on"</span>
                    <select name="node" aria-label="Node to try it on" disabled=!may>{nodes.collect_view()}</select>
                </label>
            </span>
            <button class="btn primary" name="go" value="save" disabled=!may>"Save as revision"</button>
            <p class="quiet editor-saving">{saving}</p>
        </div>
    }
}

/// A mistake, said where it is.
fn wrong(words: &str, id: &str) -> impl IntoView + use<> {
    let id = id.to_owned();
    view! { <p class="wrong" id=id>{status(Mark::Fail, "Not yet")}" "<span>{coded(words)}</span></p> }
}

fn settings(view: &EditorView, faults: &Faults) -> impl IntoView + use<> {
    let draft = &view.draft;
    let bad = |spot| faults.at(spot).map(|_| "true");
    let why = |spot, id: &'static str| faults.at(spot).map(|words| wrong(words, id));
    let open = !draft.more.trim().is_empty() || faults.at(Spot::More).is_some();
    let lines = draft.more.lines().count().clamp(2, 8).to_string();
    let url = view.is_first.then(|| {
        view! {
            <label class="field">
                <span>"Public address"</span>
                <input
                    name="public_url" value=draft.public_url.clone() placeholder="https://shop.example.com" autocomplete="off"
                    spellcheck="false" aria-invalid=bad(Spot::PublicUrl)
                />
                {why(Spot::PublicUrl, "url-why")}
            </label>
        }
    });
    view! {
        <section class="card" id="flow" aria-labelledby="h-flow">
            <header><h2 id="h-flow">"Flow"</h2></header>
            <div class="pad editor-flow">
                {url}
                <label class="field">
                    <span>"Name"</span>
                    <input
                        class="mono" name="name" value=draft.name.clone() placeholder="place-an-order" autocomplete="off"
                        spellcheck="false" aria-invalid=bad(Spot::Name)
                    />
                    {why(Spot::Name, "name-why")}
                </label>
                <label class="field">
                    <span>"Title"</span>
                    <input name="title" value=draft.title.clone() placeholder="Place an order" autocomplete="off"/>
                </label>
                <label class="field editor-limit">
                    <span>"Step limit"</span>
                    <input
                        name="step_limit" value=draft.step_limit.clone() placeholder="10 s" autocomplete="off"
                        aria-invalid=bad(Spot::StepLimit)
                    />
                    {why(Spot::StepLimit, "limit-why")}
                </label>
                <div class="editor-ticks">
                    {tick("required", "Required", "its failure is the release's; else it only warns", draft.required)}
                    {tick("writes", "Writes data", "marked with {run}; never repeated by itself", draft.writes)}
                    {tick("again", "Retry once", "in a fresh browser, when it failed", draft.again)}
                </div>
                <details class="editor-more" open=open>
                    <summary>"More settings"</summary>
                    <label class="field">
                        <span class="visually-hidden">"More settings, as TOML"</span>
                        <textarea
                            name="more" rows=lines spellcheck="false" autocomplete="off" aria-invalid=bad(Spot::More)
                            placeholder="limit = \"5 min\"\ntags = [\"nightly\"]\ncontinues = true\nvariables = { who = \"ann\" }"
                        >{area(&draft.more)}</textarea>
                        {why(Spot::More, "more-why")}
                    </label>
                </details>
            </div>
        </section>
    }
}

fn tick(name: &'static str, label: &'static str, about: &'static str, on: bool) -> impl IntoView {
    view! {
        <label class="tick">
            <input type="checkbox" name=name checked=on/>
            <span class="tick-w"><b>{label}</b>" "<small>{about}</small></span>
        </label>
    }
}

/// What became of a recording.
fn taken(told: crate::model::import::FileReport, at: usize, rows: usize) -> impl IntoView {
    let words = match rows {
        1 => format!("Its step is row {} now.", at + 1),
        _ => format!("Its steps are rows {} to {} now.", at + 1, at + rows),
    };
    view! {
        <section class="card" aria-labelledby="h-taken">
            <header>
                <h2 id="h-taken">"Taken into the draft"</h2>
                <a class="quiet" href=format!("#row-{}", at + 1)>{words}</a>
            </header>
            {report(told)}
        </section>
    }
}

/// A form of its own: nothing that was typed goes with it.
fn discard(view: &EditorView) -> impl IntoView + use<> {
    let action = paths::edit_flow(&view.environment, &view.application, view.flow.as_ref());
    view! {
        <form class="editor-discard" method="post" action=action>
            <details class="confirm">
                <summary class="link">"Discard this draft"</summary>
                <p>
                    <span class="quiet">"What you typed is gone then; the suite stays as it is. "</span>
                    <button class="btn bad" name="go" value="discard">"Discard it"</button>
                </p>
            </details>
        </form>
    }
}
