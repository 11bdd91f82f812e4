//! What came of a form, told once on the page that follows. It travels in a cookie that only that page is sent, so
//! that no link can put words into our mouth, and is forgotten when it was read.

use crate::{
    components::trouble::trouble, error::AppError, model::mark::Mark, model::trouble::Trouble,
};
use axum::http::{HeaderValue, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};

const COOKIE: &str = "pitlane_told";
/// Longer sentences lose their details: a cookie holds 4 KB.
const LONGEST: usize = 1_800;
/// Longer than any redirect takes.
const SECONDS: u32 = 60;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// It was done; else it was not, and this is why.
    pub done: bool,
    pub trouble: Trouble,
}

/// `page`: the path of the page that tells it.
pub fn tell(page: &str, told: &Told) {
    if let (Some(response), Some(cookie)) = (use_context::<ResponseOptions>(), cookie(page, told)) {
        response.append_header(header::SET_COOKIE, cookie);
    }
}

/// The same for an answer that is not made by a server function: the cookie to set.
pub fn cookie(page: &str, told: &Told) -> Option<HeaderValue> {
    let text = |told: &Told| serde_json::to_string(told).expect("words are JSON");
    let mut said = text(told);
    if said.len() > LONGEST {
        said = text(&Told {
            done: told.done,
            trouble: Trouble::new(told.trouble.what.chars().take(300).collect::<String>()),
        });
    }
    made(page, &hex(said.as_bytes()), SECONDS)
}

/// What came of the form before `page`, if there was one; said once.
pub fn hear(page: &str) -> Option<Told> {
    let parts = use_context::<Parts>()?;
    let told = parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
    if let (Some(response), Some(gone)) = (use_context::<ResponseOptions>(), made(page, "", 0)) {
        response.append_header(header::SET_COOKIE, gone);
    }
    serde_json::from_slice(&unhex(told)?).ok()
}

/// What came of a form: told on `page`, which `leads_to` leads to.
pub fn answer(page: &str, leads_to: &str, done: Result<String, AppError>) -> Result<(), AppError> {
    let told = match done {
        Ok(words) => Told {
            done: true,
            trouble: Trouble::new(words),
        },
        Err(AppError::SignedOut) => return Err(AppError::SignedOut),
        Err(error) => Told {
            done: false,
            trouble: error.trouble(),
        },
    };
    tell(page, &told);
    leptos_axum::redirect(leads_to);
    Ok(())
}

/// What came of the form before, as the page shows it.
pub fn drawn(page: &str) -> Option<impl IntoView + use<>> {
    let told = hear(page)?;
    let (mark, label) = if told.done {
        (Mark::Done, "Done")
    } else {
        (Mark::Halt, "Not done")
    };
    Some(trouble(mark, label, told.trouble))
}

fn made(page: &str, value: &str, seconds: u32) -> Option<HeaderValue> {
    let cookie =
        format!("{COOKIE}={value}; Path={page}; Max-Age={seconds}; HttpOnly; SameSite=Strict");
    HeaderValue::from_str(&cookie).ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let half = |at: usize| char::from(*text.as_bytes().get(at)?).to_digit(16);
    (0..text.len())
        .step_by(2)
        .map(|at| u8::try_from(half(at)? * 16 + half(at + 1)?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_words_go_through_a_cookie() {
        let words = "Größe; \"quoted\", 100 %\n";
        assert_eq!(unhex(&hex(words.as_bytes())).unwrap(), words.as_bytes());
        for bad in ["a", "zz", "é0"] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
    }
}
