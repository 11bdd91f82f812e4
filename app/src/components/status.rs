//! Icon, word and colour of a state.

use crate::model::mark::Mark;
use leptos::prelude::*;

/// The sign alone, for places where the word stands beside it anyway.
pub fn icon(mark: Mark) -> impl IntoView {
    view! {
        <svg class="ic" aria-hidden="true">
            <use href=mark.icon()></use>
        </svg>
    }
}

/// Sign and words in the colour of the state.
pub fn status(mark: Mark, words: impl Into<String>) -> impl IntoView {
    let words = words.into();
    let full = words.clone();
    view! {
        <span class=format!("st {}", mark.class()) title=full>
            {icon(mark)}
            <span class="st-w">{words}</span>
        </span>
    }
}
