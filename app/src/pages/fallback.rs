//! What stands at an address that has no page: that there is none, or why a form came to nothing.

use super::{not_done::NotDonePage, problem::answer_with};
use crate::{
    components::frame::{Frame, Head, Section},
    error::AppError,
    paths,
};
use leptos::{either::Either, prelude::*};

#[component]
pub fn FallbackPage() -> impl IntoView {
    match use_context::<AppError>() {
        Some(error) => Either::Left(view! { <NotDonePage error/> }),
        None => Either::Right(view! { <NotFoundPage/> }),
    }
}

#[component]
fn NotFoundPage() -> impl IntoView {
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
