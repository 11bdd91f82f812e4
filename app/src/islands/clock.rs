//! Keeps `3 min ago` true while a page stays open.

use leptos::prelude::*;

/// Draws nothing; every 20 seconds rewrites each `<time data-at>` outside an island.
#[island]
pub fn PageClock() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|| {
        use crate::{components::when::ago_words, model::time::Timestamp};
        use wasm_bindgen::JsCast;
        let rewrite = || {
            let Ok(times) = document().query_selector_all("time[data-at]") else {
                return;
            };
            let now = Timestamp(js_sys::Date::now() as i64);
            for i in 0..times.length() {
                let Some(time) = times
                    .item(i)
                    .and_then(|n| n.dyn_into::<web_sys::Element>().ok())
                else {
                    continue;
                };
                if let Some(at) = time.get_attribute("data-at").and_then(|at| at.parse().ok()) {
                    time.set_text_content(Some(&ago_words(Timestamp(at), now)));
                }
            }
        };
        let handle = set_interval_with_handle(rewrite, std::time::Duration::from_secs(20));
        on_cleanup(move || {
            if let Ok(handle) = handle {
                handle.clear();
            }
        });
    });
}
