//! Name and password.

use super::address::query;
use crate::{
    components::{
        frame::{Frame, Section},
        status::status,
    },
    model::mark::Mark,
    paths,
};
use leptos::prelude::*;

#[component]
pub fn SignInPage() -> impl IntoView {
    let next = query::<String>("next")
        .filter(|next| is_ours(next))
        .unwrap_or_else(|| paths::OVERVIEW.to_owned());
    let error = query::<String>("error").map(|error| match error.as_str() {
        "limited" => "Too many attempts. Wait a minute and try again.",
        _ => "Name or password is wrong.",
    });
    view! {
        <Frame title="Sign in" section=Section::None>
            <div class="door">
                <div class="card pad stack">
                    <div>
                        <h1>"Sign in"</h1>
                        <p class="quiet">"Rolling deployments, one node at a time."</p>
                    </div>
                    {error.map(|words| view! { <p class="note fail" role="alert">{status(Mark::Fail, words)}</p> })}
                    <form method="post" action=paths::SIGN_IN class="stack">
                        <input type="hidden" name="next" value=next/>
                        <label class="field">
                            <span>"Name"</span>
                            <input name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus/>
                        </label>
                        <label class="field">
                            <span>"Password"</span>
                            <input name="password" type="password" autocomplete="current-password" required/>
                        </label>
                        <button class="btn primary">"Sign in"</button>
                    </form>
                </div>
                <p class="quiet">
                    "No account? An admin adds people with " <code>"pitlane user add"</code> "."
                </p>
            </div>
        </Frame>
    }
}

/// A path of this site; anything else could lead somebody away.
fn is_ours(next: &str) -> bool {
    next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_a_path_of_this_site_is_next() {
        for (next, ours) in [
            ("/", true),
            ("/pools/production/shop?version=1.1", true),
            ("//elsewhere.example", false),
            ("https://elsewhere.example", false),
            ("/\\elsewhere.example", false),
            ("/\t/elsewhere.example", false),
            ("", false),
        ] {
            assert_eq!(super::is_ours(next), ours, "{next}");
        }
    }
}
