//! The way back to Selenium IDE: what it can say is said exactly, what is only near is named, and so is what is left out.

/// Elements.
mod element;

/// Steps.
mod said;

use super::{names::Names, side::STEP_LIMIT_MS};
use app::model::smoke::{Act, Flow, Session, Suite, Weight, Writes};
use said::{Said, said};
use serde_json::{Value, json};

/// A project, and what of the suite is not in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    pub text: String,
    /// Each a sentence.
    pub lost: Vec<String>,
}

pub fn side(name: &str, suite: &Suite) -> Exported {
    let mut lost = Vec::new();
    let plain = Suite::new(suite.public_url.clone(), Vec::new());
    let settings = [
        ("front", suite.front != plain.front),
        ("hosts", suite.hosts != plain.hosts),
        ("script_errors", suite.script_errors != plain.script_errors),
        ("pictures", suite.pictures != plain.pictures),
    ];
    lost.extend(
        settings
            .iter()
            .filter(|(_, differs)| *differs)
            .map(|(name, _)| format!("The suite's `{name}` cannot be said.")),
    );
    let mut names = Names::default();
    let tests: Vec<Value> = suite
        .flows
        .iter()
        .enumerate()
        .map(|(at, flow)| {
            settings_of(flow, &mut names, &mut lost);
            test(at, flow, &mut lost)
        })
        .collect();
    let project = json!({
        "id": id(0, 0),
        "version": "3.0",
        "name": name,
        "url": suite.public_url,
        "tests": tests,
        "suites": suites(&suite.flows),
        "urls": [format!("{}/", suite.public_url)],
        "plugins": [],
    });
    Exported {
        text: serde_json::to_string_pretty(&project).expect("values are JSON") + "\n",
        lost,
    }
}

/// Ids are only there to be told apart.
fn id(flow: usize, step: usize) -> String {
    format!("00000000-0000-4000-8000-{flow:04x}{step:08x}")
}

/// What is said of a flow beside its steps.
fn settings_of(flow: &Flow, names: &mut Names, lost: &mut Vec<String>) {
    let named = names.make(&flow.title);
    let settings = [
        ("name", named != flow.name),
        ("step_limit", flow.step_limit_ms != STEP_LIMIT_MS),
        ("limit", flow.limit_ms.is_some_and(|ms| ms % 1_000 != 0)),
        ("tags", !flow.tags.is_empty()),
        ("retry", flow.retry != Default::default()),
        ("weight", flow.weight != Weight::Required),
        ("writes", flow.writes != Writes::None),
        ("variables", !flow.variables.is_empty()),
    ];
    let settings: Vec<String> = settings
        .iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !settings.is_empty() {
        lost.push(format!(
            "Of the flow {} cannot be said: {}.",
            flow.name,
            settings.join(", ")
        ));
    }
    for problem in &flow.invalid {
        lost.push(format!(
            "The flow {} cannot run and is not whole: {problem}.",
            flow.name
        ));
    }
}

/// Flows that share a session or a limit are a suite.
fn suites(flows: &[Flow]) -> Vec<Value> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for (at, flow) in flows.iter().enumerate() {
        let joins = groups.last().is_some_and(|(begin, _)| {
            let first = &flows[*begin];
            let persists = flows[*begin..at]
                .iter()
                .any(|flow| flow.session == Session::Continued);
            let alone = at - begin == 1;
            first.limit_ms == flow.limit_ms
                && match flow.session {
                    Session::Continued => persists || alone,
                    Session::Fresh => !persists,
                }
        });
        // the flow before a continued one begins its session, so it begins their suite
        let begins = flows
            .get(at + 1)
            .is_some_and(|next| next.session == Session::Continued)
            && flow.session == Session::Fresh;
        match groups.last_mut() {
            Some((_, end)) if joins && !begins => *end = at + 1,
            _ => groups.push((at, at + 1)),
        }
    }
    groups
        .iter()
        .enumerate()
        .map(|(number, &(begin, end))| {
            let persists = flows[begin..end]
                .iter()
                .any(|flow| flow.session == Session::Continued);
            let mut suite = json!({
                "id": id(0xffff, number),
                "name": format!("Suite {}", number + 1),
                "persistSession": persists,
                "parallel": false,
                "tests": (begin..end).map(|at| id(at + 1, 0)).collect::<Vec<_>>(),
            });
            if let Some(ms) = flows[begin].limit_ms {
                suite["timeout"] = json!(ms / 1_000);
            }
            suite
        })
        .collect()
}

/// Where a command looks for other ways to its element.
fn alternatives_of(command: &str) -> &'static str {
    match command {
        "waitForElementPresent"
        | "waitForElementVisible"
        | "waitForText"
        | "assertElementPresent"
        | "verifyElementPresent" => "targetFallback",
        _ => "targets",
    }
}

fn test(at: usize, flow: &Flow, lost: &mut Vec<String>) -> Value {
    let mut commands = Vec::new();
    for (number, step) in flow.steps.iter().enumerate() {
        let words = || format!("Step {} of {} ({})", number + 1, flow.name, step.words());
        let said = match said(step) {
            Said::Exactly(said) => said,
            Said::Nearly(said) => {
                lost.push(format!("{} is said only nearly.", words()));
                said
            }
            Said::Not => {
                lost.push(format!("{} cannot be said, and is left out.", words()));
                continue;
            }
        };
        let waits = matches!(step.act, Act::WaitFor { .. });
        let settings = [
            ("its limit", step.limit_ms.is_some() && !waits),
            (
                "its place",
                step.place
                    .as_ref()
                    .is_some_and(|place| place.window.is_some() || !place.frames.is_empty()),
            ),
            ("that it loads a page", step.navigates.is_some()),
            ("above", step.above_ppm.is_some()),
            ("its masks", !step.mask.is_empty()),
        ];
        for (name, _) in settings.iter().filter(|(_, differs)| *differs) {
            lost.push(format!("{}: {name} cannot be said.", words()));
        }
        let last = said.len().saturating_sub(1);
        for (part, command) in said.into_iter().enumerate() {
            let mut value = json!({
                "id": id(at + 1, commands.len() + 1),
                "comment": "",
                "command": command.command,
                "target": command.target,
                "targets": [],
                "value": command.value,
            });
            if !command.or.is_empty() {
                let or = command
                    .or
                    .iter()
                    .map(|by| json!([by, by.split('=').next()]));
                value[alternatives_of(&command.command)] = or.collect();
            }
            if let Some(window) = step.opens.as_ref().filter(|_| part == last) {
                value["opensWindow"] = json!(true);
                value["windowHandleName"] = json!(window.into);
                value["windowTimeout"] = json!(window.limit_ms);
            }
            commands.push(value);
        }
    }
    json!({ "id": id(at + 1, 0), "name": flow.title, "commands": commands })
}
