//! What targets and values say: pure.

use crate::smoke::import::{
    draft::short,
    side::{raw::Version, text},
};
use app::model::smoke::{Find, Frame, OptionBy};
use url::Url;

pub(super) fn number<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| match text.contains("${") {
        true => format!(
            "`{}` must be {what}; a variable cannot stand there",
            short(text)
        ),
        false => format!("`{}` is not {what}", short(text)),
    })
}

pub(super) fn some(text: String, what: &str) -> Result<String, String> {
    match text.is_empty() {
        true => Err(format!("{what} is missing")),
        false => Ok(text),
    }
}

pub(super) fn no_size(written: &str) -> String {
    format!("`{}` is no size; it is written `1280x800`", short(written))
}

/// A variable's name; the first version wrote it as `${name}`.
pub(super) fn variable(written: &str, field: &str, version: Version) -> Result<String, String> {
    let mut name = written.trim();
    if version == Version::V1_0 {
        name = name
            .strip_prefix("${")
            .and_then(|name| name.strip_suffix('}'))
            .unwrap_or(name);
    }
    some(
        name.to_owned(),
        &format!("the variable's name in `{field}`"),
    )
}

/// As the IDE does it: relative to the project's address. Below that host it is a path, so that the flow runs under any
/// public address.
pub(super) fn address(written: &str, base: Option<&Url>) -> Result<String, String> {
    if written.contains("${") {
        // only then is it known what the variables hold
        return Ok(match base.map(origin) {
            Some(origin) => written
                .strip_prefix(&origin)
                .filter(|rest| rest.starts_with('/'))
                .unwrap_or(written)
                .to_owned(),
            None => written.to_owned(),
        });
    }
    let joined = match base {
        Some(base) => base.join(written),
        None if written.starts_with('/') => return Ok(written.to_owned()),
        None if written.is_empty() => return Ok("/".to_owned()),
        None => Url::parse(written),
    };
    let url = joined.map_err(|error| format!("`{}` is no address: {error}", short(written)))?;
    Ok(relative(&url, base))
}

/// A path where it is on the same host as `base`.
pub fn relative(url: &Url, base: Option<&Url>) -> String {
    match base {
        // a path that begins with two would name a host
        Some(base)
            if base.origin().is_tuple()
                && url.origin() == base.origin()
                && !url.path().starts_with("//") =>
        {
            url[url::Position::BeforePath..].to_owned()
        }
        _ => url.to_string(),
    }
}

pub(super) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// `index=0`, `index=0\1\..`, `relative=parent`, `relative=top`, or an element.
pub(super) fn frames(
    written: &str,
    on: impl Fn() -> Result<Find, String>,
) -> Result<Vec<Frame>, String> {
    let plain = text::plain(written);
    if let Some(path) = plain.strip_prefix("index=") {
        let part = |part: &str| match part {
            ".." => Ok(Frame::Parent),
            index => number(index, "a frame's number").map(Frame::Index),
        };
        return path.split('\\').map(part).collect();
    }
    Ok(vec![match plain.as_str() {
        "relative=top" => Frame::Top,
        "relative=parent" => Frame::Parent,
        _ => Frame::At(on()?),
    }])
}

/// `label=..` (or nothing before it), `value=..`, `id=..`, `index=..`
pub(super) fn option(written: &str) -> Result<OptionBy, String> {
    let (kind, rest) = written.split_once('=').unwrap_or((written, ""));
    if rest.is_empty() {
        return some(kind.to_owned(), "the option").map(OptionBy::Label);
    }
    Ok(match kind {
        "label" => match rest.strip_prefix("mostly-equals:") {
            Some(rest) => OptionBy::LabelMostly(rest.to_owned()),
            None => OptionBy::Label(rest.to_owned()),
        },
        "value" => OptionBy::Value(rest.to_owned()),
        "id" => OptionBy::Id(rest.to_owned()),
        // the n-th child, and the first is 1
        "index" => match number::<u32>(rest, "an option's number")? {
            0 => return Err("options are counted from 1; `index=0` is none".to_owned()),
            n => OptionBy::Index(n - 1),
        },
        _ => {
            return Err(format!(
                "`{}` is no option: it begins with label=, value=, id= or index=",
                short(written)
            ));
        }
    })
}

pub(super) fn has_control(text: &str) -> bool {
    text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}
