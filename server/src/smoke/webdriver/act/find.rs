//! From a locator to an element: one script looks for all of a step's locators and tells what the step has to know.
//!
//! Accessible names are asked of the browser itself, which also says roles; where that cannot be (in a frame of another
//! process), `page.js` has a stand-in.

use super::{Doing, ours};
use crate::smoke::{
    BrowserTrouble,
    webdriver::{line::ELEMENT, wire::Snag},
};
use app::model::smoke::{Find, Locator};
use serde_json::{Value, json};

/// What an element must be before it is handed over.
#[derive(Clone, Copy, Default)]
pub struct Ask {
    /// Not disabled, unless the standard found it.
    pub usable: bool,
    /// In the viewport, and where it was a moment ago.
    pub still: bool,
    /// What is typed there becomes illegible.
    pub hide: bool,
}

/// An element, and what was true of it when it was found.
pub struct Found {
    id: String,
    pub words: String,
    pub is_standard: bool,
    pub facts: Value,
}

impl Found {
    pub fn path(&self, command: &str) -> String {
        format!("element/{}/{command}", self.id)
    }

    /// For scripts.
    pub fn reference(&self) -> Value {
        json!({ ELEMENT: self.id })
    }

    pub fn again(&self, why: &str) -> Snag {
        Snag::Again(format!("{} {why}", self.words))
    }

    pub fn refused(&self, why: &str) -> Snag {
        Snag::Refused(format!("{} {why}", self.words))
    }

    pub fn is(&self, fact: &str) -> bool {
        self.facts[fact] == true
    }

    pub fn takes(&self) -> &str {
        self.facts["takes"].as_str().unwrap_or_default()
    }
}

impl Doing<'_> {
    pub async fn find(&mut self, find: &Find, ask: Ask) -> Result<Found, Snag> {
        let locators = self.known(find);
        let wanted = self.for_page(&locators).await?;
        let options = json!({ "usable": ask.usable, "hide": ask.hide });
        let mut facts = match ask.still {
            true => {
                let args = json!(["still", wanted, options]);
                self.wire.page_later(args, self.limit).await?
            }
            false => {
                let args = json!(["find", wanted, options]);
                self.wire.page(args, self.limit).await?
            }
        };
        let by = facts["by"].as_u64().and_then(|by| usize::try_from(by).ok());
        let locator = by.and_then(|by| locators.get(by)).unwrap_or(&locators[0]);
        if let Some(bad) = facts["bad"].as_str() {
            return Err(invalid(locator, bad));
        }
        if let Some(why) = facts["why"].as_str() {
            return Err(Snag::Again(format!("{} {why}", locator.words())));
        }
        let id = match facts["el"][ELEMENT].take() {
            Value::String(id) => id,
            _ => return Err(Snag::Absent(missing(&locators[0]))),
        };
        self.found = true;
        self.found_by = by.filter(|by| *by > 0).map(|_| locator.words());
        Ok(Found {
            id,
            words: locator.words(),
            is_standard: locator.is_standard(),
            facts,
        })
    }

    /// How many there are, now.
    pub async fn count(&mut self, find: &Find) -> Result<u64, Snag> {
        let locators = self.known(find);
        let wanted = self.for_page(&locators).await?;
        let found = self.wire.page(json!(["count", wanted]), self.limit).await?;
        match found["bad"].as_str() {
            Some(bad) => Err(invalid(&locators[0], bad)),
            None => Ok(found["count"].as_u64().unwrap_or_default()),
        }
    }

    /// Its locators with their variables replaced.
    pub fn known(&mut self, find: &Find) -> Vec<Locator> {
        find.all().map(|locator| self.of(locator)).collect()
    }

    fn of(&mut self, locator: &Locator) -> Locator {
        match locator {
            Locator::Label(text) => Locator::Label(self.text(text)),
            Locator::Text(text) => Locator::Text(self.text(text)),
            Locator::Css(text) => Locator::Css(self.text(text)),
            Locator::Aria { name, role } => Locator::Aria {
                name: self.text(name),
                role: role.clone(),
            },
            Locator::Reads(text) => Locator::Reads(self.text(text)),
            Locator::Pierce(text) => Locator::Pierce(self.text(text)),
            Locator::Id(text) => Locator::Id(self.text(text)),
            Locator::Name(text) => Locator::Name(self.text(text)),
            Locator::FirstCss(text) => Locator::FirstCss(self.text(text)),
            Locator::Xpath(text) => Locator::Xpath(self.text(text)),
            Locator::LinkText(text) => Locator::LinkText(self.text(text)),
            Locator::PartialLinkText(text) => Locator::PartialLinkText(self.text(text)),
            Locator::Nested(path) => Locator::Nested(path.iter().map(|one| self.of(one)).collect()),
        }
    }

    /// As `page.js` takes them.
    pub async fn for_page(&mut self, locators: &[Locator]) -> Result<Value, Snag> {
        let mut all = Vec::new();
        for locator in locators {
            all.push(match locator {
                Locator::Nested(path) => {
                    let mut steps = Vec::new();
                    for step in path {
                        steps.push(self.one_for_page(step).await?);
                    }
                    json!({ "nested": steps })
                }
                other => self.one_for_page(other).await?,
            });
        }
        Ok(all.into())
    }

    async fn one_for_page(&mut self, locator: &Locator) -> Result<Value, Snag> {
        match locator {
            Locator::Aria { name, role } => self.named(name, role.as_deref()).await,
            other => serde_json::to_value(other)
                .map_err(|error| ours(format!("a locator is no JSON: {error}"))),
        }
    }

    /// What the browser calls so for those who do not see the page.
    async fn named(&mut self, name: &str, role: Option<&str>) -> Result<Value, Snag> {
        let stand_in = json!({ "named": { "name": name, "role": role } });
        let window = (!self.spot.is_in_frame()).then_some(self.spot.window.as_str());
        let called = self.wire.called(window, name, role, self.limit).await?;
        Ok(called.map_or(stand_in, |elements| json!({ "elements": elements })))
    }
}

fn missing(locator: &Locator) -> String {
    match locator {
        Locator::Label(text) => format!("no field is labelled \"{text}\""),
        Locator::Text(text) => format!("no button, link or other text reads \"{text}\""),
        Locator::Css(css) | Locator::FirstCss(css) | Locator::Pierce(css) => {
            format!("no element is selected by `{css}`")
        }
        Locator::Aria { .. } => format!("nothing is called {}", locator.words()),
        Locator::Reads(text) => format!("nothing on the page reads \"{text}\""),
        Locator::Id(id) => format!("no element has the id `{id}`"),
        Locator::Name(name) => format!("no element has the name `{name}`"),
        Locator::Xpath(path) => format!("no element is at `{path}`"),
        Locator::LinkText(text) => format!("no link reads \"{text}\""),
        Locator::PartialLinkText(text) => format!("no link's text has \"{text}\" in it"),
        Locator::Nested(_) => format!("there is no {}", locator.words()),
    }
}

pub fn invalid(locator: &Locator, words: &str) -> Snag {
    let text = locator.words();
    let text = text.trim_matches('`');
    Snag::Trouble(
        BrowserTrouble::new(format!("the suite's selector `{text}` is not valid")).because(words),
    )
}
