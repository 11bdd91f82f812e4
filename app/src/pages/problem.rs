//! What a page shows instead of itself: the sentence, with the right status; signed out leads to sign-in.

use crate::{
    components::frame::{Frame, Head, Section},
    components::trouble::trouble,
    error::AppError,
    model::{mark::Mark, time::Timestamp, trouble::Trouble},
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

fn titled(error: &AppError) -> (Mark, &'static str) {
    match error {
        AppError::SignedOut => (Mark::Out, "You are not signed in"),
        AppError::Forbidden(_) => (Mark::Out, "This is not yours to see"),
        AppError::NotFound(_) => (Mark::Unknown, "Not found"),
        AppError::Refused(_) => (Mark::Halt, "This cannot be done now"),
        AppError::Internal(_) => (Mark::Fail, "Something went wrong on our side"),
    }
}

/// A form as it was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub to: String,
    pub fields: Vec<(String, String)>,
}

/// Instead of what a form would have led to. Whose session is over is not led to sign-in: what was typed would be gone,
/// and so it waits here, where it was [`Sent`].
#[component]
pub fn NotDonePage(error: AppError) -> impl IntoView {
    answer_with(error.http_status());
    let (mark, title) = titled(&error);
    let sent = use_context::<Sent>().filter(|_| error == AppError::SignedOut);
    let why = match (&error, &sent) {
        (AppError::SignedOut, Some(_)) => Trouble::new("Your session is over.")
            .stands("Nothing was changed. What you typed is kept on this page.")
            .remedy("Sign in in another tab, then send it again from here."),
        (AppError::SignedOut, None) => Trouble::new("Your session is over.")
            .stands("Nothing was changed.")
            .remedy("Sign in and send it again."),
        (error, _) => error.trouble(),
    };
    let again = sent.map(|Sent { to, fields }| {
        let hidden = |(name, value)| view! { <input type="hidden" name=name value=value/> };
        view! {
            <a class="btn primary" href=paths::SIGN_IN target="_blank">"Sign in in another tab"</a>
            <form method="post" action=to>
                {fields.into_iter().map(hidden).collect_view()}
                <button class="btn">"Send it again"</button>
            </form>
        }
    });
    view! {
        <Frame title section=Section::None>
            <div class="stack narrow">
                <Head title/>
                {trouble(mark, title, why)}
                <div class="verbs">
                    {again}
                    <a class="btn" href=paths::OVERVIEW>"To the overview"</a>
                </div>
            </div>
        </Frame>
    }
}

/// The server's clock, for times relative to now.
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp(since.map_or(0, |span| {
        i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
    }))
}
