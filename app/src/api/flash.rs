//! A sentence for the next page: left in a cookie that only that page is sent, and taken away when it was shown.

use axum::http::{HeaderValue, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

const NAME: &str = "pitlane-said";
/// Longer than any redirect takes.
const SECONDS: u32 = 30;
const LONGEST: usize = 1_500;

pub fn leave(path: &str, sentence: &str) {
    set(path, &encoded(sentence), SECONDS);
}

/// What was left for the page at `path`, which the browser forgets then.
pub fn take(path: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let sentence = parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == NAME)
        .and_then(|(_, value)| decoded(value))?;
    set(path, "", 0);
    Some(sentence)
}

fn set(path: &str, value: &str, seconds: u32) {
    let text = format!("{NAME}={value}; Path={path}; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    if let (Some(response), Ok(value)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::try_from(text),
    ) {
        response.append_header(header::SET_COOKIE, value);
    }
}

/// As hexadecimal digits: a cookie takes few letters.
fn encoded(sentence: &str) -> String {
    let end = sentence.floor_char_boundary(LONGEST);
    let digits = sentence[..end].bytes().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

fn decoded(text: &str) -> Option<String> {
    if text.is_empty() || !text.is_ascii() {
        return None;
    }
    let bytes = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_comes_back_as_it_was_and_nonsense_does_not() {
        for text in ["it is held; \"already\"", "größer, 中", "x"] {
            assert_eq!(decoded(&encoded(text)).as_deref(), Some(text));
        }
        for text in ["", "zz", "ü", "ff"] {
            assert_eq!(decoded(text), None, "{text}");
        }
        let long = "ä".repeat(LONGEST);
        assert!(decoded(&encoded(&long)).unwrap().len() <= LONGEST);
    }
}
