//! What the mouse and the keys do.
//!
//! Unlike the standard's own actions these scroll to the element first: a suite recorded in a larger window works in a
//! smaller one.

use super::{
    Doing,
    find::{Ask, Found},
};
use crate::smoke::webdriver::wire::Snag;
use app::model::smoke::{Button, Find, Origin, Point, Pointing};
use serde_json::{Value, json};

const STILL: Ask = Ask {
    usable: true,
    still: true,
    hide: false,
};
/// Of a drag, so that the page sees the way and not only its ends.
const DRAG_MS: u64 = 100;

/// On the middle of what lies open there.
pub async fn click_middle(on: &Doing<'_>, found: &Found) -> Result<(), Snag> {
    moved(on, found, offset(found, None), click(0)).await
}

pub async fn double_click(on: &mut Doing<'_>, find: &Find) -> Result<(), Snag> {
    let found = on.find(find, STILL).await?;
    let clicks = [click(0), click(0)].concat();
    moved(on, &found, offset(&found, None), clicks).await
}

pub async fn click_at(
    on: &mut Doing<'_>,
    find: &Find,
    at: Point,
    button: Button,
    times: u32,
) -> Result<(), Snag> {
    let found = on.find(find, STILL).await?;
    let button = match button {
        Button::Left => 0,
        Button::Middle => 1,
        Button::Right => 2,
        Button::Back => 3,
        Button::Forward => 4,
    };
    let clicks = (0..times.clamp(1, 2)).flat_map(|_| click(button)).collect();
    moved(on, &found, offset(&found, Some(at)), clicks).await
}

pub async fn point(
    on: &mut Doing<'_>,
    find: &Find,
    at: Option<Point>,
    does: Pointing,
) -> Result<(), Snag> {
    let ask = Ask {
        usable: false,
        ..STILL
    };
    let found = on.find(find, ask).await?;
    let then = match does {
        Pointing::Move => Vec::new(),
        Pointing::Press => vec![json!({ "type": "pointerDown", "button": 0 })],
        Pointing::Release => vec![json!({ "type": "pointerUp", "button": 0 })],
    };
    on.spot.holds |= does == Pointing::Press;
    moved(on, &found, offset(&found, at), then).await
}

pub async fn point_away(on: &mut Doing<'_>, find: &Find) -> Result<(), Snag> {
    let found = on.find(find, Ask::default()).await?;
    let args = json!(["beside", found.reference()]);
    let beside = on.wire.page(args, on.limit).await?;
    match (beside["x"].as_f64(), beside["y"].as_f64()) {
        (Some(x), Some(y)) => {
            let to = from_middle(&found, (x, y));
            moved(on, &found, to, Vec::new()).await
        }
        _ => Err(found.refused("takes up the whole page: there is nothing beside it")),
    }
}

pub async fn drag(on: &mut Doing<'_>, find: &Find, to: &Find) -> Result<(), Snag> {
    on.find(find, STILL).await?;
    let target = on.find(to, STILL).await?;
    // the second may have scrolled the first; it is also the one whose box is shown
    let ask = Ask::default();
    let found = on.find(find, ask).await?;
    if found.is("draggable") && !on.wire.drags() {
        let why = "is `draggable`, and such elements Firefox's driver does not drag";
        return Err(Snag::No(format!("{} {why}", found.words)));
    }
    perform(
        on,
        "pointer",
        vec![
            go(&found, (0.0, 0.0), 0),
            json!({ "type": "pointerDown", "button": 0 }),
            go(&found, (3.0, 3.0), DRAG_MS),
            go(&target, (0.0, 0.0), DRAG_MS),
            json!({ "type": "pointerUp", "button": 0 }),
        ],
    )
    .await
}

/// Of the focused element.
pub async fn key(on: &mut Doing<'_>, key: &str, down: bool) -> Result<(), Snag> {
    let name = on.text(key);
    let value = key_named(&name).ok_or_else(|| Snag::No(format!("`{name}` is no key")))?;
    let kind = if down { "keyDown" } else { "keyUp" };
    on.spot.holds |= down;
    perform(on, "key", vec![json!({ "type": kind, "value": value })]).await
}

/// How far from the element's middle, which the driver finds itself: it knows where frames lie.
fn offset(found: &Found, at: Option<Point>) -> (f64, f64) {
    match at {
        None => (0.0, 0.0),
        Some(Point {
            x,
            y,
            from: Origin::Middle,
        }) => (x.into(), y.into()),
        Some(Point {
            x,
            y,
            from: Origin::Corner,
        }) => {
            let corner = |axis: &str| found.facts["corner"][axis].as_f64().unwrap_or_default();
            from_middle(
                found,
                (corner("x") + f64::from(x), corner("y") + f64::from(y)),
            )
        }
    }
}

/// The driver counts from whole pixels.
fn from_middle(found: &Found, (x, y): (f64, f64)) -> (f64, f64) {
    let middle = |axis: &str| found.facts["middle"][axis].as_f64().unwrap_or_default();
    (x - middle("x").floor(), y - middle("y").floor())
}

fn go(found: &Found, (x, y): (f64, f64), ms: u64) -> Value {
    json!({ "type": "pointerMove", "duration": ms, "x": x, "y": y, "origin": found.reference() })
}

fn click(button: u8) -> Vec<Value> {
    vec![
        json!({ "type": "pointerDown", "button": button }),
        json!({ "type": "pointerUp", "button": button }),
    ]
}

async fn moved(
    on: &Doing<'_>,
    found: &Found,
    to: (f64, f64),
    then: Vec<Value>,
) -> Result<(), Snag> {
    let mut actions = vec![go(found, to, 0)];
    actions.extend(then);
    perform(on, "pointer", actions).await
}

async fn perform(on: &Doing<'_>, kind: &str, actions: Vec<Value>) -> Result<(), Snag> {
    let mut source = json!({ "type": kind, "id": kind, "actions": actions });
    if kind == "pointer" {
        source["parameters"] = json!({ "pointerType": "mouse" });
    }
    on.wire
        .post("actions", json!({ "actions": [source] }), on.limit)
        .await
        .map(drop)
}

/// Keys by their names in Selenium IDE and in the standards of the web, as WebDriver takes them.
/// Source: W3C WebDriver, "keyboard actions"; selenium-webdriver, `Key`.
const KEYS: [(&str, &str, char); 66] = [
    ("NULL", "", '\u{e000}'),
    ("CANCEL", "Cancel", '\u{e001}'),
    ("HELP", "Help", '\u{e002}'),
    ("BACK_SPACE", "Backspace", '\u{e003}'),
    // older names of Selenium IDE
    ("BACKSPACE", "", '\u{e003}'),
    ("BKSP", "", '\u{e003}'),
    ("DEL", "", '\u{e017}'),
    ("ESC", "", '\u{e00c}'),
    ("CTRL", "", '\u{e009}'),
    ("INS", "", '\u{e016}'),
    ("PGUP", "", '\u{e00e}'),
    ("PGDN", "", '\u{e00f}'),
    ("TAB", "Tab", '\u{e004}'),
    ("CLEAR", "Clear", '\u{e005}'),
    ("RETURN", "", '\u{e006}'),
    ("ENTER", "Enter", '\u{e007}'),
    ("SHIFT", "Shift", '\u{e008}'),
    ("CONTROL", "Control", '\u{e009}'),
    ("ALT", "Alt", '\u{e00a}'),
    ("PAUSE", "Pause", '\u{e00b}'),
    ("ESCAPE", "Escape", '\u{e00c}'),
    ("SPACE", "Space", '\u{e00d}'),
    ("PAGE_UP", "PageUp", '\u{e00e}'),
    ("PAGE_DOWN", "PageDown", '\u{e00f}'),
    ("END", "End", '\u{e010}'),
    ("HOME", "Home", '\u{e011}'),
    ("ARROW_LEFT", "ArrowLeft", '\u{e012}'),
    ("ARROW_UP", "ArrowUp", '\u{e013}'),
    ("ARROW_RIGHT", "ArrowRight", '\u{e014}'),
    ("ARROW_DOWN", "ArrowDown", '\u{e015}'),
    ("LEFT", "", '\u{e012}'),
    ("UP", "", '\u{e013}'),
    ("RIGHT", "", '\u{e014}'),
    ("DOWN", "", '\u{e015}'),
    ("INSERT", "Insert", '\u{e016}'),
    ("DELETE", "Delete", '\u{e017}'),
    ("SEMICOLON", "", '\u{e018}'),
    ("EQUALS", "", '\u{e019}'),
    ("NUMPAD0", "Numpad0", '\u{e01a}'),
    ("NUMPAD1", "Numpad1", '\u{e01b}'),
    ("NUMPAD2", "Numpad2", '\u{e01c}'),
    ("NUMPAD3", "Numpad3", '\u{e01d}'),
    ("NUMPAD4", "Numpad4", '\u{e01e}'),
    ("NUMPAD5", "Numpad5", '\u{e01f}'),
    ("NUMPAD6", "Numpad6", '\u{e020}'),
    ("NUMPAD7", "Numpad7", '\u{e021}'),
    ("NUMPAD8", "Numpad8", '\u{e022}'),
    ("NUMPAD9", "Numpad9", '\u{e023}'),
    ("MULTIPLY", "NumpadMultiply", '\u{e024}'),
    ("ADD", "NumpadAdd", '\u{e025}'),
    ("SEPARATOR", "", '\u{e026}'),
    ("SUBTRACT", "NumpadSubtract", '\u{e027}'),
    ("DECIMAL", "NumpadDecimal", '\u{e028}'),
    ("DIVIDE", "NumpadDivide", '\u{e029}'),
    ("F1", "F1", '\u{e031}'),
    ("F2", "F2", '\u{e032}'),
    ("F3", "F3", '\u{e033}'),
    ("F4", "F4", '\u{e034}'),
    ("F5", "F5", '\u{e035}'),
    ("F6", "F6", '\u{e036}'),
    ("F7", "F7", '\u{e037}'),
    ("F8", "F8", '\u{e038}'),
    ("F9", "F9", '\u{e039}'),
    ("F10", "F10", '\u{e03a}'),
    ("F11", "F11", '\u{e03b}'),
    ("F12", "F12", '\u{e03c}'),
];
const META: char = '\u{e03d}';

fn key_named(name: &str) -> Option<char> {
    let mut one = name.chars();
    if let (Some(only), None) = (one.next(), one.next()) {
        return Some(only);
    }
    if name.is_empty() {
        return None;
    }
    if name == "Meta" {
        return Some(META);
    }
    let known = KEYS.iter().find(|(_, web, _)| *web == name);
    known.map(|(_, _, key)| *key)
}

/// `${KEY_ENTER}` and the like as what a driver takes for these keys.
pub fn keys_of(text: &str) -> Result<String, String> {
    let mut typed = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${KEY_") {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        typed.push_str(&rest[..start]);
        let name = &rest[start + "${KEY_".len()..start + length];
        let known = KEYS.iter().find(|(selenium, _, _)| *selenium == name);
        let key = match name {
            "META" | "COMMAND" => META,
            _ => {
                known
                    .ok_or_else(|| format!("`${{KEY_{name}}}` is no key"))?
                    .2
            }
        };
        typed.push(key);
        rest = &rest[start + length + 1..];
    }
    typed.push_str(rest);
    Ok(typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_typed_by_name_and_an_unknown_one_is_refused() {
        let cases = [
            ("ann", Ok("ann")),
            ("ann${KEY_ENTER}", Ok("ann\u{e007}")),
            ("${KEY_CONTROL}a${KEY_NULL}b", Ok("\u{e009}a\u{e000}b")),
            ("${who} ${KEY_UP}", Ok("${who} \u{e013}")),
            ("${KEY_", Ok("${KEY_")),
            ("${KEY_ANY}", Err("`${KEY_ANY}` is no key")),
        ];
        for (text, wanted) in cases {
            let wanted = wanted.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(keys_of(text), wanted, "{text}");
        }
        let web = [
            ("a", Some('a')),
            ("Enter", Some('\u{e007}')),
            ("Meta", Some('\u{e03d}')),
            ("Any", None),
            ("", None),
        ];
        for (name, key) in web {
            assert_eq!(key_named(name), key, "{name}");
        }
    }
}
