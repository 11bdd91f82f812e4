//! One step as it is typed, and the words a row is made of.

use serde::{Deserialize, Serialize};

/// One step as it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    pub act: Do,
    pub by: By,
    /// The element.
    pub on: String,
    /// A path, what is typed, what is expected; for [`Do::Other`] the whole step.
    pub with: String,
    /// `limit = "30 s", soft = true`
    pub also: String,
}

/// What a row does. The words are those of the forms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Do {
    Open,
    #[default]
    Click,
    DoubleClick,
    Hover,
    Fill,
    FillSecret,
    Append,
    Change,
    Choose,
    Check,
    Uncheck,
    Press,
    ScrollTo,
    WaitFor,
    WaitGone,
    Pause,
    ExpectText,
    ExpectUrl,
    ExpectStatus,
    ExpectTitle,
    ExpectTextOf,
    ExpectValueOf,
    /// Everything else that our own format can say, in its words.
    Other,
}

/// How a row's element is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// What a text alone means: the label of a field, the words on everything else.
    #[default]
    Usual,
    Label,
    Text,
    Css,
    Aria,
    Reads,
    Id,
    Name,
    FirstCss,
    Xpath,
    Link,
    PartialLink,
    Pierce,
    /// In the words of our own format: `["Sign in", { css = "#go" }]`.
    Written,
}

/// What a row of some kind needs, and how that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    pub element: bool,
    /// What its text is, if it has one.
    pub text: Option<&'static str>,
}

impl Do {
    /// In the order a list of them reads best, by what they are for.
    pub const GROUPS: [(&str, &[Self]); 4] = [
        (
            "Do",
            &[
                Self::Open,
                Self::Click,
                Self::Fill,
                Self::FillSecret,
                Self::Choose,
                Self::Check,
                Self::Uncheck,
                Self::Press,
                Self::Append,
                Self::Change,
                Self::DoubleClick,
                Self::Hover,
                Self::ScrollTo,
            ],
        ),
        (
            "Expect",
            &[
                Self::ExpectText,
                Self::ExpectUrl,
                Self::ExpectStatus,
                Self::ExpectTitle,
                Self::ExpectTextOf,
                Self::ExpectValueOf,
            ],
        ),
        ("Wait", &[Self::WaitFor, Self::WaitGone, Self::Pause]),
        ("Everything else", &[Self::Other]),
    ];

    pub fn all() -> impl Iterator<Item = Self> {
        Self::GROUPS
            .into_iter()
            .flat_map(|(_, all)| all.iter().copied())
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Click => "click",
            Self::DoubleClick => "double_click",
            Self::Hover => "hover",
            Self::Fill => "fill",
            Self::FillSecret => "fill_secret",
            Self::Append => "append",
            Self::Change => "change",
            Self::Choose => "choose",
            Self::Check => "check",
            Self::Uncheck => "uncheck",
            Self::Press => "press",
            Self::ScrollTo => "scroll_to",
            Self::WaitFor => "wait_for",
            Self::WaitGone => "wait_gone",
            Self::Pause => "pause",
            Self::ExpectText => "expect_text",
            Self::ExpectUrl => "expect_url",
            Self::ExpectStatus => "expect_status",
            Self::ExpectTitle => "expect_title",
            Self::ExpectTextOf => "expect_text_of",
            Self::ExpectValueOf => "expect_value_of",
            Self::Other => "other",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Click => "click",
            Self::DoubleClick => "double click",
            Self::Hover => "hover",
            Self::Fill => "fill",
            Self::FillSecret => "fill with a secret",
            Self::Append => "type after",
            Self::Change => "set, whatever it is",
            Self::Choose => "choose",
            Self::Check => "check",
            Self::Uncheck => "uncheck",
            Self::Press => "press a key",
            Self::ScrollTo => "scroll to",
            Self::WaitFor => "wait for",
            Self::WaitGone => "wait until gone",
            Self::Pause => "pause",
            Self::ExpectText => "expect text",
            Self::ExpectUrl => "expect address",
            Self::ExpectStatus => "expect status",
            Self::ExpectTitle => "expect title",
            Self::ExpectTextOf => "expect text of",
            Self::ExpectValueOf => "expect value of",
            Self::Other => "other, as TOML",
        }
    }

    pub fn needs(self) -> Needs {
        let (element, text) = match self {
            Self::Open | Self::ExpectUrl => (false, Some("/path")),
            Self::Click
            | Self::DoubleClick
            | Self::Hover
            | Self::Check
            | Self::Uncheck
            | Self::ScrollTo
            | Self::WaitFor
            | Self::WaitGone => (true, None),
            Self::Fill | Self::Append | Self::Change => (true, Some("what is typed")),
            Self::FillSecret => (true, Some("name of the secret")),
            Self::Choose => (true, Some("option, as it reads")),
            Self::Press => (false, Some("Enter")),
            Self::Pause => (false, Some("500 ms")),
            Self::ExpectText => (false, Some("text on the page")),
            Self::ExpectStatus => (false, Some("200")),
            Self::ExpectTitle => (false, Some("whole title")),
            Self::ExpectTextOf | Self::ExpectValueOf => (true, Some("is exactly")),
            Self::Other => (false, Some("{ press = \"Enter\", limit = \"30 s\" }")),
        };
        Needs { element, text }
    }
}

impl By {
    pub const ALL: [Self; 14] = [
        Self::Usual,
        Self::Css,
        Self::Id,
        Self::Name,
        Self::Aria,
        Self::Text,
        Self::Label,
        Self::Reads,
        Self::Link,
        Self::PartialLink,
        Self::Xpath,
        Self::FirstCss,
        Self::Pierce,
        Self::Written,
    ];

    /// As our own format calls it, where it does.
    pub fn word(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Label => "label",
            Self::Text => "text",
            Self::Css => "css",
            Self::Aria => "aria",
            Self::Reads => "reads",
            Self::Id => "id",
            Self::Name => "name",
            Self::FirstCss => "first_css",
            Self::Xpath => "xpath",
            Self::Link => "link",
            Self::PartialLink => "partial_link",
            Self::Pierce => "pierce",
            Self::Written => "written",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Usual => "words",
            Self::Label => "label",
            Self::Text => "button or link",
            Self::Css => "css",
            Self::Aria => "aria name",
            Self::Reads => "contains",
            Self::Id => "id",
            Self::Name => "name",
            Self::FirstCss => "first css",
            Self::Xpath => "xpath",
            Self::Link => "link text",
            Self::PartialLink => "part of a link",
            Self::Pierce => "css, shadow",
            Self::Written => "as TOML",
        }
    }
}

/// By its word; one we do not know is as good as none.
impl std::str::FromStr for Do {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        Self::all().find(|act| act.word() == word).ok_or(())
    }
}

impl std::str::FromStr for By {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|by| by.word() == word).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for act in Do::all() {
            assert_eq!(act.word().parse(), Ok(act));
        }
        for by in By::ALL {
            assert_eq!(by.word().parse(), Ok(by));
        }
        assert_eq!("fly".parse::<Do>(), Err(()));
    }
}
