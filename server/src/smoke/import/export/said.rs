//! A step as commands of Selenium IDE.

use super::{super::ROUNDS, super::side::text, element::element};
use app::model::smoke::{
    Act, Answer, Button, Choice, Dialog, Find, Frame, Locator, OptionBy, Origin, Point, Pointing,
    Script, Step, Subject, Text, Until, Wanted,
};

/// A command of the file.
pub struct Command {
    pub command: String,
    pub target: String,
    pub value: String,
    /// What is tried after `target`.
    pub or: Vec<String>,
}

/// How well a step can be said.
pub enum Said {
    Exactly(Vec<Command>),
    /// It does mostly the same.
    Nearly(Vec<Command>),
    Not,
}

pub fn said(step: &Step) -> Said {
    match commands(step) {
        Some((commands, false)) => Said::Exactly(commands),
        Some((commands, true)) => Said::Nearly(commands),
        None => Said::Not,
    }
}

/// Commands, and whether they do only mostly the same.
type Commands = Option<(Vec<Command>, bool)>;

fn plain(name: impl Into<String>, target: String, value: String) -> Commands {
    let command = Command {
        command: name.into(),
        target,
        value,
        or: Vec::new(),
    };
    Some((vec![command], false))
}

fn bare(name: &str) -> Commands {
    plain(name, String::new(), String::new())
}

fn on(name: impl Into<String>, on: &Find, value: String) -> Commands {
    let (target, or, near) = element(on)?;
    let command = Command {
        command: name.into(),
        target,
        value,
        or,
    };
    Some((vec![command], near))
}

/// The same, doing only mostly what the step does.
fn near(commands: Commands) -> Commands {
    commands.map(|(commands, _)| (commands, true))
}

/// A variable's name is trimmed, and nothing else.
fn name(text: &str) -> Option<String> {
    (text.trim() == text && !text.is_empty()).then(|| text.to_owned())
}

fn typed(text: &Text) -> Option<String> {
    match text {
        // what looks like a secret would become one
        Text::Plain(text) if text::secret(text).is_some() => None,
        Text::Plain(text) => text::written(text),
        Text::Secret(name) => Some(format!("${{env:{name}}}")),
    }
}

fn rounds(most: u32) -> String {
    match most {
        ROUNDS => String::new(),
        most => most.to_string(),
    }
}

fn commands(step: &Step) -> Commands {
    let none = String::new;
    let verb = |rest: &str| match step.soft {
        true => format!("verify{rest}"),
        false => format!("assert{rest}"),
    };
    let script = |text: &str| text::written_script(text).filter(|text| !text.is_empty());
    let said = match &step.act {
        Act::Expect { subject, is } => return expected(verb, subject, is),
        Act::ExpectDialog { dialog, text } => {
            let rest = match dialog {
                Dialog::Alert => "Alert",
                Dialog::Confirm => "Confirmation",
                Dialog::Prompt => "Prompt",
            };
            return plain(verb(rest), text::written(text)?, none());
        }
        Act::ExpectText { text } => {
            let name = match step.soft {
                true => "verifyElementPresent",
                false => "waitForElementPresent",
            };
            return near(on(name, &Locator::Reads(text.clone()).into(), none()));
        }
        Act::ExpectUrl { path } => {
            let (mut all, _) = plain(
                "executeScript",
                "return location.pathname + location.search".to_owned(),
                "path".to_owned(),
            )?;
            let (expected, _) = plain(verb(""), "path".to_owned(), text::written(path)?)?;
            all.extend(expected);
            return Some((all, true));
        }
        Act::Open { path } => plain("open", text::written(path)?, none()),
        Act::SetWindow { width, height } => {
            plain("setWindowSize", format!("{width}x{height}"), none())
        }
        Act::SetViewport { viewport } => near(plain(
            "setWindowSize",
            format!("{}x{}", viewport.width, viewport.height),
            none(),
        )),
        Act::SetNetwork { .. } => None,
        Act::CloseWindow => bare("close"),
        Act::Click { on: by } => on("click", by, none()),
        Act::DoubleClick { on: by } => on("doubleClick", by, none()),
        Act::ClickAt {
            on: by,
            at,
            button,
            times,
        } => click_at(by, *at, *button, *times),
        Act::Point { on: by, at, does } => match (at, does) {
            (None, Pointing::Move) => on("mouseOver", by, none()),
            (None, Pointing::Press) => on("mouseDown", by, none()),
            (None, Pointing::Release) => on("mouseUp", by, none()),
            (Some(at), Pointing::Move) => on("mouseMoveAt", by, offset(*at)?),
            (Some(at), Pointing::Press) => on("mouseDownAt", by, offset(*at)?),
            (Some(at), Pointing::Release) => on("mouseUpAt", by, offset(*at)?),
        },
        Act::PointAway { on: by } => on("mouseOut", by, none()),
        Act::Drag { on: by, to } => {
            let (target, or, first) = element(by)?;
            let (value, others, second) = element(to)?;
            let exact = !first && !second && or.is_empty() && others.is_empty();
            let (commands, _) = plain("dragAndDropToObject", target, value)?;
            Some((commands, !exact))
        }
        Act::Submit { on: by } => on("submit", by, none()),
        Act::Fill { on: by, with } => on("type", by, typed(with)?),
        Act::Change { on: by, with } => near(on("type", by, typed(with)?)),
        Act::Keys { on: by, with } => on("sendKeys", by, typed(with)?),
        Act::Edit { on: by, text } => on("editContent", by, text::written(text)?),
        Act::Choose { on: by, option } => near(on(
            "select",
            by,
            format!("label={}", text::written(option)?),
        )),
        Act::Select {
            on: by,
            option,
            choice,
        } => {
            let name = match choice {
                Choice::Only => "select",
                Choice::Add => "addSelection",
                Choice::Remove => "removeSelection",
            };
            on(name, by, listed(option)?)
        }
        Act::Check {
            on: by,
            checked: true,
        } => on("check", by, none()),
        Act::Check {
            on: by,
            checked: false,
        } => on("uncheck", by, none()),
        Act::Key { .. } => None,
        Act::Scroll { on: None, x, y } => near(plain(
            "runScript",
            format!("window.scrollTo({x}, {y})"),
            none(),
        )),
        Act::Scroll { on: Some(_), .. } => None,
        Act::SwitchWindow { handle } => plain(
            "selectWindow",
            format!("handle={}", text::written(handle)?),
            none(),
        ),
        Act::StoreWindow { into } => plain("storeWindowHandle", name(into)?, none()),
        Act::SwitchFrame { to } => match to {
            Frame::Top => plain("selectFrame", "relative=top".to_owned(), none()),
            Frame::Parent => plain("selectFrame", "relative=parent".to_owned(), none()),
            Frame::Index(index) => plain("selectFrame", format!("index={index}"), none()),
            Frame::At(by) => alone(on("selectFrame", by, none())),
        },
        Act::WaitFor { on: by, until } => {
            let (name, falls_back) = match until {
                Until::Present => ("waitForElementPresent", true),
                Until::Visible => ("waitForElementVisible", true),
                Until::Editable => ("waitForElementEditable", false),
                Until::Absent => ("waitForElementNotPresent", false),
                Until::Hidden => ("waitForElementNotVisible", false),
                Until::Locked => ("waitForElementNotEditable", false),
            };
            let limit = step.limit_ms.map(|ms| ms.to_string()).unwrap_or_default();
            match falls_back {
                true => on(name, by, limit),
                false => alone(on(name, by, limit)),
            }
        }
        Act::WaitForText { on: by, text } => on("waitForText", by, text::written(text)?),
        Act::WaitForCount { on: by, .. } => near(alone(on("waitForElementPresent", by, none()))),
        Act::WaitForScript { .. } => None,
        Act::Pause { ms } => plain("pause", ms.to_string(), none()),
        Act::ExpectStatus { .. } => None,
        Act::AnswerDialog { dialog, answer } => match (dialog, answer) {
            (Dialog::Alert, Answer::Accept) => bare("acceptAlert"),
            (Dialog::Confirm, Answer::Accept) => bare("acceptConfirmation"),
            (Dialog::Confirm, Answer::Dismiss) => bare("dismissConfirmation"),
            (Dialog::Prompt, Answer::Accept) => bare("answerPrompt"),
            (Dialog::Prompt, Answer::Dismiss) => bare("dismissPrompt"),
            (Dialog::Prompt, Answer::Text(text)) => plain(
                "answerPrompt",
                typed(text).filter(|text| !text.is_empty())?,
                none(),
            ),
            (Dialog::Alert, Answer::Dismiss) => near(bare("dismissConfirmation")),
            (Dialog::Alert | Dialog::Confirm, Answer::Text(_)) => None,
        },
        Act::Store { value, into } => plain("store", text::written(value)?, name(into)?),
        Act::StoreJson { json, into } => plain("storeJson", text::written(json)?, name(into)?),
        Act::StoreOf { subject, into } => stored(subject, name(into)?),
        Act::Run { script: run, into } => {
            let into = match into {
                Some(into) => name(into)?,
                None => none(),
            };
            match (run, into.is_empty()) {
                (Script::Promise(text), _) => plain("executeAsyncScript", script(text)?, into),
                (Script::Body(text), true) => plain("runScript", script(text)?, into),
                (Script::Body(text), false) => plain("executeScript", script(text)?, into),
            }
        }
        Act::Echo { text } => plain("echo", text::written(text)?, none()),
        Act::If { script: text } => plain("if", script(text)?, none()),
        Act::ElseIf { script: text } => plain("elseIf", script(text)?, none()),
        Act::Else => bare("else"),
        Act::End => bare("end"),
        Act::While { script: text, most } => plain("while", script(text)?, rounds(*most)),
        Act::Do => bare("do"),
        Act::RepeatIf { script: text, most } => plain("repeatIf", script(text)?, rounds(*most)),
        Act::Times { count, most } => {
            let count = text::written(count).filter(|count| !count.is_empty())?;
            plain("times", count, rounds(*most))
        }
        Act::ForEach { list, each } => plain("forEach", name(list)?, name(each)?),
    };
    // only what is expected can be soft there
    match step.soft {
        true => near(said),
        false => said,
    }
}

/// Without alternatives, which the command would not look at.
fn alone(said: Commands) -> Commands {
    let (mut commands, mut near) = said?;
    for command in &mut commands {
        near |= !command.or.is_empty();
        command.or.clear();
    }
    Some((commands, near))
}

fn offset(at: Point) -> Option<String> {
    match at.from {
        Origin::Middle => Some(format!("{},{}", at.x, at.y)),
        Origin::Corner => None,
    }
}

fn click_at(by: &Find, at: Point, button: Button, times: u32) -> Commands {
    let (at_name, name) = match times {
        1 => ("clickAt", "click"),
        _ => ("doubleClickAt", "doubleClick"),
    };
    match (button, offset(at)) {
        (Button::Left, Some(offset)) => on(at_name, by, offset),
        // how large the element is, and so where its middle lies, is not known
        (Button::Left, None) => near(on(name, by, String::new())),
        (Button::Middle | Button::Right | Button::Back | Button::Forward, _) => None,
    }
}

fn listed(option: &OptionBy) -> Option<String> {
    let some = |text: &str| text::written(text).filter(|text| !text.is_empty());
    Some(match option {
        OptionBy::Label(text) if text.starts_with("mostly-equals:") => return None,
        OptionBy::Label(text) => format!("label={}", some(text)?),
        OptionBy::LabelMostly(text) => format!("label=mostly-equals:{}", text::written(text)?),
        OptionBy::Value(text) => format!("value={}", some(text)?),
        OptionBy::Id(text) => format!("id={}", some(text)?),
        OptionBy::Index(index) => format!("index={}", index + 1),
    })
}

fn stored(subject: &Subject, into: String) -> Commands {
    match subject {
        Subject::Title => plain("storeTitle", into, String::new()),
        Subject::Text(by) => on("storeText", by, into),
        Subject::Value(by) | Subject::SelectedValue(by) => on("storeValue", by, into),
        Subject::Count(by) => alone(on("storeElementCount", by, into)),
        Subject::Attribute { on: by, name } => {
            let (mut commands, near) = alone(on("storeAttribute", by, into))?;
            for command in &mut commands {
                command.target = format!("{}@{name}", command.target);
            }
            Some((commands, near || name.contains('@')))
        }
        Subject::Variable(name) => {
            plain("store", format!("${{{name}}}"), into).map(|(commands, _)| (commands, true))
        }
        Subject::Present(_)
        | Subject::Absent(_)
        | Subject::Checked(_)
        | Subject::Editable(_)
        | Subject::SelectedLabel(_) => None,
    }
}

fn expected(verb: impl Fn(&str) -> String, subject: &Subject, is: &Wanted) -> Commands {
    let none = String::new;
    match (subject, is) {
        (Subject::Variable(of), Wanted::Equal(text)) => {
            plain(verb(""), name(of)?, text::written(text)?)
        }
        (Subject::Title, Wanted::Equal(text)) => plain(verb("Title"), text::written(text)?, none()),
        (Subject::Text(by), Wanted::Equal(text)) => on(verb("Text"), by, text::written(text)?),
        (Subject::Text(by), Wanted::Unequal(text)) => on(verb("NotText"), by, text::written(text)?),
        (Subject::Value(by), Wanted::Equal(text)) => on(verb("Value"), by, text::written(text)?),
        (Subject::Value(by), Wanted::Unequal(text)) => {
            on(verb("NotValue"), by, text::written(text)?)
        }
        (Subject::SelectedValue(by), Wanted::Equal(text)) => {
            on(verb("SelectedValue"), by, text::written(text)?)
        }
        (Subject::SelectedValue(by), Wanted::Unequal(text)) => {
            on(verb("NotSelectedValue"), by, text::written(text)?)
        }
        (Subject::SelectedLabel(by), Wanted::Equal(text)) => {
            on(verb("SelectedLabel"), by, text::written(text)?)
        }
        (Subject::SelectedLabel(by), Wanted::Unequal(text)) => {
            on(verb("NotSelectedLabel"), by, text::written(text)?)
        }
        (Subject::Present(by), Wanted::True) => on(verb("ElementPresent"), by, none()),
        (Subject::Absent(by), Wanted::True) => alone(on(verb("ElementNotPresent"), by, none())),
        (Subject::Checked(by), Wanted::True) => on(verb("Checked"), by, none()),
        (Subject::Checked(by), Wanted::False) => on(verb("NotChecked"), by, none()),
        (Subject::Editable(by), Wanted::True) => on(verb("Editable"), by, none()),
        (Subject::Editable(by), Wanted::False) => on(verb("NotEditable"), by, none()),
        (
            Subject::Variable(_)
            | Subject::Title
            | Subject::Text(_)
            | Subject::Value(_)
            | Subject::Attribute { .. }
            | Subject::Count(_)
            | Subject::Present(_)
            | Subject::Absent(_)
            | Subject::Checked(_)
            | Subject::Editable(_)
            | Subject::SelectedValue(_)
            | Subject::SelectedLabel(_),
            _,
        ) => None,
    }
}
