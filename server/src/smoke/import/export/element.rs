//! An element as a file of Selenium IDE has it, or one that is found mostly the same.

use super::super::side::{locator, text};
use app::model::smoke::{Find, Locator};

/// An element as the file has it; the flag: it is only nearly this one.
pub fn element(on: &Find) -> Option<(String, Vec<String>, bool)> {
    let mut near = false;
    let mut all = Vec::new();
    for by in on.all() {
        match (locator::written(by), nearly(by)) {
            (Some(exact), _) => all.push(exact),
            (None, Some(xpath)) => {
                near = true;
                all.push(xpath);
            }
            (None, None) => near = true,
        }
    }
    let mut all = all.into_iter();
    let first = all.next()?;
    Some((first, all.collect(), near))
}

/// XPath that finds mostly the same.
fn nearly(by: &Locator) -> Option<String> {
    let field = |text: &str| {
        let text = quoted(text);
        format!(
            "//*[@id=//label[normalize-space()={text}]/@for]|//label[normalize-space(text())={text}]//*[self::input or \
             self::select or self::textarea]"
        )
    };
    Some(match by {
        Locator::Label(text) => format!("xpath={}", field(text)),
        Locator::Text(text) => {
            let text = quoted(text);
            format!(
                "xpath=//*[self::button or self::a][normalize-space()={text}]|//input[@value={text}]"
            )
        }
        Locator::Css(css) | Locator::Pierce(css) => format!("css={}", text::written(css)?),
        Locator::Reads(text) => {
            let text = quoted(text);
            format!(
                "xpath=//*[contains(normalize-space(), {text}) and not(*[contains(normalize-space(), {text})])]"
            )
        }
        Locator::Aria { name, .. } if !name.is_empty() => {
            let text = quoted(name);
            format!(
                "xpath=//*[@aria-label={text}]|//*[self::button or self::a][normalize-space()={text}]|{}",
                field(name)
            )
        }
        Locator::Aria { .. } | Locator::Nested(_) => return None,
        Locator::Id(_)
        | Locator::Name(_)
        | Locator::FirstCss(_)
        | Locator::Xpath(_)
        | Locator::LinkText(_)
        | Locator::PartialLinkText(_) => return None,
    })
}

/// As XPath 1 has it: no escapes, so both quotes take a detour.
fn quoted(text: &str) -> String {
    match (text.contains('"'), text.contains('\'')) {
        (false, _) => format!("\"{text}\""),
        (true, false) => format!("'{text}'"),
        (true, true) => {
            let parts: Vec<String> = text.split('"').map(|part| format!("\"{part}\"")).collect();
            format!("concat({})", parts.join(", '\"', "))
        }
    }
}
