//! Old names and old ways, brought to those of today before anything is understood.

use super::{command::Command, raw::Version, text};
use app::model::{
    import::Fate,
    smoke::{Act, Answer, Dialog, NewWindow, Step},
};

/// How long a new window may take where a file does not say it.
pub const WINDOW_MS: u64 = 2_000;

pub fn modernise(commands: &mut [Command], version: Version) {
    commands
        .iter_mut()
        .for_each(|command| rename(command, version));
    windows(commands);
    answers(commands, version);
}

fn rename(command: &mut Command, version: Version) {
    if !command.is_live() {
        return;
    }
    if let Some(short) = command.name.strip_suffix("AndWait") {
        let words = format!("now `{short}`; every step waits for its page");
        command.name = short.to_owned();
        command.fate = Some(Fate::Mapped(words));
    }
    let name = match command.name.as_str() {
        "waitForVisible" => "waitForElementVisible",
        "waitForEditable" => "waitForElementEditable",
        "waitForNotVisible" => "waitForElementNotVisible",
        "waitForNotEditable" => "waitForElementNotEditable",
        "storeXpathCount" | "storeCssCount" => "storeElementCount",
        "webdriverAnswerOnVisiblePrompt" => "answerPrompt",
        "webdriverChooseCancelOnVisiblePrompt" => "dismissPrompt",
        "webdriverChooseOkOnVisibleConfirmation" => "acceptConfirmation",
        "webdriverChooseCancelOnVisibleConfirmation" => "dismissConfirmation",
        "typeKeys" => "sendKeys",
        "getEval" => "runScript",
        "assertTextPresent" | "waitForTextPresent" | "verifyTextPresent" => {
            command.fate = Some(Fate::Mapped(
                "a text is expected anywhere on the page".into(),
            ));
            return;
        }
        "waitForPageToLoad" => return ignore(command, "every step waits for its page"),
        "captureEntirePageScreenshot" | "captureScreenshot" => {
            return ignore(command, "a picture is taken after every step");
        }
        "setTimeout" => return ignore(command, "each step has the limit of its flow"),
        "setSpeed" => return ignore(command, "the browser is never slowed down"),
        "debugger" => return ignore(command, "nobody is there to look"),
        "deleteAllVisibleCookies" => return ignore(command, "a flow begins without cookies"),
        "highlight" => return ignore(command, "the picture marks the element of a step"),
        _ => {
            if command.name == "pause" && command.target.trim().is_empty() {
                command.target = std::mem::take(&mut command.value);
            }
            if command.name == "storeTitle" && !command.value.trim().is_empty() {
                command.target = std::mem::take(&mut command.value);
            }
            if command.name == "storeElementCount" && version == Version::V1_0 {
                command.target = command.target.trim().to_owned();
            }
            return;
        }
    };
    command.fate = Some(Fate::Mapped(format!("now `{name}`")));
    command.name = name.to_owned();
}

fn ignore(command: &mut Command, why: &str) {
    command.fate = Some(Fate::Ignored(why.to_owned()));
}

/// `win_ser_local` was the first window, `win_ser_1` the one the command before had opened.
fn windows(commands: &mut [Command]) {
    let mut known: Vec<String> = Vec::new();
    let mut root = false;
    for at in 0..commands.len() {
        if !commands[at].is_live() || commands[at].name != "selectWindow" {
            continue;
        }
        let target = commands[at].target.trim().to_owned();
        if target == "win_ser_local" {
            root = true;
            commands[at].target = "handle=${root}".into();
            commands[at].fate = Some(Fate::Mapped(
                "the first window, remembered as `root`".into(),
            ));
        } else if target.starts_with("win_ser_") {
            if !known.contains(&target) {
                let Some(before) = commands[..at]
                    .iter_mut()
                    .rev()
                    .find(|before| before.is_live())
                else {
                    continue;
                };
                before.opens = Some(NewWindow {
                    into: target.clone(),
                    limit_ms: WINDOW_MS,
                });
                known.push(target.clone());
            }
            commands[at].target = format!("handle=${{{target}}}");
            commands[at].fate = Some(Fate::Mapped(
                "the window that the command before opened".into(),
            ));
        }
    }
    if root && let Some(first) = commands.iter_mut().find(|first| first.is_live()) {
        let into = "root".to_owned();
        first.after.push(Act::StoreWindow { into }.into());
    }
}

/// Dialogs were answered before they opened, and alerts by themselves; today an answer follows what opens the dialog.
fn answers(commands: &mut [Command], version: Version) {
    for at in 0..commands.len() {
        if !commands[at].is_live() {
            continue;
        }
        let answered = text::typed(&commands[at].target);
        let (dialog, answer) = match commands[at].name.as_str() {
            "chooseOkOnNextConfirmation" => (Dialog::Confirm, Answer::Accept),
            "chooseCancelOnNextConfirmation" => (Dialog::Confirm, Answer::Dismiss),
            "chooseCancelOnNextPrompt" => (Dialog::Prompt, Answer::Dismiss),
            "answerOnNextPrompt" => (Dialog::Prompt, Answer::Text(answered)),
            "assertAlert" if version < Version::V3_0 => {
                if next(commands, at).is_none_or(|next| !is_answer(&commands[next].name)) {
                    let line = commands[at].line;
                    let fate =
                        "the alert is accepted afterwards, as old files expect it".to_owned();
                    commands[at].fate = Some(Fate::Mapped(fate));
                    commands[at]
                        .after
                        .push(answer_step(Dialog::Alert, Answer::Accept, line));
                }
                continue;
            }
            _ => continue,
        };
        let fate = match next(commands, at) {
            Some(opens) if !super::blocks::is_control(&commands[opens].name) => {
                // what is expected of the dialog comes before its answer
                let mut last = opens;
                let mut after = next(commands, opens);
                while let Some(at) = after
                    && is_expectation(&commands[at].name)
                {
                    last = at;
                    after = next(commands, at);
                }
                match after {
                    Some(after) if is_answer(&commands[after].name) => {
                        Fate::Ignored(format!("line {} answers it", commands[after].line))
                    }
                    _ => {
                        let line = commands[at].line;
                        commands[last].after.push(answer_step(dialog, answer, line));
                        Fate::Mapped(format!("answered after line {}", commands[last].line))
                    }
                }
            }
            _ => Fate::Unknown("what opens the dialog must be the next command".to_owned()),
        };
        commands[at].fate = Some(fate);
    }
}

fn answer_step(dialog: Dialog, answer: Answer, line: u32) -> Step {
    Step {
        line: Some(line),
        ..Act::AnswerDialog { dialog, answer }.into()
    }
}

/// The next command that is done.
fn next(commands: &[Command], at: usize) -> Option<usize> {
    (at + 1..commands.len()).find(|at| commands[*at].is_live())
}

fn is_expectation(name: &str) -> bool {
    let name = name
        .strip_prefix("verify")
        .or_else(|| name.strip_prefix("assert"));
    matches!(name, Some("Alert" | "Confirmation" | "Prompt"))
}

fn is_answer(name: &str) -> bool {
    matches!(
        name,
        "acceptAlert"
            | "acceptConfirmation"
            | "dismissConfirmation"
            | "dismissPrompt"
            | "answerPrompt"
    )
}
