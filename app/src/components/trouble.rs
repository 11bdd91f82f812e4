//! An operator's sentence in its four parts.

use super::status::status;
use crate::model::{mark::Mark, trouble::Trouble};
use leptos::prelude::*;

/// What happened, how things stand, what can be done; machine words below.
pub fn trouble(mark: Mark, label: impl Into<String>, trouble: Trouble) -> impl IntoView {
    let Trouble {
        what,
        stands,
        remedy,
        detail,
    } = trouble;
    view! {
        <section class=format!("note {}", mark.class()) aria-label="What went wrong">
            <p class="note-label">{status(mark, label)}</p>
            <div class="note-body">
                <p>{what}</p>
                {(!stands.is_empty()).then(|| view! { <p class="quiet">{stands}</p> })}
                {(!remedy.is_empty()).then(|| view! { <p class="quiet">{remedy}</p> })}
                {detail.map(|detail| view! { <pre class="log" tabindex="0">{detail}</pre> })}
            </div>
        </section>
    }
}
