use super::{
    Find,
    parts::{
        Answer, Button, Choice, Counted, Dialog, Frame, Navigates, NewWindow, OptionBy, Place,
        Point, Pointing, Script, Subject, Text, Until, Viewport, Wanted,
    },
};
use serde::{Deserialize, Serialize};

/// One browser action or expectation, with what holds for it alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    #[serde(flatten)]
    pub act: Act,
    /// Its own limit; `None`: the flow's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_ms: Option<u64>,
    /// When it fails the flow has failed, and goes on (Selenium IDE's `verify...`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub soft: bool,
    /// A window opens by it and is remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens: Option<NewWindow>,
    /// Where it happens, if not where the step before left the browser (Chrome's recorder says it with each step).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// A main document is loaded by it, at this address (the text of the whole URL, if given).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub navigates: Option<Navigates>,
    /// Of a million pixels of its picture so many may differ; `None`: as the suite says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_ppm: Option<u32>,
    /// CSS selectors of what no comparison looks at in its picture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mask: Vec<String>,
    /// The line it was written in, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// What a step does. `${name}` in any of its texts is what the variable of this name is by then, and stays as it is
/// where there is none; in scripts it is a value, not text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Act {
    /// Path below the public address, or an address of its own.
    Open {
        path: String,
    },
    /// The window's outer size in pixels.
    SetWindow {
        width: u32,
        height: u32,
    },
    SetViewport {
        viewport: Viewport,
    },
    /// Bytes per second, milliseconds; 0 bytes: offline, `None`: unlimited.
    SetNetwork {
        download: Option<u64>,
        upload: Option<u64>,
        latency_ms: u64,
    },
    CloseWindow,

    Click {
        on: Find,
    },
    DoubleClick {
        on: Find,
    },
    ClickAt {
        on: Find,
        at: Point,
        button: Button,
        /// 1 or 2.
        times: u32,
    },
    /// Moves the pointer to the element, then presses or releases.
    Point {
        on: Find,
        /// `None`: its middle.
        at: Option<Point>,
        does: Pointing,
    },
    /// Moves the pointer just outside the element.
    PointAway {
        on: Find,
    },
    Drag {
        on: Find,
        to: Find,
    },
    Submit {
        on: Find,
    },
    /// Clears the field, then types; a file's path where the field takes a file.
    Fill {
        on: Find,
        with: Text,
    },
    /// Types after what is there; keys as `${KEY_ENTER}`.
    Keys {
        on: Find,
        with: Text,
    },
    /// Replaces what an editable element holds.
    Edit {
        on: Find,
        text: String,
    },
    /// An option of a list by what it reads.
    Choose {
        on: Find,
        option: String,
    },
    Select {
        on: Find,
        option: OptionBy,
        choice: Choice,
    },
    Check {
        on: Find,
        checked: bool,
    },
    /// Whatever the field is (text, list, box, editable), it has this value afterwards.
    Change {
        on: Find,
        with: Text,
    },
    /// A key of the focused element goes down or up.
    Key {
        key: String,
        down: bool,
    },
    Scroll {
        /// `None`: the window.
        on: Option<Find>,
        x: i32,
        y: i32,
    },

    /// To a window that was remembered: its handle, usually `${name}`.
    SwitchWindow {
        handle: String,
    },
    StoreWindow {
        into: String,
    },
    SwitchFrame {
        to: Frame,
    },

    WaitFor {
        on: Find,
        until: Until,
    },
    WaitForText {
        on: Find,
        text: String,
    },
    WaitForCount {
        on: Find,
        counted: Counted,
    },
    /// Until the expression is true, or its promise is.
    WaitForScript {
        script: String,
    },
    Pause {
        ms: u64,
    },

    /// Somewhere on the page.
    ExpectText {
        text: String,
    },
    ExpectUrl {
        path: String,
    },
    /// Status of the main document.
    ExpectStatus {
        status: u16,
    },
    Expect {
        subject: Subject,
        is: Wanted,
    },

    /// The dialog stays open.
    ExpectDialog {
        dialog: Dialog,
        text: String,
    },
    AnswerDialog {
        dialog: Dialog,
        answer: Answer,
    },

    Store {
        value: String,
        into: String,
    },
    StoreJson {
        json: String,
        into: String,
    },
    /// What `Expect` would look at, as it is.
    StoreOf {
        subject: Subject,
        into: String,
    },
    Run {
        script: Script,
        into: Option<String>,
    },
    Echo {
        text: String,
    },

    If {
        script: String,
    },
    ElseIf {
        script: String,
    },
    Else,
    End,
    While {
        script: String,
        most: u32,
    },
    Do,
    /// Ends `Do`; again while the expression is true.
    RepeatIf {
        script: String,
        most: u32,
    },
    Times {
        count: String,
        most: u32,
    },
    /// `list` names a variable.
    ForEach {
        list: String,
        each: String,
    },
}

impl Step {
    /// Whether what follows deals with a dialog before anything else asks the page.
    pub fn dialog_follows(following: &[Self]) -> bool {
        following
            .iter()
            .find(|step| !step.act.leaves_page_alone())
            .is_some_and(|step| step.act.is_for_dialog())
    }
}

impl From<Act> for Step {
    fn from(act: Act) -> Self {
        Self {
            act,
            limit_ms: None,
            soft: false,
            opens: None,
            place: None,
            navigates: None,
            above_ppm: None,
            mask: Vec::new(),
            line: None,
        }
    }
}

impl Step {
    /// It can be done before any page is open.
    pub fn needs_no_page(&self) -> bool {
        matches!(
            self.act,
            Act::SetWindow { .. }
                | Act::SetViewport { .. }
                | Act::SetNetwork { .. }
                | Act::Store { .. }
                | Act::StoreJson { .. }
                | Act::StoreWindow { .. }
                | Act::Echo { .. }
        )
    }
}

impl Act {
    /// What it is done to, and has to be found first.
    pub fn on(&self) -> Option<&Find> {
        match self {
            Self::Click { on }
            | Self::DoubleClick { on }
            | Self::ClickAt { on, .. }
            | Self::Point { on, .. }
            | Self::PointAway { on }
            | Self::Drag { on, .. }
            | Self::Submit { on }
            | Self::Fill { on, .. }
            | Self::Keys { on, .. }
            | Self::Edit { on, .. }
            | Self::Choose { on, .. }
            | Self::Select { on, .. }
            | Self::Check { on, .. }
            | Self::Change { on, .. }
            | Self::Scroll { on: Some(on), .. }
            | Self::SwitchFrame { to: Frame::At(on) }
            | Self::WaitFor { on, .. }
            | Self::WaitForText { on, .. }
            | Self::WaitForCount { on, .. } => Some(on),
            Self::Expect { subject, .. } | Self::StoreOf { subject, .. } => subject.on(),
            Self::Open { .. }
            | Self::SetWindow { .. }
            | Self::SetViewport { .. }
            | Self::SetNetwork { .. }
            | Self::CloseWindow
            | Self::Key { .. }
            | Self::Scroll { on: None, .. }
            | Self::SwitchWindow { .. }
            | Self::StoreWindow { .. }
            | Self::SwitchFrame { .. }
            | Self::WaitForScript { .. }
            | Self::Pause { .. }
            | Self::ExpectText { .. }
            | Self::ExpectUrl { .. }
            | Self::ExpectStatus { .. }
            | Self::ExpectDialog { .. }
            | Self::AnswerDialog { .. }
            | Self::Store { .. }
            | Self::StoreJson { .. }
            | Self::Run { .. }
            | Self::Echo { .. }
            | Self::If { .. }
            | Self::ElseIf { .. }
            | Self::Else
            | Self::End
            | Self::While { .. }
            | Self::Do
            | Self::RepeatIf { .. }
            | Self::Times { .. }
            | Self::ForEach { .. } => None,
        }
    }

    /// It deals with an open dialog; every other action of the page is in its way.
    pub fn is_for_dialog(&self) -> bool {
        matches!(self, Self::ExpectDialog { .. } | Self::AnswerDialog { .. })
    }

    /// It neither asks nor touches the page.
    pub fn leaves_page_alone(&self) -> bool {
        matches!(
            self,
            Self::Pause { .. }
                | Self::Store { .. }
                | Self::StoreJson { .. }
                | Self::Echo { .. }
                | Self::Else
                | Self::End
                | Self::Do
                | Self::Times { .. }
                | Self::ForEach { .. }
                | Self::Expect {
                    subject: Subject::Variable(_),
                    ..
                }
                | Self::StoreOf {
                    subject: Subject::Variable(_),
                    ..
                }
        )
    }

    /// It decides where the flow goes on, and does nothing to the page.
    pub fn is_control(&self) -> bool {
        matches!(
            self,
            Self::If { .. }
                | Self::ElseIf { .. }
                | Self::Else
                | Self::End
                | Self::While { .. }
                | Self::Do
                | Self::RepeatIf { .. }
                | Self::Times { .. }
                | Self::ForEach { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialog_is_left_open_only_for_what_deals_with_it_first() {
        let echo = || Step::from(Act::Echo { text: "x".into() });
        let pause = || Step::from(Act::Pause { ms: 1 });
        let accept = || {
            Step::from(Act::AnswerDialog {
                dialog: Dialog::Alert,
                answer: Answer::Accept,
            })
        };
        let open = || Step::from(Act::Open { path: "/".into() });
        let cases = [
            (vec![], false),
            (vec![accept()], true),
            (vec![echo(), pause(), accept()], true),
            (vec![open(), accept()], false),
            (vec![echo()], false),
        ];
        for (following, is_left_open) in cases {
            assert_eq!(
                Step::dialog_follows(&following),
                is_left_open,
                "{following:?}"
            );
        }
    }
}
