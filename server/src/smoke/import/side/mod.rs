//! Projects of Selenium IDE, `.side`: as its runtime of version 4 understands them, and the names of older ones.
//!
//! As its runner does it, the suites say what is run; tests in no suite only where there is no suite with tests.

/// A project as it is written.
mod raw;

/// Texts, trimmed and unescaped.
pub mod text;

/// How elements are found.
pub mod locator;

/// One command.
pub mod command;

/// Old names and old ways.
mod legacy;

/// What must be closed.
mod blocks;

use super::{
    ImportError, Imported, MOST_STEPS, Wishes,
    draft::{Line, reported, short, title},
    names::Names,
    place::Text,
};
use app::model::{
    import::{CommandReport, Fate, FileReport, FlowReport, Format},
    smoke::{Flow, Session, Step},
};
use command::{Command, Context};
use raw::Version;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// So deep may tests run others.
const DEEPEST: usize = 30;

/// How long Selenium's runner waits for an element.
pub const STEP_LIMIT_MS: u64 = 15_000;

/// A test, its commands understood.
struct Test<'a> {
    raw: &'a RawValue,
    id: String,
    name: String,
    lines: Vec<Entry>,
    /// What makes it impossible, each with its line.
    problems: Vec<String>,
}

enum Entry {
    Line(Line),
    /// Another test at this place.
    Run {
        line: Line,
        test: String,
    },
}

/// A flow to be: which test, and how its suite runs it.
struct Part {
    test: usize,
    session: Session,
    limit_ms: Option<u64>,
}

pub fn import(file: &str, text: &str, wishes: &Wishes) -> Result<Imported, ImportError> {
    let text = Text::new(text);
    let project: raw::Project = text.read()?;
    let version = Version::of(&project, &text)?;
    let url = project
        .url
        .as_deref()
        .map(str::trim)
        .filter(|url| !url.is_empty());
    let url = url
        .and_then(|url| Url::parse(url).ok())
        .filter(Url::has_host);
    let context = Context {
        version,
        url: url.as_ref(),
    };
    let tests = tests(&text, &project, context, wishes)?;
    let mut hints = Vec::new();
    let parts = parts(&text, &project, &tests, &mut hints)?;
    if !project.plugins.is_empty() {
        hints.push("The project uses plugins; commands they bring are unknown here.".to_owned());
    }
    let by_name: BTreeMap<&str, usize> = tests
        .iter()
        .enumerate()
        .rev()
        .map(|(at, test)| (test.name.as_str(), at))
        .collect();

    let mut names = Names::default();
    let mut taken = 0;
    let mut flows = Vec::new();
    let mut reports: Vec<FlowReport> = Vec::new();
    for part in parts {
        let test = &tests[part.test];
        let mut inlined = Inlined::default();
        inlined
            .add(&tests, &by_name, part.test, &mut taken)
            .map_err(|words| text.error(test.raw, words))?;
        let mut flow = Flow {
            title: title(&test.name),
            step_limit_ms: STEP_LIMIT_MS,
            limit_ms: part.limit_ms,
            session: part.session,
            invalid: inlined.problems,
            ..Flow::new(names.make(&test.name), inlined.steps)
        };
        if flow.steps.is_empty() && flow.invalid.is_empty() {
            flow.invalid.push(format!(
                "line {}: the test does nothing",
                text.line(test.raw)
            ));
        }
        reports.push(reported(&flow, test.commands(), Vec::new()));
        flows.push(flow);
    }
    Ok(Imported {
        flows,
        report: FileReport {
            file: file.to_owned(),
            format: Format::Side(version.words().to_owned()),
            flows: reports,
            hints,
        },
        public_url: url
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .map(|url| url.origin().ascii_serialization()),
    })
}

fn tests<'a>(
    text: &Text<'a>,
    project: &raw::Project<'a>,
    context: Context,
    wishes: &Wishes,
) -> Result<Vec<Test<'a>>, ImportError> {
    let mut ids: BTreeMap<String, u32> = BTreeMap::new();
    let mut tests = Vec::new();
    let mut count = 0;
    for raw in &project.tests {
        let test: raw::Test = text.part(raw)?;
        let line = text.line(raw);
        if !test.id.is_empty()
            && let Some(other) = ids.insert(test.id.clone(), line)
        {
            let words = format!(
                "the id `{}` is that of the test in line {other} too",
                short(&test.id)
            );
            return Err(text.error(raw, words));
        }
        count += test.commands.len();
        if count > MOST_STEPS {
            let words = format!("the file has more than {MOST_STEPS} commands; split it");
            return Err(text.error(raw, words));
        }
        let mut commands = Vec::new();
        for raw in &test.commands {
            commands.push(Command::of(text.part(raw)?, text.line(raw)));
        }
        legacy::modernise(&mut commands, context.version);
        let mut problems = blocks::check(&commands);
        let lines: Vec<Entry> = commands
            .into_iter()
            .map(|command| entry(command, context, wishes))
            .collect();
        problems.extend(lines.iter().filter_map(|entry| entry.line().problem()));
        tests.push(Test {
            raw,
            id: test.id,
            name: test.name.trim().to_owned(),
            lines,
            problems,
        });
    }
    if tests.is_empty() {
        return Err(ImportError::whole("the project has no tests"));
    }
    Ok(tests)
}

fn entry(command: Command, context: Context, wishes: &Wishes) -> Entry {
    let mut line = Line {
        line: command.line,
        command: command.written.clone(),
        fate: command.fate.clone().unwrap_or(Fate::Supported),
        steps: Vec::new(),
    };
    if command.is_live() && command.name == "run" {
        let test = text::plain(&command.target);
        return Entry::Run { line, test };
    }
    if command.is_live() && !command.is_moved {
        match command.steps(context) {
            Ok(mut steps) => {
                steps.extend(command.after);
                line.steps = steps;
            }
            Err(why) => line.fate = Fate::Unknown(why),
        }
    }
    if matches!(line.fate, Fate::Unknown(_)) && wishes.skip.contains(&short(&command.written)) {
        line.fate = Fate::Ignored("unknown, and skipped as you said".to_owned());
    }
    Entry::Line(line)
}

impl Entry {
    fn line(&self) -> &Line {
        match self {
            Self::Line(line) | Self::Run { line, .. } => line,
        }
    }
}

impl Test<'_> {
    fn commands(&self) -> Vec<CommandReport> {
        self.lines
            .iter()
            .map(|entry| entry.line().report())
            .collect()
    }
}

/// Which tests are flows, in which order.
fn parts<'a>(
    text: &Text<'a>,
    project: &raw::Project<'a>,
    tests: &[Test],
    hints: &mut Vec<String>,
) -> Result<Vec<Part>, ImportError> {
    let by_id: BTreeMap<&str, usize> = tests
        .iter()
        .enumerate()
        .map(|(at, test)| (test.id.as_str(), at))
        .collect();
    let mut parts: Vec<Part> = Vec::new();
    let mut used = BTreeSet::new();
    for raw in &project.suites {
        let suite: raw::Suite = text.part(raw)?;
        let name = short(&suite.name);
        if suite.parallel {
            hints.push(format!(
                "The suite `{name}` was run in parallel; here its flows run one after the other."
            ));
        }
        let limit_ms = suite
            .timeout
            .filter(|seconds| seconds.is_finite() && *seconds > 0.0 && *seconds <= 86_400.0)
            .map(|seconds| (seconds * 1_000.0) as u64);
        for (at, id) in suite.tests.iter().enumerate() {
            let Some(&test) = by_id.get(id.as_str()) else {
                let words = format!(
                    "the suite `{name}` has a test of the id `{}`, and there is none",
                    short(id)
                );
                return Err(text.error(raw, words));
            };
            used.insert(test);
            parts.push(Part {
                test,
                session: match suite.persist_session && at > 0 {
                    true => Session::Continued,
                    false => Session::Fresh,
                },
                limit_ms,
            });
            if parts.len() > MOST_STEPS {
                return Err(
                    text.error(raw, format!("the suites have more than {MOST_STEPS} tests"))
                );
            }
        }
    }
    if parts.is_empty() {
        let all = 0..tests.len();
        return Ok(all
            .map(|test| Part {
                test,
                session: Session::Fresh,
                limit_ms: None,
            })
            .collect());
    }
    let left: Vec<String> = tests
        .iter()
        .enumerate()
        .filter(|(at, _)| !used.contains(at))
        .map(|(_, test)| format!("`{}`", short(&test.name)))
        .collect();
    if !left.is_empty() {
        let shown = left.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
        let more = match left.len() > 10 {
            true => format!(" and {} more", left.len() - 10),
            false => String::new(),
        };
        hints.push(format!(
            "In no suite, and so no flow by itself, as in Selenium's runner: {shown}{more}."
        ));
    }
    Ok(parts)
}

/// A test with all it runs of others.
#[derive(Default)]
struct Inlined {
    steps: Vec<Step>,
    problems: Vec<String>,
    /// The tests that are being run, outermost first.
    within: Vec<usize>,
}

impl Inlined {
    /// `taken`: steps of the whole file so far. The error is that there are too many.
    fn add(
        &mut self,
        tests: &[Test],
        by_name: &BTreeMap<&str, usize>,
        at: usize,
        taken: &mut usize,
    ) -> Result<(), String> {
        self.within.push(at);
        for problem in &tests[at].problems {
            if !self.problems.contains(problem) {
                self.problems.push(problem.clone());
            }
        }
        for entry in &tests[at].lines {
            match entry {
                Entry::Line(line) => {
                    *taken += line.steps.len();
                    self.steps.extend(line.steps.iter().cloned());
                }
                Entry::Run { line, test } => {
                    *taken += 1;
                    match by_name.get(test.as_str()) {
                        None => self.say(format!(
                            "line {}: `run`: there is no test `{}`",
                            line.line,
                            short(test)
                        )),
                        Some(other) if self.within.contains(other) => self.say(format!(
                            "line {}: `run`: `{}` runs `{}`, within which it is itself",
                            line.line,
                            short(&tests[at].name),
                            short(test)
                        )),
                        Some(_) if self.within.len() >= DEEPEST => self.say(format!(
                            "line {}: `run`: tests run others more than {DEEPEST} deep",
                            line.line
                        )),
                        Some(other) => self.add(tests, by_name, *other, taken)?,
                    }
                }
            }
            if *taken > MOST_STEPS {
                return Err(format!(
                    "with what `run` takes in, the flows of this file have more than {MOST_STEPS} steps"
                ));
            }
        }
        self.within.pop();
        Ok(())
    }

    fn say(&mut self, problem: String) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
