//! First run: the first admin, made by whoever can read the one-time code on the server.

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
pub fn SetupPage() -> impl IntoView {
    let error = query::<String>("error").map(|error| match error.as_str() {
        "code" => "That is not the code. Read it again from the file.",
        "name" => "That name cannot be used: letters, digits and . _ + -, at most 64.",
        "password" => "The password is too short: at least 12 characters.",
        _ => "That did not work. Try again.",
    });
    view! {
        <Frame title="First run" section=Section::None>
            <div class="door">
                <div class="card pad stack">
                    <div>
                        <h1>"Make the first admin"</h1>
                        <p class="quiet">
                            "Nobody can sign in here yet. The server wrote a one-time code into a file that only \
                             its owner can read, and named that file when it started."
                        </p>
                    </div>
                    {error.map(|words| view! { <p class="note fail" role="alert">{status(Mark::Fail, words)}</p> })}
                    <form method="post" action=paths::SETUP class="stack">
                        <label class="field">
                            <span>"One-time code"</span>
                            <input name="code" class="mono" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" required autofocus/>
                        </label>
                        <label class="field">
                            <span>"Name"</span>
                            <input name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required/>
                        </label>
                        <label class="field">
                            <span>"Password " <small>"12 characters or more"</small></span>
                            <input name="password" type="password" autocomplete="new-password" minlength="12" required/>
                        </label>
                        <button class="btn primary">"Make admin and sign in"</button>
                    </form>
                </div>
            </div>
        </Frame>
    }
}
