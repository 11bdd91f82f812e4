//! What an environment gives to its suites: variables, which everybody may read, and secrets, which nobody can.

use super::{name::Name, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Most bytes of a variable or a secret.
pub const LONGEST: usize = 4_096;
/// Fewest characters of a secret: a shorter one could not be masked without spoiling every other text.
pub const SHORTEST_SECRET: usize = 4;

/// What a suite calls it: `[A-Za-z_][A-Za-z0-9_.-]{0,63}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ValueName(String);

/// The text is no [`ValueName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no usable name: 1 to 64 of the characters A-Z a-z 0-9 _ . -, beginning with a letter or _"
)]
pub struct BadValueName(String);

impl ValueName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ValueName {
    type Err = BadValueName;
    fn from_str(text: &str) -> Result<Self, BadValueName> {
        let mut letters = text.bytes();
        let first = letters
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        let rest = letters.all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if first && rest && text.len() <= 64 {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadValueName(text.chars().take(80).collect()))
        }
    }
}

impl TryFrom<String> for ValueName {
    type Error = BadValueName;
    fn try_from(text: String) -> Result<Self, BadValueName> {
        text.parse()
    }
}

impl From<ValueName> for String {
    fn from(name: ValueName) -> Self {
        name.0
    }
}

impl fmt::Display for ValueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One environment's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentView {
    pub name: Name,
    /// Applications that have a pool in it.
    pub applications: Vec<Name>,
    pub variables: Vec<VariableLine>,
    /// Those that are set, and those that suites name.
    pub secrets: Vec<SecretLine>,
    /// Why this person can change neither; `None`: the forms work.
    pub refused: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableLine {
    pub name: ValueName,
    pub value: String,
    pub set_by: String,
    pub at: Timestamp,
}

/// A secret without its value, which never leaves the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretLine {
    /// As suites write it.
    pub name: String,
    pub state: SecretState,
    /// Flows of current suites that type it.
    pub used_by: Vec<FlowOf>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SecretState {
    Set {
        set_by: String,
        at: Timestamp,
    },
    /// It is stored, but this server cannot open it.
    Locked {
        set_by: String,
        at: Timestamp,
        /// A clause.
        why: String,
    },
    /// Not set here; the server's file of secrets has it, for all environments.
    InFile,
    /// Suites name it, nobody set it.
    Missing,
}

/// A flow of a pool's current suite.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FlowOf {
    pub application: Name,
    /// Its title.
    pub flow: String,
}

/// Why `value` can be no variable, a clause.
pub fn check_variable(value: &str) -> Result<(), String> {
    if value.len() > LONGEST {
        return Err(format!("a variable has at most {LONGEST} bytes"));
    }
    if value.contains('\0') {
        return Err("a variable cannot hold the character NUL".to_owned());
    }
    Ok(())
}

/// Why `value` can be no secret, a clause that does not repeat it.
pub fn check_secret(value: &str) -> Result<(), String> {
    if value.chars().count() < SHORTEST_SECRET {
        return Err(format!(
            "a secret has at least {SHORTEST_SECRET} characters, a shorter one could not be masked"
        ));
    }
    if value.len() > LONGEST {
        return Err(format!("a secret has at most {LONGEST} bytes"));
    }
    if value.contains('\0') {
        return Err("a secret cannot hold the character NUL".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_a_suite_can_write() {
        for good in ["shop_password", "_x", "BASE-URL.2", "a"] {
            assert_eq!(good.parse::<ValueName>().unwrap().as_str(), good);
        }
        let long = "a".repeat(65);
        for bad in ["", "1st", "a b", "a}", "env:a", "ä", &long] {
            assert!(bad.parse::<ValueName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_that_cannot_be_kept_is_refused_without_being_repeated() {
        for bad in ["abc", "ab\0cd", &"x".repeat(LONGEST + 1)] {
            let why = check_secret(bad).unwrap_err();
            assert!(!why.contains(bad), "{why}");
        }
        assert_eq!(check_secret("open"), Ok(()));
        assert_eq!(check_variable(""), Ok(()));
    }
}
