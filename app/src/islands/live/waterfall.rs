//! Time as bars: a lane per node, drawn as SVG so that no style attribute is needed.

use super::Page;
use crate::model::{
    live::lanes::{Bar, Lane, Look, Percent},
    mark::Mark,
    stage::Pass,
};
use leptos::prelude::*;

pub fn waterfall(page: Page) -> impl IntoView {
    let lanes = move || {
        page.live
            .with(|live| live.lanes(page.now.get(), page.usual))
    };
    view! {
        <section class="card" aria-labelledby="h-time">
            <header>
                <h2 id="h-time">"Timeline"</h2>
                <span class="legend" aria-hidden="true">
                    <span class="drain">"isolate, drain"</span>
                    <span class="work">"deploy, check"</span>
                    <span class="smoke">"smoke"</span>
                    <span class="serve">"rejoin"</span>
                    <span class="undo">"undo"</span>
                    <span class="out">"stopped"</span>
                </span>
            </header>
            <div class="wf">
                {move || {
                    let lanes = lanes();
                    let now = lanes.now;
                    view! {
                        <div class="axis" aria-hidden="true">
                            {lanes.ticks.into_iter().map(|tick| view! { <span>{tick}</span> }).collect_view()}
                        </div>
                        {lanes.lanes.into_iter().map(|lane| draw(lane, now)).collect_view()}
                    }
                }}
            </div>
        </section>
    }
}

fn draw(lane: Lane, now: Option<Percent>) -> impl IntoView {
    let said = lane
        .bars
        .iter()
        .map(|bar| bar.title.as_str())
        .collect::<Vec<_>>()
        .join("; ");
    view! {
        <div class="lane-name">
            <b title=lane.name.clone()>{lane.name.clone()}</b>
            <small>{lane.words}</small>
        </div>
        <div class="lane">
            <svg role="img" aria-label=format!("{}: {said}", lane.name)>
                {(1..5).map(|i| view! { <rect class="grid" x=format!("{}%", i * 20) width="1" height="100%"/> }).collect_view()}
                {lane.bars.into_iter().map(bar).collect_view()}
                <rect class="now" x=now.unwrap_or_default().to_string() width="2" height="100%" visibility=if now.is_some() { "visible" } else { "hidden" }/>
            </svg>
        </div>
    }
}

/// A nested drawing per bar: it clips its own label.
fn bar(bar: Bar) -> impl IntoView {
    let class = match bar.look {
        Look::Prepare => "bar out".to_owned(),
        Look::Failed => format!("bar {}", Mark::Fail.class()),
        Look::Stopped => "bar stopped".to_owned(),
        Look::Soak => format!("bar soak {}", Mark::Serve.class()),
        Look::Ghost => "bar ghost".to_owned(),
        Look::Stage(mark, Pass::Forward | Pass::Rehearsal) => format!("bar {}", mark.class()),
        Look::Stage(mark, Pass::Undo) => format!("bar back {}", mark.class()),
    };
    let label = if bar.w >= Percent(750) {
        bar.label
    } else {
        String::new()
    };
    view! {
        <svg class=class x=bar.x.to_string() y="4" width=bar.w.max(Percent(40)).to_string() height="22">
            <title>{bar.title}</title>
            <rect x="0.5" y="0.5" width="100%" height="21" rx="3"/>
            <text x="6" y="15">{label}</text>
        </svg>
    }
}
