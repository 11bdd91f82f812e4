//! The field that takes a recording.

use super::wrong;
use crate::{
    components::area::area,
    model::editor::{Draft, Pasted},
};
use leptos::prelude::*;

pub fn field(draft: &Draft, rows: usize) -> impl IntoView + use<> {
    let refused = match &draft.pasted {
        Some(Pasted::Refused(why)) => Some(wrong(why, "paste-why")),
        Some(Pasted::Taken { .. }) | None => None,
    };
    let bad = refused.is_some().then_some("true");
    let open = !draft.paste.trim().is_empty();
    let behind = match rows {
        0 => "as the flow's steps".to_owned(),
        rows => format!("behind step {rows}"),
    };
    view! {
        <section class="card" id="paste" aria-labelledby="h-paste">
            <details class="editor-paste" open=open>
                <summary><h2 id="h-paste">"Paste a recording"</h2></summary>
                <div class="pad suite-form">
                    <p class="quiet">
                        "From Selenium IDE (the saved project), from the recorder of Chrome's developer tools (export as JSON), or in our own words. Its steps become rows, "
                        {behind}"."
                    </p>
                    <label class="field">
                        <span class="visually-hidden">"Paste a recording"</span>
                        <textarea name="paste" rows="6" spellcheck="false" autocomplete="off" aria-invalid=bad>
                            {area(&draft.paste)}
                        </textarea>
                        {refused}
                    </label>
                    <div class="go"><button class="btn" name="go" value="paste">"Take it into the draft"</button></div>
                </div>
            </details>
        </section>
    }
}
