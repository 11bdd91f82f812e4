//! What a form says of a difference that somebody was shown.

use crate::model::name::Name;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Names a difference by its content: another one, or the same with another side, has another id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DifferenceId(String);

impl DifferenceId {
    const LEN: usize = 16;

    /// The beginning of a hash.
    pub fn from_hash(hash: &[u8]) -> Self {
        let hex = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digit = |half| char::from_digit(u32::from(half), 16).expect("half a byte is a digit");
        Self(hex.map(digit).take(Self::LEN).collect())
    }
}

impl FromStr for DifferenceId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == Self::LEN && text.bytes().all(hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` names no difference"))
        }
    }
}

impl TryFrom<String> for DifferenceId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<DifferenceId> for String {
    fn from(id: DifferenceId) -> Self {
        id.0
    }
}

impl fmt::Display for DifferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A difference that somebody was shown and acts upon: `red:0123456789abcdef`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shown {
    pub node: Name,
    pub difference: DifferenceId,
}

impl FromStr for Shown {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (node, difference) = text
            .split_once(':')
            .ok_or_else(|| format!("`{text}` is no NODE:DIFFERENCE"))?;
        Ok(Self {
            node: node.parse().map_err(|error| format!("{error}"))?,
            difference: difference.parse()?,
        })
    }
}

impl TryFrom<String> for Shown {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shown> for String {
    fn from(shown: Shown) -> Self {
        shown.to_string()
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.node, self.difference)
    }
}
