//! Whether `if`, `while` and the like are closed as they are opened.

use super::command::Command;

/// A block that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    If,
    /// After `else`: no more branches.
    Else,
    Do,
    Loop,
}

pub fn is_control(name: &str) -> bool {
    matches!(
        name,
        "if" | "elseIf" | "else" | "end" | "while" | "do" | "repeatIf" | "times" | "forEach"
    )
}

/// What is wrong, each with its line; empty: nothing.
pub fn check(commands: &[Command]) -> Vec<String> {
    let mut open: Vec<(Open, &Command)> = Vec::new();
    let mut wrong = Vec::new();
    for command in commands.iter().filter(|command| command.is_live()) {
        let mut say = |words: &str| {
            wrong.push(format!(
                "line {}: `{}`: {words}",
                command.line, command.name
            ));
        };
        let top = open.last().map(|(kind, _)| *kind);
        match (command.name.as_str(), top) {
            ("if", _) => open.push((Open::If, command)),
            ("while" | "times" | "forEach", _) => open.push((Open::Loop, command)),
            ("do", _) => open.push((Open::Do, command)),
            ("elseIf", Some(Open::If)) => {}
            ("else", Some(Open::If)) => {
                if let Some((kind, _)) = open.last_mut() {
                    *kind = Open::Else;
                }
            }
            ("elseIf" | "else", Some(Open::Else)) => say("the `if` has had its `else`"),
            ("elseIf" | "else", Some(Open::Do | Open::Loop) | None) => {
                say("there is no `if` for it")
            }
            ("end", Some(Open::If | Open::Else | Open::Loop)) => {
                open.pop();
            }
            ("end", Some(Open::Do)) => say("a `do` ends with `repeatIf`"),
            ("end", None) => say("nothing is open that it could end"),
            ("repeatIf", Some(Open::Do)) => {
                open.pop();
            }
            ("repeatIf", Some(Open::If | Open::Else | Open::Loop) | None) => {
                say("there is no `do` for it");
            }
            (_, _) => {}
        }
    }
    for (_, command) in open {
        let words = match command.name.as_str() {
            "do" => "it is never closed by `repeatIf`",
            _ => "it is never closed by `end`",
        };
        wrong.push(format!(
            "line {}: `{}`: {words}",
            command.line, command.name
        ));
    }
    wrong
}
