//! What a page shows instead of itself: the sentence, with the right status; signed out leads to sign-in.

use crate::{
    components::frame::{Frame, Head, Section},
    components::trouble::trouble,
    error::AppError,
    model::{mark::Mark, time::Timestamp},
    paths,
};
use axum::http::{StatusCode, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

/// The page of `loaded`, or the reason there is none.
pub fn page<T, V: IntoView + 'static>(
    section: Section,
    loaded: Result<T, AppError>,
    draw: impl FnOnce(T) -> V,
) -> AnyView {
    match loaded {
        Ok(value) => draw(value).into_any(),
        Err(error) => view! { <Problem section error/> }.into_any(),
    }
}

pub fn answer_with(status: u16) {
    if let (Some(response), Ok(status)) = (
        use_context::<ResponseOptions>(),
        StatusCode::from_u16(status),
    ) {
        response.set_status(status);
    }
}

#[component]
fn Problem(section: Section, error: AppError) -> impl IntoView {
    answer_with(error.http_status());
    if error == AppError::SignedOut {
        let here = use_context::<Parts>()
            .and_then(|parts| parts.uri.path_and_query().map(|p| p.as_str().to_owned()))
            .unwrap_or_else(|| paths::OVERVIEW.to_owned());
        leptos_axum::redirect(&paths::sign_in(&here));
    }
    let (mark, title) = titled(&error);
    view! {
        <Frame title section>
            <div class="stack narrow">
                <Head title/>
                {trouble(mark, title, error.trouble())}
                <p><a class="btn" href=paths::OVERVIEW>"To the overview"</a></p>
            </div>
        </Frame>
    }
}

/// What kind of trouble it is, as a sign and as a heading.
pub fn titled(error: &AppError) -> (Mark, &'static str) {
    match error {
        AppError::SignedOut => (Mark::Out, "You are not signed in"),
        AppError::Forbidden(_) => (Mark::Out, "This is not yours to see"),
        AppError::NotFound(_) => (Mark::Unknown, "Not found"),
        AppError::Refused(_) => (Mark::Halt, "This cannot be done now"),
        AppError::Internal(_) => (Mark::Fail, "Something went wrong on our side"),
    }
}

/// The server's clock, for times relative to now.
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp(since.map_or(0, |span| {
        i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
    }))
}
