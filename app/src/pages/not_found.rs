//! No such page.

use super::problem::answer_with;
use crate::{
    components::frame::{Frame, Head, Section},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn NotFoundPage() -> impl IntoView {
    answer_with(404);
    view! {
        <Frame title="Not found" section=Section::None>
            <div class="stack narrow">
                <Head
                    title="There is no such page"
                    line="The address may be mistyped, or what it named may be gone."
                />
                <p><a class="btn" href=paths::OVERVIEW>"To the overview"</a></p>
            </div>
        </Frame>
    }
}
