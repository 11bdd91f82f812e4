//! Instead of what a form would have led to: why it came to nothing.

use super::problem::{answer_with, titled};
use crate::{
    components::{
        frame::{Frame, Head, Section},
        trouble::trouble,
    },
    error::AppError,
    model::trouble::Trouble,
    paths,
};
use leptos::prelude::*;

/// A form as it was sent by somebody whose session is over. Led to sign-in they would lose what they typed; so it waits
/// on this page.
#[derive(Debug, Clone)]
pub struct Sent {
    pub to: String,
    pub fields: Vec<(String, String)>,
}

#[component]
pub fn NotDonePage(error: AppError) -> impl IntoView {
    answer_with(error.http_status());
    let (mark, title) = titled(&error);
    let sent = use_context::<Sent>();
    let why = match (error, &sent) {
        (AppError::SignedOut, Some(_)) => Trouble::new("Your session is over.")
            .stands("Nothing was changed. What you typed is kept on this page.")
            .remedy("Sign in in another tab, then send it again from here."),
        (AppError::SignedOut, None) => Trouble::new("Your session is over.")
            .stands("Nothing was changed.")
            .remedy("Sign in and send it again."),
        (error, _) => error.trouble(),
    };
    view! {
        <Frame title section=Section::None>
            <div class="stack narrow">
                <Head title/>
                {trouble(mark, title, why)}
                <div class="verbs">
                    {sent.map(again)}
                    <a class="btn" href=paths::OVERVIEW>"To the overview"</a>
                </div>
            </div>
        </Frame>
    }
}

fn again(Sent { to, fields }: Sent) -> impl IntoView {
    let hidden = |(name, value)| view! { <input type="hidden" name=name value=value/> };
    view! {
        <a class="btn primary" href=paths::SIGN_IN target="_blank">"Sign in in another tab"</a>
        <form method="post" action=to>
            {fields.into_iter().map(hidden).collect_view()}
            <button class="btn">"Send it again"</button>
        </form>
    }
}
