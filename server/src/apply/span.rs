//! Spans of time as people write them: `100 ms`, `60 s`, `10 min`, `2 h`.

use serde::{Deserialize, Deserializer, de::Error};

/// In milliseconds, at least one and at most a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Millis(pub u64);

const DAY: u64 = 24 * 3_600_000;

pub fn parse(text: &str) -> Result<Millis, String> {
    let text = text.trim();
    let (number, unit) = text.split_at(
        text.find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(text.len()),
    );
    let per = match unit.trim() {
        "ms" => Some(1),
        "s" => Some(1_000),
        "min" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let ms = number
        .parse::<u64>()
        .ok()
        .zip(per)
        .and_then(|(number, per)| number.checked_mul(per));
    match ms {
        Some(ms) if (1..=DAY).contains(&ms) => Ok(Millis(ms)),
        Some(_) => Err(format!("`{text}` is not between 1 ms and 24 h")),
        None => Err(format!(
            "`{text}` is no span of time; write \"100 ms\", \"60 s\", \"10 min\" or \"2 h\""
        )),
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_a_whole_number_and_a_unit() {
        for (text, ms) in [
            ("100 ms", 100),
            ("60 s", 60_000),
            ("60s", 60_000),
            (" 10  min ", 600_000),
            ("24 h", DAY),
        ] {
            assert_eq!(parse(text), Ok(Millis(ms)), "{text}");
        }
        for text in [
            "",
            "60",
            "s",
            "-1 s",
            "1.5 s",
            "0 s",
            "25 h",
            "60 sec",
            "99999999999999999999 s",
            "1 s 2",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
