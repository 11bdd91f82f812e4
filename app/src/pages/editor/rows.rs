//! The steps of a draft, a row each.

use super::{Faults, wrong};
use crate::{
    components::area::area,
    model::editor::{By, Do, Row, Spot},
};
use leptos::prelude::*;

pub fn list(rows: &[Row], faults: &Faults) -> impl IntoView + use<> {
    let last = rows.len().saturating_sub(1);
    let drawn = rows
        .iter()
        .enumerate()
        .map(|(at, row)| one(at, last, row, faults.at(Spot::Row(at))));
    let count = crate::model::live::words::count(rows.len(), "step");
    view! {
        <section class="card" aria-labelledby="h-steps">
            <header><h2 id="h-steps">"Steps"</h2><span class="quiet">{count}</span></header>
            <div class="step-row step-heads" aria-hidden="true">
                <span></span><span>"Do"</span><span>"Found by"</span><span>"Element"</span><span>"Text"</span><span>"Also"</span>
            </div>
            <ol class="step-rows">{drawn.collect_view()}</ol>
            <div class="pad step-add">
                <button class="btn" name="go" value=format!("add:{last}")>"Add a step"</button>
            </div>
        </section>
    }
}

fn one(at: usize, last: usize, row: &Row, fault: Option<&str>) -> impl IntoView + use<> {
    let number = at + 1;
    let label = |what: &str| format!("Step {number}: {what}");
    let bad = fault.map(|_| "true");
    let described = fault.map(|_| format!("row-{number}-why"));
    let needs = row.act.needs();
    let class = match fault {
        Some(_) => "step-row bad",
        None => "step-row",
    };
    // one line holds no line breaks; a whole step may need room
    let long = row.act == Do::Other || row.with.contains('\n');
    let text = match long {
        true => view! {
            <textarea
                class="tx mono" name="with" rows=row.with.lines().count().clamp(1, 8).to_string() spellcheck="false"
                autocomplete="off" aria-label=label("text") aria-invalid=bad aria-describedby=described.clone() placeholder=needs.text.unwrap_or(" ")
            >{area(&row.with)}</textarea>
        }
        .into_any(),
        false => view! {
            <input
                class="tx" name="with" value=row.with.clone() autocomplete="off" spellcheck="false" aria-label=label("text")
                aria-invalid=bad aria-describedby=described.clone() placeholder=needs.text.unwrap_or(" ")
            />
        }
        .into_any(),
    };
    let element_hint = match row.by {
        By::Usual => "words on it, or its label",
        By::Css | By::FirstCss | By::Pierce => "#cart button",
        By::Id => "its id",
        By::Name => "its name",
        By::Aria => "accessible name",
        By::Xpath => "//button[1]",
        By::Written => "[\"Sign in\", { css = \"#go\" }]",
        By::Label | By::Text | By::Reads | By::Link | By::PartialLink => "text",
    };
    view! {
        <li class=class id=format!("row-{number}")>
            <span class="step-no" aria-hidden="true">{number}</span>
            {acts(row.act, label("what is done"))}
            {bys(row.by, label("how its element is found"))}
            <input
                class="on" name="on" value=row.on.clone() autocomplete="off" spellcheck="false" aria-label=label("element")
                aria-invalid=bad aria-describedby=described.clone() placeholder=element_hint
            />
            {text}
            <input
                class="also mono" name="also" value=row.also.clone() autocomplete="off" spellcheck="false"
                aria-label=label("also") placeholder="limit = \"30 s\""
            />
            <span class="step-verbs">
                {verb("up", at, at == 0, "M6 10V2M2.6 5.4 6 2l3.4 3.4", label("move up"))}
                {verb("down", at, at == last, "M6 2v8M2.6 6.6 6 10l3.4-3.4", label("move down"))}
                {verb("add", at, false, "M6 2v8M2 6h8", label("add a step below"))}
                {verb("remove", at, false, "m2.6 2.6 6.8 6.8m0-6.8-6.8 6.8", label("remove"))}
            </span>
            {fault.map(|words| wrong(words, &format!("row-{number}-why")))}
        </li>
    }
}

fn verb(
    word: &'static str,
    at: usize,
    idle: bool,
    sign: &'static str,
    label: String,
) -> impl IntoView {
    view! {
        <button class="step-verb" name="go" value=format!("{word}:{at}") disabled=idle aria-label=label.clone() title=label>
            <svg viewBox="0 0 12 12" aria-hidden="true">
                <path d=sign fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"></path>
            </svg>
        </button>
    }
}

/// Options say what their row needs, so that the style sheet can leave out the other fields.
fn acts(chosen: Do, label: String) -> impl IntoView {
    let group = |(title, acts): (&'static str, &'static [Do])| {
        let options = acts.iter().map(|act| {
            let needs = act.needs();
            let class = match (*act, needs.element, needs.text) {
                (Do::Other, ..) => "whole",
                (_, false, _) => "no-element",
                (_, true, None) => "no-text",
                (_, true, Some(_)) => "both",
            };
            view! { <option class=class value=act.word() selected=*act == chosen>{act.label()}</option> }
        });
        view! { <optgroup label=title>{options.collect_view()}</optgroup> }
    };
    view! {
        <select class="deed" name="act" aria-label=label>
            {Do::GROUPS.into_iter().map(group).collect_view()}
        </select>
    }
}

fn bys(chosen: By, label: String) -> impl IntoView {
    let options = By::ALL.into_iter().map(|by| {
        view! { <option value=by.word() selected=by == chosen>{by.label()}</option> }
    });
    view! { <select class="by" name="by" aria-label=label>{options.collect_view()}</select> }
}
