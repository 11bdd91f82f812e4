//! A strip of pictures per flow: a row per node, a column per step.

use super::Page;
use crate::{
    components::status::status,
    islands::part::part,
    model::{
        live::{
            Live,
            film::{Cell, Row, Strip},
        },
        name::Name,
        smoke::{StepReport, StepVerdict},
        stage::Pass,
    },
    paths,
};
use leptos::prelude::*;

pub fn strips(page: Page) -> impl IntoView {
    let strips = Memo::new(move |_| page.live.with(Live::strips));
    move || {
        let place = page.live.with(|live| {
            live.plan
                .as_ref()
                .map(|p| (p.environment.clone(), p.application.clone(), p.number))
        });
        strips
            .get()
            .into_iter()
            .map(|strip| draw(strip, place.clone()))
            .collect_view()
    }
}

type Place = Option<(Name, Name, u32)>;

fn draw(strip: Strip, place: Place) -> impl IntoView {
    let (mark, words) = strip.verdict();
    let flow = strip.flow.clone();
    view! {
        <section class="card film-card" aria-label=format!("Pictures: {}", strip.title)>
            <header>
                <h2>{strip.title.clone()}</h2>
                {status(mark, words)}
            </header>
            <div class="scroll" tabindex="0" aria-label="Pictures, one row per node">
                <table class="film">
                    <thead>
                        <tr>
                            <td></td>
                            {(1..)
                                .zip(strip.columns)
                                .map(|(i, words)| {
                                    view! { <th scope="col" title=words.clone()>{format!("{i} {words}")}</th> }
                                })
                                .collect_view()}
                        </tr>
                    </thead>
                    <tbody>
                        {strip.rows.into_iter().map(|row| draw_row(row, &flow, &place)).collect_view()}
                    </tbody>
                </table>
            </div>
        </section>
    }
}

fn draw_row(row: Row, flow: &Name, place: &Place) -> impl IntoView + use<> {
    let version = row.version.map(|v| v.to_string()).unwrap_or_default();
    let label = match row.pass {
        Pass::Forward => version,
        Pass::Rehearsal => format!("{version}, in service"),
        Pass::Undo => format!("{version}, put back"),
    };
    let proven = row.proven;
    let cells: Vec<_> = row
        .cells
        .into_iter()
        .map(|cell| match cell {
            Cell::NotRun => {
                let words = if proven { "not on its way" } else { "not run" };
                part(view! { <td><span class="shot n"><em>{words}</em></span></td> })
            }
            Cell::Taken(report) => part(taken(*report, row.node.clone(), row.pass, flow, place)),
        })
        .collect();
    view! {
        <tr>
            <th scope="row">
                <b title=row.node.to_string()>{row.node.to_string()}</b>
                <small>{label}</small>
            </th>
            {cells}
        </tr>
    }
}

fn taken(
    report: StepReport,
    node: Name,
    pass: Pass,
    flow: &Name,
    place: &Place,
) -> impl IntoView + use<> {
    let href = place.as_ref().map(|(environment, application, number)| {
        paths::picture(
            environment,
            application,
            *number,
            &node,
            flow,
            report.step,
            pass,
        )
    });
    let (class, sign, why) = match &report.verdict {
        StepVerdict::Passed => ("shot", spoken_status(&report), String::new()),
        StepVerdict::Failed(why) => ("shot f", "failed".to_owned(), format!(": {why}")),
        StepVerdict::Broken(why) => ("shot f", "browser broke".to_owned(), format!(": {why}")),
    };
    let alt = format!("{} on {node}{why}", report.words);
    view! {
        <td>
            <a class=class href=href title=alt.clone()>
                <img src=report.picture.as_deref().map(paths::blob) alt=alt.clone() loading="lazy"/>
                <em>{sign}</em>
            </a>
        </td>
    }
}

/// `200` where a document was loaded, else how long it took.
fn spoken_status(report: &StepReport) -> String {
    crate::model::time::spoken(report.took())
}
