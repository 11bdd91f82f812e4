//! Pictures, and what is kept of a page that failed. Never with a secret that can be read.

use super::{
    mhtml,
    own::Shot,
    session::{CALL, Session},
    wire::Snag,
};
use crate::smoke::{BrowserTrouble, PageEvidence};
use serde_json::{Value, json};
use tokio_util::bytes::Bytes;

/// Of the page's source and of its archive, in bytes.
const LONGEST_SOURCE: usize = 2 << 20;
const LONGEST_ARCHIVE: usize = 8 << 20;
/// Frames that are looked into for secrets; of a page with more nobody can tell.
const MOST_FRAMES: usize = 20;

impl Session {
    /// `None` when it would show a secret, or a dialog is open.
    pub(super) async fn viewport_picture(&mut self) -> Result<Option<Bytes>, BrowserTrouble> {
        if self.is_exposed || self.spot.dialog.is_some() {
            return Ok(None);
        }
        let Some(picture) = self.shoot(Shot::Viewport).await? else {
            return Ok(None);
        };
        Ok((!self.is_exposed_now().await?).then_some(picture))
    }

    pub(super) async fn page_evidence(&mut self) -> PageEvidence {
        if self.spot.dialog.is_some() {
            return PageEvidence::default();
        }
        let mut full_page = None;
        if !self.is_exposed {
            let whole = self.shoot(Shot::Page).await.ok().flatten();
            let hidden = matches!(self.is_exposed_now().await, Ok(false));
            full_page = whole.filter(|_| hidden);
        }
        let source = self.wire.get("source", CALL).await.ok();
        let source = source.as_ref().and_then(Value::as_str).map(|source| {
            let end = source.floor_char_boundary(LONGEST_SOURCE);
            source[..end].to_owned()
        });
        let archive = self.wire.archive(CALL).await;
        let archive = archive
            .filter(|archive| archive.len() <= LONGEST_ARCHIVE)
            .map(|archive| mhtml::readable(&archive));
        PageEvidence {
            full_page,
            source,
            archive,
        }
    }

    /// `None`: a dialog is in the way, or the window has just gone.
    async fn shoot(&self, of: Shot) -> Result<Option<Bytes>, BrowserTrouble> {
        match self.wire.picture(&self.spot.window, of, CALL).await {
            Ok(picture) => Ok(Some(picture)),
            Err(Snag::Alert | Snag::Gone) => Ok(None),
            Err(Snag::Trouble(trouble)) => Err(self.with_words(trouble)),
            Err(snag) => Err(
                BrowserTrouble::new("the browser took no picture of the page")
                    .because(format!("{snag:?}")),
            ),
        }
    }

    /// Whether a secret can be read on the page as it is now. The page may have moved on since it was at rest, so this
    /// is asked after each picture; one that cannot be asked counts as showing it.
    async fn is_exposed_now(&mut self) -> Result<bool, BrowserTrouble> {
        if !self.typed.is_empty() {
            let asked = json!(["exposed", self.typed]);
            self.is_exposed |= match self.wire.page(asked, CALL).await {
                Ok(state) => self.is_exposed_in(&state).await?,
                Err(Snag::Trouble(trouble)) => return Err(self.with_words(trouble)),
                Err(_) => true,
            };
        }
        Ok(self.is_exposed)
    }

    /// The same, of what `page.js` has just told. Frames of other sites it cannot look into: they are gone into.
    pub(super) async fn is_exposed_in(&mut self, state: &Value) -> Result<bool, BrowserTrouble> {
        if self.typed.is_empty() || state["exposed"] == true {
            return Ok(state["exposed"] == true);
        }
        if state["closed"] == 0 && !self.spot.is_in_frame() {
            return Ok(false);
        }
        let way = self.spot.way();
        let looked = self.look_into_frames().await;
        let back = self.spot.back(&self.wire, way, CALL).await;
        match (looked, back) {
            (Err(Snag::Trouble(trouble)), _) | (_, Err(Snag::Trouble(trouble))) => {
                Err(self.with_words(trouble))
            }
            (Ok(found), Ok(())) => Ok(found),
            (Err(_), _) | (_, Err(_)) => Ok(true),
        }
    }

    async fn look_into_frames(&mut self) -> Result<bool, Snag> {
        let mut ways: Vec<Vec<Value>> = vec![Vec::new()];
        let mut looked = 0;
        while let Some(way) = ways.pop() {
            looked += 1;
            if looked > MOST_FRAMES {
                return Ok(true);
            }
            self.spot.back(&self.wire, way.clone(), CALL).await?;
            let state = self.wire.page(json!(["exposed", self.typed]), CALL).await?;
            if state["exposed"] == true {
                return Ok(true);
            }
            if state["closed"] != 0 {
                let frames = state["frames"].as_u64().unwrap_or_default();
                ways.extend((0..frames).map(|index| {
                    let mut deeper = way.clone();
                    deeper.push(index.into());
                    deeper
                }));
            }
        }
        Ok(false)
    }
}
