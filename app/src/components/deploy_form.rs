//! The Deploy form: release, nodes, reason, and what would happen. A real form; the browser adds only
//! that the plan follows each choice.

use super::{status::status, trouble::trouble};
use crate::{
    api::deployments::Deploy,
    islands::plan_follower::PlanFollower,
    model::{mark::Mark, name::Name, trouble::Trouble, view::PlanView},
    paths,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// What can be chosen, and what is.
#[derive(Debug, Clone, PartialEq)]
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
    /// The suite is tried on a node in service first, unless this is told otherwise.
    pub rehearses: bool,
    /// It rolls back the deployment of this number: the release is given.
    pub undoes: Option<u32>,
}

pub fn deploy_form(choices: Choices, plan: Option<PlanView>) -> impl IntoView {
    let place = format!("{} / {}", choices.environment, choices.application);
    // names hold nothing that needs escaping
    let preview = format!(
        r#"<button class="btn" formmethod="get" formaction="{}#deploy">Show the plan for these choices</button>"#,
        paths::pool(&choices.environment, &choices.application)
    );
    let unasked = Trouble::new("The server could not be asked.")
        .remedy("Check the connection and try again.");
    let unasked = plan_view(PlanView::refused(choices.version.clone(), unasked)).to_html();
    // in the form that the island gives to what is chosen in the browser
    let shown = choices.nodes.iter().filter(|(_, _, on)| *on);
    let shown = shown.fold(choices.version.to_string(), |shown, (name, ..)| {
        format!("{shown},{name}")
    });
    let release_field = view! {
        <label class="field">
            <span>"Release"</span>
            <select name="version">
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
    };
    let node_field = view! {
        <fieldset class="field">
            <legend>"Nodes, rolled in this order"</legend>
            <div class="ticks">
                {choices
                    .nodes
                    .into_iter()
                    .map(|(name, runs, on)| {
                        let full = format!("{name}, {runs}");
                        view! {
                            <label class="tick" title=full>
                                <input type="checkbox" name="nodes[]" value=name.to_string() checked=on/>
                                <span class="tick-w">{name.to_string()}</span>
                                <span class="quiet tick-w">{runs}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </fieldset>
    };
    let refused = choices.refused;
    view! {
        <form method="post" action=Deploy::PATH class="deploy-form" id="deploy-form">
            <input type="hidden" name="environment" value=choices.environment.to_string()/>
            <input type="hidden" name="application" value=choices.application.to_string()/>
            {choices.undoes.map(|number| view! { <input type="hidden" name="undoes" value=number.to_string()/> })}
            {release_field}
            {node_field}
            <label class="field">
                <span>"Reason " <small>"kept in the audit history"</small></span>
                <input type="text" name="reason" value=choices.reason maxlength="200" autocomplete="off" placeholder="Optional"/>
            </label>
            {choices
                .rehearses
                .then(|| {
                    view! {
                        <label class="choice">
                            <input type="checkbox" name="unrehearsed" value="true"/>
                            <span>
                                "Without the rehearsal "
                                <small>"when what runs now is broken: the suite is not tried on a node in service first"</small>
                            </span>
                        </label>
                    }
                })}
            <div class="plan" id="deploy-plan" aria-live="polite" data-shown=shown data-unasked=unasked>
                {plan.map(plan_view)}
            </div>
            <div class="go">
                <button
                    class="btn primary"
                    id="deploy-go"
                    disabled=refused.is_some()
                    data-refused=refused.clone()
                    aria-describedby="deploy-why"
                >
                    {match choices.undoes {
                        Some(number) => format!("Roll back #{number} of {place}"),
                        None => format!("Deploy to {place}"),
                    }}
                </button>
                <noscript inner_html=preview></noscript>
                <p class="why-not" id="deploy-why">{refused}</p>
            </div>
        </form>
        <PlanFollower/>
    }
}

/// What would happen, in order.
pub fn plan_view(plan: PlanView) -> impl IntoView {
    let refused = plan.refused.as_ref().map(|refused| refused.what.clone());
    view! {
        <h3 data-refused=refused>"What will happen"</h3>
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
