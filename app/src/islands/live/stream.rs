//! The event stream and the ticking clock: what makes the painted page live.

use super::{Feed, Page};
use crate::{
    model::{
        journal::VisitorReport,
        live::{Live, News},
        time::Timestamp,
        view::LogChunk,
        wire,
    },
    paths,
};
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{EventSource, MessageEvent};

/// Lines of output kept in the page.
const CHUNKS: usize = 400;

/// After this long without a connection that the browser gave up, a new one is opened.
const AGAIN: Duration = Duration::from_secs(2);

/// Before the page is loaded anew, when the server was replaced by a newer one.
const STRANGE: Duration = Duration::from_secs(3);

/// Time after the end in which the last figures may still arrive.
const LINGER: Duration = Duration::from_secs(5);

/// Follows the deployment until it is over.
pub fn follow(page: Page) {
    Effect::new(move || {
        page.live.with(|live| {
            document().set_title(&format!("{} · Pitlane", live.tab_title()));
            if let Some(icon) = document().get_element_by_id("tab-icon") {
                let _ = icon.set_attribute("href", live.mark().tab_icon());
            }
        });
    });
    Effect::new(move || {
        if page.live.with_untracked(Live::is_over) {
            return;
        }
        tick(page);
        open(page);
    });
}

/// The server's clock, carried on by the browser's.
fn tick(page: Page) {
    set_clock(page, page.now.get_untracked());
    let step = move || {
        if !page.live.with_untracked(Live::is_over) {
            let now = js_sys::Date::now() as i64 + page.ahead.get_value();
            page.now.set(Timestamp(now).max(page.now.get_untracked()));
        }
    };
    if let Ok(handle) = set_interval_with_handle(step, Duration::from_millis(250)) {
        on_cleanup(move || handle.clear());
    }
}

/// It is at least `at` over there; the page's clock never goes back.
fn set_clock(page: Page, at: Timestamp) {
    page.ahead.set_value(at.0 - js_sys::Date::now() as i64);
    page.now.set(at);
}

fn open(page: Page) {
    let Some(id) = page
        .live
        .with_untracked(|live| live.plan.as_ref().map(|plan| plan.deployment))
    else {
        return;
    };
    let after = page.live.with_untracked(|live| live.last_seq);
    let Ok(source) = EventSource::new(&paths::page_events(id, after)) else {
        page.feed.set(Feed::Reconnecting);
        return;
    };

    let stream = source.clone();
    let arrived = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        page.feed.set(Feed::Live);
        let Some(text) = message.data().as_string() else {
            return;
        };
        match take(page, &message.type_(), &text) {
            Next::Go => {}
            Next::Gap => {
                stream.close();
                open(page);
            }
            Next::Over => {
                let stream = stream.clone();
                set_timeout(move || stream.close(), LINGER);
            }
            Next::Strange => {
                stream.close();
                page.feed.set(Feed::Reconnecting);
                set_timeout(reload, STRANGE);
            }
        }
    });
    for kind in ["journal", "log", "visitors", "engine"] {
        let _ = source.add_event_listener_with_callback(kind, arrived.as_ref().unchecked_ref());
    }

    let opened = Closure::<dyn FnMut()>::new(move || page.feed.set(Feed::Live));
    source.set_onopen(Some(opened.as_ref().unchecked_ref()));

    let stream = source.clone();
    let failed = Closure::<dyn FnMut()>::new(move || {
        if page.live.with_untracked(Live::is_over) {
            stream.close();
            return;
        }
        page.feed.set(Feed::Reconnecting);
        // the browser tries again by itself, with Last-Event-ID, unless it gave the stream up
        if stream.ready_state() == EventSource::CLOSED {
            set_timeout(move || open(page), AGAIN);
        }
    });
    source.set_onerror(Some(failed.as_ref().unchecked_ref()));

    // they live as long as the page, which has one stream
    arrived.forget();
    opened.forget();
    failed.forget();
}

enum Next {
    Go,
    /// Something is missing: read again from the last event seen.
    Gap,
    Over,
    /// The server speaks another version of the language: it is a newer one.
    Strange,
}

fn reload() {
    let _ = window().location().reload();
}

fn take(page: Page, kind: &str, text: &str) -> Next {
    match kind {
        "log" => wire::read(text).map_or(Next::Strange, |chunk| {
            page.log.update(|log| keep(log, chunk));
            Next::Go
        }),
        "visitors" => wire::read::<VisitorReport>(text).map_or(Next::Strange, |report| {
            page.live.update(|live| live.see(Some(report)));
            Next::Go
        }),
        // one word in a fixed form: no reader for it is worth its weight here
        "engine" => {
            let paused = text.contains("\"paused\":true");
            page.feed
                .set(if paused { Feed::Paused } else { Feed::Live });
            Next::Go
        }
        _ => wire::read(text).map_or(Next::Strange, |news| take_in(page, news)),
    }
}

fn take_in(page: Page, news: News) -> Next {
    // what just happened is not later than now
    if news.live.last_at > page.now.get_untracked() {
        set_clock(page, news.live.last_at);
    }
    let mut gap = false;
    page.live.update(|live| gap = !live.take_in(news));
    match (gap, page.live.with_untracked(Live::is_over)) {
        (true, _) => Next::Gap,
        (false, true) => Next::Over,
        (false, false) => Next::Go,
    }
}

fn keep(log: &mut Vec<LogChunk>, chunk: LogChunk) {
    if log.iter().any(|known| known.id == chunk.id) {
        return;
    }
    if log.len() >= CHUNKS {
        log.remove(0);
    }
    log.push(chunk);
}
