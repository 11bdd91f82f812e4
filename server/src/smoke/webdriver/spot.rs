//! The window and the frame the browser is in.
//!
//! The driver forgets a frame with every change of window, and a page can close either. What is kept here is enough to
//! go back.

use super::wire::{Snag, Wire};
use app::model::smoke::{Place, Viewport};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

pub struct Spot {
    /// As the driver names it; also the name of the frame its main document is in.
    pub window: String,
    /// The flow's own.
    first: String,
    /// The way into the frame from the top, as the driver takes it; empty: the top.
    frames: Vec<Value>,
    /// Windows of others in the same browser.
    foreign: BTreeSet<String>,
    prepared: BTreeSet<String>,
    /// `None`: as large as the window lets it be.
    pub viewport: Option<Viewport>,
    /// Keys or buttons are down.
    pub holds: bool,
    /// What the dialog that was left open says.
    pub dialog: Option<String>,
}

impl Spot {
    /// `window` is the browser's current one.
    pub fn new(window: String, all: BTreeSet<String>, viewport: Viewport) -> Self {
        let mut foreign = all;
        foreign.remove(&window);
        Self {
            first: window.clone(),
            window,
            frames: Vec::new(),
            foreign,
            prepared: BTreeSet::new(),
            viewport: Some(viewport),
            holds: false,
            dialog: None,
        }
    }

    /// Before the first flow.
    pub fn nowhere() -> Self {
        let viewport = Viewport {
            width: 0,
            height: 0,
            scale_percent: 100,
            mobile: false,
            touch: false,
        };
        Self::new(String::new(), BTreeSet::new(), viewport)
    }

    pub fn is_in_frame(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Where a recorded step happens; `url` is its window's, with its variables replaced.
    pub async fn go(
        &mut self,
        wire: &Wire,
        place: &Place,
        url: Option<String>,
        limit: Duration,
    ) -> Result<(), Snag> {
        match url {
            None if self.window == self.first => self.climb(wire, limit).await?,
            None => self.switch(wire, &self.first.clone(), limit).await?,
            Some(url) => self.find_page(wire, &url, limit).await?,
        }
        for index in &place.frames {
            self.enter(wire, json!(index), limit).await?;
        }
        Ok(())
    }

    /// The window or, in the first one, the frame at this address.
    async fn find_page(&mut self, wire: &Wire, url: &str, limit: Duration) -> Result<(), Snag> {
        self.climb(wire, limit).await?;
        if wire.get("url", limit).await? == url {
            return Ok(());
        }
        for window in self.windows(wire, limit).await? {
            self.switch(wire, &window, limit).await?;
            if wire.get("url", limit).await? == url {
                return Ok(());
            }
        }
        self.switch(wire, &self.first.clone(), limit).await?;
        match wire.page(json!(["frameAt", url]), limit).await? {
            Value::Null => Err(Snag::Again(format!("no window and no frame is at {url}"))),
            frame => self.enter(wire, frame, limit).await,
        }
    }

    /// Windows of this flow, in no order.
    pub async fn windows(&self, wire: &Wire, limit: Duration) -> Result<Vec<String>, Snag> {
        let all = wire.get("window/handles", limit).await?;
        let all = all.as_array().into_iter().flatten();
        Ok(all
            .filter_map(|one| one.as_str())
            .filter(|one| !self.foreign.contains(*one))
            .map(str::to_owned)
            .collect())
    }

    pub async fn switch(&mut self, wire: &Wire, window: &str, limit: Duration) -> Result<(), Snag> {
        wire.post("window", json!({ "handle": window }), limit)
            .await?;
        window.clone_into(&mut self.window);
        self.frames.clear();
        self.prepare(wire, limit).await
    }

    /// What every new window needs: stillness, and the size of the others.
    pub async fn prepare(&mut self, wire: &Wire, limit: Duration) -> Result<(), Snag> {
        if !self.prepared.insert(self.window.clone()) {
            return Ok(());
        }
        wire.on_each_page(limit).await?;
        if self.window != self.first {
            // its first page is already there
            wire.post(
                "execute/sync",
                json!({ "script": wire.first_words(), "args": [] }),
                limit,
            )
            .await
            .map(drop)
            .or_else(|snag| match snag {
                Snag::Threw(_) | Snag::Unended | Snag::Again(_) => Ok(()),
                other => Err(other),
            })?;
        }
        self.resize(wire, limit).await
    }

    /// Makes the page as large as [`Self::viewport`] says.
    pub async fn resize(&self, wire: &Wire, limit: Duration) -> Result<(), Snag> {
        wire.resize(&self.window, self.viewport, limit).await
    }

    pub async fn enter(&mut self, wire: &Wire, frame: Value, limit: Duration) -> Result<(), Snag> {
        wire.post("frame", json!({ "id": frame }), limit).await?;
        self.frames.push(frame);
        Ok(())
    }

    pub async fn leave(&mut self, wire: &Wire, limit: Duration) -> Result<(), Snag> {
        wire.post("frame/parent", json!({}), limit).await?;
        self.frames.pop();
        Ok(())
    }

    pub async fn climb(&mut self, wire: &Wire, limit: Duration) -> Result<(), Snag> {
        if self.is_in_frame() {
            wire.post("frame", json!({ "id": null }), limit).await?;
            self.frames.clear();
        }
        Ok(())
    }

    /// The way into the frame, to come [`Self::back`] by.
    pub fn way(&self) -> Vec<Value> {
        self.frames.clone()
    }

    pub async fn back(
        &mut self,
        wire: &Wire,
        way: Vec<Value>,
        limit: Duration,
    ) -> Result<(), Snag> {
        wire.post("frame", json!({ "id": null }), limit).await?;
        self.frames.clear();
        for frame in way {
            self.enter(wire, frame, limit).await?;
        }
        Ok(())
    }

    /// A navigation leads out of all frames.
    pub fn at_top(&mut self) {
        self.frames.clear();
    }

    /// Closes the window and goes to the flow's first or another of its windows. The last one is emptied instead: a
    /// browser without a window ends.
    pub async fn close(&mut self, wire: &Wire, limit: Duration) -> Result<(), Snag> {
        let others = self.windows(wire, limit).await?;
        if others.len() < 2 {
            self.at_top();
            return wire
                .post("url", json!({ "url": "about:blank" }), limit)
                .await
                .map(drop);
        }
        wire.delete("window", limit).await?;
        self.recover(wire, limit).await
    }

    /// Goes on where there is something, when the window or the frame has gone.
    pub async fn recover(&mut self, wire: &Wire, limit: Duration) -> Result<(), Snag> {
        self.frames.clear();
        if let Ok(_) | Err(Snag::Alert) = wire.post("frame", json!({ "id": null }), limit).await {
            return Ok(());
        }
        let left = self.windows(wire, limit).await?;
        let next = left.iter().find(|window| **window == self.first);
        let Some(next) = next.or(left.first()).cloned() else {
            return Err(Snag::Gone);
        };
        if !left.contains(&self.first) {
            next.clone_into(&mut self.first);
        }
        self.switch(wire, &next, limit).await
    }
}
