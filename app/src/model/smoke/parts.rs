//! What acts are made of.

use super::Find;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What must have happened after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Navigates {
    pub url: Option<String>,
    pub title: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    pub x: i32,
    pub y: i32,
    #[serde(default)]
    pub from: Origin,
}

/// Where on an element a point is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Its top left corner, as Chrome's recorder counts.
    #[default]
    Corner,
    /// The middle of what is seen of it, as the WebDriver standard and Selenium IDE count.
    Middle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewport {
    pub width: u32,
    pub height: u32,
    /// Device pixels per pixel, in hundredths.
    pub scale_percent: u32,
    pub mobile: bool,
    pub touch: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Button {
    #[default]
    Left,
    Middle,
    Right,
    Back,
    Forward,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pointing {
    Move,
    Press,
    Release,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionBy {
    Label(String),
    /// White space does not count.
    LabelMostly(String),
    Value(String),
    Id(String),
    /// From 0.
    Index(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    Only,
    Add,
    Remove,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    Top,
    Parent,
    /// From 0, of the frame the browser is in.
    Index(u32),
    At(Find),
}

/// Where a recorded step happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Address of another window's page; `None`: the first window.
    #[serde(default)]
    pub window: Option<String>,
    /// Child frames by index, from the top.
    #[serde(default)]
    pub frames: Vec<u32>,
}

/// A window that a step opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewWindow {
    /// The variable that takes its handle.
    pub into: String,
    pub limit_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    Present,
    Absent,
    Visible,
    Hidden,
    Editable,
    Locked,
}

/// How many elements there must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub operator: Operator,
    pub count: u32,
    /// `Some(false)` asks for the opposite of all the rest, as Chrome's own runner does.
    pub visible: Option<bool>,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub properties: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    AtLeast,
    Exactly,
    AtMost,
}

/// What is compared or stored. By a locator of the WebDriver standard it is waited for only until it is there, then
/// compared once; by one of ours until it is as wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Variable(String),
    Title,
    Text(Find),
    Value(Find),
    Attribute {
        on: Find,
        name: String,
    },
    Count(Find),
    /// Waits until it is there.
    Present(Find),
    /// Looks once.
    Absent(Find),
    Checked(Find),
    Editable(Find),
    SelectedValue(Find),
    SelectedLabel(Find),
}

/// Exact, with capitals and spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    Equal(String),
    Unequal(String),
    True,
    False,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialog {
    Alert,
    Confirm,
    Prompt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Accept,
    Dismiss,
    /// Typed, then accepted.
    Text(Text),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// A function's body; what it returns is its value.
    Body(String),
    /// An expression whose promise is waited for.
    Promise(String),
}

/// What is typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    /// As it stands; `{run}` becomes the run id, which marks what the flow writes.
    Plain(String),
    /// The name of a secret; its value is never shown, logged or journalled.
    Secret(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_that_does_not_say_from_where_counts_from_the_corner() {
        let point: Point = serde_json::from_str(r#"{"x":1,"y":2}"#).unwrap();
        assert_eq!(point.from, Origin::Corner);
    }
}
