//! What differs on a pool's nodes, in place, each with its two verbs. Real forms: nothing here needs a script.

use super::needs::run;
use crate::{
    api::{
        drift::{Adopt, Revert},
        told,
    },
    components::{sentence::coded, status::status, when::ago},
    model::{
        drift::{Difference, DriftLine, Placed, Revert as WayBack, Shown, Unread},
        live::words::sentence,
        mark::Mark,
        name::Name,
        time::Timestamp,
        trouble::Trouble,
        view::{NodeRow, PoolView},
    },
    paths,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The pool, as far as its forms need it.
#[derive(Clone)]
pub struct Place {
    environment: Name,
    application: Name,
    /// Versions that can be deployed.
    releases: Vec<Name>,
    /// Why this person can do nothing about differences.
    refused: Option<String>,
}

impl Place {
    pub fn of(pool: &PoolView) -> Self {
        let releases = pool.releases.iter();
        Self {
            environment: pool.environment.clone(),
            application: pool.application.clone(),
            releases: releases.map(|release| release.version.clone()).collect(),
            refused: pool.drift_refused.clone(),
        }
    }
}

/// Below a node's row: each difference, then what could not be read. Nothing where all is well.
pub fn below(row: &NodeRow, place: &Place) -> Option<impl IntoView + use<>> {
    let drift = row.drift.as_ref()?;
    let node = &row.node.name;
    let mut drawn: Vec<AnyView> = drift
        .differences
        .iter()
        .filter(|line| !is_new(line))
        .map(|line| difference(node, line, place).into_any())
        .collect();
    if !drift.unread.is_empty() {
        drawn.push(unread(&drift.unread).into_any());
    }
    (!drawn.is_empty()).then(|| {
        view! { <tr class="differs"><td colspan="5">{drawn}</td></tr> }
    })
}

/// What was compared last, for the table's head.
pub fn compared(nodes: &[NodeRow], now: Timestamp) -> Option<impl IntoView + use<>> {
    let seen = nodes
        .iter()
        .filter_map(|row| Some(row.drift.as_ref()?.seen_at));
    let oldest = seen.min_by_key(|at| at.0)?;
    Some(view! { ", compared "{ago(oldest, now)} })
}

fn is_new(line: &DriftLine) -> bool {
    matches!(line.difference, Difference::Unadopted { .. })
}

fn unread(all: &[Unread]) -> impl IntoView + use<> {
    let words: Vec<_> = all
        .iter()
        .map(|unread| sentence(&format!("not known {}: {}", unread.part, unread.why)))
        .collect();
    view! {
        <div class="difference unknown">
            {status(Mark::Unknown, "Unknown")}
            <div class="difference-body">
                {words.iter().map(|words| view! { <p>{coded(words)}</p> }).collect_view()}
            </div>
        </div>
    }
}

fn difference(node: &Name, line: &DriftLine, place: &Place) -> impl IntoView + use<> {
    let Trouble { what, stands, .. } = line.trouble.clone();
    view! {
        <div class="difference drain">
            {status(Mark::Drain, "Differs")}
            <div class="difference-body">
                <p>{coded(&what)}</p>
                {(!stands.is_empty()).then(|| view! { <p class="quiet">{stands}</p> })}
                {verbs(node, line, place)}
            </div>
        </div>
    }
}

fn verbs(node: &Name, line: &DriftLine, place: &Place) -> AnyView {
    if let Some(why) = &place.refused {
        return view! { <p class="why-not">{sentence(why)}</p> }.into_any();
    }
    let shown = Shown {
        node: node.clone(),
        difference: line.id.clone(),
    };
    let (_, found) = line.difference.sides();
    let adopt = match line.difference.adopt_refused() {
        None => form(
            Adopt::PATH,
            "Adopt",
            adopt_words(node, &line.difference, &found),
            &shown,
            place,
        )
        .into_any(),
        Some(_) => ().into_any(),
    };
    let back = match line.difference.revert() {
        WayBack::Flag(placed) => {
            let words = match placed {
                Placed::InService => format!(
                    "The balancer is told to send visitors to {node} again, if what it runs is proven there."
                ),
                Placed::Isolated => format!(
                    "The balancer is told to send no visitor to {node}, if enough others stay in service."
                ),
            };
            form(Revert::PATH, "Revert", words, &shown, place).into_any()
        }
        WayBack::Deploy(version) if place.releases.contains(&version) => {
            let nodes = [node.clone()];
            let form = paths::DeployForm {
                version: &version,
                nodes: &nodes,
                undoes: None,
                refused: false,
            };
            let path = form.path(&place.environment, &place.application);
            let label = format!("Revert {node}: deploy {version} to it");
            view! { <a class="btn" href=path aria-label=label>{format!("Revert to {version}…")}</a> }
                .into_any()
        }
        WayBack::Deploy(version) => {
            view! { <p class="why-not">{format!("{version} is not registered, so it cannot be deployed again.")}</p> }
                .into_any()
        }
        WayBack::Impossible(why) => {
            view! { <p class="why-not">{sentence(&format!("It cannot be reverted: {why}"))}</p> }
                .into_any()
        }
    };
    view! { <div class="ways">{adopt}{back}</div> }.into_any()
}

fn adopt_words(node: &Name, difference: &Difference, found: &str) -> String {
    match difference {
        Difference::Admission { .. } => {
            format!("From now on {node} is expected {found} there. Nothing is changed.")
        }
        Difference::Answer { found, .. } => {
            format!("From now on {node} is expected to answer as {found}. Nothing is changed.")
        }
        Difference::Current { .. } | Difference::Unadopted { .. } => {
            format!(
                "From now on {node} is expected on {found}: an undo goes back to it. Nothing is changed."
            )
        }
    }
}

/// Asks once more, and why.
fn form(
    action: &'static str,
    verb: &'static str,
    words: String,
    shown: &Shown,
    place: &Place,
) -> impl IntoView + use<> {
    let label = format!("{verb} on {}", shown.node);
    view! {
        // of one name: opening one closes the other
        <details class="confirm in-place" name=shown.to_string()>
            <summary class="btn" aria-label=label>{format!("{verb}…")}</summary>
            <form class="pop" method="post" action=action>
                <input type="hidden" name="environment" value=place.environment.to_string()/>
                <input type="hidden" name="application" value=place.application.to_string()/>
                <input type="hidden" name="shown[]" value=shown.to_string()/>
                <p>{words}</p>
                {reason()}
                <button class="btn primary">{verb}</button>
            </form>
        </details>
    }
}

fn reason() -> impl IntoView {
    view! {
        <label class="field">
            <span>"Reason"</span>
            <input type="text" name="reason" required maxlength="200" autocomplete="off" placeholder="For the audit history"/>
        </label>
    }
}

/// All nodes whose release nobody deployed or adopted, together.
pub fn new_nodes(nodes: &[NodeRow], place: &Place) -> Option<impl IntoView + use<>> {
    let new: Vec<(Shown, String)> = nodes
        .iter()
        .flat_map(|row| {
            let lines = row.drift.iter().flat_map(|drift| &drift.differences);
            lines.filter(|line| is_new(line)).map(|line| {
                let shown = Shown {
                    node: row.node.name.clone(),
                    difference: line.id.clone(),
                };
                (shown, line.difference.sides().1)
            })
        })
        .collect();
    if new.is_empty() {
        return None;
    }
    let names: Vec<Name> = new.iter().map(|(shown, _)| shown.node.clone()).collect();
    let verbs = match &place.refused {
        Some(why) => view! { <p class="why-not">{sentence(why)}</p> }.into_any(),
        None => adopt_all(new, place).into_any(),
    };
    Some(view! {
        <div class="difference unknown new-nodes">
            {status(Mark::Unknown, "Not adopted")}
            <div class="difference-body">
                <p>{format!("Nobody deployed or adopted what {} here.", run(&names))}</p>
                <p class="quiet">"Adopt it, so that a failed deployment can be undone."</p>
                {verbs}
            </div>
        </div>
    })
}

fn adopt_all(new: Vec<(Shown, String)>, place: &Place) -> impl IntoView + use<> {
    let ticks = new.into_iter().map(|(shown, found)| {
        view! {
            <label class="tick">
                <input type="checkbox" name="shown[]" value=shown.to_string() checked/>
                <span class="tick-w">{shown.node.to_string()}</span>
                <span class="tick-w quiet">{found}</span>
            </label>
        }
    });
    view! {
        <div class="ways">
            <details class="confirm in-place">
                <summary class="btn">"Adopt…"</summary>
                <form class="pop" method="post" action=Adopt::PATH>
                    <input type="hidden" name="environment" value=place.environment.to_string()/>
                    <input type="hidden" name="application" value=place.application.to_string()/>
                    <div class="ticks">{ticks.collect_view()}</div>
                    {reason()}
                    <button class="btn primary">"Adopt"</button>
                </form>
            </details>
        </div>
    }
}

/// What came of the form before.
pub fn told(place: &Place) -> Option<impl IntoView + use<>> {
    told::drawn(&paths::pool(&place.environment, &place.application))
}
