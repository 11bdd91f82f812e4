//! What stands in a file, one command after the other, on its way to a flow.

use app::model::{
    import::{CommandReport, Fate, FlowReport},
    smoke::{Act, Flow, Step, Text},
};

/// One command, understood or not.
#[derive(Debug, Clone)]
pub struct Line {
    pub line: u32,
    pub command: String,
    pub fate: Fate,
    pub steps: Vec<Step>,
}

impl Line {
    pub fn report(&self) -> CommandReport {
        CommandReport {
            line: self.line,
            command: short(&self.command),
            fate: self.fate.clone(),
        }
    }

    /// Why a flow with it cannot run.
    pub fn problem(&self) -> Option<String> {
        match &self.fate {
            Fate::Unknown(why) => Some(format!(
                "line {}: `{}`: {why}",
                self.line,
                short(&self.command)
            )),
            Fate::Supported | Fate::Mapped(_) | Fate::Ignored(_) => None,
        }
    }
}

/// A flow and what is said of it.
pub fn reported(flow: &Flow, commands: Vec<CommandReport>, mut hints: Vec<String>) -> FlowReport {
    if !flow.steps.iter().any(|step| expects(&step.act)) {
        hints.push(
            "Nothing is expected in it: it passes on any page that lets itself be clicked through."
                .to_owned(),
        );
    }
    for step in &flow.steps {
        if let (
            Some(line),
            Act::Fill {
                on,
                with: Text::Plain(_),
            }
            | Act::Keys {
                on,
                with: Text::Plain(_),
            }
            | Act::Change {
                on,
                with: Text::Plain(_),
            },
        ) = (step.line, &step.act)
            && on
                .all()
                .any(|by| by.words().to_ascii_lowercase().contains("passw"))
        {
            hints.push(format!(
                "Line {line} types what looks like a password in plain text; write ${{env:NAME}} there, and give \
                 the server a secret NAME."
            ));
        }
    }
    FlowReport {
        name: flow.name.clone(),
        title: flow.title.clone(),
        steps: u32::try_from(flow.steps.len()).unwrap_or(u32::MAX),
        commands,
        invalid: flow.invalid.clone(),
        hints,
    }
}

/// It fails on a page that is not as it should be.
fn expects(act: &Act) -> bool {
    matches!(
        act,
        Act::WaitFor { .. }
            | Act::WaitForText { .. }
            | Act::WaitForCount { .. }
            | Act::WaitForScript { .. }
            | Act::ExpectText { .. }
            | Act::ExpectUrl { .. }
            | Act::ExpectStatus { .. }
            | Act::Expect { .. }
            | Act::ExpectDialog { .. }
    )
}

/// A text of the file in a sentence.
pub fn short(text: &str) -> String {
    const MOST: usize = 80;
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A title for people.
pub fn title(text: &str) -> String {
    let text = short(text.trim());
    match text.is_empty() {
        true => "Untitled".to_owned(),
        false => text,
    }
}
