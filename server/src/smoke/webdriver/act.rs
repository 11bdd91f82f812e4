//! One try at one step, through the driver.

/// From a locator to an element.
mod find;

/// Clicks, texts, choices.
mod element;

/// What the mouse and the keys do.
mod pointer;

/// Windows, frames, sizes, the network.
mod window;

/// Alerts, confirmations, prompts.
mod dialog;

/// Until the page is as it should be.
mod wait;

/// What is compared and stored.
mod expect;

/// Scripts of the suite.
mod script;

use super::{
    spot::Spot,
    wire::{Snag, Wire},
};
use crate::smoke::{
    BrowserTrouble, Values,
    variables::{self, Called, Typed},
};
use app::model::smoke::{Act, Choice, Frame, Step, Text};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// What a step is done with, and what came of it besides its value.
pub struct Doing<'a> {
    pub wire: &'a Wire,
    pub public: &'a Url,
    pub values: Values<'a>,
    pub spot: &'a mut Spot,
    /// For each call.
    pub limit: Duration,
    /// Secrets that the page knows from now on.
    pub used: Vec<String>,
    /// An element was found.
    pub found: bool,
    /// The locator that found it, in words, where it was not the first.
    pub found_by: Option<String>,
}

impl Doing<'_> {
    fn text(&mut self, text: &str) -> String {
        let typed = variables::interpolate(text, &self.values);
        self.used.extend(typed.secrets);
        typed.text
    }

    /// What is typed.
    fn typed(&mut self, text: &Text) -> Result<Typed, Snag> {
        let typed = match text {
            Text::Plain(text) => variables::interpolate(text, &self.values),
            Text::Secret(name) => {
                let secret = self.values.secrets.get(name);
                let secret =
                    secret.ok_or_else(|| ours(format!("the secret `{name}` is missing")))?;
                Typed {
                    text: secret.to_owned(),
                    secrets: vec![secret.to_owned()],
                }
            }
        };
        self.used.extend(typed.secrets.iter().cloned());
        Ok(typed)
    }

    fn script(&mut self, script: &str) -> Called {
        let called = variables::script(script, &self.values);
        self.used.extend(called.secrets.iter().cloned());
        called
    }
}

/// Whether it is tried again as a whole when the page does not let it be done; the rest fails then, and waits only for
/// its element. As Selenium IDE has it; ours always waits.
pub fn repeats(act: &Act) -> bool {
    let by_selenium = matches!(
        act,
        Act::Click { .. }
            | Act::Check { .. }
            | Act::Fill { .. }
            | Act::Keys { .. }
            | Act::Select {
                choice: Choice::Only,
                ..
            }
    );
    by_selenium || act.on().is_some_and(|on| !on.is_standard())
}

/// Tries `step` once; what a condition, a script or a `store` comes to.
pub async fn try_step(on: &mut Doing<'_>, step: &Step) -> Result<Option<Value>, Snag> {
    if let Some(place) = &step.place {
        let url = place.window.as_ref().map(|url| on.text(url));
        on.spot.go(on.wire, place, url, on.limit).await?;
    }
    let done = match &step.act {
        Act::Open { path } => window::open(on, path).await,
        Act::SetWindow { width, height } => window::size(on, *width, *height).await,
        Act::SetViewport { viewport } => window::viewport(on, *viewport).await,
        Act::SetNetwork {
            download,
            upload,
            latency_ms,
        } => window::network(on, *download, *upload, *latency_ms).await,
        Act::CloseWindow => on.spot.close(on.wire, on.limit).await,
        Act::SwitchWindow { handle } => window::switch(on, handle).await,
        Act::StoreWindow { .. } => return on.wire.get("window", on.limit).await.map(Some),
        Act::SwitchFrame { to } => match to {
            Frame::Top => on.spot.climb(on.wire, on.limit).await,
            Frame::Parent => on.spot.leave(on.wire, on.limit).await,
            Frame::Index(index) => on.spot.enter(on.wire, (*index).into(), on.limit).await,
            Frame::At(find) => window::enter(on, find).await,
        },

        Act::Click { on: find } => element::click(on, find).await,
        Act::Fill { on: find, with } => element::fill(on, find, with).await,
        Act::Keys { on: find, with } => element::keys(on, find, with).await,
        Act::Edit { on: find, text } => element::edit(on, find, text).await,
        Act::Choose { on: find, option } => element::choose(on, find, option).await,
        Act::Select {
            on: find,
            option,
            choice,
        } => element::select(on, find, option, *choice).await,
        Act::Check { on: find, checked } => element::check(on, find, *checked).await,
        Act::Change { on: find, with } => element::change(on, find, with).await,
        Act::Submit { on: find } => element::submit(on, find).await,
        Act::Scroll { on: find, x, y } => element::scroll(on, find.as_ref(), *x, *y).await,

        Act::DoubleClick { on: find } => pointer::double_click(on, find).await,
        Act::ClickAt {
            on: find,
            at,
            button,
            times,
        } => pointer::click_at(on, find, *at, *button, *times).await,
        Act::Point { on: find, at, does } => pointer::point(on, find, *at, *does).await,
        Act::PointAway { on: find } => pointer::point_away(on, find).await,
        Act::Drag { on: find, to } => pointer::drag(on, find, to).await,
        Act::Key { key, down } => pointer::key(on, key, *down).await,

        Act::WaitFor { on: find, until } => wait::until(on, find, *until).await,
        Act::WaitForText { on: find, text } => wait::text(on, find, text).await,
        Act::WaitForCount { on: find, counted } => wait::count(on, find, counted).await,
        Act::WaitForScript { script } => script::wait(on, script).await,
        Act::Pause { ms } => {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
            Ok(())
        }

        Act::ExpectText { text } => expect::text(on, text).await,
        Act::ExpectUrl { path } => expect::url(on, path).await,
        // judged by what was loaded
        Act::ExpectStatus { .. } => Ok(()),
        Act::Expect { subject, is } => expect::expect(on, subject, is).await,
        Act::ExpectDialog { text, .. } => dialog::expect(on, text).await,
        Act::AnswerDialog { answer, .. } => dialog::answer(on, answer).await,

        Act::Store { value, .. } | Act::Echo { text: value } => {
            return Ok(Some(on.text(value).into()));
        }
        Act::StoreJson { json, .. } => return expect::json(&on.text(json)).map(Some),
        Act::StoreOf { subject, .. } => return expect::read(on, subject).await.map(Some),
        Act::Run { script, .. } => return script::run(on, script).await.map(Some),
        Act::If { script }
        | Act::ElseIf { script }
        | Act::While { script, .. }
        | Act::RepeatIf { script, .. } => return script::condition(on, script).await.map(Some),
        Act::Times { count, .. } => return script::times(&on.text(count)).map(Some),
        Act::ForEach { list, .. } => return script::list(on, list).map(Some),
        // they decide where the flow goes on, and that is not done here
        Act::Else | Act::End | Act::Do => Ok(()),
    };
    done.map(|()| None)
}

fn ours(what: String) -> Snag {
    Snag::Trouble(BrowserTrouble::new(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::smoke::{Locator, OptionBy, Subject, Wanted};

    #[test]
    fn what_selenium_repeats_repeats_and_ours_always_does() {
        let by_id = || Locator::Id("x".into()).into();
        let select = |choice| Act::Select {
            on: by_id(),
            option: OptionBy::Index(0),
            choice,
        };
        let reads = |on| Act::Expect {
            subject: Subject::Text(on),
            is: Wanted::Equal("x".into()),
        };
        let cases = [
            (Act::Click { on: by_id() }, true),
            (select(Choice::Only), true),
            (select(Choice::Add), false),
            (Act::DoubleClick { on: by_id() }, false),
            (Act::Submit { on: by_id() }, false),
            (reads(by_id()), false),
            (reads(Locator::Css("x".into()).into()), true),
            (Act::CloseWindow, false),
        ];
        for (act, wanted) in cases {
            assert_eq!(repeats(&act), wanted, "{act:?}");
        }
    }
}
