//! One flow put into a suite's files: pure.
//!
//! Our own file is changed in that flow only. A flow that was recorded becomes one of ours, and with it all flows of its
//! file: half a recording would come back whole with the next import.

use super::{
    files::{self, FileError, Read, Sources},
    import::ImportError,
    suite::{self, splice},
};
use app::model::{
    import::{Format, SuiteFile},
    name::Name,
    smoke::{Flow, Suite},
};

/// What becomes of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The pool's first flow: a file of our own begins with it.
    Begins,
    /// It is added to our own file of this name.
    Adds(String),
    /// It takes the place of the flow in our own file of this name.
    Replaces(String),
    /// A recorded file becomes part of our own.
    TakesOver {
        file: String,
        /// Titles of its other flows.
        with: Vec<String>,
        /// Titles of those that cannot run, and so cannot be written.
        lost: Vec<String>,
    },
}

impl Change {
    /// What saving does, a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::Begins => format!("The suite begins with this flow, in `{OURS}`."),
            Self::Adds(file) => format!("It is added to `{file}`."),
            Self::Replaces(file) => {
                format!("It is changed in `{file}`; everything else there stays as it is written.")
            }
            Self::TakesOver { file, with, lost } => {
                let mut words = format!(
                    "It was recorded: `{file}` becomes part of the suite's own TOML file and is not kept beside it."
                );
                if !with.is_empty() {
                    words += &format!(
                        " With it go the other flows of that file: {}.",
                        with.join(", ")
                    );
                }
                if !lost.is_empty() {
                    words += &format!(" Left out are those that cannot run: {}.", lost.join(", "));
                }
                words
            }
        }
    }
}

/// How our own file is called where there is none yet.
const OURS: &str = "suite.toml";

/// What putting `was` anew, or a new flow, would do to the files.
pub fn change(sources: Option<&Sources>, was: Option<&Name>) -> Result<Change, FileError> {
    let Some(sources) = sources.filter(|sources| !sources.files.is_empty()) else {
        return Ok(Change::Begins);
    };
    let read = files::read(sources)?;
    let own = read
        .reports
        .iter()
        .find(|report| report.format == Format::Toml);
    let adds = || own.map_or_else(|| OURS.to_owned(), |report| report.file.clone());
    let has = |name: &Name| {
        let mut reports = read.reports.iter();
        reports.find(|report| report.flows.iter().any(|flow| flow.name == *name))
    };
    let Some((was, report)) = was.and_then(|was| Some((was, has(was)?))) else {
        return Ok(Change::Adds(adds()));
    };
    if report.format == Format::Toml {
        return Ok(Change::Replaces(report.file.clone()));
    }
    let others = || report.flows.iter().filter(|flow| flow.name != *was);
    let titles = |runs: bool| {
        let some = others().filter(|flow| flow.invalid.is_empty() == runs);
        some.map(|flow| flow.title.clone()).collect()
    };
    Ok(Change::TakesOver {
        file: report.file.clone(),
        with: titles(true),
        lost: titles(false),
    })
}

/// The files with `flow` in them, in the place of the one called `was` if there is one.
pub fn put(
    sources: Option<&Sources>,
    was: Option<&Name>,
    flow: &Flow,
    public_url: &str,
) -> Result<(Sources, Read), FileError> {
    let empty = Sources::default();
    let change = change(sources, was)?;
    let mut after = sources.unwrap_or(&empty).clone();
    match (&change, was) {
        (Change::Begins, _) => {
            after = Sources::one(
                OURS,
                suite::write(&Suite::new(public_url, vec![flow.clone()])),
            );
        }
        (Change::Adds(file), _) => add(&mut after, file, std::slice::from_ref(flow), public_url)?,
        (Change::Replaces(file), was) => {
            let was = was.unwrap_or(&flow.name);
            replace(&mut after, file, was, flow)?;
        }
        (Change::TakesOver { file, .. }, was) => {
            let was = was.unwrap_or(&flow.name);
            let flows = taken(&files::read(&after)?, file, was, flow);
            let at = after.files.iter().position(|known| known.name == *file);
            let own = own(&after).map(|known| known.name.clone());
            match (own, at) {
                (Some(own), _) => {
                    after.files.retain(|known| known.name != *file);
                    add(&mut after, &own, &flows, public_url)?;
                }
                (None, at) => {
                    let text = suite::write(&Suite::new(public_url, flows));
                    let name = free(&after, file);
                    let ours = SuiteFile { name, text };
                    match at {
                        Some(at) => after.files[at] = ours,
                        None => after.files.push(ours),
                    }
                }
            }
            if after.files.len() == 1 {
                // our own text says it all
                after.public_url = None;
                after.skip.clear();
            }
        }
    }
    let read = files::read(&after)?;
    match read.suite.flows.iter().any(|known| known == flow) {
        true => Ok((after, read)),
        false => Err(wrong(
            OURS,
            format!(
                "the flow `{}` does not read back as it was meant; change it by hand",
                flow.name
            ),
        )),
    }
}

/// The suite up to a flow that was put into it, as far as it needs what runs before it: the flows it continues.
pub fn alone(suite: &Suite, name: &Name) -> Suite {
    let at = suite.flows.iter().position(|flow| flow.name == *name);
    let end = at.map_or(0, |at| at + 1);
    let continues = |at: &usize| suite.flows[*at].session == app::model::smoke::Session::Continued;
    let mut start = end.saturating_sub(1);
    while start > 0 && continues(&start) {
        start -= 1;
    }
    Suite {
        flows: suite.flows[start..end].to_vec(),
        ..suite.clone()
    }
}

fn own(sources: &Sources) -> Option<&SuiteFile> {
    use super::import::{Looks, looks};
    sources
        .files
        .iter()
        .find(|file| looks(&file.text) == Looks::Toml)
}

/// A name that no other file has.
fn free(sources: &Sources, replaced: &str) -> String {
    let taken = |name: &str| {
        let mut others = sources.files.iter().filter(|file| file.name != replaced);
        others.any(|file| file.name == name)
    };
    let mut name = OURS.to_owned();
    let mut number = 2;
    while taken(&name) {
        name = format!("suite-{number}.toml");
        number += 1;
    }
    name
}

/// Behind all others of our own file, which is made where there is none.
fn add(
    sources: &mut Sources,
    file: &str,
    flows: &[Flow],
    public_url: &str,
) -> Result<(), FileError> {
    let known = own(sources).map(|own| own.text.clone());
    let (name, text) = match known {
        None => {
            let suite = Suite::new(public_url, flows.to_vec());
            (free(sources, ""), suite::write(&suite))
        }
        Some(text) => {
            let text = match splice::appended(&text, flows) {
                Some(text) => text,
                None => {
                    let mut suite = parsed(file, &text)?;
                    suite.flows.extend_from_slice(flows);
                    suite::write(&suite)
                }
            };
            (file.to_owned(), text)
        }
    };
    sources.put(SuiteFile { name, text });
    Ok(())
}

fn replace(sources: &mut Sources, file: &str, was: &Name, flow: &Flow) -> Result<(), FileError> {
    let Some(own) = sources.files.iter_mut().find(|known| known.name == file) else {
        return Err(wrong(file, "the file is gone".to_owned()));
    };
    let mut meant = parsed(file, &own.text)?;
    if let Some(old) = meant.flows.iter_mut().find(|known| known.name == *was) {
        *old = flow.clone();
    }
    let spliced = splice::replaced(&own.text, was, flow);
    // whatever is odd in how it is written: what it says is what counts
    own.text = spliced
        .filter(|text| suite::parse(text).as_ref() == Ok(&meant))
        .unwrap_or_else(|| suite::write(&meant));
    Ok(())
}

/// All flows of a recorded file that can run, as ours, with the changed one among them.
fn taken(read: &Read, file: &str, was: &Name, flow: &Flow) -> Vec<Flow> {
    let told = read.reports.iter().find(|report| report.file == file);
    let names = told
        .into_iter()
        .flat_map(|report| report.flows.iter().map(|flow| &flow.name));
    let flows = names.filter_map(|name| read.suite.flows.iter().find(|flow| flow.name == *name));
    flows
        .filter_map(|known| match known.name == *was {
            true => Some(flow.clone()),
            false => known.invalid.is_empty().then(|| unrecorded(known)),
        })
        .collect()
}

/// Lines of a file that is gone say nothing.
fn unrecorded(flow: &Flow) -> Flow {
    let mut flow = flow.clone();
    for step in &mut flow.steps {
        step.line = None;
    }
    flow
}

fn parsed(file: &str, text: &str) -> Result<Suite, FileError> {
    suite::parse(text).map_err(|error| FileError {
        file: file.to_owned(),
        error: ImportError {
            line: error.line,
            column: error.column,
            words: error.words,
        },
    })
}

fn wrong(file: &str, words: String) -> FileError {
    FileError {
        file: file.to_owned(),
        error: ImportError::whole(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::model::smoke::{Act, Session, Step};

    const TOML: &str = "# ours\npublic_url = \"http://shop.example.test\"\n\n[[flow]]\nname = \"sign-in\"\nsteps = [{ open = \"/\" }]\n";
    const SIDE: &str = r#"{"version":"2.0","url":"http://localhost:3000","tests":[
{"id":"1","name":"Buy","commands":[{"command":"open","target":"/buy","value":""}]},
{"id":"2","name":"Return","commands":[{"command":"open","target":"/return","value":""}]},
{"id":"3","name":"Look","commands":[{"command":"eyes","target":"/","value":""}]}]}"#;

    fn flow(name: &str, path: &str) -> Flow {
        Flow::new(
            name.parse().unwrap(),
            vec![Step::from(Act::Open { path: path.into() })],
        )
    }

    fn both() -> Sources {
        let mut sources = Sources::one("mine.toml", TOML);
        sources.put(SuiteFile {
            name: "shop.side".into(),
            text: SIDE.into(),
        });
        sources
    }

    fn names(read: &Read) -> Vec<&str> {
        read.suite
            .flows
            .iter()
            .map(|flow| flow.name.as_str())
            .collect()
    }

    #[test]
    fn the_first_flow_begins_a_file_of_our_own() {
        let (sources, read) = put(None, None, &flow("look", "/"), "https://a.example").unwrap();
        assert_eq!(sources.files[0].name, "suite.toml");
        assert_eq!(read.suite.public_url, "https://a.example");
        assert!(sources.to_text().starts_with("public_url ="));
    }

    #[test]
    fn a_flow_of_our_own_is_changed_where_it_stands_also_its_name() {
        let was = "sign-in".parse().unwrap();
        let new = flow("enter", "/in");
        let (sources, read) = put(Some(&both()), Some(&was), &new, "").unwrap();
        assert_eq!(names(&read), ["enter", "buy", "return", "look"]);
        assert!(sources.files[0].text.starts_with("# ours\n"));
        assert_eq!(sources.files[1], both().files[1]);
    }

    #[test]
    fn a_recorded_flow_takes_its_whole_file_with_it() {
        let was: Name = "buy".parse().unwrap();
        let change = change(Some(&both()), Some(&was));
        let meant = Change::TakesOver {
            file: "shop.side".into(),
            with: vec!["Return".into()],
            lost: vec!["Look".into()],
        };
        assert_eq!(change, Ok(meant));
        let (sources, read) = put(Some(&both()), Some(&was), &flow("buy", "/mug"), "").unwrap();
        assert_eq!(names(&read), ["sign-in", "buy", "return"]);
        assert_eq!(sources.files.len(), 1);
        assert!(
            sources.to_text().starts_with("# ours\n"),
            "{}",
            sources.to_text()
        );

        let alone = Sources {
            public_url: Some("https://shop.example.com".into()),
            ..Sources::one("shop.side", SIDE)
        };
        let url = "https://shop.example.com";
        let (sources, read) = put(Some(&alone), Some(&was), &flow("buy", "/mug"), url).unwrap();
        assert_eq!(names(&read), ["buy", "return"]);
        assert_eq!(sources.files[0].name, "suite.toml");
        assert_eq!(read.suite.public_url, url);
        assert!(
            !sources.to_text().contains("act ="),
            "{}",
            sources.to_text()
        );
    }

    #[test]
    fn a_new_flow_goes_to_our_own_file_and_its_name_is_its_own() {
        let (sources, read) = put(Some(&both()), None, &flow("buy", "/"), "").unwrap();
        assert_eq!(names(&read), ["sign-in", "buy", "buy-2", "return", "look"]);
        assert!(sources.files[0].text.starts_with(TOML));
        let twice = put(Some(&both()), None, &flow("sign-in", "/"), "").unwrap_err();
        assert!(
            twice.to_string().contains("another flow `sign-in`"),
            "{twice}"
        );
        let recorded = Sources::one("shop.side", SIDE);
        let (sources, _) =
            put(Some(&recorded), None, &flow("new", "/"), "http://a.example").unwrap();
        assert_eq!(sources.files[1].name, "suite.toml");
    }

    #[test]
    fn a_flow_is_tried_with_those_it_continues_and_no_others() {
        let mut second = flow("b", "/");
        second.session = Session::Continued;
        let mut third = flow("c", "/");
        third.session = Session::Continued;
        let suite = Suite::new(
            "http://a.example",
            vec![
                flow("x", "/"),
                flow("a", "/"),
                second,
                third,
                flow("d", "/"),
            ],
        );
        let tried = |name: &str| {
            let alone = alone(&suite, &name.parse().unwrap());
            let names: Vec<String> = alone
                .flows
                .iter()
                .map(|flow| flow.name.to_string())
                .collect();
            names.join(" ")
        };
        assert_eq!(tried("c"), "a b c");
        assert_eq!(tried("a"), "a");
        assert_eq!(tried("d"), "d");
    }
}
