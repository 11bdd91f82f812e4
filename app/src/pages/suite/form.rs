//! The forms that give files. Plain ones: the second carries the text of the first, so that nothing is kept between them.

use super::report::report;
use crate::{
    components::area::area,
    gateway::SuiteOrder,
    model::import::{FileReport, SuiteImport},
};
use leptos::prelude::*;

/// What was typed before and not taken: it stays.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub text: String,
    pub public_url: String,
}

/// A file or a text, to be checked.
pub fn give(here: &str, public_url: Option<&str>, typed: &Typed) -> impl IntoView + use<> {
    let usual = public_url.map_or_else(
        || "as the file says".to_owned(),
        |url| format!("{url}, as before"),
    );
    view! {
        <section class="card" aria-labelledby="h-give">
            <header><h2 id="h-give">"Take in a file"</h2></header>
            <form class="pad suite-form" method="post" action=here.to_owned() enctype="multipart/form-data">
                <p class="quiet">
                    "Record with Selenium IDE or with the recorder of Chrome's developer tools (export as JSON), or write our own format. A file of the same name takes the place of the one before."
                </p>
                <label class="field">
                    <span>"Files"</span>
                    <input type="file" name="file" multiple accept=".side,.json,.toml"/>
                </label>
                <label class="field">
                    <span>"Or paste one"</span>
                    <textarea name="text" rows="6" spellcheck="false" autocomplete="off">{area(&typed.text)}</textarea>
                </label>
                <label class="field">
                    <span>"Public address"</span>
                    <input name="public_url" type="url" value=typed.public_url.clone() placeholder=usual autocomplete="off"/>
                </label>
                <div class="go"><button class="btn" name="go" value="check">"Check"</button></div>
            </form>
        </section>
    }
}

/// What would come of it, and the button that does it.
pub fn checked(here: &str, order: &SuiteOrder, came: SuiteImport) -> impl IntoView + use<> {
    let unknown: Vec<String> = came
        .reports
        .iter()
        .flat_map(FileReport::unknown)
        .map(str::to_owned)
        .collect();
    let (changed, words) = (came.changed, came.words);
    let files = order.files.iter().map(|file| {
        view! {
            <input type="hidden" name="name" value=file.name.clone()/>
            <textarea name="text" hidden>{area(&file.text)}</textarea>
        }
    });
    let skips = order.skip.iter().map(|name| {
        view! { <input type="hidden" name="skip" value=name.clone()/> }
    });
    let offers = (!unknown.is_empty()).then(|| {
        let ticks = unknown.into_iter().map(|name| {
            view! {
                <label class="tick">
                    <input type="checkbox" name="skip" value=name.clone()/>
                    <span class="tick-w"><code>{name}</code></span>
                </label>
            }
        });
        view! {
            <fieldset class="field">
                <legend>"Unknown commands that may be skipped"</legend>
                <div class="ticks">{ticks.collect_view()}</div>
            </fieldset>
        }
    });
    let again = offers
        .is_some()
        .then(|| view! { <button class="btn" name="go" value="check">"Check again"</button> });
    view! {
        <section class="card" aria-labelledby="h-checked">
            <header>
                <h2 id="h-checked">"Checked"</h2>
                <span class="quiet">"Nothing is changed yet"</span>
            </header>
            {came.reports.into_iter().map(report).collect_view()}
            <form class="pad suite-form" method="post" action=here.to_owned() enctype="multipart/form-data">
                {files.collect_view()}
                {skips.collect_view()}
                <input type="hidden" name="public_url" value=order.public_url.clone().unwrap_or_default()/>
                {offers}
                <p>{words}" "{format!("It runs at {}.", came.public_url)}</p>
                <div class="go">
                    {again}
                    <button class="btn primary" name="go" value="take" disabled=!changed>"Take it in"</button>
                </div>
            </form>
        </section>
    }
}
