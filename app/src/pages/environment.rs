//! One environment: what it gives to the suites of its pools. Real forms: nothing here needs a script.

use super::{
    address::part,
    problem::{now, page},
};
use crate::{
    api::{
        asking, told,
        values::{RemoveSecret, RemoveVariable, SetSecret, SetVariable},
    },
    components::{
        frame::{Frame, Head, Section},
        status::status,
        when::ago,
    },
    model::{
        live::words::{count, sentence},
        mark::Mark,
        name::Name,
        time::Timestamp,
        values::*,
    },
    paths,
};
use leptos::{prelude::*, server_fn::ServerFn};

#[component]
pub fn EnvironmentPage() -> impl IntoView {
    Suspend::new(async {
        let loaded = async {
            let (gateway, actor) = asking()?;
            gateway
                .environment(&actor, &part::<Name>("environment")?)
                .await
        };
        page(Section::Overview, loaded.await, draw)
    })
}

fn draw(view: EnvironmentView) -> impl IntoView {
    let now = now();
    let name = view.name.to_string();
    let crumbs = vec![
        ("Overview".to_owned(), paths::OVERVIEW.to_owned()),
        (name.clone(), String::new()),
    ];
    let line =
        "Variables and secrets that smoke suites use here. A change counts from the next run on.";
    let told = told::drawn(&paths::environment(&view.name));
    let pools = view.applications.iter().map(|application| {
        let path = paths::pool(&view.name, application);
        view! { <a class="btn" href=path>{application.to_string()}</a> }
    });
    let pools = pools.collect_view();
    view! {
        <Frame title=name section=Section::Overview>
            <div class="stack">
                <Head crumbs title=title(&view) line>
                    {pools}
                </Head>
                {told}
                {view.refused.as_ref().map(|why| view! { <p class="why-not">{sentence(why)}</p> })}
                {secrets(&view, now)}
                {variables(&view, now)}
            </div>
        </Frame>
    }
}

fn title(view: &EnvironmentView) -> String {
    let wanting = |state: &SecretState| match state {
        SecretState::Missing | SecretState::Locked { .. } => true,
        SecretState::Set { .. } | SecretState::InFile => false,
    };
    let secrets = view.secrets.iter();
    match secrets.filter(|line| wanting(&line.state)).count() {
        0 => format!("{}: suites have all they need", view.name),
        1 => format!("{}: a secret is missing", view.name),
        many => format!("{}: {many} secrets are missing", view.name),
    }
}

fn secrets(view: &EnvironmentView, now: Timestamp) -> impl IntoView + use<> {
    let may = view.refused.is_none();
    let rows = view.secrets.iter();
    let rows = rows.map(|line| secret_row(&view.name, line, may, now));
    view! {
        <section class="card" aria-labelledby="h-secrets">
            <header>
                <h2 id="h-secrets">"Secrets"</h2>
                <span class="quiet">"typed, never shown; encrypted at rest"</span>
            </header>
            {if view.secrets.is_empty() {
                view! { <p class="pad quiet">"None is set, and no suite here names one."</p> }.into_any()
            } else {
                view! {
                    <ul class="values">{rows.collect_view()}</ul>
                }.into_any()
            }}
            {may.then(|| add(SetSecret::PATH, &view.name, "secret"))}
        </section>
    }
}

fn secret_row(
    environment: &Name,
    line: &SecretLine,
    may: bool,
    now: Timestamp,
) -> impl IntoView + use<> {
    let (mark, word) = match &line.state {
        SecretState::Set { .. } => (Mark::Done, "Set"),
        SecretState::Locked { .. } => (Mark::Halt, "Locked"),
        SecretState::InFile => (Mark::Done, "In the file"),
        SecretState::Missing => (Mark::Drain, "Missing"),
    };
    let about = match &line.state {
        SecretState::Set { set_by, at } => {
            view! { {format!("by {set_by}, ")}{ago(*at, now)} }.into_any()
        }
        SecretState::Locked { why, .. } => {
            sentence(&format!("{why}; a deployment that needs it is refused")).into_any()
        }
        SecretState::InFile => {
            "From the server's file of secrets, until one is set here.".into_any()
        }
        SecretState::Missing => "Nobody set it: a deployment that needs it is refused.".into_any(),
    };
    let stored = match &line.state {
        SecretState::Set { .. } | SecretState::Locked { .. } => true,
        SecretState::InFile | SecretState::Missing => false,
    };
    let verbs = may.then(|| {
        let verb = if stored { "Change…" } else { "Set…" };
        let set = set_form(SetSecret::PATH, environment, "secret", &line.name, verb, "");
        let remove = stored.then(|| remove_form(RemoveSecret::PATH, environment, "secret", line));
        view! { <div class="ways">{set}{remove}</div> }
    });
    view! {
        <li class="value">
            {status(mark, word)}
            <div class="value-body">
                <p><code>{line.name.clone()}</code>" "<span class="quiet">{about}</span></p>
                <p class="quiet">{used(&line.used_by)}</p>
                {verbs}
            </div>
        </li>
    }
}

/// `Used by shop: “Place an order”, “Sign in”.`
fn used(flows: &[FlowOf]) -> String {
    if flows.is_empty() {
        return "No flow types it.".to_owned();
    }
    let mut words = Vec::new();
    let mut before: Option<&Name> = None;
    for of in flows {
        let flow = &of.flow;
        words.push(if before == Some(&of.application) {
            format!("“{flow}”")
        } else {
            format!("{}: “{flow}”", of.application)
        });
        before = Some(&of.application);
    }
    format!("Used by {}.", words.join(", "))
}

fn variables(view: &EnvironmentView, now: Timestamp) -> impl IntoView + use<> {
    let may = view.refused.is_none();
    let rows = view.variables.iter();
    let rows = rows.map(|line| variable_row(&view.name, line, may, now));
    view! {
        <section class="card" aria-labelledby="h-variables">
            <header>
                <h2 id="h-variables">"Variables"</h2>
                <span class="quiet">{count(view.variables.len(), "variable")}", written ${NAME} or ${env:NAME}"</span>
            </header>
            {if view.variables.is_empty() {
                view! { <p class="pad quiet">"None is set."</p> }.into_any()
            } else {
                view! { <ul class="values">{rows.collect_view()}</ul> }.into_any()
            }}
            {may.then(|| add(SetVariable::PATH, &view.name, "variable"))}
        </section>
    }
}

fn variable_row(
    environment: &Name,
    line: &VariableLine,
    may: bool,
    now: Timestamp,
) -> impl IntoView + use<> {
    let name = line.name.to_string();
    let verbs = may.then(|| {
        let set = set_form(
            SetVariable::PATH,
            environment,
            "variable",
            &name,
            "Change…",
            &line.value,
        );
        let remove = confirm_remove(
            RemoveVariable::PATH,
            environment,
            "variable",
            &name,
            String::new(),
        );
        view! { <div class="ways">{set}{remove}</div> }
    });
    view! {
        <li class="value">
            <code class="value-name">{name.clone()}</code>
            <div class="value-body">
                <p><code class="value-text">{line.value.clone()}</code></p>
                <p class="quiet">{format!("by {}, ", line.set_by)}{ago(line.at, now)}</p>
                {verbs}
            </div>
        </li>
    }
}

/// A secret's field shows nothing and is never filled in.
fn field(noun: &str, value: &str) -> impl IntoView + use<> {
    if noun == "secret" {
        view! { <input type="password" name="value" required minlength=SHORTEST_SECRET.to_string() maxlength=LONGEST.to_string() autocomplete="off"/> }.into_any()
    } else {
        view! { <input type="text" name="value" value=value.to_owned() maxlength=LONGEST.to_string() autocomplete="off" spellcheck="false"/> }.into_any()
    }
}

fn set_form(
    action: &'static str,
    environment: &Name,
    noun: &'static str,
    name: &str,
    verb: &'static str,
    value: &str,
) -> impl IntoView + use<> {
    let label = format!("{} the {noun} {name}", verb.trim_end_matches('…'));
    view! {
        <details class="confirm in-place" name=format!("{noun} {name}")>
            <summary class="btn" aria-label=label>{verb}</summary>
            <form class="pop" method="post" action=action autocomplete="off">
                <input type="hidden" name="environment" value=environment.to_string()/>
                <input type="hidden" name="name" value=name.to_owned()/>
                <label class="field"><span>"Value"</span>{field(noun, value)}</label>
                <button class="btn primary">{verb.trim_end_matches('…')}</button>
            </form>
        </details>
    }
}

fn remove_form(
    action: &'static str,
    environment: &Name,
    noun: &'static str,
    line: &SecretLine,
) -> impl IntoView + use<> {
    let words = match line.used_by.len() {
        0 => String::new(),
        1 => "A flow types it: without it no deployment of that pool can start. ".to_owned(),
        many => {
            format!("{many} flows type it: without it no deployment of those pools can start. ")
        }
    };
    confirm_remove(action, environment, noun, &line.name, words)
}

fn confirm_remove(
    action: &'static str,
    environment: &Name,
    noun: &'static str,
    name: &str,
    words: String,
) -> impl IntoView + use<> {
    view! {
        <details class="confirm in-place" name=format!("{noun} {name}")>
            <summary class="btn" aria-label=format!("Remove the {noun} {name}")>"Remove…"</summary>
            <form class="pop" method="post" action=action>
                <input type="hidden" name="environment" value=environment.to_string()/>
                <input type="hidden" name="name" value=name.to_owned()/>
                <p>{words}"Its value is forgotten."</p>
                <button class="btn primary">"Remove"</button>
            </form>
        </details>
    }
}

fn add(action: &'static str, environment: &Name, noun: &'static str) -> impl IntoView + use<> {
    view! {
        <form class="pad value-add" method="post" action=action autocomplete="off">
            <input type="hidden" name="environment" value=environment.to_string()/>
            <label class="field">
                <span>"Name"</span>
                <input class="mono" type="text" name="name" required maxlength="64" pattern="[A-Za-z_][A-Za-z0-9_.\\-]*" autocomplete="off" autocapitalize="none" spellcheck="false"/>
            </label>
            <label class="field"><span>"Value"</span>{field(noun, "")}</label>
            <button class="btn">{format!("Set {noun}")}</button>
        </form>
    }
}
