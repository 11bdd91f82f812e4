//! One strip per flow: a row per node, a column per step; the old release right below the new one.

use super::{Chosen, View, link, sign};
use crate::{
    components::status::{icon, status},
    model::{
        evidence::{EvidenceView, Spot, Standing, Strip},
        live::words::count,
        mark::Mark,
    },
    paths,
};
use leptos::prelude::*;

pub fn strips(evidence: &EvidenceView, chosen: Option<&Chosen>) -> impl IntoView + use<> {
    let all: Vec<_> = (0..evidence.strips.len())
        .map(|at| strip(evidence, at, chosen))
        .collect();
    view! { {all} }
}

fn strip(evidence: &EvidenceView, at: usize, chosen: Option<&Chosen>) -> impl IntoView + use<> {
    let strip = &evidence.strips[at];
    let (mark, words) = verdict(evidence, at);
    let heads: Vec<_> = (1..)
        .zip(&strip.columns)
        .map(|(number, words): (usize, &String)| {
            view! { <th scope="col" title=words.clone()>{format!("{number} {words}")}</th> }
        })
        .collect();
    let rows: Vec<_> = (0..strip.rows.len())
        .map(|row| draw_row(evidence, at, row, chosen))
        .collect();
    view! {
        <section class="card film-card" aria-label=format!("Pictures: {}", strip.title)>
            <header>
                <h2>{strip.title.clone()}</h2>
                {status(mark, words)}
            </header>
            <div class="scroll" tabindex="0" aria-label="Pictures, one row per node">
                <table class="film judged">
                    <thead><tr><td></td>{heads}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

fn draw_row(
    evidence: &EvidenceView,
    strip: usize,
    row: usize,
    chosen: Option<&Chosen>,
) -> impl IntoView + use<> {
    let spot = |column| Spot { strip, row, column };
    let shown = &evidence.strips[strip].rows[row];
    let class = match shown.taken.is_new() {
        true => "",
        false => "old",
    };
    let name = shown.node.to_string();
    let words = evidence.row_words(spot(0));
    let cells: Vec<_> = (0..shown.cells.len())
        .map(|column| cell(evidence, spot(column), chosen))
        .collect();
    view! {
        <tr class=class>
            <th scope="row"><b title=name.clone()>{name.clone()}</b><small title=words.clone()>{words.clone()}</small></th>
            {cells}
        </tr>
    }
}

fn cell(evidence: &EvidenceView, spot: Spot, chosen: Option<&Chosen>) -> impl IntoView + use<> {
    let standing = evidence.standing(spot);
    let (mark, class, words) = sign(&standing);
    let current = chosen.is_some_and(|chosen| chosen.spot == spot);
    let Some(report) = evidence.report(spot) else {
        let words = evidence.row(spot).not_run();
        return view! { <td><span class=class><em>{words}</em></span></td> }.into_any();
    };
    let href = match chosen {
        Some(chosen) => chosen.go(evidence, spot),
        None => link(evidence, spot, View::Side, ""),
    };
    let said = if words.is_empty() {
        "the old release".to_owned()
    } else {
        words.clone()
    };
    let alt = format!("{} on {}: {said}", report.words, evidence.row(spot).node);
    // a frame is narrow; its sign, its colour and its title say the rest
    let short = match &standing {
        Standing::Slight(found) | Standing::Accepted(found) | Standing::Differs(found) => {
            found.short()
        }
        _ => words,
    };
    let sign = (!short.is_empty()).then(|| view! { <em>{mark.map(icon)}{short}</em> });
    let title = alt.clone();
    view! {
        <td>
            <a class=class href=href title=title aria-current=current.then_some("true")>
                {match report.picture.as_deref() {
                    Some(picture) => view! { <img src=paths::blob(picture) alt=alt loading="lazy"/> }.into_any(),
                    None => view! { <span class="visually-hidden">{alt}</span> }.into_any(),
                }}
                {sign}
            </a>
        </td>
    }
    .into_any()
}

/// What a flow comes to over all nodes.
fn verdict(evidence: &EvidenceView, at: usize) -> (Mark, String) {
    let strip = &evidence.strips[at];
    let new = || evidence.new_spots().filter(move |spot| spot.strip == at);
    let failed = new()
        .chain(evidence.spots().filter(move |spot| spot.strip == at))
        .find(|spot| matches!(evidence.standing(*spot), Standing::Failed(_)));
    if let Some(spot) = failed {
        let (node, step, of) = (
            &evidence.row(spot).node,
            spot.column + 1,
            strip.columns.len(),
        );
        return (
            Mark::Fail,
            format!("failed on {node} at step {step} of {of}"),
        );
    }
    let has = |wanted: fn(&Standing<'_>) -> bool| {
        (0..strip.columns.len())
            .filter(|column| {
                new().any(|spot| spot.column == *column && wanted(&evidence.standing(spot)))
            })
            .count()
    };
    let open = has(|standing| matches!(standing, Standing::Differs(_)));
    let rejected = has(|standing| matches!(standing, Standing::Rejected(_)));
    let accepted = has(|standing| matches!(standing, Standing::Accepted(_)));
    let comparing = has(|standing| matches!(standing, Standing::Comparing));
    let passed = passed(strip);
    match () {
        () if rejected > 0 => (Mark::Fail, format!("{} rejected", count(rejected, "step"))),
        () if open > 0 => (Mark::Drain, format!("{} to review", count(open, "step"))),
        () if comparing > 0 => (Mark::Work, "being compared".to_owned()),
        () if accepted > 0 => (
            Mark::Done,
            format!("{} accepted", count(accepted, "change")),
        ),
        () if passed > 0 => (Mark::Done, format!("passed on {}", count(passed, "node"))),
        () if new().any(|spot| evidence.report(spot).is_some()) => {
            (Mark::Smoke, "running".to_owned())
        }
        () => (Mark::Wait, "not run".to_owned()),
    }
}

fn passed(strip: &Strip) -> usize {
    let rows = strip.rows.iter().filter(|row| row.taken.is_new());
    rows.filter(|row| row.passed()).count()
}
