//! Elements as they are written, to elements of the model.

use super::raw;
use app::model::smoke::{Find, Locator};
use toml::Value;

/// A text without a table is what the step says it is.
pub type Plain = fn(String) -> Locator;

impl raw::Find {
    /// A field.
    pub fn field(self) -> Result<Find, String> {
        self.with_plain(Locator::Label)
    }

    /// Something to click.
    pub fn thing(self) -> Result<Find, String> {
        self.with_plain(Locator::Text)
    }

    pub fn with_plain(self, plain: Plain) -> Result<Find, String> {
        let all: Result<Vec<_>, _> = self.ways.into_iter().map(|way| one(way, plain)).collect();
        all?.try_into().map_err(str::to_owned)
    }
}

fn one(way: raw::Locator, plain: Plain) -> Result<Locator, String> {
    let by = match way {
        raw::Locator::Plain(text) => return not_empty(text).map(plain),
        raw::Locator::Table(by) => *by,
    };
    let present = by.present();
    let raw::By {
        label,
        text,
        css,
        aria,
        role,
        reads,
        pierce,
        id,
        name,
        first_css,
        xpath,
        link,
        partial_link,
        nested,
    } = by;
    if let (["aria"] | ["aria", "role"], Some(name)) = (&present[..], aria) {
        let name = not_empty(name)?;
        return Ok(Locator::Aria { name, role });
    }
    if let (["nested"], Some(path)) = (&present[..], nested) {
        let path: Result<Vec<_>, _> = path.into_iter().map(|part| one(part, plain)).collect();
        let path = path?;
        return match path.is_empty() {
            false => Ok(Locator::Nested(path)),
            true => Err("`nested` names no element".to_owned()),
        };
    }
    let ways: [(Option<String>, Plain); 11] = [
        (label, Locator::Label),
        (text, Locator::Text),
        (css, Locator::Css),
        (reads, Locator::Reads),
        (pierce, Locator::Pierce),
        (id, Locator::Id),
        (name, Locator::Name),
        (first_css, Locator::FirstCss),
        (xpath, Locator::Xpath),
        (link, Locator::LinkText),
        (partial_link, Locator::PartialLinkText),
    ];
    let mut found = ways
        .into_iter()
        .filter_map(|(text, make)| text.map(|text| (make, text)));
    match (found.next(), present.len()) {
        (Some((make, text)), 1) => not_empty(text).map(make),
        _ => Err(
            "an element is found by one of: { label = \"...\" }, { text = \"...\" }, { css = \"...\" }, \
            { aria = \"...\", role = \"...\" }, { reads = \"...\" }, { pierce = \"...\" }, { id = \"...\" }, \
            { name = \"...\" }, { first_css = \"...\" }, { xpath = \"...\" }, { link = \"...\" }, \
            { partial_link = \"...\" }, { nested = [...] }"
                .to_owned(),
        ),
    }
}

fn not_empty(text: String) -> Result<String, String> {
    match text.trim().is_empty() {
        false => Ok(text),
        true => Err("an element cannot be found by an empty text".to_owned()),
    }
}

/// As it is written, where a text alone means `plain`.
pub fn written(find: &Find, plain: Plain) -> Value {
    match &find.or[..] {
        [] => written_one(&find.first, plain),
        _ => Value::Array(find.all().map(|way| written_one(way, plain)).collect()),
    }
}

fn written_one(way: &Locator, plain: Plain) -> Value {
    let table = |keys: Vec<(&str, Value)>| {
        let keys = keys.into_iter();
        Value::Table(keys.map(|(key, value)| (key.to_owned(), value)).collect())
    };
    let (key, text) = match way {
        Locator::Label(text) => ("label", text),
        Locator::Text(text) => ("text", text),
        Locator::Css(text) => ("css", text),
        Locator::Reads(text) => ("reads", text),
        Locator::Pierce(text) => ("pierce", text),
        Locator::Id(text) => ("id", text),
        Locator::Name(text) => ("name", text),
        Locator::FirstCss(text) => ("first_css", text),
        Locator::Xpath(text) => ("xpath", text),
        Locator::LinkText(text) => ("link", text),
        Locator::PartialLinkText(text) => ("partial_link", text),
        Locator::Aria { name, role } => {
            let mut keys = vec![("aria", name.as_str().into())];
            keys.extend(role.iter().map(|role| ("role", role.as_str().into())));
            return table(keys);
        }
        Locator::Nested(path) => {
            let path = path.iter().map(|part| written_one(part, plain)).collect();
            return table(vec![("nested", Value::Array(path))]);
        }
    };
    match plain(text.clone()) == *way {
        true => text.as_str().into(),
        false => table(vec![(key, text.as_str().into())]),
    }
}
