//! A deployment while it runs: painted by the server from the journal, kept current by the event stream.

use super::part::part;
use crate::model::{
    ids::NodeId,
    live::Live,
    name::Name,
    time::Timestamp,
    view::{LogChunk, Verbs},
    wire::{Reader, Wire, Writer, fields},
};
use leptos::prelude::*;
use std::time::Duration;

/// Headline, verbs, what went wrong.
mod top;

/// What can be asked, as buttons.
mod verbs;

/// What happened, in sentences.
mod told;

/// A row per node.
mod nodes;

/// A lane per node.
mod waterfall;

/// One node in detail.
mod details;

/// A strip of pictures per flow.
mod strips;

/// What visitors felt.
mod visitors;

/// The event stream and the ticking clock.
#[cfg(feature = "hydrate")]
mod stream;

/// How fresh the page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// As the server painted it; also all there is without scripting.
    Painted,
    Live,
    /// The stream stopped; it is being opened again.
    Reconnecting,
    /// The stream is open, and the server has lost its database.
    Paused,
}

/// What the server paints, and the browser goes on from.
#[derive(Debug, Clone, PartialEq)]
pub struct Painting {
    pub live: Live,
    pub log: Vec<LogChunk>,
    pub now: Timestamp,
    pub usual: Option<Duration>,
    pub viewer: String,
    pub verbs: Verbs,
    /// The node whose details are open.
    pub chosen: Option<Name>,
}

fields!(Painting {
    live,
    log,
    now,
    usual,
    viewer,
    verbs,
    chosen,
});

#[cfg(feature = "ssr")]
impl Painting {
    pub fn new(view: crate::model::view::DeploymentView, chosen: Option<Name>) -> Self {
        let mut live = Live::from_events(&view.events);
        live.see(view.visitors);
        Self {
            live,
            log: view.log,
            now: view.now,
            usual: view.usual_node_ms.map(Duration::from_millis),
            viewer: view.viewer,
            verbs: view.verbs,
            chosen,
        }
    }

    /// From the page that draws it.
    fn here() -> Self {
        expect_context()
    }

    /// Beside the island, for the browser. Not as its properties: these would be JSON, and reading any JSON in wasm
    /// weighs 40 KB.
    pub fn hidden(&self) -> impl IntoView + use<> {
        view! { <div id="painting" hidden data-state=crate::model::wire::write(self)></div> }
    }
}

#[cfg(not(feature = "ssr"))]
impl Painting {
    /// From beside the island.
    fn here() -> Self {
        document()
            .get_element_by_id("painting")
            .and_then(|place| place.get_attribute("data-state"))
            .and_then(|text| crate::model::wire::read(&text))
            .expect("page and script are of the same version")
    }
}

/// What the parts below draw from.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub live: RwSignal<Live>,
    pub log: RwSignal<Vec<LogChunk>>,
    pub now: RwSignal<Timestamp>,
    /// How far the server's clock is ahead of the browser's, in milliseconds.
    pub ahead: StoredValue<i64>,
    pub feed: RwSignal<Feed>,
    /// The node whose details a person opened.
    pub chosen: RwSignal<Option<Name>>,
    pub usual: Option<Duration>,
    pub viewer: StoredValue<String>,
    pub verbs: RwSignal<Verbs>,
}

impl Page {
    fn new(painting: Painting) -> Self {
        Self {
            live: RwSignal::new(painting.live),
            log: RwSignal::new(painting.log),
            now: RwSignal::new(painting.now),
            ahead: StoredValue::new(0),
            feed: RwSignal::new(Feed::Painted),
            chosen: RwSignal::new(painting.chosen),
            usual: painting.usual,
            viewer: StoredValue::new(painting.viewer),
            verbs: RwSignal::new(painting.verbs),
        }
    }

    /// The node whose details are open: the chosen one, else the one that matters most.
    fn open_node(&self, live: &Live) -> Option<NodeId> {
        let chosen = self.chosen.get();
        live.nodes
            .iter()
            .find(|node| Some(&node.name) == chosen.as_ref())
            .or_else(|| live.focus())
            .map(|node| node.id)
    }
}

/// The whole live part of a deployment's page.
#[island]
pub fn LiveDeployment() -> impl IntoView {
    let page = Page::new(Painting::here());

    #[cfg(feature = "hydrate")]
    stream::follow(page);
    #[cfg(feature = "hydrate")]
    verbs::follow(page);

    // each part boxed: the type of the whole would be too deep for the compiler
    view! {
        <div class="stack">
            {part(top::top(page))}
            <div class="cols">
                <div class="stack">
                    {part(nodes::nodes(page))}
                    {part(waterfall::waterfall(page))}
                    {part(visitors::visitors(page))}
                    {part(told::told(page))}
                    {part(details::output(page))}
                </div>
                {part(details::details(page))}
            </div>
            {part(strips::strips(page))}
        </div>
    }
}
