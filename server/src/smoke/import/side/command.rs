//! One command: what it is called, and what it does here.

/// What targets and values say.
mod fields;

use super::{
    locator::{Alternatives, Uses, find},
    raw::{self, Version},
    text,
};
use crate::smoke::import::{ROUNDS, draft::short};
use app::model::{
    import::Fate,
    smoke::{
        Act, Answer, Choice, Dialog, Find, NewWindow, Origin, Point, Pointing, Script, Step,
        Subject, Until, Wanted,
    },
};
pub use fields::relative;
use fields::{address, frames, has_control, no_size, number, option, some, variable};
use url::Url;

/// A command on its way to steps.
#[derive(Debug, Clone)]
pub struct Command {
    pub line: u32,
    /// As it stands in the file.
    pub written: String,
    /// As it is called today.
    pub name: String,
    pub target: String,
    pub value: String,
    pub alternatives: Alternatives,
    pub opens: Option<NewWindow>,
    /// Decided already.
    pub fate: Option<Fate>,
    /// What follows it that no command of its own says.
    pub after: Vec<Step>,
    /// Another command does what it says.
    pub is_moved: bool,
}

/// What commands need to know of their file.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub version: Version,
    /// The project's own address.
    pub url: Option<&'a Url>,
}

impl Command {
    pub fn of(raw: raw::Command, line: u32) -> Self {
        let first = |list: Option<Vec<Vec<String>>>| -> Vec<String> {
            let list = list.unwrap_or_default().into_iter();
            list.filter_map(|pair| pair.into_iter().next()).collect()
        };
        let name = raw.command.trim();
        let fate = if raw.skip == Some(true) || name.starts_with("//") {
            Some(Fate::Ignored("switched off in the file".to_owned()))
        } else if name.is_empty() {
            Some(Fate::Ignored("a comment".to_owned()))
        } else if [&raw.target, &raw.value]
            .iter()
            .any(|text| has_control(text))
        {
            Some(Fate::Unknown("a control character is in it".to_owned()))
        } else {
            None
        };
        let limit_ms = raw.window_timeout.as_ref().and_then(|limit| match limit {
            serde_json::Value::Number(number) => number.as_u64(),
            serde_json::Value::String(text) => text.trim().parse().ok(),
            _ => None,
        });
        let opens = (raw.opens_window == Some(true)).then(|| NewWindow {
            into: match raw.window_handle_name.as_deref().map(str::trim) {
                None | Some("") => "window".to_owned(),
                Some(name) => name.to_owned(),
            },
            limit_ms: limit_ms.unwrap_or(super::legacy::WINDOW_MS),
        });
        Self {
            line,
            written: name.to_owned(),
            name: name.to_owned(),
            target: raw.target,
            value: raw.value,
            alternatives: Alternatives {
                target_fallback: first(raw.target_fallback),
                value_fallback: first(raw.value_fallback),
                targets: first(raw.targets),
                fallback_targets: first(raw.fallback_targets),
            },
            opens,
            fate,
            after: Vec::new(),
            is_moved: false,
        }
    }

    /// It is done, as far as is known by now.
    pub fn is_live(&self) -> bool {
        !matches!(self.fate, Some(Fate::Ignored(_) | Fate::Unknown(_)))
    }

    /// The steps it becomes; the error is why there are none, as a clause.
    pub fn steps(&self, context: Context) -> Result<Vec<Step>, String> {
        let (name, soft) = match self.name.strip_prefix("verify") {
            Some("") => ("assert".to_owned(), true),
            Some(rest) => (format!("assert{rest}"), true),
            None => (self.name.clone(), false),
        };
        let (acts, limit_ms) = self.acts(&name, context)?;
        let last = acts.len().saturating_sub(1);
        let steps = acts.into_iter().enumerate().map(|(at, act)| Step {
            soft,
            limit_ms,
            opens: (at == last).then(|| self.opens.clone()).flatten(),
            line: Some(self.line),
            ..act.into()
        });
        Ok(steps.collect())
    }

    /// With the command's own limit, if it has one.
    fn acts(&self, name: &str, context: Context) -> Result<(Vec<Act>, Option<u64>), String> {
        let on = |uses| find(&self.target, &self.alternatives, uses, context.version);
        let act = match name {
            "waitForElementPresent" => return self.wait(on(Uses::Target)?, Until::Present),
            "waitForElementVisible" => return self.wait(on(Uses::Target)?, Until::Visible),
            "waitForElementEditable" => return self.wait(on(Uses::None)?, Until::Editable),
            "waitForElementNotPresent" => return self.wait(on(Uses::None)?, Until::Absent),
            "waitForElementNotVisible" => return self.wait(on(Uses::None)?, Until::Hidden),
            "waitForElementNotEditable" => return self.wait(on(Uses::None)?, Until::Locked),
            "selectFrame" => {
                let frames = frames(&self.target, || on(Uses::None))?;
                let acts = frames.into_iter().map(|to| Act::SwitchFrame { to });
                return Ok((acts.collect(), None));
            }
            _ => match self.on_the_page(name, context)? {
                Some(act) => act,
                None => match self.on_an_element(name, context.version, &on)? {
                    Some(act) => act,
                    None => self.expected(name, &on)?.ok_or_else(|| {
                        "it is no command of Selenium IDE; a plugin may have brought it".to_owned()
                    })?,
                },
            },
        };
        Ok((vec![act], None))
    }

    fn wait(&self, on: Find, until: Until) -> Result<(Vec<Act>, Option<u64>), String> {
        let limit = match self.value.trim() {
            "" => None,
            text => Some(number(text, "a time in ms")?),
        };
        Ok((vec![Act::WaitFor { on, until }], limit))
    }

    /// Commands without an element.
    fn on_the_page(&self, name: &str, context: Context) -> Result<Option<Act>, String> {
        let target = || text::plain(&self.target);
        let script = || match context.version {
            Version::V1_0 => text::script(&text::old_script(&self.target)),
            Version::V1_1 | Version::V2_0 | Version::V3_0 => text::script(&self.target),
        };
        let name_in = |text: &str, what: &str| variable(text, what, context.version);
        let dialog = |dialog, answer| Act::AnswerDialog { dialog, answer };
        let into = || match self.value.trim() {
            "" => Ok(None),
            name => name_in(name, "value").map(Some),
        };
        Ok(Some(match name {
            "open" => Act::Open {
                path: address(&target(), context.url)?,
            },
            "setWindowSize" => {
                let size = target();
                let (width, height) = size.split_once('x').ok_or_else(|| no_size(&size))?;
                let side = |text: &str| text.trim().parse().map_err(|_| no_size(&size));
                Act::SetWindow {
                    width: side(width)?,
                    height: side(height)?,
                }
            }
            "close" => Act::CloseWindow,
            "selectWindow" => match target().strip_prefix("handle=") {
                Some(handle) if !handle.is_empty() => Act::SwitchWindow {
                    handle: handle.to_owned(),
                },
                _ => return Err("a window is chosen by `handle=${name}`".to_owned()),
            },
            "storeWindowHandle" => Act::StoreWindow {
                into: name_in(&self.target, "target")?,
            },
            "pause" => Act::Pause {
                ms: number(&target(), "a time in ms")?,
            },
            "acceptAlert" => dialog(Dialog::Alert, Answer::Accept),
            "acceptConfirmation" => dialog(Dialog::Confirm, Answer::Accept),
            "dismissConfirmation" => dialog(Dialog::Confirm, Answer::Dismiss),
            "dismissPrompt" => dialog(Dialog::Prompt, Answer::Dismiss),
            "answerPrompt" => match target().is_empty() {
                true => dialog(Dialog::Prompt, Answer::Accept),
                false => dialog(Dialog::Prompt, Answer::Text(text::typed(&self.target))),
            },
            "store" => Act::Store {
                value: target(),
                into: name_in(&self.value, "value")?,
            },
            "storeJson" => Act::StoreJson {
                json: target(),
                into: name_in(&self.value, "value")?,
            },
            "storeTitle" => Act::StoreOf {
                subject: Subject::Title,
                into: name_in(&self.target, "target")?,
            },
            "executeScript" => Act::Run {
                script: Script::Body(some(script(), "a script")?),
                into: into()?,
            },
            "executeAsyncScript" => Act::Run {
                script: Script::Promise(some(script(), "a script")?),
                into: into()?,
            },
            "runScript" => Act::Run {
                script: Script::Body(some(script(), "a script")?),
                into: None,
            },
            "echo" => Act::Echo { text: target() },
            "if" => Act::If {
                script: some(script(), "a condition")?,
            },
            "elseIf" => Act::ElseIf {
                script: some(script(), "a condition")?,
            },
            "else" => Act::Else,
            "end" => Act::End,
            "while" => Act::While {
                script: some(script(), "a condition")?,
                most: self.most()?,
            },
            "do" => Act::Do,
            "repeatIf" => Act::RepeatIf {
                script: some(script(), "a condition")?,
                most: self.most()?,
            },
            "times" => Act::Times {
                count: some(target(), "a number")?,
                most: self.most()?,
            },
            "forEach" => Act::ForEach {
                list: name_in(&self.target, "target")?,
                each: name_in(&self.value, "value")?,
            },
            "assertTextPresent" | "waitForTextPresent" => Act::ExpectText {
                text: some(target(), "a text")?,
            },
            "assert" => Act::Expect {
                subject: Subject::Variable(name_in(&self.target, "target")?),
                is: Wanted::Equal(text::plain(&self.value)),
            },
            "assertTitle" => Act::Expect {
                subject: Subject::Title,
                is: Wanted::Equal(target()),
            },
            "assertAlert" => Act::ExpectDialog {
                dialog: Dialog::Alert,
                text: target(),
            },
            "assertConfirmation" => Act::ExpectDialog {
                dialog: Dialog::Confirm,
                text: target(),
            },
            "assertPrompt" => Act::ExpectDialog {
                dialog: Dialog::Prompt,
                text: target(),
            },
            _ => return Ok(None),
        }))
    }

    /// Commands that do something to an element.
    fn on_an_element(
        &self,
        name: &str,
        version: Version,
        on: &impl Fn(Uses) -> Result<Find, String>,
    ) -> Result<Option<Act>, String> {
        let all = || on(Uses::All);
        let point = |at: bool, does| -> Result<Act, String> {
            Ok(Act::Point {
                on: all()?,
                at: at.then(|| self.offset()).transpose()?,
                does,
            })
        };
        let click_at = |times| -> Result<Act, String> {
            Ok(Act::ClickAt {
                on: all()?,
                at: self.offset()?,
                button: Default::default(),
                times,
            })
        };
        let select = |choice| -> Result<Act, String> {
            Ok(Act::Select {
                on: all()?,
                option: option(&text::plain(&self.value))?,
                choice,
            })
        };
        let subject = |subject, into: &str| -> Result<Act, String> {
            Ok(Act::StoreOf {
                subject,
                into: variable(into, "value", version)?,
            })
        };
        Ok(Some(match name {
            "click" => Act::Click { on: all()? },
            "doubleClick" => Act::DoubleClick { on: all()? },
            "clickAt" => click_at(1)?,
            "doubleClickAt" => click_at(2)?,
            "mouseDownAt" => point(true, Pointing::Press)?,
            "mouseMoveAt" => point(true, Pointing::Move)?,
            "mouseUpAt" => point(true, Pointing::Release)?,
            "mouseDown" => point(false, Pointing::Press)?,
            "mouseOver" => point(false, Pointing::Move)?,
            "mouseUp" => point(false, Pointing::Release)?,
            "mouseOut" => Act::PointAway { on: all()? },
            "dragAndDropToObject" => Act::Drag {
                on: on(Uses::Target)?,
                to: find(&self.value, &self.alternatives, Uses::Value, version)?,
            },
            "type" => Act::Fill {
                on: all()?,
                with: text::typed(&self.value),
            },
            "sendKeys" => Act::Keys {
                on: all()?,
                with: text::typed(&self.value),
            },
            "editContent" => Act::Edit {
                on: all()?,
                text: text::plain(&self.value),
            },
            "select" => select(Choice::Only)?,
            "addSelection" => select(Choice::Add)?,
            "removeSelection" => select(Choice::Remove)?,
            "check" => Act::Check {
                on: all()?,
                checked: true,
            },
            "uncheck" => Act::Check {
                on: all()?,
                checked: false,
            },
            "submit" => Act::Submit { on: all()? },
            "waitForText" => Act::WaitForText {
                on: on(Uses::Target)?,
                text: text::plain(&self.value),
            },
            "storeText" => subject(Subject::Text(all()?), &self.value)?,
            "storeValue" => subject(Subject::Value(all()?), &self.value)?,
            "storeElementCount" => subject(Subject::Count(on(Uses::None)?), &self.value)?,
            "storeAttribute" => {
                let (element, attribute) = self
                    .target
                    .trim()
                    .rsplit_once('@')
                    .filter(|(_, attribute)| !attribute.is_empty())
                    .ok_or("its target is an element, `@` and an attribute")?;
                let none = Alternatives::default();
                let of = Subject::Attribute {
                    on: find(element, &none, Uses::None, version)?,
                    name: attribute.to_owned(),
                };
                subject(of, &self.value)?
            }
            _ => return Ok(None),
        }))
    }

    /// What is expected of an element.
    fn expected(
        &self,
        name: &str,
        on: &impl Fn(Uses) -> Result<Find, String>,
    ) -> Result<Option<Act>, String> {
        let all = || on(Uses::All);
        let value = || text::plain(&self.value);
        let (subject, is) = match name {
            "assertText" => (Subject::Text(all()?), Wanted::Equal(value())),
            "assertNotText" => (Subject::Text(all()?), Wanted::Unequal(value())),
            "assertValue" => (Subject::Value(all()?), Wanted::Equal(value())),
            "assertNotValue" => (Subject::Value(all()?), Wanted::Unequal(value())),
            "assertElementPresent" => (Subject::Present(on(Uses::Target)?), Wanted::True),
            "assertElementNotPresent" => (Subject::Absent(on(Uses::None)?), Wanted::True),
            "assertChecked" => (Subject::Checked(all()?), Wanted::True),
            "assertNotChecked" => (Subject::Checked(all()?), Wanted::False),
            "assertEditable" => (Subject::Editable(all()?), Wanted::True),
            "assertNotEditable" => (Subject::Editable(all()?), Wanted::False),
            "assertSelectedValue" => (Subject::SelectedValue(all()?), Wanted::Equal(value())),
            "assertNotSelectedValue" => (Subject::SelectedValue(all()?), Wanted::Unequal(value())),
            "assertSelectedLabel" => (Subject::SelectedLabel(all()?), Wanted::Equal(value())),
            "assertNotSelectedLabel" => (Subject::SelectedLabel(all()?), Wanted::Unequal(value())),
            _ => return Ok(None),
        };
        Ok(Some(Act::Expect { subject, is }))
    }

    /// `x,y` from the middle of the element.
    fn offset(&self) -> Result<Point, String> {
        let written = text::plain(&self.value);
        let wrong = || format!("`{}` is no offset; it is written `10,20`", short(&written));
        let (x, y) = written.split_once(',').ok_or_else(wrong)?;
        // as the runtime does it: what follows a whole number does not count
        let whole = |text: &str| {
            text.trim()
                .split('.')
                .next()
                .and_then(|text| text.parse().ok())
        };
        Ok(Point {
            x: whole(x).ok_or_else(wrong)?,
            y: whole(y).ok_or_else(wrong)?,
            from: Origin::Middle,
        })
    }

    fn most(&self) -> Result<u32, String> {
        match text::plain(&self.value).as_str() {
            "" => Ok(ROUNDS),
            text => number(text, "a number of rounds"),
        }
    }
}
