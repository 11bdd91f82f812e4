//! The Deploy form: release, nodes, reason, and what would happen. A real form; the browser adds only
//! that the plan follows each choice.

use crate::{
    api::deployments::Deploy,
    components::{status::status, trouble::trouble},
    model::{mark::Mark, name::Name, view::PlanView},
    paths,
};
use leptos::{html, prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

/// What can be chosen, and what is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    pub environment: Name,
    pub application: Name,
    /// Version and what is known about it, newest first.
    pub releases: Vec<(Name, String)>,
    /// Node, what it runs, whether it is ticked.
    pub nodes: Vec<(Name, String, bool)>,
    pub version: Name,
    pub reason: String,
    /// Why nobody, or not this person, can deploy now.
    pub refused: Option<String>,
}

#[island]
pub fn DeployForm(choices: Choices, plan: Option<PlanView>) -> impl IntoView {
    let version = RwSignal::new(choices.version.clone());
    let ticked: RwSignal<Vec<Name>> = RwSignal::new(
        choices
            .nodes
            .iter()
            .filter(|(_, _, on)| *on)
            .map(|(name, ..)| name.clone())
            .collect(),
    );
    let order: StoredValue<Vec<Name>> = StoredValue::new(
        choices
            .nodes
            .iter()
            .map(|(name, ..)| name.clone())
            .collect(),
    );
    let plan = RwSignal::new(plan);
    let awake = RwSignal::new(false);
    let refused = StoredValue::new(choices.refused.clone());
    let why_not = move || {
        let blocked = || {
            awake
                .get()
                .then(|| {
                    plan.with(|p| {
                        p.as_ref()
                            .and_then(|p| p.refused.as_ref().map(|t| t.what.clone()))
                    })
                })
                .flatten()
        };
        let nobody =
            || (awake.get() && ticked.with(Vec::is_empty)).then(|| "No node is chosen.".to_owned());
        refused.get_value().or_else(nobody).or_else(blocked)
    };

    let tick_to = move |node: &Name, on: bool| {
        ticked.update(|all| {
            all.retain(|other| other != node);
            if on {
                all.push(node.clone());
                order.with_value(|order| {
                    all.sort_by_key(|n| order.iter().position(|o| o == n));
                });
            }
        });
    };
    // what a person chose before the script was there made no event
    let release: NodeRef<html::Select> = NodeRef::new();
    Effect::new(move |_| {
        let shown = release.get().and_then(|field| field.value().parse().ok());
        if let Some(shown) = shown.filter(|shown| *shown != version.get_untracked()) {
            version.set(shown);
        }
    });

    #[cfg(feature = "hydrate")]
    browser::follow(&choices, version, ticked, plan, awake);

    let place = format!("{} / {}", choices.environment, choices.application);
    // as text: a browser with scripting keeps the inside of `noscript` unparsed, and hydration would stumble
    // over elements there; names hold nothing that needs escaping
    let preview = format!(
        r#"<button class="btn" formmethod="get" formaction="{}#deploy">Show the plan for these choices</button>"#,
        paths::pool(&choices.environment, &choices.application)
    );
    let release_field = view! {
            <label class="field">
                <span>"Release"</span>
                <select
                    name="version"
                    node_ref=release
                    on:change=move |event| {
                        if let Ok(chosen) = event_target_value(&event).parse() {
                            version.set(chosen);
                        }
                    }
                >
                    {choices
                        .releases
                        .into_iter()
                        .map(|(name, words)| {
                            let selected = name == choices.version;
                            view! {
                                <option value=name.to_string() selected=selected>
                                    {format!("{name}, {words}")}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
    }
    .into_any();
    let node_field = view! {
            <fieldset class="field">
                <legend>"Nodes, rolled in this order"</legend>
                <div class="ticks">
                    {choices
                        .nodes
                        .into_iter()
                        .map(|(name, runs, on)| {
                            let (known, early) = (name.clone(), name.clone());
                            let tick: NodeRef<html::Input> = NodeRef::new();
                            Effect::new(move |_| {
                                let shown = tick.get().map(|field| field.checked());
                                let known = ticked.with_untracked(|all| all.contains(&early));
                                if let Some(shown) = shown.filter(|shown| *shown != known) {
                                    tick_to(&early, shown);
                                }
                            });
                            let full = format!("{name}, {runs}");
                            view! {
                                <label class="tick" title=full>
                                    <input
                                        type="checkbox"
                                        name="nodes[]"
                                        value=name.to_string()
                                        checked=on
                                        node_ref=tick
                                        on:change=move |event| {
                                            tick_to(&known, event_target_checked(&event));
                                        }
                                    />
                                    <span class="tick-w">{name.to_string()}</span>
                                    <span class="quiet tick-w">{runs}</span>
                                </label>
                            }
                        })
                        .collect_view()}
                </div>
            </fieldset>
    }
    .into_any();
    view! {
        <form method="post" action=Deploy::PATH class="deploy-form">
            <input type="hidden" name="environment" value=choices.environment.to_string()/>
            <input type="hidden" name="application" value=choices.application.to_string()/>
            {release_field}
            {node_field}
            <label class="field">
                <span>"Reason " <small>"kept in the audit history"</small></span>
                <input type="text" name="reason" value=choices.reason maxlength="200" autocomplete="off" placeholder="Optional"/>
            </label>
            <div class="plan" aria-live="polite">{move || plan.get().map(plan_view)}</div>
            <div class="go">
                <button
                    class="btn primary"
                    disabled=move || why_not().is_some()
                    aria-describedby="deploy-why"
                >
                    {format!("Deploy to {place}")}
                </button>
                <noscript inner_html=preview></noscript>
                <p class="why-not" id="deploy-why">{why_not}</p>
            </div>
        </form>
    }
}

/// What would happen, in order.
fn plan_view(plan: PlanView) -> impl IntoView {
    view! {
        <h3>"What will happen"</h3>
        {plan.refused.map(|refused| trouble(Mark::Halt, "Cannot start", refused))}
        <ol class="plan-lines">
            {plan
                .nodes
                .into_iter()
                .map(|line| {
                    let before = line.before.map_or_else(|| "unknown".to_owned(), |b| b.to_string());
                    let change = format!("{before} → {}", plan.version);
                    view! {
                        <li>
                            <b title=line.node.to_string()>{line.node.to_string()}</b>
                            <span class="tag" title=change.clone()>{change.clone()}</span>
                            <span class="quiet plan-words">{line.words}</span>
                        </li>
                    }
                })
                .collect_view()}
        </ol>
        {plan
            .warnings
            .into_iter()
            .map(|warning| {
                view! { <p class="warning">{status(Mark::Drain, "Note")}<span>{warning}</span></p> }
            })
            .collect_view()}
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::*;
    use crate::{api::plans::preview_plan, error::AppError};
    use leptos::task::spawn_local;

    /// Asks for the plan anew after each choice; a late answer to an earlier choice is dropped.
    pub fn follow(
        choices: &Choices,
        version: RwSignal<Name>,
        ticked: RwSignal<Vec<Name>>,
        plan: RwSignal<Option<PlanView>>,
        awake: RwSignal<bool>,
    ) {
        let place = (choices.environment.clone(), choices.application.clone());
        let painted = (version.get_untracked(), ticked.get_untracked());
        let asked = StoredValue::new(0u32);
        Effect::new(move |first: Option<()>| {
            let (version, nodes) = (version.get(), ticked.get());
            awake.set(true);
            let is_painted = first.is_none() && painted == (version.clone(), nodes.clone());
            if is_painted || nodes.is_empty() {
                return;
            }
            let turn = asked.get_value() + 1;
            asked.set_value(turn);
            let (environment, application) = place.clone();
            spawn_local(async move {
                let answer = preview_plan(environment, application, version.clone(), nodes).await;
                if asked.get_value() == turn {
                    plan.set(Some(answer.unwrap_or_else(|error: AppError| PlanView {
                        version,
                        nodes: Vec::new(),
                        warnings: Vec::new(),
                        refused: Some(error.trouble()),
                    })));
                }
            });
        });
    }
}
