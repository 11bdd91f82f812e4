//! Remote commands as values: what is said on a node is decided in pure code and compared as text in tests.
//!
//! A script is a fixed POSIX text of ours; every value enters as a positional parameter, quoted, so no value can
//! become syntax. Only a recipe's own commands are shell text of the team, and they too travel as one parameter.

use std::{fmt::Write, time::Duration};

/// A POSIX shell text with its parameters `$1`, `$2`, ...
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// One word for logs and for the run's folder on the node.
    pub label: &'static str,
    text: &'static str,
    parameters: Vec<String>,
}

impl Script {
    pub fn new(label: &'static str, text: &'static str) -> Self {
        Self {
            label,
            text,
            parameters: Vec::new(),
        }
    }

    /// Appends the next parameter.
    pub fn arg(mut self, value: impl Into<String>) -> Self {
        self.parameters.push(value.into());
        self
    }

    pub fn args<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.parameters.extend(values.into_iter().map(Into::into));
        self
    }

    pub fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// The whole as one text for `sh -c`.
    pub fn render(&self) -> String {
        let mut whole = String::from("set --");
        for parameter in &self.parameters {
            write!(whole, " {}", quote(parameter)).expect("writing to a string cannot fail");
        }
        whole.push('\n');
        whole.push_str(self.text);
        whole
    }
}

/// A script that changes a node: it runs under the wrapper and is ended at its limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub script: Script,
    pub limit: Duration,
}

impl Order {
    pub fn new(script: Script, limit: Duration) -> Self {
        Self { script, limit }
    }

    /// Whole seconds, at least one: what the wrapper counts in.
    pub fn limit_seconds(&self) -> u64 {
        self.limit.as_millis().div_ceil(1_000).max(1) as u64
    }
}

/// `value` as one word of a POSIX shell.
pub fn quote(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:=+,@%".contains(&b);
    if !value.is_empty() && value.bytes().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_word_whatever_it_holds() {
        for (value, word) in [
            ("", "''"),
            ("a/b-1.2", "a/b-1.2"),
            ("a b", "'a b'"),
            ("$(reboot)", "'$(reboot)'"),
            ("it's", r"'it'\''s'"),
            ("a\nb", "'a\nb'"),
            ("*", "'*'"),
            ("~", "'~'"),
        ] {
            assert_eq!(quote(value), word);
            let told = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {word}")])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(told.stdout).unwrap(), value);
        }
    }

    #[test]
    fn parameters_come_before_the_text() {
        let script = Script::new("x", "echo \"$1\" \"$2\"").arg("a b").arg("c");
        assert_eq!(script.render(), "set -- 'a b' c\necho \"$1\" \"$2\"");
    }

    #[test]
    fn a_limit_is_rounded_up_to_whole_seconds() {
        for (ms, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (60_000, 60)] {
            let order = Order::new(Script::new("x", ""), Duration::from_millis(ms));
            assert_eq!(order.limit_seconds(), seconds);
        }
    }
}
