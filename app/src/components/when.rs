//! Points in time, relative and absolute.

use crate::model::time::{Timestamp, spoken};
use leptos::prelude::*;

/// `3 min ago`, kept current by the page's clock; the absolute time on hover and for machines.
pub fn ago(at: Timestamp, now: Timestamp) -> impl IntoView {
    view! {
        <time datetime=at.rfc3339() title=at.full() data-at=at.0.to_string()>
            {ago_words(at, now)}
        </time>
    }
}

pub fn ago_words(at: Timestamp, now: Timestamp) -> String {
    match now.since(at).as_secs() {
        0..5 => "just now".to_owned(),
        seconds => format!("{} ago", spoken(std::time::Duration::from_secs(seconds))),
    }
}

/// `14:02:11`, the date on hover.
pub fn clock(at: Timestamp) -> impl IntoView {
    view! {
        <time datetime=at.rfc3339() title=at.full()>
            {at.clock()}
        </time>
    }
}
