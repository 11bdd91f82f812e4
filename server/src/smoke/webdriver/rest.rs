//! Until the page is at rest: loaded, with no dialog in the way.

use super::{
    seen::{Rest, may_navigate},
    session::{CALL, GRACE, POLL, REST, Session},
    wire::Snag,
    witness::LONGEST_LINE,
};
use crate::smoke::{BrowserTrouble, Values};
use app::model::smoke::{Act, Step};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// A click's navigation begins a moment after it.
const AFTER_CLICK_MS: u64 = 20;
/// A page that raises more in one step never stops.
const MOST_DIALOGS: usize = 10;

impl Session {
    /// Waits until the page is at rest and tells what it is like then.
    pub(super) async fn settle(
        &mut self,
        step: &Step,
        found: bool,
        values: Values<'_>,
        limit: Duration,
        deadline: Instant,
    ) -> Result<Rest, BrowserTrouble> {
        let begun = deadline - limit;
        let mut rest = Rest::default();
        let pause = if may_navigate(&step.act) {
            AFTER_CLICK_MS
        } else {
            0
        };
        // it was expected, and nobody closes it
        let mut is_over_with = matches!(step.act, Act::ExpectDialog { .. });
        loop {
            let args = json!(["settle", {
                "pause": pause,
                "step_age": begun.elapsed().as_millis() as u64,
                "limit": REST.as_millis() as u64,
                "secrets": self.typed,
                "masks": step.mask,
                "found": found,
            }]);
            // what was begun in time and came to nothing is tried once more
            let is_over = Instant::now() >= deadline;
            match self.wire.page_later(args, limit + GRACE).await {
                Ok(state) => {
                    self.drain(limit).await?;
                    if self.digest.is_loading() && !is_over {
                        tokio::time::sleep(POLL).await;
                        continue;
                    }
                    rest.take(&state);
                    if rest.url.is_some() {
                        // it is at the top, though a frame may have been gone into: the frame has gone
                        self.spot.at_top();
                    }
                    self.is_exposed = self.is_exposed_in(&state).await?;
                    return Ok(rest);
                }
                Err(Snag::Again(_)) if !is_over => tokio::time::sleep(POLL).await,
                Err(Snag::Gone) if !is_over => {
                    let recovered = self.spot.recover(&self.wire, CALL).await;
                    if let Err(snag) = recovered {
                        rest.refused.get_or_insert(self.refusal(snag, limit)?);
                        return Ok(rest);
                    }
                    self.digest.look_at(&self.spot.window);
                }
                Err(Snag::Alert) => {
                    let text = self.dialog_text().await?;
                    rest.dialogs.push(text.clone());
                    if values.dialog_follows {
                        self.spot.dialog = Some(text);
                        return Ok(rest);
                    }
                    if !std::mem::take(&mut is_over_with) {
                        rest.refused
                            .get_or_insert(format!("the page raised an alert: \"{text}\""));
                    }
                    if rest.dialogs.len() >= MOST_DIALOGS {
                        rest.refused = Some(format!(
                            "the page raises one dialog after the other; the first said \"{}\"",
                            rest.dialogs[0]
                        ));
                        self.spot.dialog = Some(text);
                        return Ok(rest);
                    }
                    self.dismiss().await?;
                }
                Err(snag) => {
                    let why = self.refusal(snag, limit)?;
                    rest.refused.get_or_insert(why);
                    self.drain(limit).await?;
                    return Ok(rest);
                }
            }
        }
    }

    async fn dialog_text(&self) -> Result<String, BrowserTrouble> {
        match self.wire.get("alert/text", CALL).await {
            Ok(Value::String(text)) => Ok(text.chars().take(LONGEST_LINE).collect()),
            Err(Snag::Trouble(trouble)) => Err(self.with_words(trouble)),
            // it has closed by itself, or says nothing
            Ok(_) | Err(_) => Ok(String::new()),
        }
    }

    async fn dismiss(&mut self) -> Result<(), BrowserTrouble> {
        self.spot.dialog = None;
        match self.wire.post("alert/dismiss", json!({}), CALL).await {
            Err(Snag::Trouble(trouble)) => Err(self.with_words(trouble)),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn drain(&mut self, limit: Duration) -> Result<(), BrowserTrouble> {
        match self.wire.requests(CALL).await {
            Ok(events) => {
                events.into_iter().for_each(|event| self.digest.feed(event));
                Ok(())
            }
            // the next call meets it again and says so
            Err(Snag::Alert | Snag::Again(_) | Snag::Slow | Snag::Gone) => Ok(()),
            Err(snag) => self.refusal(snag, limit).map(drop),
        }
    }
}
