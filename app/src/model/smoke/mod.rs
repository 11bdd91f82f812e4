//! Suite, flow, step and what they leave behind.
//!
//! Whatever people write or record (our TOML, Selenium IDE, the recorder of Chrome's developer tools) becomes this one
//! model; the runner knows no other.

/// A pool's suite and its flows.
mod suite;

/// One step: what it does, and what holds for it alone.
mod step;

/// What acts are made of.
mod parts;

/// How elements are found.
mod locator;

/// A step in words.
mod words;

/// What a step left behind.
mod report;

pub use locator::{Find, Locator};
pub use parts::{
    Answer, Button, Choice, Counted, Dialog, Frame, Navigates, NewWindow, Operator, OptionBy,
    Origin, Place, Point, Pointing, Script, Subject, Text, Until, Viewport, Wanted,
};
pub use report::{ConsoleLine, ElementBox, FailedRequest, StepReport, StepVerdict};
pub use step::{Act, Step};
pub use suite::{
    Flow, Front, HostRule, Leads, OnDifference, Pictures, Retry, ScriptErrors, Session, Suite,
    Weight, Writes,
};
