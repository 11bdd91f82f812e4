//! What a text is, told by its beginning and its outermost keys.

use serde::{
    Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use std::{collections::BTreeSet, fmt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looks {
    Side,
    Recorder,
    /// Nothing else that we know.
    Toml,
    /// What it is, and what can be done, as a clause.
    Other(String),
}

/// The beginning is enough: what is wrong inside is found by whoever reads it.
pub fn looks(text: &str) -> Looks {
    let start = text.trim_start();
    match start.chars().next() {
        Some('{') => object(start),
        Some('[') if !is_table(start) => Looks::Other(
            "this is a JSON list; a Selenium IDE project and a Chrome recording are JSON objects"
                .to_owned(),
        ),
        Some('<') => Looks::Other(markup(start)),
        Some(_) => match script(start) {
            Some(what) => Looks::Other(format!(
                "this is {what}, a program, and programs are not run here; record the same with Selenium IDE or \
                 Chrome's recorder and give that file"
            )),
            None => Looks::Toml,
        },
        None => Looks::Other("the file is empty".to_owned()),
    }
}

/// `[[flow]]` or `[pictures]` at the beginning of a line of its own.
fn is_table(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default().trim_end();
    let name = line.trim_start_matches('[').trim_end_matches(']').trim();
    line.ends_with(']')
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn object(text: &str) -> Looks {
    let keys = keys(text);
    let has = |key: &str| keys.contains(key);
    if has("tests") || has("suites") && has("plugins") {
        Looks::Side
    } else if has("steps") {
        Looks::Recorder
    } else if has("log") {
        Looks::Other("this is a HAR file: requests, no steps; give the recording itself".to_owned())
    } else if has("config") && has("suites") || has("stats") {
        Looks::Other("this is a test report, no test; give the recording itself".to_owned())
    } else if keys.is_empty() {
        Looks::Other(
            "this begins like JSON and names nothing, as if a part of the file were missing"
                .to_owned(),
        )
    } else {
        let keys: Vec<String> = keys.iter().take(8).map(|key| format!("`{key}`")).collect();
        Looks::Other(format!(
            "a Selenium IDE project has `tests` and a Chrome recording has `steps`; this JSON has {}",
            keys.join(", ")
        ))
    }
}

fn markup(text: &str) -> String {
    let low: String = text
        .chars()
        .take(4_000)
        .collect::<String>()
        .to_ascii_lowercase();
    if low.contains("selenium.base") || low.contains("seleniumhq.org/se-ide") {
        "this is a test of the old Selenium IDE in HTML; open it in today's Selenium IDE, save it as .side and give \
         that file"
            .to_owned()
    } else if low.contains("<testsuite") {
        "this is a test report, no test; give the recording itself".to_owned()
    } else if low.contains("<html") {
        "this is a web page; give a .side project or a recording as JSON".to_owned()
    } else {
        "this is XML; give a .side project or a recording as JSON".to_owned()
    }
}

/// Which kind of script it is, if it is one.
fn script(text: &str) -> Option<&'static str> {
    let begin: String = text.chars().take(8_000).collect();
    let code = begin.lines().any(|line| {
        let line = line.trim_start();
        [
            "import ",
            "const ",
            "require(",
            "test(",
            "describe(",
            "it(",
            "from ",
            "def ",
            "class ",
            "async ",
            "(async",
        ]
        .iter()
        .any(|word| line.starts_with(word))
            && (line.contains('(')
                || line.contains(" from ")
                || line.contains(" import ")
                || line.contains('{')
                || line.ends_with(';')
                || line.starts_with("import "))
    });
    if !code {
        return None;
    }
    Some(match () {
        () if begin.contains("playwright") => "a Playwright script",
        () if begin.contains("cy.") => "a Cypress script",
        () if begin.contains("puppeteer") => "a Puppeteer script",
        () if begin.contains("selenium") || begin.contains("webdriver") => "a Selenium script",
        () => "a script",
    })
}

/// The outermost keys of an object, as far as it can be read; what they name is skipped without recursion.
fn keys(text: &str) -> BTreeSet<String> {
    struct Seen<'a>(&'a mut BTreeSet<String>);
    impl<'de> Visitor<'de> for Seen<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<String>()? {
                self.0.insert(key);
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }
    let mut keys = BTreeSet::new();
    // where it ends badly, the keys before that still tell what it was to be
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(Seen(&mut keys));
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_beginning() {
        let cases = [
            (r#"{"id":"1","tests":[]}"#, Looks::Side),
            (r#"{"tests":[{"commands":[{"#, Looks::Side),
            (r#" {"title":"x","steps":[]}"#, Looks::Recorder),
            ("public_url = \"http://a\"\n[[flow]]", Looks::Toml),
            ("# a comment\n[[flow]]", Looks::Toml),
            ("[[flow]]\nname = \"x\"", Looks::Toml),
        ];
        for (text, is) in cases {
            assert_eq!(looks(text), is, "{text}");
        }
        let others = [
            ("", "empty"),
            ("  \n", "empty"),
            ("[1, 2]", "JSON list"),
            ("[{\"type\":\"click\"}]", "JSON list"),
            (r#"{"log":{"entries":[]}}"#, "HAR file"),
            (r#"{"a":1,"b":2}"#, "this JSON has `a`, `b`"),
            ("{", "a part of the file"),
            ("<?xml version=\"1.0\"?><testsuites>", "test report"),
            (
                "<!DOCTYPE html><html><link rel=\"selenium.base\" href=\"x\">",
                "old Selenium IDE",
            ),
            (
                "import { test, expect } from '@playwright/test';\ntest('x', async ({ page }) => {});",
                "a Playwright script",
            ),
            (
                "describe('x', () => { it('y', () => { cy.visit('/') }) })",
                "a Cypress script",
            ),
            ("from selenium import webdriver\n", "a Selenium script"),
            (
                "const puppeteer = require('puppeteer');\n",
                "a Puppeteer script",
            ),
        ];
        for (text, words) in others {
            match looks(text) {
                Looks::Other(what) => assert!(what.contains(words), "{text}: {what}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
