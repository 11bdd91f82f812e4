//! Doing a step: again and again until its limit, and what was seen of it.

use super::{
    act::{Doing, repeats, try_step},
    seen::{Acted, Wished},
    session::{CALL, GRACE, POLL, REST, Session, in_setup},
    wire::Snag,
};
use crate::smoke::{BrowserTrouble, StepSeen, Values, variables::interpolate};
use app::model::{
    smoke::{Act, Step},
    time::spoken,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// How it was before a step.
#[derive(Default)]
struct Before {
    windows: Vec<String>,
    /// Where the step is to lead, and what was shown.
    page: Option<(Wished, Value)>,
}

impl Session {
    pub(super) async fn do_step(
        &mut self,
        step: &Step,
        values: Values<'_>,
        limit: Duration,
    ) -> Result<StepSeen, BrowserTrouble> {
        let deadline = Instant::now() + limit;
        let is_pause = matches!(step.act, Act::Pause { .. });
        if step.act.leaves_page_alone() && !is_pause {
            let acted = self.act(step, values, limit, deadline).await?;
            return Ok(StepSeen {
                url: self.url.clone(),
                status: self.digest.status(),
                ..acted.seen()
            });
        }
        self.bound(limit).await?;
        let before = self.before(step, &values).await;
        let acted = self.act(step, values, limit, deadline).await?;
        self.digest.look_at(&self.spot.window);
        let mut seen = acted.seen();
        if seen.refused.is_none() {
            self.follow(step, &before, &mut seen, deadline).await?;
        }
        let settling = Instant::now();
        let rest = self
            .settle(step, acted.found, values, limit, deadline)
            .await?;
        if acted.met_dialog && rest.dialogs.is_empty() {
            seen.refused = Some("the page raised an alert".to_owned());
        }
        let mut unsettled = rest.refused;
        if self.spot.dialog.is_some() {
            unsettled = unsettled.filter(|_| !values.dialog_follows);
        } else {
            seen.settled = settling.elapsed();
            self.url = self.address(rest.url).await;
            (seen.console, seen.script_errors) = self.console().await;
        }
        let of_network = self.digest.take();
        let not_loaded = of_network.not_loaded.map(|lost| self.why_lost(&lost));
        Ok(StepSeen {
            refused: not_loaded.or(seen.refused).or(unsettled),
            url: self.url.clone(),
            status: self.digest.status(),
            loaded: of_network.loaded,
            failed_requests: of_network.failed_requests,
            answered_by: self.answered_by(of_network.answered_by),
            element: rest.element,
            masked: rest.masked,
            dialogs: rest.dialogs,
            ..seen
        })
    }

    async fn before(&mut self, step: &Step, values: &Values<'_>) -> Before {
        let mut before = Before::default();
        if step.opens.is_some() {
            let windows = self.spot.windows(&self.wire, CALL).await;
            before.windows = windows.unwrap_or_default();
        }
        if let Some(navigates) = &step.navigates {
            if let Some(place) = &step.place {
                let url = place.window.as_ref();
                let url = url.map(|url| interpolate(url, values).text);
                // doing the step says what is wrong with it
                self.spot.go(&self.wire, place, url, CALL).await.ok();
            }
            let page = self.wire.page(json!(["where"]), CALL).await;
            let wished = Wished::new(navigates, values);
            before.page = Some((wished, page.unwrap_or_default()));
        }
        before
    }

    /// To the window it was to open and the page it was to lead to.
    async fn follow(
        &self,
        step: &Step,
        before: &Before,
        seen: &mut StepSeen,
        deadline: Instant,
    ) -> Result<(), BrowserTrouble> {
        if let Some(new) = &step.opens {
            let in_time = Duration::from_millis(new.limit_ms);
            seen.opened = self.opened(&before.windows, in_time).await?;
            if seen.opened.is_none() {
                seen.refused = Some(format!("no window opened within {}", spoken(in_time)));
                return Ok(());
            }
        }
        if let Some((wished, page)) = &before.page {
            seen.refused = self.navigated(wished, page, deadline).await?;
        }
        Ok(())
    }

    /// An error page of the browser's own hides where it belongs to, and a frame where it lies in.
    async fn address(&self, said: Option<String>) -> String {
        match said {
            Some(url) if url.starts_with("http") => url,
            other => match self.wire.get("url", CALL).await {
                Ok(Value::String(asked)) => asked,
                Ok(_) | Err(_) => other.unwrap_or_default(),
            },
        }
    }

    /// Tries until it works or `deadline`.
    async fn act(
        &mut self,
        step: &Step,
        values: Values<'_>,
        limit: Duration,
        deadline: Instant,
    ) -> Result<Acted, BrowserTrouble> {
        let begun = Instant::now();
        let mut acted = Acted::default();
        loop {
            acted.tries += 1;
            acted.waited = begun.elapsed();
            let mut doing = Doing {
                wire: &self.wire,
                public: &self.public,
                values,
                spot: &mut self.spot,
                limit: limit + GRACE,
                used: Vec::new(),
                found: false,
                found_by: None,
            };
            let tried = try_step(&mut doing, step).await;
            let Doing {
                used,
                found,
                found_by,
                ..
            } = doing;
            self.typed.extend(used);
            (acted.found, acted.found_by) = (found, found_by);
            let why = match tried {
                Ok(value) => {
                    acted.value = value;
                    return Ok(acted);
                }
                Err(Snag::Again(why) | Snag::Absent(why)) => why,
                Err(Snag::Refused(why)) if repeats(&step.act) => why,
                Err(Snag::NoAlert) => "the page has no dialog open".to_owned(),
                Err(Snag::Gone) => {
                    // since the step before was over
                    self.spot.recover(&self.wire, CALL).await.ok();
                    "the window or the frame it was in has gone".to_owned()
                }
                Err(Snag::Alert) => {
                    // settling meets it again, and knows what becomes of it
                    acted.met_dialog = true;
                    return Ok(acted);
                }
                // it waits for the page, and the page for an answer
                Err(Snag::Slow) if self.has_dialog().await => {
                    acted.met_dialog = true;
                    return Ok(acted);
                }
                Err(other) => {
                    acted.refused = Some(self.refusal(other, limit)?);
                    return Ok(acted);
                }
            };
            if Instant::now() >= deadline {
                acted.refused = Some(why);
                return Ok(acted);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn has_dialog(&self) -> bool {
        self.wire.get("alert/text", CALL).await.is_ok()
    }

    /// What a snag says about the page.
    pub(super) fn refusal(&self, snag: Snag, limit: Duration) -> Result<String, BrowserTrouble> {
        match snag {
            Snag::Again(why) | Snag::Absent(why) | Snag::Refused(why) | Snag::No(why) => Ok(why),
            Snag::Threw(why) => Ok(format!("a script failed: {why}")),
            Snag::Unended => Ok("the script did not end in time".to_owned()),
            Snag::Slow => Ok(format!(
                "the page did not finish loading within {}",
                spoken(limit)
            )),
            Snag::NotLoaded(error) => Ok(format!("the page could not be loaded: {error}")),
            Snag::Alert => Ok("the page raised an alert".to_owned()),
            Snag::NoAlert => Ok("the page has no dialog open".to_owned()),
            Snag::Gone => Ok("the window has gone".to_owned()),
            Snag::Trouble(trouble) => Err(self.with_words(trouble)),
        }
    }

    /// A new window, if one opens in time.
    async fn opened(
        &self,
        before: &[String],
        limit: Duration,
    ) -> Result<Option<String>, BrowserTrouble> {
        let deadline = Instant::now() + limit;
        loop {
            match self.spot.windows(&self.wire, CALL).await {
                Ok(now) => {
                    let new = now.into_iter().find(|window| !before.contains(window));
                    if new.is_some() || Instant::now() >= deadline {
                        return Ok(new);
                    }
                }
                Err(Snag::Trouble(trouble)) => return Err(self.with_words(trouble)),
                Err(_) => return Ok(None),
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until another document is shown, or the same one under another address.
    async fn navigated(
        &self,
        wanted: &Wished,
        before: &Value,
        deadline: Instant,
    ) -> Result<Option<String>, BrowserTrouble> {
        loop {
            let why = match self.wire.page(json!(["where"]), CALL).await {
                Ok(now) if now["url"] == before["url"] && now["began"] == before["began"] => {
                    "no page was loaded by it".to_owned()
                }
                Ok(now) => match wanted.otherwise(&now) {
                    None => return Ok(None),
                    Some(why) => why,
                },
                Err(Snag::Trouble(trouble)) => return Err(self.with_words(trouble)),
                Err(_) => "the page changed while it was looked at".to_owned(),
            };
            if Instant::now() >= deadline {
                return Ok(Some(why));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The page load and script limits are the step's.
    async fn bound(&mut self, limit: Duration) -> Result<(), BrowserTrouble> {
        if self.page_limit != Some(limit) {
            let ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            // settling needs its time whatever the step has
            let script = limit.max(REST + Duration::from_millis(500));
            let script = u64::try_from(script.as_millis()).unwrap_or(u64::MAX);
            let limits = json!({ "pageLoad": ms, "script": script });
            match self.wire.post("timeouts", limits, CALL).await {
                Ok(_) => self.page_limit = Some(limit),
                // the step meets it too
                Err(Snag::Alert) => {}
                Err(snag) => return Err(in_setup(snag)),
            }
        }
        Ok(())
    }
}
