//! A flow being edited: what was typed, right or not. Each row is one step, so that the row of a step is its number.

use super::{
    ids::SuiteRevisionId, import::FileReport, name::Name, time::Timestamp, trouble::Trouble,
};
use serde::{Deserialize, Serialize};

/// What somebody has typed. Nothing of it need be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    pub name: String,
    /// Empty: the name.
    pub title: String,
    /// It leaves data behind.
    pub writes: bool,
    /// Its failure is the release's.
    pub required: bool,
    /// It is run once more when it failed.
    pub again: bool,
    /// Empty: the usual 10 s.
    pub step_limit: String,
    /// What else our own format says of a flow: `limit`, `tags`, `continues`, `variables`, a line each.
    pub more: String,
    /// Where the pool has no suite yet.
    pub public_url: String,
    pub rows: Vec<Row>,
    /// A recording that is to be taken in; it stays until it was.
    pub paste: String,
    /// What became of the last one that was pasted.
    pub pasted: Option<Pasted>,
}

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

/// What became of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pasted {
    Taken {
        report: FileReport,
        /// The first row of it, from 0.
        at: usize,
        rows: usize,
    },
    /// Why not, as a clause.
    Refused(String),
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

/// What a button of a row does to the rows; rows count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// A new row below this one, or at the end.
    Add(usize),
    Up(usize),
    Down(usize),
    Remove(usize),
}

impl Draft {
    /// A flow that opens the site and expects something of it, to begin with.
    pub fn blank() -> Self {
        let row = |act| Row {
            act,
            ..Row::default()
        };
        Self {
            rows: vec![
                Row {
                    with: "/".to_owned(),
                    ..row(Do::Open)
                },
                row(Do::ExpectText),
            ],
            ..Self::default()
        }
    }

    /// Which row is looked at afterwards. A row that is gone meanwhile is no mistake.
    pub fn make(&mut self, change: Move) -> usize {
        let last = self.rows.len().saturating_sub(1);
        match change {
            Move::Add(at) => {
                let below = (at + 1).min(self.rows.len());
                self.rows.insert(below, Row::default());
                below
            }
            Move::Up(at) if at > 0 && at <= last => {
                self.rows.swap(at, at - 1);
                at - 1
            }
            Move::Down(at) if at < last => {
                self.rows.swap(at, at + 1);
                at + 1
            }
            Move::Remove(at) if at < self.rows.len() => {
                self.rows.remove(at);
                at.min(last.saturating_sub(1))
            }
            Move::Up(at) | Move::Down(at) | Move::Remove(at) => at.min(last),
        }
    }
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            name: String::new(),
            title: String::new(),
            writes: false,
            required: true,
            again: false,
            step_limit: String::new(),
            more: String::new(),
            public_url: String::new(),
            rows: Vec::new(),
            paste: String::new(),
            pasted: None,
        }
    }
}

/// Where in a draft something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    Name,
    StepLimit,
    More,
    PublicUrl,
    /// From 0.
    Row(usize),
    Flow,
}

/// Something wrong in a draft, as a clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub spot: Spot,
    pub words: String,
}

impl Fault {
    pub fn new(spot: Spot, words: impl Into<String>) -> Self {
        let words = words.into();
        Self { spot, words }
    }

    /// With its place.
    pub fn told(&self) -> String {
        match self.spot {
            Spot::Name => format!("name: {}", self.words),
            Spot::StepLimit => format!("step limit: {}", self.words),
            Spot::More => format!("more settings: {}", self.words),
            Spot::PublicUrl => format!("public address: {}", self.words),
            Spot::Row(at) => format!("step {}: {}", at + 1, self.words),
            Spot::Flow => self.words.clone(),
        }
    }

    /// The part of the page that shows it.
    pub fn anchor(&self) -> String {
        match self.spot {
            Spot::Row(at) => format!("row-{}", at + 1),
            Spot::Name | Spot::StepLimit | Spot::More | Spot::PublicUrl | Spot::Flow => {
                "flow".to_owned()
            }
        }
    }
}

/// A node a draft can be tried on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryNode {
    pub name: Name,
    /// `in service`, `isolated`
    pub stands: String,
}

/// A flow's editor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditorView {
    pub environment: Name,
    pub application: Name,
    /// The flow it changes; `None`: a new one.
    pub flow: Option<Name>,
    pub draft: Draft,
    pub faults: Vec<Fault>,
    /// When the draft was last kept; `None`: nothing was changed yet.
    pub kept_at: Option<Timestamp>,
    /// The revision it was begun with.
    pub base: Option<SuiteRevisionId>,
    /// The suite is another one by now: what that means for this draft.
    pub stale: Option<Trouble>,
    /// What saving does to the suite's files, a sentence.
    pub saving: String,
    /// The pool has no suite: this flow begins one.
    pub is_first: bool,
    pub nodes: Vec<TryNode>,
    /// Why this person cannot change it; `None`: they can.
    pub change_refused: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(texts: &[&str]) -> Draft {
        let row = |text: &&str| Row {
            with: (*text).to_owned(),
            ..Row::default()
        };
        Draft {
            rows: texts.iter().map(row).collect(),
            ..Draft::default()
        }
    }

    #[test]
    fn rows_move_and_nothing_else_changes() {
        let cases: [(Move, &[&str], usize); 10] = [
            (Move::Add(0), &["a", "", "b", "c"], 1),
            (Move::Add(99), &["a", "b", "c", ""], 3),
            (Move::Up(1), &["b", "a", "c"], 0),
            (Move::Up(0), &["a", "b", "c"], 0),
            (Move::Up(99), &["a", "b", "c"], 2),
            (Move::Down(1), &["a", "c", "b"], 2),
            (Move::Down(2), &["a", "b", "c"], 2),
            (Move::Remove(1), &["a", "c"], 1),
            (Move::Remove(2), &["a", "b"], 1),
            (Move::Remove(99), &["a", "b", "c"], 2),
        ];
        for (change, rows, looked_at) in cases {
            let mut moved = draft(&["a", "b", "c"]);
            assert_eq!(moved.make(change), looked_at, "{change:?}");
            assert_eq!(moved, draft(rows), "{change:?}");
        }
        let mut none = draft(&[]);
        assert_eq!(none.make(Move::Remove(0)), 0);
        assert_eq!(none.make(Move::Add(0)), 0);
        assert_eq!(none, draft(&[""]));
    }

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
