//! What happened, newest first, in a box of fixed height at most.

use super::Page;
use crate::components::{status::icon, when::clock};
use leptos::prelude::*;

pub fn told(page: Page) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="h-told">
            <header>
                <h2 id="h-told">"What happened"</h2>
                <span class="quiet">"newest first, UTC"</span>
            </header>
            <ol class="told" tabindex="0">
                {move || {
                    page.live
                        .with(|live| {
                            live.told
                                .iter()
                                .rev()
                                .map(|line| {
                                    view! {
                                        <li class=line.mark.class()>
                                            {clock(line.at)}
                                            {icon(line.mark)}
                                            <span>{line.words.clone()}</span>
                                        </li>
                                    }
                                })
                                .collect_view()
                        })
                }}
            </ol>
        </section>
    }
}
