//! Locators, and which of a command's alternatives count.

use super::{raw::Version, text};
use app::model::smoke::{Find, Locator};

/// The alternatives of a command, as they are written.
#[derive(Debug, Clone, Default)]
pub struct Alternatives {
    pub target_fallback: Vec<String>,
    pub value_fallback: Vec<String>,
    pub targets: Vec<String>,
    pub fallback_targets: Vec<String>,
}

/// Which of them the command looks at.
#[derive(Debug, Clone, Copy)]
pub enum Uses {
    /// `targetFallback`, `targets`, `fallbackTargets`.
    All,
    /// `targetFallback`.
    Target,
    /// `valueFallback`, for the second element.
    Value,
    None,
}

/// The error is why there is no such element, as a clause.
pub fn find(
    written: &str,
    alternatives: &Alternatives,
    uses: Uses,
    version: Version,
) -> Result<Find, String> {
    let first = locator(written, version)?;
    let none = &Vec::new();
    let lists = match uses {
        Uses::All => [
            &alternatives.target_fallback,
            &alternatives.targets,
            &alternatives.fallback_targets,
        ],
        Uses::Target => [&alternatives.target_fallback, none, none],
        Uses::Value => [&alternatives.value_fallback, none, none],
        Uses::None => [none, none, none],
    };
    let mut or: Vec<Locator> = Vec::new();
    for other in lists.into_iter().flatten() {
        // one that nobody can use is no alternative
        if let Ok(other) = locator(other, version)
            && other != first
            && !or.contains(&other)
        {
            or.push(other);
        }
    }
    Ok(Find { first, or })
}

/// `id=..`, `name=..`, `css=..`, `xpath=..`, `linkText=..`, `link=..`, `partialLinkText=..`, `//..`
pub fn locator(written: &str, version: Version) -> Result<Locator, String> {
    let written = text::plain(written);
    if written.starts_with("//") {
        return Ok(Locator::Xpath(written));
    }
    let (kind, rest) = written.split_once('=').unwrap_or((&written, ""));
    let rest = rest.to_owned();
    let typed = kind.chars().all(|c| c.is_ascii_alphabetic()) && !rest.is_empty();
    Ok(match kind {
        _ if !typed && version == Version::V1_0 && !written.is_empty() => {
            match written.contains("//") {
                true => Locator::Xpath(written),
                false => Locator::Id(written),
            }
        }
        _ if written.is_empty() => return Err("it names no element".to_owned()),
        "id" if typed => Locator::Id(rest),
        "name" if typed => Locator::Name(rest),
        "css" if typed => Locator::FirstCss(rest),
        "xpath" if typed => Locator::Xpath(rest),
        "linkText" | "link" if typed => Locator::LinkText(rest),
        "partialLinkText" if typed => Locator::PartialLinkText(rest),
        _ => {
            let written = super::super::draft::short(&written);
            return Err(format!(
                "`{written}` finds no element: it begins with id=, name=, css=, xpath=, linkText=, partialLinkText= or //"
            ));
        }
    })
}

/// As a file of Selenium IDE has it; `None`: it has no such locator.
pub fn written(locator: &Locator) -> Option<String> {
    let (kind, text) = match locator {
        Locator::Id(text) => ("id", text),
        Locator::Name(text) => ("name", text),
        Locator::FirstCss(text) => ("css", text),
        Locator::Xpath(text) => ("xpath", text),
        Locator::LinkText(text) => ("linkText", text),
        Locator::PartialLinkText(text) => ("partialLinkText", text),
        Locator::Label(_)
        | Locator::Text(_)
        | Locator::Css(_)
        | Locator::Aria { .. }
        | Locator::Reads(_)
        | Locator::Pierce(_)
        | Locator::Nested(_) => return None,
    };
    // what is trimmed or empty would be another one
    let text = text::written(text)?;
    (!text.is_empty()).then(|| format!("{kind}={text}"))
}
