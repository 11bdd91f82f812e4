//! A deployment while it runs: painted by the server from the journal, kept current by the event stream.

use crate::model::{
    ids::NodeId,
    live::Live,
    name::Name,
    time::Timestamp,
    view::{DeploymentView, LogChunk, Verbs},
};
use leptos::prelude::*;
use std::time::Duration;

/// Headline, verbs, what went wrong.
mod top;

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
    fn new(view: DeploymentView, chosen: Option<Name>) -> Self {
        let mut live = Live::from_events(&view.events);
        live.visitors = view.visitors.or(live.visitors);
        Self {
            live: RwSignal::new(live),
            log: RwSignal::new(view.log),
            now: RwSignal::new(view.now),
            ahead: StoredValue::new(0),
            feed: RwSignal::new(Feed::Painted),
            chosen: RwSignal::new(chosen),
            usual: view.usual_node_ms.map(Duration::from_millis),
            viewer: StoredValue::new(view.viewer),
            verbs: RwSignal::new(view.verbs),
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
pub fn LiveDeployment(view: DeploymentView, chosen: Option<Name>) -> impl IntoView {
    let page = Page::new(view, chosen);

    #[cfg(feature = "hydrate")]
    stream::follow(page);

    // each part boxed: the type of the whole would be too deep for the compiler
    view! {
        <div class="stack">
            {top::top(page).into_any()}
            <div class="cols">
                <div class="stack">
                    {nodes::nodes(page).into_any()}
                    {waterfall::waterfall(page).into_any()}
                    {visitors::visitors(page).into_any()}
                    {details::output(page).into_any()}
                </div>
                {details::details(page).into_any()}
            </div>
            {strips::strips(page).into_any()}
        </div>
    }
}
